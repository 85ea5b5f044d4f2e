"""What the lines of the rules did over labelled messages, as tables for people and as CSV.

How it is found out is `crbot.triage.usage`'s.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crbot.channels.cells import cell
from crbot.triage.usage import Use

MOST_ROWS = 25  # of a table for people; all are in the CSV
MOST_MESSAGES = 3  # named beside a line that decided wrongly


def show_uses(console: Console, uses: Sequence[Use], messages: int) -> None:
    """Print first what needs a look: lines that decided wrongly; at last those that were never used."""
    never = [each for each in uses if not each.hits]
    console.print(
        f"{len(uses):,} lines over {messages:,} messages: {len(uses) - len(never):,} were met, "
        f"{sum(each.decided > 0 for each in uses):,} decided, {sum(bool(each.wrong) for each in uses):,} of these "
        f"wrongly at least once, {len(never):,} were never used."
    )
    _show_table(console, "Decided wrongly", [each for each in uses if each.wrong])
    right = [each for each in uses if each.decided and not each.wrong]
    _show_table(console, "Decided, and always rightly", right)
    idle = [each for each in uses if each.hits and not each.decided and not each.is_bar]
    _show_table(console, "Met, and decided nothing", idle)
    if never:
        console.print(Text("\nNever used", style="bold"))
    for file, numbers in _by_file(never):
        console.print(Text(f"{file}, {len(numbers):,} lines"), soft_wrap=True)
        console.print(Padding(Text(", ".join(_ranges(numbers)), style="dim"), (0, 0, 0, 2)))


def _show_table(console: Console, title: str, uses: Sequence[Use]) -> None:
    if not uses:
        return
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("Place", no_wrap=True)
    table.add_column("Line", overflow="fold")
    for name in ("Hits", "Decided", "Wrong"):
        table.add_column(name, justify="right")
    for each in uses[:MOST_ROWS]:
        told = dict.fromkeys(each.wrong)
        named = ", ".join([*list(told)[:MOST_MESSAGES], *["…"][: len(told) > MOST_MESSAGES]])
        wrong = f"{len(each.wrong)}: {named}" if each.wrong else ""
        table.add_row(
            Text(each.line.where), Text(each.line.text), str(each.hits), str(each.decided), Text(wrong)
        )
    console.print(table)
    if len(uses) > MOST_ROWS:
        console.print(
            f"… and {len(uses) - MOST_ROWS:,} more; `--csv` has them all", style="dim", markup=False
        )


def _by_file(uses: Iterable[Use]) -> Iterator[tuple[str, list[int]]]:
    """The numbers of lines by the file that they stand in."""
    places = sorted(
        (file, int(number)) for file, _, number in (each.line.where.rpartition(":") for each in uses)
    )
    for file, found in groupby(places, key=lambda place: place[0]):
        yield file, [number for _, number in found]


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Numbers that follow one another as one: "7, 9-12"."""
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield str(found[0]) if len(found) == 1 else f"{found[0]}-{found[-1]}"


def uses_as_csv(uses: Iterable[Use]) -> str:
    """Every line, in the order given; the messages in which it decided wrongly are parted by blanks."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("place", "cue", "line", "hits", "decided", "wrong", "wrong_in"))
    for each in uses:
        told = " ".join(dict.fromkeys(each.wrong))
        writer.writerow(
            (
                cell(each.line.where),
                cell(each.cue),
                cell(each.line.text),
                each.hits,
                each.decided,
                len(each.wrong),
                told,
            )
        )
    return written.getvalue()
