"""A copy of the database while the bot runs, and the way back from it.

A copy is looked through before it is called one. What holds the bot back after a restore is `crbot.intake.brake`'s.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Engine, make_url

from crbot.store.checking import Checked, check
from crbot.store.engine import open_for_reading
from crbot.store.marks import Witness

_LIVE_BYTE = 128  # of SQLite's -shm file: whoever has the database open holds a lock on it


class BackupError(Exception):
    """It was not done; the text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was made."""

    file: Path
    size_bytes: int
    sha256: str
    checked: Checked | None  # None: a dump of PostgreSQL, which is looked through once it is restored


def back_up(url: str, file: Path) -> Backup:
    """Copy the database into a new file, as it stands at one moment. Raises `BackupError`."""
    if file.exists():
        raise BackupError(f"{file} is there already; name a new file, nothing is overwritten")
    new = file.with_name(f"{file.name}.new")
    try:
        checked = _copy(make_url(url), new)
        with new.open("rb") as copy:
            os.fsync(copy.fileno())
            sha256 = hashlib.file_digest(copy, "sha256").hexdigest()
        os.replace(new, file)
        _sync_folder(file.parent)
    except (OSError, sqlite3.Error) as error:
        new.unlink(missing_ok=True)
        raise BackupError(f"{file} can't be written: {error}") from None
    return Backup(file, file.stat().st_size, sha256, checked)


def _copy(url: URL, new: Path) -> Checked | None:
    new.unlink(missing_ok=True)  # of a backup that was cut off
    if not url.drivername.startswith("sqlite"):
        _dump(url, new)
        return None
    source = file_of(url)
    if not source.exists():
        raise BackupError(f"{source} is not there; name the database with CRBOT_DATABASE_URL")
    whole = sqlite3.connect(source)
    copy = sqlite3.connect(new)
    try:
        whole.backup(copy)  # in one step: a reader holds up nobody, and sees one moment
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    finally:
        copy.close()
        whole.close()
    checked = check_file(new)
    if checked.breaks:
        new.unlink()
        raise BackupError(
            f"the database is not whole, so this is no backup: {checked.breaks[0]}; see: crbot db check"
        )
    return checked


def _dump(url: URL, new: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupError("pg_dump is not installed; it comes with PostgreSQL's client programs")
    there = url.set(drivername="postgresql", password=None).render_as_string()
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603  (a list: no shell reads it, and it comes from the settings)
        [program, "--format=custom", "--no-password", f"--file={new}", there],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        new.unlink(missing_ok=True)
        raise BackupError(f"pg_dump: {done.stderr.strip()}")


def check_file(file: Path) -> Checked:
    """Look through a copy."""
    engine = open_for_reading(f"sqlite:///{file}")
    try:
        return check(engine)
    finally:
        engine.dispose()


def put_back(url: str, file: Path, now: datetime) -> Path | None:
    """Put a copy in the database's place; returns where the database lies that was there before.

    The next start finds that a backup was put back, and holds everything automatic until a person lets it go.
    Raises `BackupError`; then the database is as it was.
    """
    database = file_of(make_url(url))
    if not file.exists():
        raise BackupError(f"{file} is not there")
    if _is_open(database):
        raise BackupError(f"{database} is in use; stop crbot first")
    checked = check_file(file)
    if checked.breaks:
        raise BackupError(f"{file} is not whole: {checked.breaks[0]}")
    new = database.with_name(f"{database.name}.new")
    shutil.copyfile(file, new)
    with new.open("rb") as copy:
        os.fsync(copy.fileno())
    before = _set_aside(database, now)
    os.replace(new, database)
    _sync_folder(database.parent)
    Witness(open_for_reading(url)).note(now)
    return before


def _set_aside(database: Path, now: datetime) -> Path | None:
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    for ending in ("", "-wal", "-shm"):  # what is not yet in the file itself belongs to it
        part = database.with_name(database.name + ending)
        if part.exists():
            os.replace(part, aside.with_name(aside.name + ending))
    return aside if aside.exists() else None


def _is_open(database: Path) -> bool:
    """True where another process has it open."""
    try:
        with database.with_name(f"{database.name}-shm").open("r+b") as shared:
            fcntl.lockf(shared, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _LIVE_BYTE)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def file_of(url: URL) -> Path:
    """The file of an SQLite database. Raises `BackupError` where there is none."""
    if not url.drivername.startswith("sqlite") or not url.database or url.database == ":memory:":
        raise BackupError(
            "this is for SQLite; a dump of PostgreSQL is put back by pg_restore, see docs/records.md"
        )
    return Path(url.database)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def engine_for_checking(url: str) -> Engine:
    """Raises `BackupError` where an SQLite file is not there: looking makes none."""
    if url.startswith("sqlite") and not file_of(make_url(url)).exists():
        raise BackupError(f"{file_of(make_url(url))} is not there; name the database with CRBOT_DATABASE_URL")
    return open_for_reading(url)
