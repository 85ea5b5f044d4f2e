"""How much of a fault: a little beside the other tests, much in `make faults`; and the figures that come out of it."""

from __future__ import annotations

import os

KILLS = int(os.environ.get("FAULTS_KILLS", "3"))  # make faults: 200
IS_LONG = KILLS >= 200


def dose(short: int, long: int) -> int:
    return long if IS_LONG else short


def figure(what: str) -> None:
    """A line of what was measured; `make faults` shows it."""
    print(f"\n  faults: {what}")
