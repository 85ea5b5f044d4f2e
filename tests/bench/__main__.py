"""Prints the table; ends with 1 when a row is not well."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench import followups, mailbox, many, triage
from tests.bench.measure import Row


def rows(console: Console) -> Iterator[Row]:
    with console.status("Measuring …"):
        yield from triage.rows()
        yield from mailbox.rows(console)
        yield from followups.rows()
        yield from many.rows(console)


def table(measured: list[Row]) -> Table:
    shown = Table(title="CPU time, medians", title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("work", "figure", "floor", "least work"):
        shown.add_column(name, overflow="fold", justify="right" if name in ("figure", "floor") else "left")
    for name in ("ratio", "bar", ""):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in measured:
        bar = f"{row.bar:g}" if row.most is None else f"{row.bar:g}, {_time(row.most)}"
        verdict = "[green]ok[/]" if row.is_well else "[bold red]not ok[/]"
        shown.add_row(
            row.work, _time(row.figure), _time(row.floor), row.floor_work, f"{row.ratio:.2f}", bar, verdict
        )
    return shown


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def main() -> int:
    console = Console()
    measured = list(rows(console))
    console.print(table(measured))
    return 0 if all(row.is_well for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
