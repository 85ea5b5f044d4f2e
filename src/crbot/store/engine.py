"""The connection to the database, set up so that a commit is on the disk and SQLite's one writer waits its turn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.dml import ReturningInsert


def _as_text(raw: str | bytes) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw  # psycopg hands out bytes


# What is kept as JSON is written and read by pydantic, in one step and with its types checked.
_JSON_AS_IT_IS: dict[str, Any] = {"json_serializer": str, "json_deserializer": _as_text}
# Whatever the server is set to: a commit is on its disk, nobody waits for ever, and a dead line is known as dead.
_OF_POSTGRES = {
    "synchronous_commit": "on",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


def open_engine(url: str) -> Engine:
    """Connect to the database; on SQLite every transaction takes the write lock at its beginning."""
    if not url.startswith("sqlite"):
        return _open_postgres(url)
    arguments = {"check_same_thread": False, "timeout": 30}
    engine = create_engine(url, poolclass=StaticPool, connect_args=arguments, **_JSON_AS_IT_IS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _open_postgres(url: str) -> Engine:
    """No connection is tried out before it is used: that costs as much as a small transaction, and the legs repeat
    what a dead one has cost them."""
    options = " ".join(f"-c {name}={value}" for name, value in _OF_POSTGRES.items())
    arguments = {
        "application_name": "crbot",
        "connect_timeout": 10,
        "tcp_user_timeout": 30_000,
        "options": options,
    }
    return create_engine(url, pool_size=5, connect_args=arguments, **_JSON_AS_IT_IS)


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # A plain BEGIN takes the lock at the first write, and then fails with "database is locked" whatever the timeout.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def add_new(connection: Connection, table: Table, key: str, row: Mapping[str, object]) -> bool:
    """Insert a row; leave alone what is there under the key, and tell so by False."""
    return connection.execute(_add_new(connection.dialect.name, table, key), row).first() is not None


@cache
def _add_new(dialect: str, table: Table, key: str) -> ReturningInsert[Any]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing(index_elements=[key]).returning(table.c[key])


def open_for_reading(url: str) -> Engine:
    """Connect beside a running bot, changing nothing and holding nobody up; a transaction sees one moment of it all."""
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
            **_JSON_AS_IT_IS,
        )
    arguments = {"check_same_thread": False, "timeout": 30}
    engine = create_engine(url, poolclass=StaticPool, connect_args=arguments, **_JSON_AS_IT_IS)
    event.listen(engine, "connect", _read_only)
    event.listen(engine, "begin", _begin)
    return engine


def _read_only(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
