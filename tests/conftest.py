"""Real servers, and the rules that came with crbot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import DOVECOT, NO_DOVECOT, Dovecot, Sink, running_dovecot, running_sink


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    if not DOVECOT:
        pytest.skip(NO_DOVECOT)
    with running_dovecot() as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as server:
        yield server
