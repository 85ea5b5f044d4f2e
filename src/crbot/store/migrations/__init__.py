"""How an older database becomes the present one, step by step.

Which tables there are now is told in `crbot.store.tables`; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from crbot.store.apart import hold

if TYPE_CHECKING:
    from alembic.config import Config

# By the names of the files: Alembic itself is large, and only who upgrades needs it.
_SCHEMAS = sorted(
    path.name.partition("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py")
)


class SchemaError(Exception):
    """The database is older or newer than this program; the text names the command that mends it."""


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the database to the newest schema, in one transaction; an empty one is filled.

    Of several programs that do so at once, one does it, and the others find it done.
    """
    from alembic import command

    with _migrating(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            hold(connection, "migration")
            # Workers go on meanwhile: better to fail, and be called again, than to make them all wait.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            yield connection
        return
    # A table that is built anew would take along what refers to it; the setting has no effect in a transaction.
    with _unbound(engine), engine.begin() as connection:
        yield connection
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise SchemaError(f"the migration would leave {len(broken)} rows that refer to nothing")


@contextmanager
def _unbound(engine: Engine) -> Iterator[None]:
    """SQLite's one connection, without its foreign keys."""
    line = engine.raw_connection()
    try:
        line.execute("PRAGMA foreign_keys=OFF")
        yield
    finally:
        line.execute("PRAGMA foreign_keys=ON")
        line.close()


def is_empty(engine: Engine) -> bool:
    """No schema at all: a database that was just made."""
    return _schema_of(engine) is None


def newest_schema() -> str:
    """The schema that this program needs."""
    return _SCHEMAS[-1]


def _schema_of(engine: Engine) -> str | None:
    with engine.begin() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def require_current(engine: Engine) -> None:
    """Refuse a database whose schema is not this program's. Raises `SchemaError`."""
    found = _schema_of(engine)
    newest = newest_schema()
    if found == newest:
        return
    if found is None:
        raise SchemaError("the database is empty; make its tables with: crbot db upgrade")
    if found not in _SCHEMAS:
        raise SchemaError(
            f"the database has schema {found}, and this crbot knows those up to {newest}: a newer crbot has "
            "upgraded it; install that one"
        )
    raise SchemaError(f"the database has schema {found}, this crbot needs {newest}; run: crbot db upgrade")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "crbot:store/migrations")
    config.set_main_option("path_separator", "os")
    return config
