"""Reads the public lists of agencies that operators download: CISA's .gov domains, the FBI's agencies, a list of one's own.

What a name is matched with is `crbot.triage.register`'s. A file is taken as a whole or not at all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from crbot.channels.mail.charsets import clean_line
from crbot.triage.notation import meant
from crbot.triage.register import Agency
from crbot.triage.states import CODES

LARGEST_BYTES = 100 * 1024 * 1024
_LONGEST_CELL = 500  # characters
_MOST_FAULTS = 20
STATES = frozenset(code.upper() for code in CODES)
TYPES = frozenset({"state", "local", "county", "tribal", "campus", "territorial"})
OWN_COLUMNS = tuple(field.name for field in fields(Agency))


class RegisterError(Exception):
    """A list can't be used; the text names line, column and mend of each fault, and nothing was taken of it."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How one of the public lists is laid out."""

    name: str
    columns: Mapping[str, str]  # its column, folded -> ours
    types: Mapping[str, str]  # its word for a type, folded -> the value of agency_type
    keeps: Callable[[Mapping[str, str]], bool] = lambda row: True


_FORMS = (
    _Form(
        "a list of one's own", {name: name for name in OWN_COLUMNS}, {each: each for each in TYPES} | {"": ""}
    ),
    _Form(
        "CISA's list of .gov domains",
        {
            "domain name": "domain",
            "domain type": "type",
            "organization name": "name",
            "state": "state",
        },
        {
            "city": "local",
            "county": "county",
            "state": "state",
            "tribal": "tribal",
            "school district": "campus",
            "special district": "local",
            "independent intrastate": "",
            "interstate": "",
        },
        lambda row: not row["type"].casefold().startswith("federal"),
    ),
    _Form(
        "the FBI's list of agencies",
        {
            "ori": "ori",
            "agency_name": "name",
            "agency_type_name": "type",
            "state_abbr": "state",
            "county_name": "county",
        },
        {
            "city": "local",
            "county": "county",
            "university or college": "campus",
            "state police": "state",
            "other state agency": "state",
            "tribal": "tribal",
            "other": "",
        },
        lambda row: row["type"].casefold() != "federal",
    ),
)
_NEEDED = ("name", "state")


@dataclass(frozen=True, slots=True)
class AgencyList:
    """A list of agencies, and which of the known lists it is."""

    source: str
    agencies: tuple[Agency, ...]


def read_agencies(raw: bytes, file: str) -> AgencyList:
    """The agencies of a list, whichever it is, in its order. Raises `RegisterError` with all that is wrong.

    Rows of federal offices are left out: none of them can ask for help.
    """
    if len(raw) > LARGEST_BYTES:
        raise RegisterError(f"{file}: has {len(raw) >> 20} MB; a list of agencies has less than 100")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RegisterError(f"{file}, line {line}: is not UTF-8; save the list as “CSV UTF-8”") from None
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, [])
        form, places = _form_of(header, file)
        faults: list[str] = []
        agencies = tuple(_agencies(rows, form, places, file, faults))
    except csv.Error as error:
        raise RegisterError(f"{file}, line {rows.line_num}: is no CSV: {error}") from None
    if faults:
        more = f"\n… and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise RegisterError("\n".join(faults[:_MOST_FAULTS]) + more)
    if not agencies:
        raise RegisterError(f"{file}: holds no agency")
    return AgencyList(form.name, tuple(dict.fromkeys(agencies)))


def _form_of(header: list[str], file: str) -> tuple[_Form, dict[str, int]]:
    """The form of a list, and in which column of it each of ours stands."""
    found = {clean_line(column).casefold().strip(): index for index, column in enumerate(header)}
    for form in reversed(_FORMS):
        places = {ours: found[theirs] for theirs, ours in form.columns.items() if theirs in found}
        if all(column in places for column in _NEEDED):
            unknown = [column for column in found if column not in form.columns]
            if form is _FORMS[0] and unknown:
                hint = meant(unknown[0], OWN_COLUMNS)
                raise RegisterError(
                    f"{file}, line 1: {unknown[0]!r} is no column of a list of agencies; {hint}"
                )
            return form, places
    raise RegisterError(
        f"{file}, line 1: no list that is known begins so; a list of your own has the columns "
        f"{', '.join(OWN_COLUMNS)} (name and state are needed)"
    )


def _agencies(
    rows: Any, form: _Form, places: Mapping[str, int], file: str, faults: list[str]
) -> Iterator[Agency]:
    for row in rows:
        line = rows.line_num  # where the row ends: a cell may hold line breaks
        if not any(row):
            continue
        if len(row) <= max(places.values()):
            faults.append(f"{file}, line {line}: has {len(row)} columns; {form.name} has more")
            continue
        cells = {name: clean_line(row[index]).strip() for name, index in places.items()}
        if form.keeps({"type": "", **cells}):
            agency = _agency(cells, form, f"{file}, line {line}", faults)
            if agency is not None:
                yield agency


def _agency(cells: dict[str, str], form: _Form, where: str, faults: list[str]) -> Agency | None:
    before = len(faults)
    for name, cell in cells.items():
        if len(cell) > _LONGEST_CELL:
            faults.append(f"{where}, column {name}: is longer than {_LONGEST_CELL} characters")
    if not cells["name"]:
        faults.append(f"{where}, column name: is empty")
    state = cells["state"].upper()
    if state not in STATES:
        faults.append(
            f"{where}, column state: {cells['state']!r} is no postal code of a state or territory, as OH"
        )
    kind = cells.get("type", "").casefold()
    if kind not in form.types:
        faults.append(f"{where}, column type: {cells['type']!r} is no type; {meant(kind, form.types)}")
    if len(faults) > before:
        return None
    more = {name: cells.get(name, "") for name in ("county", "ori", "head", "address")}
    return Agency(cells["name"], state, form.types[kind], cells.get("domain", "").casefold(), **more)


@dataclass(frozen=True, slots=True)
class Difference:
    """What another list would change in the register."""

    added: tuple[Agency, ...]
    removed: tuple[Agency, ...]
    changed: tuple[tuple[Agency, Agency], ...]  # as it is, as it would be


def difference(before: Iterable[Agency], after: Iterable[Agency]) -> Difference:
    """Agencies are the same by name and state, and by their FBI number where they have one."""
    old = {_identity(each): each for each in before}
    new = {_identity(each): each for each in after}
    return Difference(
        added=tuple(each for key, each in new.items() if key not in old),
        removed=tuple(each for key, each in old.items() if key not in new),
        changed=tuple((old[key], each) for key, each in new.items() if key in old and old[key] != each),
    )


def _identity(agency: Agency) -> tuple[str, ...]:
    return agency.ori, agency.name.casefold(), agency.state
