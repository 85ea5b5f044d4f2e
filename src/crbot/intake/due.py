"""Time passes: what is due is sent, tried again, or given to a person.

What is sent stands in the outbox, and how it is delivered is the outlets'. What is reminded of stands among the
follow-ups, which are looked at again when they are due, in `reminding`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from crbot.cases.case import Place
from crbot.cases.followups import is_given_up, pause_before_try
from crbot.cases.letters import Letter
from crbot.cases.respond import LateFile, Notice
from crbot.intake.alarms import alarm, over
from crbot.intake.ports import DeliveryFailed, Drawing, NotYet, Outgoing, Outlet, Store
from crbot.triage.message import Channel

# Longer than a slow server needs: a mail server may take ten minutes to answer the end of the data.
LEASE = timedelta(minutes=15)
BATCH = 20
_MOST_LOST = 5  # what so often ended without a word ends the program each time
_UNTIL_MENDED = timedelta(minutes=5)  # between two tries of what waits for a person to mend it


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one row of the outbox, for the log."""

    key: str
    did: str  # sent, found, postponed, waits, alarm, given up, lost
    trouble: str = ""


def send_due(
    store: Store, via: Channel, outlet: Outlet, clock: Callable[[], datetime], alarms: str = ""
) -> tuple[Sent, ...]:
    """Send what is due by one channel, oldest first, a batch of it; empty where nothing is due.

    Lanes do not wait for one another; in a lane, one is sent after the other. `alarms`: a mail address of staff, who
    are written to when a lane of ours is broken, and when it works again.
    """
    lanes: dict[str, list[Outgoing]] = {}
    for outgoing in store.claim(via, clock(), LEASE, BATCH):
        lanes.setdefault(outlet.lane(outgoing), []).append(outgoing)

    def send(lane: str) -> list[Sent]:
        came = _send_lane(store, outlet, lanes[lane], clock, _Alarms(lane, alarms))
        if any(each.did == "sent" for each in came):
            over(store, lane, clock(), alarms)
        return came

    if len(lanes) < 2:
        return tuple(sent for lane in lanes for sent in send(lane))
    with ThreadPoolExecutor(len(lanes), thread_name_prefix=f"send {via.value}") as pool:
        came = pool.map(send, lanes)
        return tuple(sent for lane in came for sent in lane)


@dataclass(frozen=True, slots=True)
class _Alarms:
    lane: str  # that is stopped
    to: str


def _send_lane(
    store: Store,
    outlet: Outlet,
    lane: Iterable[Outgoing],
    clock: Callable[[], datetime],
    alarms: _Alarms,
) -> list[Sent]:
    came = (_send(store, outlet, outgoing, clock, alarms) for outgoing in lane)
    return [sent for sent in came if sent is not None]


def _send(
    store: Store, outlet: Outlet, outgoing: Outgoing, clock: Callable[[], datetime], alarms: _Alarms
) -> Sent | None:
    """Send one; None where nothing was tried."""
    has_begun = False
    try:
        # An earlier try ended without a word: what may be there already is looked for before it is sent again.
        found = outlet.look_up(outgoing) if outgoing.is_repeat else None
        if found is not None:
            store.mark_sent(outgoing, found, clock())
            return Sent(outgoing.key, "found")
        _refuse_what_is_lost(outgoing)
        if not store.begin(outgoing, clock()):
            return Sent(outgoing.key, "lost")  # the lease has run out; another worker has it
        has_begun = True
        receipt = outlet.deliver(outgoing)
    except NotYet as not_yet:
        store.put_back(outgoing, clock() + not_yet.wait)
        return None
    except DeliveryFailed as failure:
        if failure.uncertain and has_begun and outgoing.is_repeat:
            failure = _left_open(failure)
        return _failed(store, outgoing, failure, clock(), alarms)
    except store.failures:
        raise  # the database's trouble, not the letter's: the lease runs out, and it is taken up again
    except Exception as error:  # noqa: BLE001  (a letter that breaks the code must not stop the next one)
        broken = DeliveryFailed(f"It broke the program: {type(error).__name__}: {error}", permanent=True)
        return _failed(store, outgoing, broken, clock(), alarms)
    store.mark_sent(outgoing, receipt, clock())
    return Sent(outgoing.key, "sent")


def _refuse_what_is_lost(outgoing: Outgoing) -> None:
    """Raises `DeliveryFailed` where too many tries ended without a word."""
    if outgoing.lost >= _MOST_LOST:
        reason = (
            f"It has ended the program {outgoing.lost} times while it was on its way, and may have arrived"
        )
        raise DeliveryFailed(f"{reason}.", permanent=True)


def _left_open(failure: DeliveryFailed) -> DeliveryFailed:
    """Twice nobody knows whether it went out: a third letter would be one too many, so a person asks."""
    return DeliveryFailed(f"It may have arrived all the same: twice {failure}.", permanent=True)


def _failed(
    store: Store, outgoing: Outgoing, failure: DeliveryFailed, now: datetime, alarms: _Alarms
) -> Sent:
    reason = str(failure)
    if failure.is_ours:
        # Nothing is lost by it: it goes out when the token, the scope or the channel is mended.
        store.postpone(outgoing, reason, now + _UNTIL_MENDED, uncertain=failure.uncertain)
        notice = Notice("Nothing goes out before this is mended", f"{reason}.", place=_elsewhere(outgoing))
        is_new = alarm(store, notice, now, alarms.lane, alarms.to)
        return Sent(outgoing.key, "alarm" if is_new else "waits", reason)
    if failure.permanent or is_given_up(outgoing.attempts):
        store.give_up(outgoing, reason, _notice(outgoing, reason), now)
        return Sent(outgoing.key, "given up", reason)
    until = now + (failure.wait or pause_before_try(outgoing.attempts))
    store.postpone(outgoing, reason, until, uncertain=failure.uncertain)
    return Sent(outgoing.key, "postponed", reason)


def _elsewhere(outgoing: Outgoing) -> Place:
    """The review channel; another one, where the review channel itself is what is broken."""
    what = outgoing.what
    is_in_review = isinstance(what, Drawing | Notice) and what.place is Place.REVIEW
    return Place.CRITICAL_RESPONSE if is_in_review else Place.REVIEW


def _notice(outgoing: Outgoing, reason: str) -> Notice | None:
    """What staff are shown; None for what would only fail the same way again."""
    if isinstance(outgoing.what, LateFile):
        return Notice(
            title="An attached file could not be kept",
            text=f"“{outgoing.what.name}”: {reason}. Nothing more is tried; it may still be in the conversation in Slack.",
            again=outgoing.key,
        )
    if not isinstance(outgoing.what, Letter):
        return None
    letter = outgoing.what
    return Notice(
        title=f"Not sent: the {letter.name.replace('_', ' ')}"
        + (f" of {letter.case}" if letter.case else ""),
        text=f"{reason} Nothing more is tried; please reach the requester another way.",
        sender=letter.to.address,
        about=letter.case,
        again=outgoing.key,
    )
