"""The rules of every day: each folder as it was once, never changed, and which of them counted from when on.

What the texts mean, and when they are taken, is told elsewhere. A file that did not change is kept once for all
rulesets that hold it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Engine, insert, select

from crbot.store.tables import publications, ruleset_files, rulesets
from crbot.triage.decision import RulesVersion


class Role(StrEnum):
    """What a ruleset is published for."""

    LIVE = "live"  # it decides
    SHADOW = "shadow"  # it runs beside what decides, without any effect


@dataclass(frozen=True, slots=True)
class Publication:
    """What counts from a moment on, because a person said so."""

    id: int
    role: Role
    sha256: str | None  # None: the folder counts; of a shadow: nothing runs beside
    at: datetime
    by: str
    reason: str
    version: str = ""  # as the rules call themselves


class Rulesets:
    """The rules in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    def keep(self, version: RulesVersion, texts: Mapping[str, str], now: datetime) -> None:
        """Keep a folder (name of the file in it -> text); one that is kept already is left as it is."""
        with self._engine.begin() as connection:
            _keep(connection, version, texts, now)

    def publish(
        self, role: Role, version: RulesVersion, texts: Mapping[str, str], by: str, reason: str, now: datetime
    ) -> Publication:
        """Keep a folder, and let it count from now on."""
        with self._engine.begin() as connection:
            _keep(connection, version, texts, now)
            return _publish(connection, role, version.sha256, by, reason, now)

    def publish_again(
        self, role: Role, sha256: str | None, by: str, reason: str, now: datetime
    ) -> Publication:
        """Let a ruleset count that is kept already; without one, the folder counts."""
        with self._engine.begin() as connection:
            return _publish(connection, role, sha256, by, reason, now)

    def newest(self, role: Role) -> Publication | None:
        """What counts now; None where nothing was published yet."""
        return next(iter(self._published(1, publications.c.role == role.value)), None)

    def published(self, role: Role) -> tuple[Publication, ...]:
        """Everything that counted once, the newest first."""
        return self._published(None, publications.c.role == role.value)

    def texts(self, sha256: str) -> dict[str, str] | None:
        """The folder as it was; None where it was never kept."""
        with self._engine.connect() as connection:
            files = connection.scalar(select(rulesets.c.files).where(rulesets.c.sha256 == sha256))
            if files is None:
                return None
            names: dict[str, str] = json.loads(files)
            wanted = select(ruleset_files).where(ruleset_files.c.sha256.in_(set(names.values())))
            bodies = {row.sha256: row.body for row in connection.execute(wanted)}
        return {name: zlib.decompress(bodies[each]).decode("utf-8") for name, each in names.items()}

    def beginning_with(self, sha256: str) -> tuple[str, ...]:
        """The fingerprints of the kept rulesets that begin so."""
        found = select(rulesets.c.sha256).where(rulesets.c.sha256.startswith(sha256, autoescape=True))
        with self._engine.connect() as connection:
            return tuple(connection.scalars(found.order_by(rulesets.c.sha256)))

    def _published(self, limit: int | None, *which: ColumnElement[bool]) -> tuple[Publication, ...]:
        known = select(publications, rulesets.c.version).outerjoin(rulesets).where(*which)
        with self._engine.connect() as connection:
            rows = connection.execute(known.order_by(publications.c.id.desc()).limit(limit)).all()
        return tuple(
            Publication(row.id, Role(row.role), row.sha256, row.at, row.by, row.reason, row.version or "")
            for row in rows
        )


def _keep(connection: Connection, version: RulesVersion, texts: Mapping[str, str], now: datetime) -> None:
    if connection.scalar(select(rulesets.c.sha256).where(rulesets.c.sha256 == version.sha256)):
        return
    raw = {name: text.encode("utf-8") for name, text in texts.items()}
    by_name = {name: hashlib.sha256(each).hexdigest() for name, each in raw.items()}
    wanted = set(by_name.values())
    known = set(connection.scalars(select(ruleset_files.c.sha256).where(ruleset_files.c.sha256.in_(wanted))))
    new = {by_name[name]: each for name, each in raw.items() if by_name[name] not in known}
    if new:
        rows = [{"sha256": sha256, "body": zlib.compress(each)} for sha256, each in new.items()]
        connection.execute(insert(ruleset_files), rows)
    row = {"sha256": version.sha256, "version": version.version, "made_at": now, "files": json.dumps(by_name)}
    connection.execute(insert(rulesets).values(row))


def _publish(
    connection: Connection, role: Role, sha256: str | None, by: str, reason: str, now: datetime
) -> Publication:
    row = {"role": role.value, "sha256": sha256, "at": now, "by": by, "reason": reason}
    made = connection.execute(insert(publications).values(row))
    version = connection.scalar(select(rulesets.c.version).where(rulesets.c.sha256 == sha256)) or ""
    assert made.inserted_primary_key is not None
    return Publication(made.inserted_primary_key[0], role, sha256, now, by, reason, version)
