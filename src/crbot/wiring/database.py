"""The database that the settings name, and the register of agencies in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crbot.config import Settings, SettingsError
from crbot.intake.lookalikes import Lookalikes
from crbot.intake.vouching import Means
from crbot.store.apart import InUse, Sole
from crbot.store.backup import Backup, BackupError, back_up, engine_for_checking, put_back
from crbot.store.checking import Checked, Head, check
from crbot.store.migrations import SchemaError, is_empty, require_current, upgrade
from crbot.store.registers import Registers
from crbot.store.store import open_engine
from crbot.triage.policy import Policy
from crbot.triage.register import Match, Register, Spelling
from crbot.wiring.folders import load_policy


def open_database(url: str) -> Engine:
    """Connect; a new database is filled, one of another schema is refused. Raises `SettingsError`."""
    try:
        engine = open_engine(url)
        if is_empty(engine):
            upgrade(engine)
        require_current(engine)
    except (SQLAlchemyError, SchemaError) as error:
        reason = getattr(error, "orig", None) or error
        raise SettingsError(f"CRBOT_DATABASE_URL: the database can't be used: {reason}") from None
    return engine


def sole_user(engine: Engine, now: datetime) -> Sole:
    """Work on an SQLite file alone. Raises `SettingsError` where another crbot does."""
    try:
        return Sole(engine, now)
    except InUse as holder:
        raise SettingsError(
            f"CRBOT_DATABASE_URL: another crbot works on {engine.url.database}: {holder}; stop that one first, or let "
            "several share a PostgreSQL database"
        ) from None


def upgrade_database(settings: Settings) -> None:
    """Bring the database to the schema of this program. Raises `SettingsError`."""
    try:
        engine = open_engine(settings.database_url)
        upgrade(engine)
        engine.dispose()
    except SQLAlchemyError as error:
        raise SettingsError(f"CRBOT_DATABASE_URL: the database can't be used: {error}") from None


def check_database(settings: Settings, known: Head | None = None) -> Checked:
    """Whether the database is whole. Raises `SettingsError`."""
    try:
        engine = engine_for_checking(settings.database_url)
        require_current(engine)
        checked = check(engine, known)
        engine.dispose()
    except (SQLAlchemyError, SchemaError, BackupError) as error:
        raise SettingsError(f"CRBOT_DATABASE_URL: the database can't be checked: {error}") from None
    return checked


def back_up_database(settings: Settings, file: Path) -> Backup:
    """Raises `SettingsError`."""
    try:
        return back_up(settings.database_url, file)
    except BackupError as error:
        raise SettingsError(str(error)) from None


def restore_database(settings: Settings, file: Path, now: datetime) -> Path | None:
    """Put a backup in the database's place; returns where the old one lies. Raises `SettingsError`."""
    try:
        return put_back(settings.database_url, file, now)
    except (BackupError, OSError) as error:
        raise SettingsError(str(error)) from None


def register_in(engine: Engine, policy: Policy) -> Register | None:
    """The register of agencies; None where no list was taken in."""
    agencies = Registers(engine).all()
    return Register(agencies, Spelling(policy.words)) if agencies else None


def means_in(engine: Engine, policy: Policy, *, is_signed: bool) -> Means:
    """What is known of agencies, and whether their heads can be asked."""
    register = register_in(engine, policy)
    domains = (agency.domain for agency in register.agencies) if register else ()
    return Means(register, Lookalikes(domains), is_signed)


@contextmanager
def open_registers(settings: Settings) -> Iterator[Registers]:
    """The lists of agencies that were taken in. Raises `SettingsError`."""
    engine = open_database(settings.database_url)
    try:
        yield Registers(engine)
    finally:
        engine.dispose()


def find_agency(settings: Settings, name: str, state: str, domain: str) -> Match:
    """What the register knows of a name. Raises `SettingsError` where no list was taken in."""
    with open_registers(settings) as lists:
        agencies = lists.all()
    if not agencies:
        raise SettingsError("there is no register yet; take a list in: crbot agencies import LIST.csv")
    return Register(agencies, Spelling(load_policy(settings.rules).words)).find(name, state, domain)
