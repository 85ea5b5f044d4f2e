"""Time passes: what is due is sent, tried again, or given to a person.

What is sent stands in the outbox, and how it is delivered is the outlets'. What is reminded of stands among the
follow-ups, which are looked at again when they are due, in `reminding`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from crbot.cases.case import Place
from crbot.cases.followups import is_given_up, pause_before_try
from crbot.cases.letters import Letter
from crbot.cases.respond import Notice
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


def send_due(store: Store, via: Channel, outlet: Outlet, clock: Callable[[], datetime]) -> tuple[Sent, ...]:
    """Send what is due by one channel, oldest first, a batch of it; empty where nothing is due.

    Lanes do not wait for one another; in a lane, one is sent after the other.
    """
    lanes: dict[str, list[Outgoing]] = {}
    for outgoing in store.claim(via, clock(), LEASE, BATCH):
        lanes.setdefault(outlet.lane(outgoing), []).append(outgoing)
    if len(lanes) < 2:
        return tuple(sent for lane in lanes.values() for sent in _send_lane(store, outlet, lane, clock))
    with ThreadPoolExecutor(len(lanes), thread_name_prefix=f"send {via.value}") as pool:
        came = pool.map(lambda lane: _send_lane(store, outlet, lane, clock), lanes.values())
        return tuple(sent for lane in came for sent in lane)


def _send_lane(
    store: Store, outlet: Outlet, lane: Iterable[Outgoing], clock: Callable[[], datetime]
) -> list[Sent]:
    came = (_send(store, outlet, outgoing, clock) for outgoing in lane)
    return [sent for sent in came if sent is not None]


def _send(store: Store, outlet: Outlet, outgoing: Outgoing, clock: Callable[[], datetime]) -> Sent | None:
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
        return _failed(store, outgoing, failure, clock())
    except store.failures:
        raise  # the database's trouble, not the letter's: the lease runs out, and it is taken up again
    except Exception as error:  # noqa: BLE001  (a letter that breaks the code must not stop the next one)
        broken = DeliveryFailed(f"It broke the program: {type(error).__name__}: {error}", permanent=True)
        return _failed(store, outgoing, broken, clock())
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


def _failed(store: Store, outgoing: Outgoing, failure: DeliveryFailed, now: datetime) -> Sent:
    reason = str(failure)
    if failure.is_ours:
        # Nothing is lost by it: it goes out when the token, the scope or the channel is mended.
        store.postpone(outgoing, reason, now + _UNTIL_MENDED, uncertain=failure.uncertain)
        notice = Notice("Nothing goes out before this is mended", f"{reason}.", place=_elsewhere(outgoing))
        is_new = alarm(store, notice, now)
        return Sent(outgoing.key, "alarm" if is_new else "waits", reason)
    if failure.permanent or is_given_up(outgoing.attempts):
        store.give_up(outgoing, reason, _notice(outgoing, reason), now)
        return Sent(outgoing.key, "given up", reason)
    until = now + (failure.wait or pause_before_try(outgoing.attempts))
    store.postpone(outgoing, reason, until, uncertain=failure.uncertain)
    return Sent(outgoing.key, "postponed", reason)


def alarm(store: Store, notice: Notice, now: datetime) -> bool:
    """Show staff what is broken, once a day as long as it is; False where they were shown it today."""
    said = hashlib.sha256(f"{notice.title} {notice.text}".encode()).hexdigest()[:20]
    return store.post(notice, f"alarm:{said}:{now:%Y-%m-%d}", now)


def _elsewhere(outgoing: Outgoing) -> Place:
    """The review channel; another one, where the review channel itself is what is broken."""
    what = outgoing.what
    is_in_review = isinstance(what, Drawing | Notice) and what.place is Place.REVIEW
    return Place.CRITICAL_RESPONSE if is_in_review else Place.REVIEW


def _notice(outgoing: Outgoing, reason: str) -> Notice | None:
    """What staff are shown; None for what would only fail the same way again."""
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
