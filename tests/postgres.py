"""A PostgreSQL of our own for tests and figures: made in a temporary folder, on a socket there, gone afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crbot.store.engine import open_engine
from crbot.store.migrations import upgrade

NO_POSTGRES = "PostgreSQL is not installed, so nothing is tested over it: apt-get install postgresql"
_numbers = itertools.count(1)


def _programs() -> Path | None:
    """Where initdb and pg_ctl lie; distributions keep them apart from what people call."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return debian[-1] if debian else None


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://crbot@/{database}?host={self.folder}"

    def new_database(self, template: str = "template0") -> str:
        """A database that nobody has used: its address."""
        name = f"desk{next(_numbers)}"
        self._tell(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def new_desk(self) -> str:
        """A database with the tables of crbot in it: its address."""
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            self._tell("CREATE DATABASE tables TEMPLATE template0")
            engine = open_engine(self.url("tables"))
            upgrade(engine)
            engine.dispose()
        return self.new_database("tables")

    def drop(self, url: str) -> None:
        name = url.partition("@/")[2].partition("?")[0]
        self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    def _tell(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user="crbot", dbname="postgres", autocommit=True) as line:
            line.execute(statement)  # type: ignore[call-overload]


@contextlib.contextmanager
def running_postgres(*, is_safe: bool = False) -> Iterator[Postgres]:
    """A server for as long as the block lasts; skips the test where none is installed.

    `is_safe`: every commit is on the disk, as in earnest; tests are faster without.
    """
    programs = _programs()
    if programs is None:
        pytest.skip(NO_POSTGRES)
    folder = Path(tempfile.mkdtemp(prefix="crbot-postgres-"))
    data, log = folder / "data", folder / "log"
    as_user: dict[str, Any] = {}
    if os.getuid() == 0:  # it refuses to run as root
        nobody = pwd.getpwnam("postgres" if _is_known("postgres") else "nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    folder.chmod(0o755)  # whoever tests finds the socket

    def call(program: str, *arguments: str) -> None:
        command = [programs / program, "-D", data, *arguments]
        with log.open("ab") as output:
            subprocess.run(command, check=True, cwd=folder, stdout=output, stderr=output, **as_user)

    log.touch()
    if as_user:
        os.chown(log, as_user["user"], as_user["group"])
    try:
        call("initdb", "-U", "crbot", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        unsafe = "" if is_safe else " -c fsync=off -c full_page_writes=off"
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c shared_buffers=32MB{unsafe}"
        call("pg_ctl", "start", "-w", "-s", "-l", str(log), "-o", options)
        yield Postgres(folder)
    finally:
        if (data / "postmaster.pid").exists():
            call("pg_ctl", "stop", "-m", "immediate", "-w", "-s")
        shutil.rmtree(folder, ignore_errors=True)


def _is_known(user: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(user))
    return False
