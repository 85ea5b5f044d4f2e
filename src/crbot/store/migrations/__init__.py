"""How an older database becomes the present one, step by step.

Which tables there are now is told in `crbot.store.tables`; a test holds the two together.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


class SchemaError(Exception):
    """The database is older or newer than this program; the text names the command that mends it."""


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema, in one transaction; an empty one is filled."""
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_empty(engine: Engine) -> bool:
    """No schema at all: a database that was just made."""
    with engine.begin() as connection:
        return MigrationContext.configure(connection).get_current_revision() is None


def newest_schema() -> str:
    """The schema that this program needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def require_current(engine: Engine) -> None:
    """Refuse a database whose schema is not this program's. Raises `SchemaError`."""
    with engine.begin() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    newest = newest_schema()
    if found == newest:
        return
    if found is None:
        raise SchemaError("the database is empty; make its tables with: crbot db upgrade")
    raise SchemaError(f"the database has schema {found}, this crbot needs {newest}; run: crbot db upgrade")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "crbot:store/migrations")
    config.set_main_option("path_separator", "os")
    return config
