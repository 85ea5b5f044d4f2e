"""Each test of the store runs over both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from crbot.store.engine import open_engine
from crbot.store.migrations import upgrade
from tests.postgres import Postgres

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.live)]


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database without tables."""
    if request.param == "sqlite":
        yield from _opened("sqlite://")
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.new_database()
    yield from _opened(url)
    server.drop(url)


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database with its tables."""
    if request.param == "sqlite":
        engine = open_engine("sqlite://")
        upgrade(engine)
        yield engine
        engine.dispose()
        return
    yield request.getfixturevalue("postgres_engine")


@pytest.fixture
def postgres_engine(postgres: Postgres) -> Iterator[Engine]:
    """A database of PostgreSQL with its tables, for what many do at once."""
    url = postgres.new_desk()
    yield from _opened(url)
    postgres.drop(url)


def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()
