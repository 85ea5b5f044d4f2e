"""Real servers, and the rules that came with crbot."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, running_postgres
from tests.servers import (
    Certificate,
    Dovecot,
    Sink,
    new_certificate,
    running_dovecot,
    running_sink,
)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed, so no secure line is tested")
    return new_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate that this program trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    return certificate
