"""What other rules decide otherwise, side by side with what was decided: as text, as CSV, as a page.

How it is found out is `crbot.intake.replaying`'s.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from io import StringIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from crbot.channels.pages import page
from crbot.intake.replaying import Changed, Retold
from crbot.triage.difference import Difference, Label, Side, differences

DECIDED, DRAFT = "As it was decided", "By the draft"
_NOT_BY_DRAFT = "The rules in force decide it so too, today: this is not the draft's doing."
_LONGEST = 100  # cases that are shown for people; all are in the CSV
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a program


def show(console: Console, told: Retold, label: Label, headings: tuple[str, str] = (DECIDED, DRAFT)) -> None:
    """Print the summary, then each case that changes, with both explanations side by side."""
    console.print(summary(told))
    console.print(_moves("Queue", told.queues, label, headings))
    console.print(_moves("Disposition", told.dispositions, label, headings))
    for each in told.changed[:_LONGEST]:
        console.print(_shown(each, label, headings))
    if len(told.changed) > _LONGEST:
        console.print(f"… and {len(told.changed) - _LONGEST:,} more; --csv has them all", style="dim")


def summary(told: Retold) -> str:
    """In a sentence: how many messages, and how many cases change."""
    cases = sum(bool(each.case) for each in told.changed)
    alone = len(told.changed) - cases
    not_by_draft = sum(not each.by_draft for each in told.changed)
    said = (
        f"{told.messages:,} messages decided again: {_count(cases, 'case')} and {_count(alone, 'message')} without a "
        f"case come out differently"
    )
    if not_by_draft:
        said += f", {not_by_draft:,} of these by the rules in force too"
    if told.unreadable:
        said += f". {_count(len(told.unreadable), 'message')} can't be read any more"
    return f"{said}."


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _moves(title: str, moves: Counter[tuple[str, str]], label: Label, headings: tuple[str, str]) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in headings:
        table.add_column(name)
    table.add_column("Messages", justify="right")
    for before, after, count in moved(title, moves, label):
        table.add_row(Text(before), Text(after), f"{count:,}", style="" if before == after else "bold")
    return table


def moved(title: str, moves: Counter[tuple[str, str]], label: Label) -> Iterator[tuple[str, str, int]]:
    """What went where and how often: first what changed, then what stayed."""

    def words(value: str) -> str:
        return (label("queue", value) if title == "Queue" else value.replace("_", " ")) or "no request"

    for (before, after), count in sorted(
        moves.items(), key=lambda move: (move[0][0] == move[0][1], -move[1])
    ):
        yield words(before), words(after), count


def name_of(each: Changed) -> str:
    """Which case or message it is."""
    message = f"message {each.inbox_id}" if each.inbox_id is not None else "after staff's word"
    more = f", {each.points} decisions differ" if each.points > 1 else ""
    return f"{each.case or 'No case'} · {message} of {each.at:%Y-%m-%d %H:%M}{more}"


def _shown(each: Changed, label: Label, headings: tuple[str, str]) -> RenderableType:
    table = Table("", *headings, box=box.SIMPLE_HEAD, expand=True)
    for difference in differences(each.was, each.now, label):
        table.add_row(Text(what(difference), style="bold"), _side(difference.before), _side(difference.after))
    note = [] if each.by_draft else [Text(_NOT_BY_DRAFT, style="dim")]
    return Group(Text(f"\n{name_of(each)}", style="bold underline"), *note, table)


def what(difference: Difference) -> str:
    return difference.name or difference.aspect.value.capitalize()


def _side(side: Side) -> Text:
    return Text(side.value, style="bold") + Text("".join(f"\n{each}" for each in side.because), style="dim")


def as_csv(changed: Iterable[Changed], label: Label) -> str:
    """One line for each thing that changes; what a spreadsheet would take for a formula is quoted."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(
        (
            "case",
            "message",
            "at",
            "by_draft",
            "what",
            "name",
            "before",
            "after",
            "because_before",
            "because_after",
        )
    )
    for each in changed:
        for found in differences(each.was, each.now, label):
            cells = (
                found.name,
                found.before.value,
                found.after.value,
                *map(_in_lines, (found.before, found.after)),
            )
            writer.writerow(
                (
                    each.case,
                    each.inbox_id or "",
                    f"{each.at:%Y-%m-%dT%H:%M:%SZ}",
                    "yes" if each.by_draft else "no",
                    found.aspect.value,
                    *(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells),
                )
            )
    return written.getvalue()


def _in_lines(side: Side) -> str:
    return "\n".join(side.because)


def as_html(told: Retold, label: Label, headings: tuple[str, str] = (DECIDED, DRAFT)) -> str:
    """A page with the summary and every case that changes."""
    tables = (("Queue", told.queues), ("Disposition", told.dispositions))
    return page(
        "replay",
        summary=summary(told),
        headings=headings,
        moves=[(title, list(moved(title, moves, label))) for title, moves in tables],
        changed=[
            {
                "name": name_of(each),
                "note": "" if each.by_draft else _NOT_BY_DRAFT,
                "rows": [
                    (what(found), found.before, found.after)
                    for found in differences(each.was, each.now, label)
                ],
            }
            for each in told.changed
        ],
    )
