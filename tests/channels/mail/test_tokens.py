"""Logging in with a token in place of a password, against a provider and servers of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from crbot.cases.case import Conversation
from crbot.cases.letters import Letter, LetterName
from crbot.channels.mail.mailbox import Mailbox, MailboxAway
from crbot.channels.mail.outlet import MailOutlet, OutletSettings
from crbot.channels.mail.security import Security
from crbot.channels.mail.tokens import TokenRefused, Tokens, TokenSettings
from crbot.intake.ports import DeliveryFailed, Outgoing
from crbot.triage.message import Channel, Person
from tests.channels.mail.test_outlet import LETTERS
from tests.servers import HOST, PASSWORD, Dovecot, TokenProvider, free_port, running_dovecot

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DESK = "cri-intake"


@pytest.fixture
def provider() -> Iterator[TokenProvider]:
    with TokenProvider(DESK) as provider:
        yield provider


@dataclass
class Steady:
    """A clock that stands until it is moved."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def tokens(provider: TokenProvider, clock: Callable[[], float] = Steady(), **changes: str) -> Tokens:  # noqa: B008
    settings = TokenSettings(f"{provider.url}/token", "crbot", PASSWORD, scope="mail")
    return Tokens(replace(settings, **changes), clock)  # type: ignore[arg-type]


def test_a_token_is_used_until_it_runs_out(provider: TokenProvider) -> None:
    clock = Steady()
    some = tokens(provider, clock)

    first, again = some.token(), some.token()
    clock.seconds = 3600
    later = some.token()

    assert (first, again, later) == ("token1", "token1", "token2")
    assert provider.given[0] == {
        "grant_type": "client_credentials", "client_id": "crbot", "client_secret": PASSWORD, "scope": "mail",
    }  # fmt: skip


def test_a_person_who_let_us_in_is_named_by_a_refresh_token(provider: TokenProvider) -> None:
    tokens(provider, refresh_token="r").token()

    assert provider.given[0]["grant_type"] == "refresh_token"
    assert provider.given[0]["refresh_token"] == "r"


def test_a_refusal_is_told_in_the_providers_words_and_names_no_secret(provider: TokenProvider) -> None:
    with pytest.raises(TokenRefused, match="The secret is wrong") as told:
        tokens(provider, client_secret="guessed").token()

    assert not told.value.is_away
    assert "guessed" not in str(told.value)


def test_a_provider_that_is_away_is_told_apart() -> None:
    with pytest.raises(TokenRefused, match="can't be asked") as told:
        Tokens(TokenSettings(f"http://{HOST}:{free_port()}/token", "crbot")).token()

    assert told.value.is_away


def test_tokens_are_asked_for_over_a_secure_line_alone() -> None:
    with pytest.raises(ValueError, match="https://"):
        Tokens(TokenSettings("http://login.example.com/token", "crbot"))


@pytest.fixture
def dovecot(provider: TokenProvider) -> Iterator[Dovecot]:
    with running_dovecot(provider=provider.url) as server:
        yield server


@pytest.mark.live
def test_the_mailbox_is_read_with_a_token(dovecot: Dovecot, provider: TokenProvider) -> None:
    dovecot.deliver(DESK, b"From: a@b.example\r\nSubject: Help\r\n\r\nPlease.")
    mailbox = Mailbox(dovecot.settings(DESK, password=""), tokens(provider))

    (batch,) = mailbox.arrivals(NOW, lambda keys: keys)

    assert b"Subject: Help" in batch[0].raw
    mailbox.close()


@pytest.mark.live
def test_a_token_that_was_called_back_is_replaced_at_the_next_try(
    dovecot: Dovecot, provider: TokenProvider
) -> None:
    some = tokens(provider)
    some.token()
    provider.good.clear()
    mailbox = Mailbox(dovecot.settings(DESK, password=""), some)

    with pytest.raises(MailboxAway, match="refuses the login") as told:
        mailbox.connect()
    mailbox.connect()

    assert "token1" not in str(told.value)
    mailbox.close()


@pytest.mark.live
def test_without_a_token_the_mailbox_is_away_and_says_why(dovecot: Dovecot, provider: TokenProvider) -> None:
    mailbox = Mailbox(dovecot.settings(DESK, password=""), tokens(provider, client_secret="guessed"))

    with pytest.raises(MailboxAway, match="gives no token: 401 invalid_client"):
        mailbox.connect()


class Submission:
    """A mail server that takes letters from who has a token."""

    def __init__(self, provider: TokenProvider) -> None:
        self._provider = provider
        self.mails: list[Envelope] = []

    async def auth_XOAUTH2(self, server: SMTP, args: list[bytes]) -> AuthResult:  # noqa: N802
        import base64

        told = base64.b64decode(args[1]).decode()
        user, token = (part.partition("=")[2] for part in told.split("\x01")[:2])
        is_good = user == DESK and token.removeprefix("Bearer ") in self._provider.good
        if not is_good:
            await server.challenge_auth('{"status":"401"}')
        return AuthResult(success=is_good, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def submission(provider: TokenProvider) -> Iterator[tuple[Submission, int]]:
    taker, port = Submission(provider), free_port()
    controller = Controller(taker, hostname=HOST, port=port, auth_require_tls=False)
    controller.start()
    yield taker, port
    controller.stop()


def outgoing() -> Outgoing:
    where = Conversation(Channel.EMAIL, "chief@townpd.example.gov", person=Person("Nate"))
    return Outgoing(1, "key", Letter(LetterName.ENQUIRY, where, fields={"name": ""}), 1, "t")


@pytest.mark.live
def test_letters_leave_with_a_token(provider: TokenProvider, submission: tuple[Submission, int]) -> None:
    taker, port = submission
    settings = OutletSettings(
        HOST, port, "cri-intake@cops.example.gov", username=DESK, security=Security.NONE
    )
    some = tokens(provider)
    outlet = MailOutlet(settings, LETTERS, lambda: NOW, tokens=some)
    some.token()
    provider.good.clear()

    with pytest.raises(DeliveryFailed, match="refuses the login") as told:
        outlet.deliver(outgoing())
    outlet.deliver(outgoing())

    assert not told.value.permanent
    assert len(taker.mails) == 1
    outlet.close()
