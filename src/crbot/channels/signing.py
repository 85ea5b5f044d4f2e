"""The whole table as people read and sign it: CSV, a page, a terminal; and who signed it, and why.

What it holds is `crbot.triage.table`'s; where it lies, `crbot.wiring`'s.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from io import StringIO

from crbot.channels.pages import page
from crbot.triage.policy import Policy
from crbot.triage.table import ANY, Change, Line, combinations, headings

_DECIDES, _RESULT, _COUNT = "decides", "comes to", "combinations"


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's word that the table is right as it stands."""

    at: str  # 2026-03-02 14:05 UTC
    by: str
    reason: str
    changed: int  # lines that it altered
    sha256: str  # of the table that was signed


def as_csv(lines: Sequence[Line]) -> str:
    """A row a line, a column a fact; "-" fits everything, "," means or."""
    facts = list(dict.fromkeys(fact for line in lines for fact in line.cells))
    out = StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow((_DECIDES, *facts, _RESULT, _COUNT))
    for line in lines:
        told = (line.cells.get(fact, ANY) for fact in facts)
        rows.writerow((line.decides, *told, line.result, line.combinations))
    return out.getvalue()


def read_csv(text: str) -> list[Line]:
    """The lines of a table that `as_csv` wrote. Raises ValueError where it is another one's."""
    rows = csv.DictReader(StringIO(text))
    names = rows.fieldnames or ()
    if not {_DECIDES, _RESULT, _COUNT}.issubset(names):
        raise ValueError(f"its first line must name the columns {_DECIDES}, {_RESULT} and {_COUNT}")
    facts = [name for name in names if name not in (_DECIDES, _RESULT, _COUNT)]
    lines = []
    for row in rows:
        if None in row or None in row.values() or not row[_COUNT].isdecimal():
            raise ValueError(f"line {rows.line_num} has another form than the first one names")
        cells = {fact: row[fact] for fact in facts if row[fact] != ANY}
        lines.append(Line(row[_DECIDES], cells, row[_RESULT], int(row[_COUNT])))
    return lines


def sha256_of(table: str) -> str:
    return hashlib.sha256(table.encode()).hexdigest()


def signatures_as_csv(signatures: Iterable[Signature]) -> str:
    """The oldest first."""
    out = StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(field.name for field in fields(Signature))
    rows.writerows(asdict(each).values() for each in signatures)
    return out.getvalue()


def read_signatures(text: str) -> list[Signature]:
    """Raises ValueError where the text is no list of signatures."""
    rows = csv.DictReader(StringIO(text))
    if tuple(rows.fieldnames or ()) != tuple(field.name for field in fields(Signature)):
        raise ValueError("its first line must name the columns at, by, reason, changed and sha256")
    return [
        Signature(row["at"], row["by"], row["reason"], int(row["changed"]), row["sha256"]) for row in rows
    ]


def told(change: Change) -> str:
    """One change in one line."""
    return f"{change.decides}: {_when(change)}: was {change.before or 'not there'}, is now {change.after or 'not there'}"


def _when(line: Line | Change) -> str:
    return "; ".join(f"{fact} {cell}" for fact, cell in line.cells.items()) or "always"


def as_text(lines: Sequence[Line]) -> str:
    """The table for a terminal, a heading at a time."""
    shown = []
    for heading, each in headings(lines).items():
        shown += [heading, *(f"  {_when(line)} → {line.result}" for line in each), ""]
    shown.append(f"{len(lines)} lines stand for {combinations(lines):,} combinations of facts.")
    return "\n".join(shown)


def as_page(lines: Sequence[Line], policy: Policy, signatures: Sequence[Signature]) -> str:
    """The table for a browser and for paper, with room to sign."""
    return page(
        "table",
        headings=[
            {
                "name": name,
                "facts": {fact: policy.label("fact", fact) for fact in _read_in(each)},
                "lines": each,
            }
            for name, each in headings(lines).items()
        ],
        rows=len(lines),
        combinations=combinations(lines),
        version=policy.version,
        signatures=signatures,
        is_signed=bool(signatures) and signatures[-1].sha256 == sha256_of(as_csv(lines)),
    )


def _read_in(lines: Iterable[Line]) -> list[str]:
    return list(dict.fromkeys(fact for line in lines for fact in line.cells))
