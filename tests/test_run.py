"""The running program against a real mailbox, a real mail server and a Slack that nobody here wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from crbot.cases.case import Place
from crbot.channels.slack.text import decode
from crbot.demo.local_slack import USERS, LocalSlack, StandInMissing
from crbot.store.store import SqlStore, open_engine
from tests.channels.mail.test_mailbox import count_anew
from tests.servers import HOST, PASSWORD, Dovecot, Sink, free_port

pytestmark = pytest.mark.live

CHIEF = "Chief Tom Akers <takers@pine-falls.example.gov>"
DESK = "cri-intake@cops.example.gov"
REQUEST = """\
Chief Akers here, Pine Falls Police Department, Idaho. Would somebody review our pursuit policy with us?

Tom Akers
Chief of Police
Pine Falls Police Department
"""
SECONDS = 40.0


RIVERA = next(user for user in USERS if not user.is_staff)


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    try:
        with LocalSlack() as stand_in:
            yield stand_in
    except StandInMissing as missing:
        pytest.skip(f"no stand-in for Slack: {missing}")


class World:
    """The bot's mailbox, its database, and what it has sent."""

    def __init__(self, dovecot: Dovecot, sink: Sink, folder: Path, slack: LocalSlack | None = None) -> None:
        self.user = dovecot.new_user()
        self.sink = sink
        self.dovecot = dovecot
        self.folder = folder
        self.slack = slack
        self.log = folder / "bot.log"
        self.database = f"sqlite:///{folder / 'crbot.db'}"

    @property
    def settings(self) -> dict[str, str]:
        mail = {
            "CRBOT_CONFIG": os.devnull,
            "CRBOT_DATABASE_URL": self.database,
            "CRBOT_IMAP__HOST": HOST,
            "CRBOT_IMAP__PORT": str(self.dovecot.imap_port),
            "CRBOT_IMAP__SECURITY": "none",
            "CRBOT_IMAP__USERNAME": self.user,
            "CRBOT_IMAP__PASSWORD": PASSWORD,
            "CRBOT_SMTP__HOST": HOST,
            "CRBOT_SMTP__PORT": str(self.sink.port),
            "CRBOT_SMTP__SECURITY": "none",
            "CRBOT_MAIL__ADDRESS": DESK,
        }
        return mail | (_slack_settings(self.slack) if self.slack else {})

    def once(self, option: str = "--once", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "crbot.cli", "run", option],
            env=environment(self.settings | more),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @contextmanager
    def running(self, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("ab") as output:
            bot = subprocess.Popen(
                [sys.executable, "-m", "crbot.cli", "run"],
                env=environment(self.settings | more),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield bot
        finally:
            bot.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert bot.wait(20) == 0, self.log.read_text()
            assert time.monotonic() - began < 10

    def until(self, is_so: Callable[[], Any]) -> Any:
        """What `is_so` gives, as soon as that is something."""
        deadline = time.monotonic() + SECONDS
        while not (came := is_so()):
            assert time.monotonic() < deadline, self.log.read_text() if self.log.exists() else "no log"
            time.sleep(0.05)
        return came

    @contextmanager
    def store(self) -> Iterator[SqlStore]:
        store = SqlStore(open_engine(self.database))
        try:
            yield store
        finally:
            store.close()

    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(each.content, policy=policy.default) for each in self.sink.mails]  # type: ignore[misc]

    def folders(self) -> dict[str, int]:
        with self.dovecot.person(self.user) as person:
            names = [name for flags, _, name in person.list_folders() if b"\\Noselect" not in flags]
            return {name: person.folder_status(name, ["MESSAGES"])[b"MESSAGES"] for name in names}

    def cards(self, place: Place) -> list[dict[str, Any]]:
        assert self.slack is not None
        return [each for each in self.slack.messages(self.slack.channels[place]) if not _is_reply(each)]


def _is_reply(message: Mapping[str, Any]) -> bool:
    return bool(message.get("thread_ts")) and message["thread_ts"] != message["ts"]


def _slack_settings(slack: LocalSlack) -> dict[str, str]:
    channels = {f"CRBOT_SLACK__CHANNELS__{place.name}": channel for place, channel in slack.channels.items()}
    return channels | {
        "CRBOT_SLACK__API_URL": slack.api_url,
        "CRBOT_SLACK__BOT_TOKEN": slack.bot_token,
        "CRBOT_SLACK__APP_TOKEN": slack.app_token,
    }


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CRBOT_")} | settings


def mail(text: str, subject: str = "Policy review", sender: str = CHIEF, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, DESK, subject
    message["Message-ID"] = f"<{abs(hash((text, subject, sender)))}@pine-falls.example.gov>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def reply_to(letter: EmailMessage, text: str) -> bytes:
    return mail(text, f"Re: {letter['Subject']}", In_Reply_To=letter["Message-ID"])


@pytest.fixture
def world(dovecot: Dovecot, sink: Sink, tmp_path: Path) -> World:
    return World(dovecot, sink, tmp_path)


def test_a_mail_becomes_a_case_and_is_acknowledged_in_its_thread(world: World) -> None:
    world.dovecot.deliver(world.user, mail(REQUEST))

    ended = world.once()

    assert ended.returncode == 0, ended.stderr
    (letter,) = world.letters()
    assert letter["To"].addresses[0].addr_spec == "takers@pine-falls.example.gov"
    assert letter["In-Reply-To"] == message_from_bytes(mail(REQUEST))["Message-ID"]
    assert "CRI-" in letter["Subject"]
    assert world.folders() == {"INBOX": 0, "crbot/Done": 1, "crbot/Trouble": 0}
    with world.store() as store:
        assert len(store.list_cases()) == 1


def test_a_second_look_sends_nothing_again(world: World) -> None:
    world.dovecot.deliver(world.user, mail(REQUEST))
    world.once()

    world.once()

    assert len(world.letters()) == 1


def test_a_folder_that_counts_anew_makes_no_second_case(world: World) -> None:
    stays = {"CRBOT_IMAP__DONE_FOLDER": ""}
    world.dovecot.deliver(world.user, mail(REQUEST))
    world.once(**stays)
    count_anew(world.dovecot, world.user)

    world.once(**stays)

    assert len(world.letters()) == 1
    with world.store() as store:
        assert len(store.list_cases()) == 1


def test_what_would_be_read_is_shown_and_nothing_is_changed(world: World) -> None:
    world.dovecot.deliver(world.user, mail(REQUEST))

    ended = world.once("--dry-run")

    assert ended.returncode == 0, ended.stderr
    assert "Policy review" in ended.stdout
    assert "1 mail would be read; nothing was kept, moved or sent" in ended.stdout
    assert world.folders() == {"INBOX": 1}
    with world.store() as store:
        assert store.waiting() == (0, 0)


def test_a_reply_closes_the_questions_that_it_answers(world: World) -> None:
    world.dovecot.deliver(world.user, mail(REQUEST))
    world.once()
    (first,) = world.letters()
    world.dovecot.deliver(world.user, reply_to(first, "1. No.\n2. No lawsuit, and none expected.\n"))

    world.once()

    with world.store() as store:
        (line,) = store.list_cases()
        case = store.case(line.number)
    assert case is not None
    assert case.decision.questions == ()
    assert case.decision.disposition == "eligible"
    assert len(world.letters()) == 2


TROUBLES = {
    "without a sender": b"Subject: help\r\nMessage-ID: <a@b>\r\n\r\nWe are the Pine Falls police and need training.\r\n",
    "with a broken charset": b"From: chief@pine-falls.example.gov\r\nSubject: help\r\nContent-Type: text/plain; "
    b"charset=x-none\r\nContent-Transfer-Encoding: 8bit\r\n\r\nWe need tr\xe4ining.\r\n",
    "nested without end": b"From: a@b.example\r\nSubject: x\r\n"
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
        for depth in range(1500)
    ),
    "of noise": bytes(range(1, 256)) * 40,
    "of forty megabytes": b"From: big@pine-falls.example.gov\r\nSubject: large\r\n\r\nWe need training.\r\n"
    + b"x" * 76
    + b"\r\n"
    + (b"y" * 76 + b"\r\n") * 540_000,
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_mail_in_trouble_is_kept_and_never_stops_the_next(world: World, trouble: str) -> None:
    with world.dovecot.person(world.user) as person:
        person.append("INBOX", TROUBLES[trouble])
    world.dovecot.deliver(world.user, mail(REQUEST))

    ended = world.once()

    assert ended.returncode == 0, ended.stderr
    assert world.folders()["INBOX"] == 0
    with world.store() as store:
        assert any("Pine Falls" in line.agency for line in store.list_cases())


def test_wrong_settings_end_at_once_with_name_and_mend(world: World) -> None:
    ended = world.once(CRBOT_IMAP__SECURITY="none", CRBOT_IMAP__HOST="mail.elsewhere.example")

    assert ended.returncode == 1
    assert "CRBOT_IMAP" in ended.stderr
    assert "security=ssl" in ended.stderr


def test_a_mailbox_that_is_away_at_start_is_waited_for(world: World) -> None:
    with world.running(CRBOT_IMAP__PORT=str(free_port())):
        world.until(lambda: "the mailbox cannot be reached" in world.log.read_text())


def test_mail_that_comes_while_it_runs_is_answered(world: World) -> None:
    with world.running():
        world.until(lambda: "ready" in world.log.read_text())
        world.dovecot.deliver(world.user, mail(REQUEST))
        world.until(world.letters)


def test_a_letter_waits_for_a_mail_server_that_is_away(world: World) -> None:
    world.dovecot.deliver(world.user, mail(REQUEST))

    ended = world.once(CRBOT_SMTP__PORT=str(free_port()))

    assert ended.returncode == 0, ended.stderr
    assert "postponed" in ended.stderr
    with world.store() as store:
        assert store.waiting()[1] > 0


def test_the_whole_way_with_slack(dovecot: Dovecot, sink: Sink, tmp_path: Path, slack: LocalSlack) -> None:
    world = World(dovecot, sink, tmp_path, slack)
    with world.running():
        world.dovecot.deliver(world.user, mail(REQUEST))
        (card,) = world.until(lambda: world.cards(Place.CRI_TAC))
        assert "Pine Falls Police Department" in decode(card["text"])
        (letter,) = world.until(world.letters)

        world.dovecot.deliver(world.user, reply_to(letter, "1. No.\n2. No lawsuit, and none expected.\n"))
        world.until(lambda: "question" not in world.cards(Place.CRI_TAC)[0]["text"])
        assert len(world.cards(Place.CRI_TAC)) == 1

        slack.click(slack.channels[Place.CRI_TAC], card["ts"], "case_claim", "U0LEE")
        world.until(lambda: "Claimed by <@U0LEE>" in str(world.cards(Place.CRI_TAC)[0]["blocks"]))


def test_a_direct_message_on_slack_does_the_same(
    dovecot: Dovecot, sink: Sink, tmp_path: Path, slack: LocalSlack
) -> None:
    world = World(dovecot, sink, tmp_path, slack)
    before = len(world.cards(Place.ORGANIZATIONAL_ASSESSMENT))
    with world.running():
        world.until(lambda: "connected to Slack" in world.log.read_text())  # the stand-in delivers once
        text = (
            "I am Chief Rivera of the Springfield Police Department, Ohio. We want an organizational assessment of "
            "the whole department. No lawsuits and no investigations."
        )
        slack.post_dm(RIVERA.id, text)
        world.until(lambda: len(world.cards(Place.ORGANIZATIONAL_ASSESSMENT)) > before)
        said = world.until(
            lambda: [each for each in slack.messages(slack.dm_of(RIVERA.id)) if _is_reply(each)]
        )
        assert any("CRI-" in each["text"] for each in said)


def asked(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as told:
            return told.status, told.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except URLError:
        return 0, ""


def test_whoever_watches_sees_how_the_bot_is_and_what_it_did(world: World) -> None:
    port = free_port()
    here = f"http://{HOST}:{port}"
    world.dovecot.deliver(world.user, mail(REQUEST))

    with world.running(CRBOT_HTTP__PORT=str(port), CRBOT_HTTP__TOKEN="hush"):
        world.until(lambda: asked(f"{here}/readyz")[0] == 200)
        world.until(lambda: 'crbot_messages_total{disposition="' in asked(f"{here}/metrics")[1])
        world.until(world.letters)
        cases = asked(f"{here}/cases", Authorization="Bearer hush")[1]

        assert asked(f"{here}/healthz")[0] == 200
        assert set(json.loads(asked(f"{here}/readyz")[1])["parts"]) >= {"database", "mailbox"}
        assert "CRI-" in cases
        assert asked(f"{here}/cases")[0] == 401


def test_a_mailbox_that_is_away_is_named_with_the_reason(world: World) -> None:
    port = free_port()

    with world.running(CRBOT_HTTP__PORT=str(port), CRBOT_IMAP__PORT="1"):
        away = world.until(
            lambda: "mailbox at" in (told := asked(f"http://{HOST}:{port}/readyz")[1]) and told
        )

    assert json.loads(away)["parts"]["mailbox"]["ok"] is False


def test_a_hangup_asks_for_other_rules_and_ends_nothing(world: World) -> None:
    port = free_port()

    with world.running(CRBOT_HTTP__PORT=str(port)) as bot:
        world.until(lambda: asked(f"http://{HOST}:{port}/readyz")[0] == 200)
        bot.send_signal(signal.SIGHUP)
        world.dovecot.deliver(world.user, mail(REQUEST))

        world.until(world.letters)
