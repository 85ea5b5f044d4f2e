"""The brake over everything that goes out by itself: who pulls it, and when it is pulled by itself.

What it holds back is the store's to say: while it is pulled, no letter and no follow-up is claimed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crbot.cases.case import DRAFTED_BY_THE_BOT
from crbot.cases.respond import Notice
from crbot.intake.ports import Brake, Store

_LONGEST_JUMP = timedelta(days=1)


def pull(store: Store, by: str, reason: str, now: datetime) -> bool:
    """Let nothing go out by itself, and show staff; False where that holds already."""
    notice = Notice(
        title="Paused: nothing goes out by itself",
        text=f"{reason.rstrip('.')}. No letter leaves, and nobody is reminded, until a person lets it: "
        f"crbot pause --off. Messages are read and cards are drawn as ever. Paused by {by}.",
    )
    return store.pull_brake(Brake(by, reason, now), notice)


def release(store: Store, by: str, now: datetime) -> bool:
    """Let it go out again, and show staff; False where it was not held."""
    notice = Notice(title="Going on", text=f"Letters and reminders go out again. Released by {by}.")
    return store.release_brake(by, now, notice)


def check_at_start(store: Store, now: datetime) -> bool:
    """Pull the brake where a backup was put back, or the clock stands long before the last run; True when it was."""
    known, remembered = store.last_run()
    if remembered is not None and (known is None or remembered > known):
        upto = f"{known:%Y-%m-%d %H:%M} UTC" if known else "nothing"
        store.look_before_sending(now)
        reason = (
            f"The database knows of {upto}, and this computer ran crbot until {remembered:%Y-%m-%d %H:%M} UTC: a "
            "backup was put back. Letters may have gone out since, and messages have come, that it does not know of; "
            "lay those messages from the folder of done mail into the inbox again"
        )
        return pull(store, DRAFTED_BY_THE_BOT, reason, now)
    if known is not None and known - now > _LONGEST_JUMP:
        return pull(
            store, DRAFTED_BY_THE_BOT, f"The clock stands {_days(known - now)} before the last run", now
        )
    return False


def check_jump(store: Store, jump: timedelta, now: datetime) -> bool:
    """Pull the brake where the clock was set by more than a day; True when it was."""
    if abs(jump) <= _LONGEST_JUMP:
        return False
    way = "ahead" if jump > timedelta() else "back"
    return pull(store, DRAFTED_BY_THE_BOT, f"The clock was set {_days(abs(jump))} {way}", now)


def _days(span: timedelta) -> str:
    return f"{span / timedelta(days=1):.1f} days"
