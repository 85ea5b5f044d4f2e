"""An examination of the whole bot: each part tried for real, as the settings have it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from crbot.cases.letters import FIELDS
from crbot.cases.rulebook import Rulebook
from crbot.channels.checkup import Check, fine, note, wrong
from crbot.channels.mail.checkup import look_at_mail_server, look_at_mailbox
from crbot.channels.mail.outlet import MailOutlet
from crbot.channels.mail.sender import Border
from crbot.channels.preview import preview
from crbot.channels.slack.checkup import look_at_slack
from crbot.config import Settings, SettingsError, SlackMode, rules_folder, templates_folder
from crbot.store.migrations import SchemaError, is_empty, newest_schema, require_current
from crbot.store.store import open_engine
from crbot.triage.examples import run_examples
from crbot.wiring.folders import load_letters, load_rules
from crbot.wiring.mail import mailbox_settings, outlet_settings, tokens_of
from crbot.wiring.slack import account_of

_LEAST_FREE = 1_000_000_000  # bytes
_OLDEST_POSTGRES = 150000


def examine(settings: Settings, now: Callable[[], datetime], *, send: bool) -> Iterator[Check]:
    """Try every part that is set up, one after the other; nothing is changed but that `send` sends a mail."""
    yield from _files()
    yield from _database(settings)
    yield from _rules(settings)
    yield from _templates(settings)
    yield from _mail(settings, now, send=send)
    yield from _slack(settings, now)


def _files() -> Iterator[Check]:
    """Whether others of this machine can read the secrets."""
    for name in (os.environ.get("CRBOT_CONFIG", "crbot.toml"), ".env"):
        file = Path(name)
        if not file.is_file():
            continue
        if stat.S_IMODE(file.stat().st_mode) & (stat.S_IRGRP | stat.S_IROTH):
            yield note(
                "settings",
                name,
                "others of this machine can read it",
                f"chmod 600 {name}, if it holds secrets",
            )
        else:
            yield fine("settings", name, "only its owner can read it")


def _database(settings: Settings) -> Iterator[Check]:
    try:
        url = make_url(settings.database_url)
    except SQLAlchemyError as error:
        yield wrong("database", "Connect", str(error), "write it as sqlite:///FILE or postgresql+psycopg://…")
        return
    shown = url.render_as_string(hide_password=True)
    if url.drivername == "sqlite" and not Path(url.database or "").exists():  # to look would make it
        yield note("database", "Schema", f"{shown} is not there yet; crbot run or crbot db upgrade makes it")
        return
    try:
        engine = open_engine(settings.database_url)
        try:
            yield _schema(engine, shown)
            yield from _room(engine)
        finally:
            engine.dispose()
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        yield wrong("database", "Connect", f"{shown}: {reason}", "look at CRBOT_DATABASE_URL")


def _schema(engine: Engine, shown: str) -> Check:
    if is_empty(engine):
        return note("database", "Schema", f"{shown} is empty; crbot run or crbot db upgrade fills it")
    try:
        require_current(engine)
    except SchemaError as error:
        return wrong("database", "Schema", f"{shown}: {error}", "run: crbot db upgrade")
    return fine("database", "Schema", f"{shown} has schema {newest_schema()}")


def _room(engine: Engine) -> Iterator[Check]:
    """The disk under a SQLite file; the age of a PostgreSQL."""
    if engine.dialect.name == "sqlite":
        file = Path(engine.url.database or ".").absolute()
        free = shutil.disk_usage(file.parent).free
        told = f"{free / 1e9:,.1f} GB are free beside {file.name}"
        if free < _LEAST_FREE:
            yield wrong("database", "Disk", told, "make room: a full disk stops the intake")
        else:
            yield fine("database", "Disk", told)
        return
    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if version < _OLDEST_POSTGRES:
        yield wrong(
            "database", "Version", f"PostgreSQL {version // 10000}", "crbot needs PostgreSQL 15 or newer"
        )
    else:
        yield fine("database", "Version", f"PostgreSQL {version // 10000}")


def _rules(settings: Settings) -> Iterator[Check]:
    place = rules_folder(settings.rules)
    try:
        rules = load_rules(settings.rules)
    except SettingsError as error:
        yield wrong("rules", "Read", str(error), "crbot rules check tells each fault with file and line")
        return
    version = rules.policy.version
    yield fine("rules", "Read", f"{place}: version {version.version}, sha256 {version.sha256[:12]}…")
    failures = run_examples(rules.policy)
    if failures:
        told = f"{len(failures)} come out otherwise, first: {failures[0]}"
        yield wrong("rules", "Examples", told, "crbot rules test shows all")
    else:
        yield fine("rules", "Examples", "all come out as they should")
    yield _zones(rules)


def _zones(rules: Rulebook) -> Check:
    names = {zone.key for zones in rules.hours.by_state.values() for zone in zones}
    missing = []
    for name in sorted(names):
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            missing.append(name)
    if missing:
        return wrong("clock", "Time zones", f"unknown here: {', '.join(missing)}", "install tzdata")
    return fine("clock", "Time zones", f"all {len(names)} that the rules name are known")


def _templates(settings: Settings) -> Iterator[Check]:
    place = templates_folder(settings.templates)
    try:
        written = preview(load_letters(settings.templates))
    except SettingsError as error:
        yield wrong("templates", "Read", str(error), "crbot letters preview shows what is wrong")
        return
    yield fine(
        "templates", "Read", f"{place}: all {len(FIELDS)} letters can be written ({len(written)} tried)"
    )


def _mail(settings: Settings, now: Callable[[], datetime], *, send: bool) -> Iterator[Check]:
    if not (settings.imap and settings.smtp and settings.mail):
        yield note(
            "mailbox", "Set up", "off: nothing of it is set", "set CRBOT_IMAP__HOST and its like to have it"
        )
        return
    border = Border(settings.mail.authserv_id, settings.mail.microsoft365)
    try:
        tokens, tokens_to_send = (
            tokens_of(settings, settings.imap.auth),
            tokens_of(settings, settings.smtp.auth),
        )
        letters = load_letters(settings.templates)
    except SettingsError as error:
        yield wrong("mailbox", "Set up", str(error), "crbot run would end here too")
        return
    yield from look_at_mailbox(mailbox_settings(settings.imap), settings.imap.sent_folder, border, tokens)
    outlet = MailOutlet(
        outlet_settings(settings.smtp, settings.mail, settings.imap), letters, now, None, tokens_to_send
    )
    where = f"{settings.smtp.host}:{settings.smtp.port} ({settings.smtp.security})"
    try:
        yield from look_at_mail_server(outlet, where, settings.mail.address, send=send)
    finally:
        outlet.close()


def _slack(settings: Settings, now: Callable[[], datetime]) -> Iterator[Check]:
    if settings.slack is None:
        yield note(
            "slack",
            "Set up",
            "off: nothing of it is set",
            "set CRBOT_SLACK__BOT_TOKEN and its like to have it",
        )
        return
    channels = settings.slack.channels.model_dump()
    over_socket = settings.slack.mode is SlackMode.SOCKET
    yield from look_at_slack(account_of(settings.slack), channels, now(), over_socket=over_socket)
