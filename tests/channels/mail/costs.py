"""What reading a mail takes, told from within the child; it is loaded there, and holds nothing else."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

from crbot.channels.mail.mime import parse_mail
from crbot.intake.ports import Unreadable


@dataclass(frozen=True)
class Cost:
    """What a reading took of the child."""

    seconds: float  # of the processor
    memory_bytes: int  # at the most, all that the child holds in memory


def cost_of(raw: bytes) -> Cost:
    """Read a mail in the child, and tell what it took."""
    started = time.process_time()
    with contextlib.suppress(Unreadable):
        parse_mail(raw)
    told = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert told is not None
    return Cost(time.process_time() - started, int(told[1]) * 1024)
