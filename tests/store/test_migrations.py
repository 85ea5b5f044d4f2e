"""From one schema to the next, on both databases, with data in it; and what a program refuses."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    inspect,
    select,
    text,
)

from crbot.store.migrations import SchemaError, _config, newest_schema, require_current, upgrade
from crbot.store.store import SqlStore
from crbot.store.tables import metadata
from crbot.triage.message import Channel
from tests.store.test_followups import LEASE, claim, plan
from tests.store.test_store import NOW, opened

SCHEMAS = [each.revision for each in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions()))]


def downgrade(engine: Engine, to: str) -> None:
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def fill(engine: Engine) -> dict[str, int]:
    """A row in every table there is, whatever its columns; returns how many there are."""
    found = MetaData()
    found.reflect(engine)
    found.remove(found.tables["alembic_version"])
    with engine.begin() as connection:
        for table in found.sorted_tables:
            connection.execute(insert(table).values({c.name: _some(table, c.name) for c in table.columns}))
    return {table.name: 1 for table in found.sorted_tables}


def _some(table: Table, name: str) -> Any:
    column = table.columns[name]
    if name in ("id", "number") and isinstance(column.type, BigInteger | Integer):
        return 1
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, BigInteger | Integer):
        return 1
    if isinstance(column.type, LargeBinary):
        return b"raw"
    if name in ("body", "detail", "value", "decision", "files"):
        return "{}"
    return "CRI-2026-0001" if name in ("case_number", "number") else "x"


def count(engine: Engine) -> dict[str, int]:
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        return {name: len(connection.execute(select(table)).all()) for name, table in found.tables.items()}


def test_the_newest_schema_is_the_one_that_all_migrations_lead_to() -> None:
    assert newest_schema() == SCHEMAS[-1]


def test_a_fresh_schema_equals_all_migrations(engine: Engine) -> None:
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_filled_database_of_every_schema_is_brought_up_to_date(schema: str, empty: Engine) -> None:
    upgrade(empty, schema)
    filled = fill(empty)

    upgrade(empty)

    require_current(empty)
    assert filled.items() <= count(empty).items()
    with empty.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_way_back_leads_to_the_same_tables(engine: Engine) -> None:
    downgrade(engine, "0001")
    assert "followups" not in inspect(engine).get_table_names()

    upgrade(engine)

    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_a_program_of_before_has_left_goes_on_under_the_new_one(engine: Engine) -> None:
    opened(SqlStore(engine))
    downgrade(engine, "0004")
    upgrade(engine)
    store = SqlStore(engine, plan)

    assert store.replan("rules", NOW) == 1
    assert len(claim(store, 10)) == 2
    assert len(store.claim(Channel.EMAIL, NOW, LEASE, 10)) == 1


def test_two_programs_that_upgrade_at_once_make_one_schema(empty: Engine) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            upgrade(empty)
        except BaseException as error:  # noqa: BLE001  (it is looked at below)
            failed.append(error)

    if empty.dialect.name == "sqlite":
        pytest.skip("in memory there is one connection, and threads would share its transaction")
    both = [threading.Thread(target=work) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()

    assert failed == []
    require_current(empty)


def test_an_empty_database_is_refused_with_the_command_that_fills_it(empty: Engine) -> None:
    with pytest.raises(SchemaError, match="crbot db upgrade"):
        require_current(empty)


def test_an_older_schema_is_refused_with_the_command_that_upgrades_it(empty: Engine) -> None:
    upgrade(empty, "0004")

    with pytest.raises(
        SchemaError, match=f"has schema 0004, this crbot needs {newest_schema()}; run: crbot db upgrade"
    ):
        require_current(empty)


def test_a_schema_of_a_newer_program_is_refused_as_such(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaError, match="a newer crbot has upgraded it; install that one"):
        require_current(engine)
