"""Killed at whatever step, it has one case and one letter of one mail when it has run again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from crbot.store.store import SqlStore, open_engine
from tests.faults.killed import EFFECTS
from tests.servers import Dovecot, Sink, running_sink
from tests.test_run import REQUEST, World, environment, mail

pytestmark = pytest.mark.live

SENT = "Sent"
NEVER = ("never", "-")


class Filing(Sink):
    """A mail server that lays what it takes into the sender's folder of sent mail, as the large providers do."""

    dovecot: Dovecot
    user: str

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        with self.dovecot.person(self.user) as person:
            if not person.folder_exists(SENT):
                person.create_folder(SENT)
            person.append(SENT, envelope.content)
        return answer


class Mortal(World):
    """The bot in a process of its own, that is killed as the test says."""

    def lives(self, when: str, effect: str, minutes_ahead: int, **more: str) -> int:
        """How the process ended."""
        ended = subprocess.run(
            [sys.executable, "-m", "tests.faults.killed", when, effect, str(minutes_ahead)],
            cwd=Path(__file__).parents[2],
            env=environment(self.settings | {"CRBOT_LOG__LEVEL": "ERROR"} | more),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        return ended.returncode

    def cases(self) -> int:
        store = SqlStore(open_engine(self.database))
        try:
            return len(store.list_cases())
        finally:
            store.close()


@pytest.fixture
def filing(dovecot: Dovecot) -> Iterator[Sink]:
    with running_sink(kind=Filing) as sink:
        yield sink


# After an effect is before the next one: nothing is done in between.
POINTS = [*(("before", effect) for effect in EFFECTS), ("after", EFFECTS[-1])]


@pytest.mark.parametrize(("when", "effect"), POINTS)
def test_one_mail_has_one_case_and_one_letter(
    when: str, effect: str, dovecot: Dovecot, filing: Filing, tmp_path: Path
) -> None:
    world = Mortal(dovecot, filing, tmp_path)
    filing.dovecot, filing.user = dovecot, world.user
    looks = {"CRBOT_IMAP__SENT_FOLDER": SENT}
    dovecot.deliver(world.user, mail(REQUEST))

    assert world.lives(when, effect, 0, **looks) == -signal.SIGKILL
    assert world.lives(*NEVER, 60, **looks) == 0

    assert world.cases() == 1
    assert len(filing.mails) == 1
    assert world.folders()["INBOX"] == 0
    assert world.folders()["crbot/Done"] == 1


def test_where_sent_mail_is_not_kept_the_second_letter_is_the_first_again(
    dovecot: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    """Nobody can know whether it went out: it goes once more under the same Message-ID, and no third time."""
    world = Mortal(dovecot, sink, tmp_path)
    dovecot.deliver(world.user, mail(REQUEST))

    assert world.lives("after", "outlet.deliver", 0) == -signal.SIGKILL
    assert world.lives(*NEVER, 60) == 0
    assert world.lives(*NEVER, 120) == 0

    assert world.cases() == 1
    assert len(sink.mails) == 2
    assert len({message_from_bytes(each.content)["Message-ID"] for each in sink.mails}) == 1
