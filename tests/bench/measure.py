"""A row of the benchmark, and how CPU time is taken.

CPU time, since the machine is rarely ours alone; medians, since one interruption must not tell the tale; and figure and
floor taken in turns, since a machine is faster at one minute than at the next.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what the work costs, and the least that it can."""

    work: str
    floor_work: str
    figure: float  # CPU seconds
    floor: float  # CPU seconds
    bar: float  # the ratio that is still well
    most: float | None = None  # CPU seconds that are still well, whatever the ratio

    @property
    def ratio(self) -> float:
        return self.figure / self.floor

    @property
    def is_well(self) -> bool:
        return self.ratio <= self.bar and (self.most is None or self.figure <= self.most)


def cpu_of(work: Callable[[], object]) -> float:
    """CPU seconds of this thread that the work takes."""
    before = time.thread_time()
    work()
    return time.thread_time() - before


def in_turns(
    work: Sequence[Callable[[], object]], floor: Sequence[Callable[[], object]]
) -> tuple[float, float]:
    """The median CPU seconds of either, one of each in turn; the first tenth is for warming up."""
    pairs = [(cpu_of(one), cpu_of(other)) for one, other in zip(work, floor, strict=True)]
    counted = pairs[len(pairs) // 10 :]
    return median(one for one, _ in counted), median(other for _, other in counted)


def cpu_of_all() -> float:
    """CPU seconds of this process, of its children that have ended, and of those that run, theirs included."""
    own = os.times()
    return sum(own[:4]) + sum(_cpu_of_process(pid) for pid in _running_children(os.getpid()))


def _running_children(parent: int) -> list[int]:
    children = [pid for pid, of in _parents() if of == parent]
    return children + [each for child in children for each in _running_children(child)]


def _parents() -> list[tuple[int, int]]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(stat)
        if fields:
            found.append((int(stat.parent.name), int(fields[1])))
    return found


def _cpu_of_process(pid: int) -> float:
    fields = _fields(Path(f"/proc/{pid}/stat"))
    ticks = sum(int(each) for each in fields[11:15]) if fields else 0  # utime, stime, cutime, cstime
    return ticks / os.sysconf("SC_CLK_TCK")


def _fields(stat: Path) -> list[str]:
    """The fields behind the name, which is in brackets and may hold anything; none where the process is gone."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return []
