"""The connection to the database, set up so that a commit is on the disk and SQLite's one writer waits its turn."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool


def _as_text(raw: str | bytes) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw  # psycopg hands out bytes


# What is kept as JSON is written and read by pydantic, in one step and with its types checked.
_JSON_AS_IT_IS: dict[str, Any] = {"json_serializer": str, "json_deserializer": _as_text}


def open_engine(url: str) -> Engine:
    """Connect to the database; on SQLite every transaction takes the write lock at its beginning."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, **_JSON_AS_IT_IS)
    arguments = {"check_same_thread": False, "timeout": 30}
    engine = create_engine(url, poolclass=StaticPool, connect_args=arguments, **_JSON_AS_IT_IS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_to_read(url: str) -> Engine:
    """Connect for reading alone: the database refuses to write, and nobody who writes is kept waiting."""
    if not url.startswith("sqlite"):
        return create_engine(url, execution_options={"postgresql_readonly": True}, **_JSON_AS_IT_IS)
    engine = create_engine(
        url, poolclass=StaticPool, connect_args={"check_same_thread": False}, **_JSON_AS_IT_IS
    )
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # A plain BEGIN takes the lock at the first write, and then fails with "database is locked" whatever the timeout.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
