"""What the use cases need from outside, and what they hand out.

Adapters fit these by shape; which ones are used is told in `crbot.wiring`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from crbot.cases.authority import Ticket
from crbot.cases.case import Case, Conversation, Place
from crbot.cases.followups import FollowUp
from crbot.cases.letters import Letter, Report, SentLetter
from crbot.cases.meetings import CalendarAnswer
from crbot.cases.respond import Change, LateFile, Notice, Whisper
from crbot.intake.verbs import Verb as Verb
from crbot.triage.decision import Decision
from crbot.triage.message import Channel, Message


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a channel hands in to be kept: the bytes as they came, and their identity."""

    channel: Channel
    key: str  # unique for ever: "imap:<mailbox>:<uidvalidity>:<uid>", "slack:<event_id>", "slack:click:…"
    raw: bytes  # the mail, or Slack's payload as JSON
    received_at: datetime
    identity: str = ""  # mail: Message-ID as found; "" where there is none
    content: str = (
        ""  # mail: hash of what a second delivery would not change; "" where nothing tells copies apart
    )
    excerpt: bool = False  # `raw` is only the beginning: the whole is larger than is taken in


@dataclass(frozen=True, slots=True)
class Settled:
    """An arrival that is worked on."""

    key: str
    is_in_trouble: bool  # it could not be read, and a person looks at it


@dataclass(frozen=True, slots=True)
class Kept:
    """An arrival in the inbox."""

    id: int
    arrival: Arrival
    attempts: int = 0  # how often it was taken up before
    namesake: str = (
        ""  # an earlier arrival with the same Message-ID and other content: its case, or "inbox 3"
    )
    token: str = ""  # of the program that thinks about it; what another one saves of it has no effect


class Proof(StrEnum):
    """Whether our own mail server vouches for the sender's domain."""

    PROVEN = "proven"
    NOT_PROVEN = "not proven"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it was not looked at


@dataclass(frozen=True, slots=True)
class File:
    """An attachment, as the record names it."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message with what is needed to find its case and to answer it."""

    message: Message
    identity: str  # what answers to it will refer to: Message-ID; Slack: "<channel>:<thread_ts>"
    conversation: Conversation  # where it is answered
    refers_to: tuple[str, ...] = ()  # identities of earlier messages, nearest first
    case_number: str | None = None  # as named in the subject
    proven_case: str | None = None  # as proven by the address that it was written to, which we had signed
    ticket: Ticket | None = None  # of a request to confirm, as that address tells
    report: Report | None = None
    calendar: CalendarAnswer | None = None  # the answer of a calendar to an invitation
    gist: str = ""  # in words, what a machine's message says: "Ben Fox has accepted the invitation “Call”"
    files: tuple[File, ...] = ()
    late_files: tuple[LateFile, ...] = ()
    settles: str = ""  # a doubt about an earlier message that this one ends
    proof: Proof = Proof.UNKNOWN
    is_ours: bool = False  # written from the desk's own address
    doubts: tuple[str, ...] = ()  # what staff should know of it: "no From", "the charset is wrong"


@dataclass(frozen=True, slots=True)
class StaffAction:
    """A person of staff does something to a case."""

    verb: Verb
    case: str
    by: str  # Slack user id, or a name from the terminal
    revision: int | None = None  # of the case, as the person saw it; None: whatever it is now
    reason: str = ""
    values: Mapping[str, str] = field(default_factory=dict)  # those of `VALUES[verb]`
    seen_in: str = ""  # Slack channel id, where the answer to the person goes
    by_name: str = ""  # how letters name who acts; "": as `by` tells


@dataclass(frozen=True, slots=True)
class Ignored:
    """An arrival that asks nothing of us: our own message, a channel event without words."""

    why: str
    told: tuple[Whisper, ...] = ()  # to whoever asked for what they may not do


class Unreadable(Exception):
    """An arrival that cannot be read; the text says why, for staff."""


class Reader(Protocol):
    """Reads what was kept. Raises `Unreadable`."""

    def read(self, arrival: Arrival) -> Received | StaffAction | Ignored: ...


@dataclass(frozen=True, slots=True)
class Drawing:
    """A case's card, drawn from the case as it stands when it is sent."""

    case: Case
    place: Place
    body: str  # the newest message's full text, for the thread
    message_id: int  # the inbox row that holds it
    posted: Mapping[Place, str] = field(
        default_factory=dict
    )  # where a card of the case stands already, with its ts
    log: str = ""  # a line for the card's thread: what happened
    calls: str = ""  # the member of staff whom that line calls


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of the outbox, claimed."""

    id: int
    key: str  # unique, fixed for ever; the identity of what is sent is derived from it
    what: Letter | Drawing | Notice | Whisper | LateFile
    attempts: int  # this one counted
    token: str  # of the claim; a mark without it has no effect
    is_repeat: bool = False  # an earlier try ended without a word: look before sending again
    lost: int = 0  # how many claims ended without a word: whoever had it died of it, or just then


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said on delivery."""

    identity: str  # Message-ID as sent; Slack: "<channel>:<ts>"


class DeliveryFailed(Exception):
    """The message did not go out.

    `permanent`: no later try can help, a person must look. `wait`: not before this time has passed.
    `uncertain`: it may have gone out all the same, so that it is looked for before it is sent again.
    `is_ours`: it is our side that is broken (a token, a scope, a channel of staff): it waits until that is mended.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        wait: timedelta | None = None,
        uncertain: bool = False,
        is_ours: bool = False,
    ) -> None:
        super().__init__(reason)
        self.is_ours = is_ours
        self.permanent = permanent
        self.wait = wait
        self.uncertain = uncertain


class NotYet(Exception):
    """Nothing was tried: so much was sent lately that the other side would refuse more. `wait` until then."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"not before {wait.total_seconds():.0f} seconds have passed")
        self.wait = wait


class Outlet(Protocol):
    """Sends. Never tries again by itself; what the use case does about a failure is its affair."""

    def lane(self, outgoing: Outgoing) -> str:
        """What has the same lane is sent one after the other; other lanes do not wait for it."""

    def deliver(self, outgoing: Outgoing) -> Receipt:
        """Send it. Raises `DeliveryFailed`, or `NotYet` where nothing was tried."""

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        """Tell whether it went out in an earlier try; None where it did not, or nobody can tell."""


class Progress(StrEnum):
    """How far a follow-up has come."""

    OPEN = "open"
    DONE = "done"
    PASSED = "passed"  # left out for good
    DROPPED = "dropped"  # the case no longer waits for it; it may again
    ASIDE = "aside"  # it breaks the program; a person can have it tried again


@dataclass(frozen=True, slots=True)
class Standing:
    """A follow-up of a case, whatever became of it."""

    follow_up: FollowUp
    progress: Progress
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A follow-up that is due, claimed; with its case as it stands."""

    id: int
    token: str  # of the claim
    follow_up: FollowUp
    case: Case | None
    standing: tuple[Standing, ...]  # all of the case, this one among them
    lost: int = 0  # how many claims ended without a word


@dataclass(frozen=True, slots=True)
class Brake:
    """Nothing goes out by itself, until a person lets it."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something of ours that is broken, until it works again."""

    where: str  # the lane that it stops, or "line": nothing is heard from Slack
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """What else came from a sender lately."""

    alike: int = 0  # with the same words but for their digits
    case: str | None = None  # that the newest of these belongs to
    cases: int = 0  # that the sender wrote to
    messages: int = 0  # of all kinds


class Store(Protocol):
    """Keeps everything. Each method is one transaction, but for what is done `together`."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What a method may raise when the database is in trouble."""

    def together(self) -> AbstractContextManager[None]:
        """What is asked and saved within, in this thread, is one transaction; undone as a whole where it raises."""

    # keep
    def keep(self, arrivals: Collection[Arrival]) -> int:
        """Put arrivals into the inbox; returns how many were new.

        An arrival that is there already, by its key, is left alone; a mail with the very same bytes or content as
        another is kept and not worked on again.
        """

    def unknown(self, keys: Collection[str]) -> frozenset[str]:
        """Those of the keys under which nothing is kept: what a mailbox holds and we have not seen."""

    def settled(self, channel: Channel) -> tuple[Settled, ...]:
        """Kept arrivals that are worked on and not yet acknowledged to their channel."""

    def acknowledge(self, keys: Collection[str]) -> None:
        """Note that the channel knows: the mail is moved."""

    # think
    def take_up(self, now: datetime) -> Kept | None:
        """The oldest kept arrival that nobody has taken up, its attempts counted before it is worked on.

        It is ours for some minutes; of those who take up at the same time each gets another one.
        """

    def let_go(self, kept: Kept) -> None:
        """Nothing came of it now: it waits as before, and the attempt is not counted."""

    def in_turn(self, kept: Kept) -> AbstractContextManager[None]:
        """Like `together`, when all that came before is worked on: what follows from messages follows in their order.

        Raises `Stale` where that takes long. An arrival that has failed before holds nobody up.
        """

    def case(self, number: str) -> Case | None: ...

    def case_of(self, identities: Collection[str]) -> Case | None:
        """The case that a message or letter with one of these identities belongs to."""

    def newest_case_of(self, sender: str) -> Case | None:
        """The case that a person (`Person.key`) last wrote to."""

    def akin(self, kin: str, limit: int) -> tuple[Case, ...]:
        """Cases of the same agency (`Case.kin`), the newest first."""

    def busy(self, owner: str, besides: str) -> tuple[tuple[datetime, datetime], ...]:
        """From when to when the calls take place that are proposed or set in somebody's cases, besides one of them."""

    def sightings(self, sender: str, likeness: str, since: datetime) -> Sightings: ...

    def letters_to(self, address: str, since: datetime) -> int:
        """How many letters were made for an address that no person had to release."""

    def letter_of(self, report: Report, since: datetime) -> SentLetter | None:
        """The letter that a report is about: by its Message-ID, else the newest to the recipient since then."""

    def held(self, inbox_id: int) -> Kept | None:
        """A message that waits for a person."""

    def new_number(self, now: datetime) -> str: ...

    def save(
        self,
        kept: Kept,
        change: Change,
        now: datetime,
        received: Received | None = None,
        decision: Decision | None = None,
        admitted: int | None = None,
    ) -> None:
        """All that follows from an arrival, at once: case, outbox, record; and the arrival is done.

        `admitted`: the inbox id of the held message that a person has let in by this arrival.
        Raises `Stale` when the case has changed since it was read, or another program has the arrival by now.
        """

    def set_aside(self, kept: Kept, reason: str, notice: Notice, now: datetime) -> None:
        """Keep an arrival that cannot be worked on apart, and show it to staff."""

    def retry(self, what: str, now: datetime) -> bool:
        """Try again what was set aside (by its inbox id, or "followup:" and its id) or could not be sent (by its key).

        False where it is neither.
        """

    # send
    def claim(self, via: Channel, now: datetime, lease: timedelta, limit: int) -> tuple[Outgoing, ...]:
        """Take rows of the outbox that are due by this channel; they are ours for the lease.

        No letter of a case is taken before the earlier ones to the same person.
        """

    def begin(self, outgoing: Outgoing, now: datetime) -> bool:
        """Note that the sending begins; False when the claim is no longer ours."""

    def mark_sent(self, outgoing: Outgoing, receipt: Receipt, now: datetime) -> None: ...

    def postpone(self, outgoing: Outgoing, reason: str, until: datetime, *, uncertain: bool = False) -> None:
        """Try it again then; where it is uncertain whether it went out, look for it first."""

    def put_back(self, outgoing: Outgoing, until: datetime) -> None:
        """Nothing was tried: the claim is given up, and the attempt not counted."""

    def give_up(self, outgoing: Outgoing, reason: str, notice: Notice | None, now: datetime) -> None:
        """It can't be sent: staff are shown it."""

    # follow up
    def claim_follow_ups(
        self, *, letters: bool, now: datetime, lease: timedelta, limit: int
    ) -> tuple[Due, ...]:
        """Take follow-ups that are due, oldest first: letters to agencies, or words to staff."""

    def is_unreached(self, number: str, since: datetime) -> bool:
        """True where a letter of the case did not arrive or could not be sent since then."""

    def settle(self, due: Due, change: Change, now: datetime, good_until: datetime | None = None) -> None:
        """A follow-up and all that follows from it, at once.

        A letter that has not begun to leave by `good_until`, or before the case changes again, is called back: the
        follow-up is due again. Raises `Stale` when the case has changed since it was read, the claim is lost, or, for a letter, a message
        has arrived that is not worked on yet: it could be the answer.
        """

    def end(self, due: Due, progress: Progress, reason: str, now: datetime) -> None:
        """Nothing is done. Raises `Stale` when the claim is lost."""

    def set_follow_up_aside(self, due: Due, reason: str, notice: Notice, now: datetime) -> None:
        """Keep one that breaks the program apart, and show it to staff. Raises `Stale` when the claim is lost."""

    def put_off(self, due: Due, until: datetime, reason: str) -> None:
        """Not before then. Raises `Stale` when the claim is lost."""

    def post(self, notice: Notice, name: str, now: datetime) -> bool:
        """Show staff a notice; False where one of this name was shown before."""

    def begin_trouble(self, trouble: Trouble, letter: Letter, now: datetime) -> bool:
        """Note that something is broken, and write of it; False where that is noted already."""

    def end_troubles(self, where: str, letter: Callable[[Trouble], Letter], now: datetime) -> int:
        """What was broken there works again: it is written of; returns how many troubles are over."""

    def is_posted(self, name: str) -> bool:
        """True where a notice of this name was shown."""

    def began(self) -> datetime | None:
        """When the program ran for the first time over this database; None before that."""

    def all_cases(self) -> Iterator[Case]:
        """Every case as it stands."""

    # who hears
    def hear(self, channel: Channel, now: datetime) -> None:
        """Note that everything that came by this channel until now is kept, for all programs over this database."""

    def heard(self, channel: Channel) -> datetime | None:
        """When a channel was last heard to the end, by whichever program; None where it never was."""

    # the brake
    def brake(self) -> Brake | None:
        """The brake, where it is pulled: then no letter is claimed."""

    def pull_brake(self, brake: Brake, notice: Notice) -> bool:
        """Pull it, and show staff; False where it was pulled already."""

    def release_brake(self, by: str, now: datetime, notice: Notice) -> bool:
        """Let it go, and show staff; False where it was not pulled."""

    def last_run(self) -> tuple[datetime | None, datetime | None]:
        """When the program ran last: as the database knows, and as is remembered outside of it."""

    def look_before_sending(self, now: datetime) -> None:
        """Of all that is due by now nobody knows whether it went out: it is looked for before it is sent."""


class Stale(Exception):
    """Something has changed since it was read."""
