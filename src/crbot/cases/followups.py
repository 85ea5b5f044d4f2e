"""When to try again, remind, escalate, check in, give up. Pure: due times as values.

What is then done is `crbot.intake.due`'s.
"""

from __future__ import annotations

from datetime import timedelta

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

# A mail server that is down is down for minutes or for days; Postfix gives up after five days too.
_PAUSES = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 4 * _HOUR, 6 * _HOUR)
_PATIENCE = timedelta(days=5)


def pause_before_try(attempts: int) -> timedelta:
    """How long to wait after `attempts` tries have failed; the last pause repeats."""
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]


def is_given_up(attempts: int) -> bool:
    """True when all the pauses before the next try would add up to more than five days."""
    waited = sum((pause_before_try(each) for each in range(1, attempts + 1)), timedelta())
    return waited > _PATIENCE
