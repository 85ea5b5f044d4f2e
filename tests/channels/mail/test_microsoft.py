"""Logging in with a token of Microsoft's library, against a provider of our own that speaks as theirs does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crbot.channels.mail.mailbox import Mailbox
from crbot.channels.mail.microsoft import MicrosoftSettings, MicrosoftTokens
from crbot.channels.mail.tokens import TokenRefused
from crbot.config import Auth, OAuthSettings, Settings
from crbot.wiring import make_mailbox
from tests.servers import (
    HOST,
    PASSWORD,
    Certificate,
    TokenProvider,
    free_port,
    new_certificate,
    running_dovecot,
)

pytestmark = pytest.mark.live  # the certificate is made by openssl

DESK = "cri-intake"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return new_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def provider(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenProvider]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.file))
    with TokenProvider(DESK, certificate) as provider:
        yield provider


def settings(provider: TokenProvider, **changes: str) -> MicrosoftSettings:
    known = MicrosoftSettings(
        f"{provider.url}/tenant", "crbot", PASSWORD, scope="https://mail.example/.default"
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def test_a_token_is_used_until_it_runs_out_or_is_refused(provider: TokenProvider) -> None:
    some = MicrosoftTokens(settings(provider))

    first, again = some.token(), some.token()
    some.forget()

    assert (first, again, some.token()) == ("token1", "token1", "token2")
    assert provider.given[0]["grant_type"] == "client_credentials"
    assert provider.given[0]["scope"] == "https://mail.example/.default"


def test_a_certificate_stands_in_place_of_the_secret(
    provider: TokenProvider, certificate: Certificate
) -> None:
    both = certificate.key.read_text() + certificate.file.read_text()

    MicrosoftTokens(settings(provider, client_secret="", certificate=both)).token()

    (asked,) = provider.given
    claims = json.loads(base64.urlsafe_b64decode(asked["client_assertion"].split(".")[1] + "=="))
    assert claims["iss"] == "crbot"
    assert "client_secret" not in asked


def test_a_refusal_is_told_in_the_providers_words_and_names_no_secret(provider: TokenProvider) -> None:
    with pytest.raises(TokenRefused, match="The secret is wrong") as told:
        MicrosoftTokens(settings(provider, client_secret="guessed")).token()

    assert not told.value.is_away
    assert "guessed" not in str(told.value)


def test_a_tenant_that_is_none_is_told(provider: TokenProvider) -> None:
    with pytest.raises(TokenRefused, match="gives no token") as told:
        MicrosoftTokens(settings(provider, authority=f"{provider.url}/nobody")).token()

    assert not told.value.is_away


def test_a_provider_that_is_away_is_told_apart() -> None:
    with pytest.raises(TokenRefused, match="can't be asked") as told:
        MicrosoftTokens(MicrosoftSettings(f"https://{HOST}:{free_port()}/tenant", "crbot", PASSWORD)).token()

    assert told.value.is_away


@pytest.mark.parametrize("authority", ["http://login.example.com/tenant", "https://login.example.com/"])
def test_an_authority_is_a_secure_address_with_a_tenant(authority: str) -> None:
    with pytest.raises(ValueError, match="/TENANT"):
        MicrosoftTokens(MicrosoftSettings(authority, "crbot"))


def test_the_mailbox_is_read_with_a_token_of_microsofts_library(
    provider: TokenProvider, tmp_path: Path
) -> None:
    with TokenProvider(DESK) as introspection, running_dovecot(provider=introspection.url) as dovecot:
        introspection.good = provider.good  # Dovecot asks over a plain line
        dovecot.deliver(DESK, b"From: a@b.example\r\nSubject: Help\r\n\r\nPlease.")
        mailbox = mailbox_by_settings(provider, dovecot.imap_port)

        (batch,) = mailbox.arrivals(datetime(2026, 3, 2, tzinfo=UTC), lambda keys: keys)

        assert b"Subject: Help" in batch[0].raw
        mailbox.close()


def mailbox_by_settings(provider: TokenProvider, port: int) -> Mailbox:
    server = {"host": HOST, "username": DESK, "security": "none", "auth": Auth.XOAUTH2}
    told = Settings(
        imap=server | {"port": port},
        smtp={"host": HOST, "port": 9, "security": "none"},
        mail={"address": "cri-intake@cops.example.gov"},
        oauth=OAuthSettings(authority=f"{provider.url}/tenant", client_id="crbot", client_secret=PASSWORD),
    )
    assert told.imap is not None
    return make_mailbox(told, told.imap)
