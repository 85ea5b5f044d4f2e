"""A desk that works on mails as the program does: bytes are kept, thought about, and what follows lies in the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage

from sqlalchemy import Engine, func, select

from crbot.cases.case import Case
from crbot.cases.letters import Letter
from crbot.cases.respond import Notice
from crbot.cases.rulebook import Rulebook
from crbot.channels.mail.mime import OurSide, identity_and_content_of, parse_mail
from crbot.channels.mail.outlet import message_id
from crbot.channels.mail.reader import read_mail
from crbot.channels.mail.replies import ReplyAddresses
from crbot.channels.mail.sender import UNKNOWN_BORDER, Border
from crbot.intake.due import send_due
from crbot.intake.incoming import Desk, Thought, think
from crbot.intake.ports import Arrival, Drawing, Ignored, Outgoing, Receipt, Received, StaffAction
from crbot.intake.repeats import DEFAULT_LIMITS, Limits
from crbot.intake.vouching import NO_MEANS, Means
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.store.tables import inbox
from crbot.triage.message import Channel
from tests.fakes import Clock

DESK = "cri-intake@cops.example.gov"
REPLIES = ReplyAddresses(DESK, "a key that only the desk knows")
CHIEF = "Chief Tom Akers <takers@pine-falls.example.gov>"
REQUEST = """\
Chief Akers here, Pine Falls Police Department, Idaho. Would somebody review our pursuit policy with us?

Tom Akers
Chief of Police
Pine Falls Police Department
"""


def mail(
    text: str = REQUEST, subject: str | None = "Policy review", sender: str | None = CHIEF, **headers: str
) -> bytes:
    """A mail to the desk. A header named `Message_ID` is Message-ID; one that is None is left out."""
    message = EmailMessage()
    told = {"From": sender, "To": DESK, "Subject": subject}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in told.items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    return message.as_bytes()


@dataclass
class Outlet:
    """Takes everything, as mail servers and Slack do, and remembers it."""

    sent: list[Outgoing] = field(default_factory=list)

    def lane(self, outgoing: Outgoing) -> str:
        return ""

    def deliver(self, outgoing: Outgoing) -> Receipt:
        self.sent.append(outgoing)
        return Receipt(message_id(outgoing.key, DESK))

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        return None


class MailDesk:
    """The desk over SQLite, with the reader that the program uses, a clock that stands, and a world that takes all."""

    def __init__(
        self, engine: Engine, rules: Rulebook, limits: Limits, border: Border, means: Means = NO_MEANS
    ) -> None:
        self._engine = engine
        self.clock = Clock()
        self.store = SqlStore(engine)
        side = OurSide(frozenset({DESK}), REPLIES, border)
        self.reader = _Readers(side)
        self.desk = Desk(self.store, self.reader, rules, side.own, self.clock, limits, means)
        self.outlet = Outlet()
        self._uid = 0

    def keep(self, raw: bytes) -> None:
        """A mail comes, under a key that none had before."""
        self._uid += 1
        identity, content = identity_and_content_of(raw)
        arrival = Arrival(Channel.EMAIL, f"imap:desk:1:{self._uid}", raw, self.clock(), identity, content)
        self.store.keep([arrival])

    def hears(self, raw: bytes) -> Thought | None:
        """A mail comes and is worked on, and what follows is sent. None where it was known already."""
        self.keep(raw)
        thought = think(self.desk)
        self.clock.pass_(timedelta(seconds=1))
        self.send()
        return thought

    def acts(self, action: StaffAction) -> Thought | None:
        self._uid += 1
        key = f"terminal:{self._uid}"
        self.reader.actions[key] = action
        self.store.keep([Arrival(Channel.TERMINAL, key, b"{}", self.clock())])
        thought = think(self.desk)
        self.send()
        return thought

    def send(self) -> None:
        for channel in (Channel.EMAIL, Channel.SLACK):
            while send_due(self.store, channel, self.outlet, self.clock):
                pass

    def cases(self) -> list[Case]:
        """Oldest first."""
        lines = reversed(self.store.list_cases(10_000))
        return [case for line in lines if (case := self.store.case(line.number))]

    def letters(self) -> list[Letter]:
        return [each.what for each in self.outlet.sent if isinstance(each.what, Letter)]

    def letter_id(self, position: int = -1) -> str:
        """The Message-ID of a letter that went out."""
        keys = [each.key for each in self.outlet.sent if isinstance(each.what, Letter)]
        return message_id(keys[position], DESK)

    def notices(self) -> list[Notice]:
        return [each.what for each in self.outlet.sent if isinstance(each.what, Notice)]

    def log(self) -> list[str]:
        """What was told in the threads of cards."""
        return [
            each.what.log for each in self.outlet.sent if isinstance(each.what, Drawing) and each.what.log
        ]

    def body(self) -> str:
        """The newest words that a card showed."""
        return next(
            (each.what.body for each in reversed(self.outlet.sent) if isinstance(each.what, Drawing)), ""
        )

    def record(self, number: str = "") -> list[str]:
        """What the record tells of a case; of no case where none is named."""
        return [line["what"] for line in self.store.record_of(number)]

    def states(self) -> dict[str, int]:
        """How many mails there are of each state."""
        counted = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(counted)}


class _Readers:
    """Mail as the program reads it, but in this process; staff's actions as the test has them."""

    def __init__(self, side: OurSide) -> None:
        self._side = side
        self.actions: dict[str, StaffAction] = {}

    def read(self, arrival: Arrival) -> Received | StaffAction | Ignored:
        action = self.actions.get(arrival.key)
        return action or read_mail(arrival, parse_mail(arrival.raw), self._side)


@contextmanager
def mail_desk(
    rules: Rulebook,
    limits: Limits = DEFAULT_LIMITS,
    border: Border = UNKNOWN_BORDER,
    means: Means = NO_MEANS,
) -> Iterator[MailDesk]:
    engine = open_engine("sqlite://")
    upgrade(engine)
    try:
        yield MailDesk(engine, rules, limits, border, means)
    finally:
        engine.dispose()
