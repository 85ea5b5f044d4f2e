"""`crbot doctor`: each part tried for real, and what it says is to be mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crbot.channels.checkup import Check, Health
from crbot.channels.mail.checkup import look_at_mail_server, look_at_mailbox
from crbot.channels.mail.outlet import MailOutlet, OutletSettings
from crbot.channels.mail.security import Security
from crbot.channels.mail.sender import UNKNOWN_BORDER, Border
from crbot.channels.slack.account import Account
from crbot.channels.slack.checkup import look_at_slack
from crbot.channels.slack.manifest import manifest
from crbot.config import Settings
from crbot.wiring import load_letters, upgrade_database
from crbot.wiring.doctor import examine
from tests.servers import HOST, PASSWORD, Dovecot, Sink
from tests.slack_peer import Answer, SlackPeer

OWN = "response.center@cri.example.gov"
SCOPES = manifest()["oauth_config"]["scopes"]["bot"]
CHANNELS = {"cri_tac": "C0TAC", "review": "C0REVIEW"}
MAIL = (
    b"Authentication-Results: mx.cri.example.gov; dkim=pass header.d=townpd.example.gov\r\n"
    b"From: chief@townpd.example.gov\r\nSubject: Help\r\nMessage-ID: <1@townpd.example.gov>\r\n\r\nPlease help.\r\n"
)


def now() -> datetime:
    return datetime.now(UTC)


def found(checks: Iterator[Check], what: str) -> Check:
    return next(each for each in checks if each.what == what)


# -- the mailbox


@pytest.mark.live
def test_a_mailbox_that_works_is_fine_and_stays_as_it_is(dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    dovecot.deliver(user, MAIL)

    checks = list(look_at_mailbox(dovecot.settings(user), "", Border("mx.cri.example.gov")))

    assert {each.what for each in checks if each.health is Health.WRONG} == set()
    assert found(iter(checks), "Read").told == "INBOX holds 1 mails"
    assert found(iter(checks), "Know whom our server vouches for").health is Health.FINE
    with dovecot.person(user) as person:
        assert [name for _, _, name in person.list_folders()] == ["INBOX"]
        person.select_folder("INBOX", readonly=True)
        assert person.search("UNSEEN") == [1]


@pytest.mark.live
def test_the_name_of_our_own_mail_server_is_found_out(dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    dovecot.deliver(user, MAIL)

    told = found(
        look_at_mailbox(dovecot.settings(user), "", UNKNOWN_BORDER), "Know whom our server vouches for"
    )

    assert told.health is Health.NOTE
    assert "set CRBOT_MAIL__AUTHSERV_ID=mx.cri.example.gov" in told.mend


@pytest.mark.live
def test_a_wrong_name_of_our_mail_server_is_pointed_out(dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    dovecot.deliver(user, MAIL)

    checks = look_at_mailbox(dovecot.settings(user), "", Border("mail.cri.example.gov"))

    assert found(checks, "Know whom our server vouches for").health is Health.WRONG


@pytest.mark.live
@pytest.mark.parametrize(
    ("changes", "what", "words"),
    [
        ({"password": "other"}, "Log in", "refuses the login"),
        ({"port": 1}, "Log in", "refused"),
        ({"folder": "Requests"}, "Read", "there is no folder Requests"),
    ],
)
def test_what_is_wrong_with_a_mailbox_is_named(
    dovecot: Dovecot, changes: dict[str, Any], what: str, words: str
) -> None:
    settings = dovecot.settings(dovecot.new_user(), **changes)

    told = found(look_at_mailbox(settings, "", UNKNOWN_BORDER), what)

    assert told.health is Health.WRONG
    assert words in told.told
    assert told.mend


@pytest.mark.live
def test_a_folder_of_sent_mail_that_is_not_there_is_named(dovecot: Dovecot) -> None:
    checks = look_at_mailbox(dovecot.settings(dovecot.new_user()), "Sent", UNKNOWN_BORDER)

    told = found(checks, "Look for letters in doubt")

    assert (told.health, told.mend) == (Health.WRONG, "name one of INBOX")


# -- the mail server


def outlet_to(port: int) -> MailOutlet:
    settings = OutletSettings(HOST, port, OWN, security=Security.NONE, timeout=5)
    return MailOutlet(settings, load_letters(), now)


def test_a_mail_server_is_only_greeted_unless_a_mail_is_wanted(sink: Sink) -> None:
    outlet = outlet_to(sink.port)

    checks = list(look_at_mail_server(outlet, "here", OWN, send=False))
    outlet.close()

    assert [each.health for each in checks] == [Health.FINE, Health.NOTE]
    assert (sink.sessions, sink.mails) == (1, [])


def test_the_mail_to_ourselves_is_one_that_no_machine_answers(sink: Sink) -> None:
    outlet = outlet_to(sink.port)

    checks = list(look_at_mail_server(outlet, "here", OWN, send=True))
    outlet.close()

    (sent,) = sink.mails
    assert [each.health for each in checks] == [Health.FINE, Health.FINE]
    assert (sent.mail_from, sent.rcpt_tos) == (OWN, [OWN])
    assert b"Auto-Submitted: auto-generated" in (sent.original_content or b"")


def test_a_mail_that_the_server_refuses_is_told_in_its_words(sink: Sink) -> None:
    sink.refusals["MAIL"] = "550 no such sender here"
    outlet = outlet_to(sink.port)

    told = found(look_at_mail_server(outlet, "here", OWN, send=True), "Send")
    outlet.close()

    assert told.health is Health.WRONG
    assert "no such sender here" in told.told


def test_a_mail_server_that_is_away_is_named() -> None:
    told = found(look_at_mail_server(outlet_to(1), "mail.example.gov:1", OWN, send=True), "Log in")

    assert told.health is Health.WRONG
    assert told.told.startswith("mail.example.gov:1: ")


# -- Slack


def fine_answer(**changes: Any) -> Answer:
    scopes = changes.pop("scopes", SCOPES)
    at = changes.pop("at", now())
    headers = {"x-oauth-scopes": ",".join(scopes), "Date": at.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    return Answer(
        body={"ok": True, "user": "cri", "user_id": "U0BOT", "team": "COPS", **changes}, headers=headers
    )


def channel(**changes: Any) -> Answer:
    return Answer(
        body={"ok": True, "channel": {"name": "cri-tac", "is_private": True, "is_member": True, **changes}}
    )


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    running = SlackPeer().start()
    running.members = {"C0TAC": ["U0BOT", "U0LEE"], "C0REVIEW": ["U0BOT", "U0LEE"]}
    yield running
    running.stop()


def examined(peer: SlackPeer, *, app_token: str = "xapp-1") -> list[Check]:
    account = Account("xoxb-1", app_token, peer.api_url)
    return list(look_at_slack(account, CHANNELS, now(), over_socket=True))


def test_a_slack_that_is_set_up_is_fine_and_nothing_is_posted(peer: SlackPeer) -> None:
    peer.plan("auth.test", fine_answer())
    peer.plan("conversations.info", channel(), channel())

    checks = examined(peer)

    assert [each for each in checks if each.health is not Health.FINE] == []
    assert {name for name, _ in peer.calls} == {
        "auth.test", "conversations.info", "conversations.members", "apps.connections.open",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "what", "words"),
    [
        ({"auth.test": [Answer.error("invalid_auth")]}, "Log in", "no longer takes the token"),
        ({"auth.test": [fine_answer(scopes=SCOPES[1:])]}, "Scopes", f"lacks {SCOPES[0]}"),
        ({"conversations.info": [channel(is_private=False)]}, "Channel of cri_tac", "is public"),
        ({"conversations.info": [channel(is_archived=True)]}, "Channel of cri_tac", "is archived"),
        ({"conversations.info": [Answer.error("channel_not_found")]}, "Channel of cri_tac", "invite the bot"),
        (
            {"auth.test": [fine_answer(at=now() - timedelta(minutes=4))]},
            "Agree with the world",
            "ahead of Slack's",
        ),
    ],
)
def test_what_is_wrong_with_slack_is_named(
    peer: SlackPeer, answers: dict[str, list[Answer]], what: str, words: str
) -> None:
    for method, planned in answers.items():
        peer.plan(method, *planned)
    peer.plan("auth.test", fine_answer())
    peer.plan("conversations.info", channel(), channel())

    told = found(iter(examined(peer)), what)

    assert told.health is Health.WRONG
    assert words in told.told
    assert told.mend


def test_a_token_of_another_kind_opens_no_socket(peer: SlackPeer) -> None:
    peer.plan("auth.test", fine_answer())
    peer.plan("conversations.info", channel(), channel())

    told = found(iter(examined(peer, app_token="xoxb-1")), "Hear from Slack")

    assert told.health is Health.WRONG
    assert "xapp-" in told.told


# -- the whole


@pytest.mark.live
def test_a_whole_bot_is_examined(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> None:
    user = dovecot.new_user()
    here = {"host": HOST, "security": "none"}
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'crbot.db'}",
        imap={**here, "port": dovecot.imap_port, "username": user, "password": PASSWORD},  # type: ignore[arg-type]
        smtp={**here, "port": sink.port},  # type: ignore[arg-type]
        mail={"address": OWN},  # type: ignore[arg-type]
    )
    upgrade_database(settings)

    checks = list(examine(settings, now, send=True))

    assert [each for each in checks if each.health is Health.WRONG] == []
    assert {"database", "rules", "templates", "clock", "mailbox", "mail server"} <= {
        each.part for each in checks
    }
    assert len(sink.mails) == 1


def test_what_is_not_set_up_is_told_and_a_database_is_not_made(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'new.db'}")

    checks = list(examine(settings, now, send=False))

    assert [each.part for each in checks if each.health is Health.NOTE] == ["database", "mailbox", "slack"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("folder", "part"), [("rules", "rules"), ("templates", "templates")])
def test_a_broken_folder_is_named(tmp_path: Path, folder: str, part: str) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'new.db'}", **{folder: tmp_path / "nowhere"})  # type: ignore[arg-type]

    (told,) = [each for each in examine(settings, now, send=False) if each.health is Health.WRONG]

    assert told.part == part
    assert "nowhere" in told.told
