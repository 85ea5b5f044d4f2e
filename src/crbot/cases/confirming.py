"""When the head of an agency is asked to confirm a request, and which answer counts: `rules/confirming.yaml` in typed form.

Who is asked at which address, and what an answer changes, is `crbot.intake.confirming`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from crbot.triage.notation import (
    Faults,
    Row,
    check_keys,
    lines_of,
    meant,
    member,
    read_table,
    read_tree,
    text_of,
)

FILE = "confirming.yaml"
_COLUMNS = ("authority", "sender", "address", "asks", "because")
_AUTHORITIES = frozenset({"chief_executive", "authorized", "not_authorized", "unknown"})
_PROOFS = frozenset({"proven", "not proven", "unknown"})  # what was found to be forged counts nowhere
_DAYS = re.compile(r"(\d{1,3}) days?")
_LONGEST_DAYS = 60


class Sender(StrEnum):
    """Whose domain a request comes from."""

    OWN = "own"
    OTHER = "other"


class Listed(StrEnum):
    """Whether the register has an address of the agency's head."""

    LISTED = "listed"
    NONE = "none"


class Asks(StrEnum):
    """Who decides that the head is asked."""

    BY_ITSELF = "by itself"
    STAFF = "staff"
    NO_NEED = "no need"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A row: what it fits, by column, anything where a column is missing; and what it says."""

    fits: Mapping[str, frozenset[str]]
    asks: Asks
    because: str
    where: str


@dataclass(frozen=True, slots=True)
class Confirming:
    """When heads are asked, and whom is believed. Made by `read_confirming` alone."""

    occasions: tuple[Occasion, ...]
    valid: timedelta
    counts: frozenset[str]
    official: tuple[str, ...]

    def occasion(self, authority: str, sender: Sender, listed: Listed) -> Occasion:
        told = {"authority": authority, "sender": sender.value, "address": listed.value}
        return next(row for row in self.occasions if all(told[each] in row.fits[each] for each in row.fits))

    def is_official(self, domain: str) -> bool:
        return domain.endswith(self.official)


def read_confirming(files: Mapping[str, str], faults: Faults) -> Confirming:
    """Read when heads are asked, of a rules folder (name of the file in it -> text)."""
    if FILE not in files:
        faults.add(FILE, "is missing; take it from the rules that came with crbot")
        return Confirming((), timedelta(), frozenset(), ())
    tree = read_tree(files[FILE], FILE, faults)
    check_keys(tree, ("title", "source", "asks", "valid", "counts"), ("official",), faults)
    rows = [row for row in read_table(tree, "asks", _COLUMNS, faults) if set(row.cells) == set(_COLUMNS)]
    occasions = tuple(_occasion(row, faults) for row in rows)
    _check_reach(occasions, tree.places.get("asks", FILE), faults)
    return Confirming(
        occasions,
        _days(text_of(tree, "valid"), tree.places.get("valid", FILE), faults),
        _proofs(text_of(tree, "counts"), tree.places.get("counts", FILE), faults),
        tuple(_ending(line.text, line.where, faults) for line in lines_of(tree, "official")),
    )


def _occasion(row: Row, faults: Faults) -> Occasion:
    known = {
        "authority": _AUTHORITIES,
        "sender": frozenset(each.value for each in Sender),
        "address": frozenset(each.value for each in Listed),
    }
    fits = {column: frozenset(row.choices(column)) for column in known if row.choices(column)}
    for column, values in fits.items():
        for value in sorted(values - known[column]):
            faults.add(row.where, f"{value!r} is no value of {column}; {meant(value, known[column])}")
    asks = member(Asks, row.cells["asks"], row.where, faults)
    if asks is Asks.BY_ITSELF and fits.get("address") != frozenset({Listed.LISTED.value}):
        faults.add(row.where, "nobody is asked by itself at an address that is not listed; write “listed”")
    if asks is Asks.BY_ITSELF and fits.get("authority", _AUTHORITIES) & {"not_authorized", "unknown"}:
        faults.add(
            row.where,
            "a head who may know nothing of the request is told of it by a person alone; name chief_executive or "
            "authorized",
        )
    return Occasion(fits, asks, row.cells["because"], row.where)


def _check_reach(occasions: tuple[Occasion, ...], where: str, faults: Faults) -> None:
    if not occasions or occasions[-1].fits:
        faults.add(where, "the last row must fit everything: write “-” in its first three columns")
    for occasion in occasions[:-1]:
        if not occasion.fits:
            faults.add(occasion.where, "fits everything, so no row below it is ever reached")


def _days(text: str, where: str, faults: Faults) -> timedelta:
    match = _DAYS.fullmatch(text)
    days = int(match[1]) if match else 0
    if not 1 <= days <= _LONGEST_DAYS:
        faults.add(
            where, f"{text!r} is no time to answer in; write 1 to {_LONGEST_DAYS} days, as in “14 days”"
        )
    return timedelta(days=days)


def _proofs(text: str, where: str, faults: Faults) -> frozenset[str]:
    found = frozenset(part for each in text.split(",") if (part := each.strip()))
    for each in sorted(found - _PROOFS):
        faults.add(where, f"{each!r} can't count; {meant(each, _PROOFS)}")
    return found


def _ending(text: str, where: str, faults: Faults) -> str:
    ending = text.casefold()
    if not ending.startswith(".") or not ending.strip("."):
        faults.add(where, f"{text!r} is no ending of domains; begin it with a dot, as in .gov")
    return ending
