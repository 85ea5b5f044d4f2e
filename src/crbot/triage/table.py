"""The whole table: what every combination of the facts that the rules see comes to, in as few lines as can say it.

Also what a change of the rules does to it. How it is written and shown is `crbot.channels.signing`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from crbot.triage.eligibility import dispose, judge, open_questions
from crbot.triage.facts import NOTHING, UNKNOWN, Facts, Statement
from crbot.triage.policy import FactRule, Policy
from crbot.triage.routing import route

ANY = "-"  # a cell that fits everything, as in the rules
_AND, _NOT, _OR = " and ", "not ", ", "
_SILENT = (UNKNOWN, "none")  # what stands for no value at all where there may be several


@dataclass(frozen=True, slots=True)
class Line:
    """One line: all combinations that fit its cells come to this."""

    decides: str  # a rule's name, "disposition", "queue" or "asks" and a fact
    cells: Mapping[str, str]  # fact -> which of its values fit; a fact that is left out: any
    result: str
    combinations: int  # how many combinations of the facts read here fit


@dataclass(frozen=True, slots=True)
class Change:
    """Combinations that come to something else than before."""

    decides: str
    cells: Mapping[str, str]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """Values that no rule can tell apart, one of them standing for all."""

    cell: str
    values: tuple[str, ...]
    combinations: int


@dataclass(frozen=True, slots=True)
class _Place:
    """What one fact, or for a fact of several values one group of these, can be."""

    fact: str
    choices: tuple[_Choice, ...]


_Case = tuple[tuple[int, ...], str]  # which choice of each place, and what it comes to
_Rows = tuple[
    tuple[tuple[tuple[int, int], ...], str], ...
]  # (place, its choices that fit, as bits) ..., result


def whole_table(policy: Policy) -> list[Line]:
    """Decide every combination: first each rule by itself, then the disposition, the queue and each question.

    The lines of one heading share no combination, and leave none out.
    """
    read = tuple(dict.fromkeys(fact for rule in policy.rules for fact in rule.facts))
    routed = tuple(dict.fromkeys(fact for row in policy.routes for fact in row.wants))
    lines: list[Line] = []
    for rule in policy.rules:
        told = [
            (chosen, judge(rule, facts, policy).outcome.value) for chosen, facts in _all(rule.facts, policy)
        ]
        lines += _lines(rule.name, rule.facts, told, policy)
    told = [(chosen, _disposition(facts, policy)) for chosen, facts in _all(read, policy)]
    lines += _lines("disposition", read, told, policy)
    told = [(chosen, route(facts, policy).queue.value) for chosen, facts in _all(routed, policy)]
    lines += _lines("queue", routed, told, policy)
    every = tuple(dict.fromkeys((*read, *routed)))
    asked = [
        (chosen, {question.fact for question in open_questions(facts, (), policy)})
        for chosen, facts in _all(every, policy)
    ]
    for fact in every:
        if policy.facts[fact].question:
            told = [(chosen, "yes" if fact in names else "no") for chosen, names in asked]
            lines += _lines(f"asks {fact}", every, told, policy)
    return lines


def _disposition(facts: Facts, policy: Policy) -> str:
    return dispose([judge(rule, facts, policy) for rule in policy.rules], policy).value


def _all(facts: Sequence[str], policy: Policy) -> Iterator[tuple[tuple[int, ...], Facts]]:
    """Every combination of what the rules can tell apart in these facts."""
    places = _places(facts, policy)
    for chosen in product(*(range(len(place.choices)) for place in places)):
        yield chosen, _facts(places, chosen, policy)


def _lines(decides: str, facts: Sequence[str], cases: Sequence[_Case], policy: Policy) -> Iterator[Line]:
    places = _places(facts, policy)
    for wanted, told in _merged(cases, tuple(range(len(places)))):
        bits = dict(wanted)
        fit = [
            [choice for number, choice in enumerate(place.choices) if bits.get(at, -1) >> number & 1]
            for at, place in enumerate(places)
        ]
        combinations = prod(sum(choice.combinations for choice in each) for each in fit)
        yield Line(decides, _cells(places, fit, policy), told, combinations)


def _merged(cases: Sequence[_Case], open_places: tuple[int, ...]) -> _Rows:
    """Cases in as few rows as can be found, by asking first what parts their results best.

    Choices after which all goes on alike become one; those that soon come to an end stand first.
    """
    if len({told for _, told in cases}) == 1:
        return (((), cases[0][1]),)
    at = max(open_places, key=lambda place: (_purity(cases, place), -place))
    alike: dict[_Rows, int] = {}
    for choice, below in _split(cases, at).items():
        rows = _merged(below, tuple(place for place in open_places if place != at))
        alike[rows] = alike.get(rows, 0) | 1 << choice
    if len(alike) == 1:
        return next(iter(alike))
    ordered = sorted(alike.items(), key=lambda each: (len(each[0]), each[1]))
    return tuple((((at, bits), *deeper), told) for rows, bits in ordered for deeper, told in rows)


def _split(cases: Iterable[_Case], at: int) -> dict[int, list[_Case]]:
    parts: dict[int, list[_Case]] = {}
    for case in cases:
        parts.setdefault(case[0][at], []).append(case)
    return parts


def _purity(cases: Sequence[_Case], at: int) -> int:
    """How well a place parts the results: the more of a kind fall together, the more. Whole numbers tie exactly."""
    counts = Counter([(chosen[at], told) for chosen, told in cases])
    return len({choice for choice, _ in counts}) * sum(number * number for number in counts.values())


def _facts(places: Sequence[_Place], chosen: Sequence[int], policy: Policy) -> Facts:
    values: dict[str, tuple[str, ...]] = {}
    for place, choice in zip(places, chosen, strict=True):
        values[place.fact] = values.get(place.fact, ()) + place.choices[choice].values
    return NOTHING.with_statements(
        Statement(fact, told or (policy.facts[fact].otherwise,)) for fact, told in values.items()
    )


def _places(facts: Iterable[str], policy: Policy) -> list[_Place]:
    return [place for fact in facts for place in _places_of(policy.facts[fact], policy)]


def _places_of(fact: FactRule, policy: Policy) -> list[_Place]:
    """A fact of one value is one place; of a fact of several, each group of values is there or is not."""
    groups = _alike(fact, policy)
    if not fact.is_several:
        return [_Place(fact.name, tuple(_Choice(_OR.join(each), each[:1], len(each)) for each in groups))]
    return [
        _Place(
            fact.name,
            (
                _Choice(_OR.join(each), each[:1], 2 ** len(each) - 1),
                _Choice(_NOT + _OR.join(each), (), 1),
            ),
        )
        for each in groups
    ]


def _alike(fact: FactRule, policy: Policy) -> list[tuple[str, ...]]:
    """The values of a fact, those together that no rule tells apart. What stands for silence is left out of several."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for value in fact.labels:
        if fact.is_several and value in (UNKNOWN, fact.otherwise):
            continue
        outcomes = tuple(
            rule.verdicts[fact.name, value].outcome for rule in policy.rules if fact.name in rule.facts
        )
        rows = tuple(sorted(_rows_for(fact.name, value, policy)))
        groups.setdefault((outcomes, rows, value == UNKNOWN), []).append(value)
    return [tuple(each) for each in groups.values()]


def _rows_for(fact: str, value: str, policy: Policy) -> set[int]:
    """The rows of the routing table that name a value; rows that differ in nothing but this fact are one."""
    found, last, number = set(), None, 0
    for row in policy.routes:
        other = (row.queue, {name: wanted for name, wanted in row.wants.items() if name != fact})
        number += (other, fact in row.wants) != last
        last = (other, fact in row.wants)
        if value in row.wants.get(fact, ()):
            found.add(number)
    return found


def _cells(places: Sequence[_Place], fit: Sequence[Sequence[_Choice]], policy: Policy) -> dict[str, str]:
    told: dict[str, list[str]] = {}
    silent = dict.fromkeys((place.fact for place in places if policy.facts[place.fact].is_several), True)
    for place, choices in zip(places, fit, strict=True):
        is_any = len(choices) == len(place.choices)
        if not is_any:
            told.setdefault(place.fact, []).append(_OR.join(choice.cell for choice in choices))
        if place.fact in silent:
            silent[place.fact] &= not is_any and not choices[0].values
    cells = {fact: _AND.join(each) for fact, each in told.items()}
    return cells | {fact: policy.facts[fact].otherwise for fact, is_silent in silent.items() if is_silent}


# What a change does


def changes(before: Iterable[Line], after: Sequence[Line], several: Iterable[str]) -> list[Change]:
    """What comes to something else than before, combination by combination, in the order of the new lines.

    `several` are the facts that may have several values. What only one of the two tables knows, a value or a heading,
    is told with all its lines; "" stands for the result that is not there.
    """
    old, new = headings(before), headings(after)
    set_facts = frozenset(several)
    was, now = _named(each for lines in old.values() for each in lines), _named(after)
    found = []
    for heading, lines in new.items():
        earlier = old.get(heading)
        if earlier is None:
            found += [Change(heading, line.cells, "", line.result) for line in lines]
            continue
        found += [
            Change(heading, cells, other.result, line.result)
            for line in lines
            for other in earlier
            if other.result != line.result and (cells := _both(other, line, set_facts)) is not None
        ]
        found += [Change(heading, cells, "", result) for cells, result in _unnamed(lines, was)]
        found += [Change(heading, cells, result, "") for cells, result in _unnamed(earlier, now)]
    gone = (line for heading, lines in old.items() if heading not in new for line in lines)
    return found + [Change(line.decides, line.cells, line.result, "") for line in gone]


def _unnamed(lines: Sequence[Line], named: Mapping[str, set[str]]) -> Iterator[tuple[Mapping[str, str], str]]:
    """What a table says of values that the other one, which names these, does not know."""
    for line in lines:
        for fact, cell in line.cells.items():
            wants = cell.split(_AND)
            for at, want in enumerate(wants):
                news = [value for value in want.split(_OR) if value not in named.get(fact, (value,))]
                if news and not want.startswith(_NOT):
                    yield (
                        {**line.cells, fact: _AND.join([*wants[:at], _OR.join(news), *wants[at + 1 :]])},
                        line.result,
                    )


def _named(lines: Iterable[Line]) -> dict[str, set[str]]:
    """The values that stand in the cells of each fact."""
    named: dict[str, set[str]] = {}
    for line in lines:
        for fact, cell in line.cells.items():
            for want in cell.split(_AND):
                named.setdefault(fact, set(_SILENT)).update(want.removeprefix(_NOT).split(_OR))
    return named


def _both(one: Line, two: Line, several: frozenset[str]) -> dict[str, str] | None:
    """The cells of what fits both lines; None where nothing does."""
    cells = {}
    for fact in dict.fromkeys((*two.cells, *one.cells)):
        parts = [line.cells[fact] for line in (one, two) if fact in line.cells]
        cell = _all_of(parts) if fact in several else _common(parts)
        if cell is None:
            return None
        cells[fact] = cell
    return cells


def _common(cells: Sequence[str]) -> str | None:
    """Of a fact of one value: the values that stand in all cells."""
    first, *others = (cell.split(_OR) for cell in cells)
    return _OR.join(value for value in first if all(value in other for other in others)) or None


def _all_of(cells: Sequence[str]) -> str | None:
    """Of a fact of several values: what all cells want, None where it can't be."""
    wants = list(dict.fromkeys(want for cell in cells for want in cell.split(_AND)))
    barred = {
        value for want in wants if want.startswith(_NOT) for value in want.removeprefix(_NOT).split(_OR)
    }
    named = [want.split(_OR) for want in wants if not want.startswith(_NOT)]
    if any(barred.issuperset(each) for each in named):
        return None
    silent = [each for each in named if each in ([value] for value in _SILENT)]
    if silent and len(named) > len(silent):
        return None
    return silent[0][0] if silent else _AND.join(wants)


def fits(line: Line, values: Mapping[str, Sequence[str]], several: Iterable[str]) -> bool:
    """Tells whether a combination (fact -> what is told of it) belongs to a line."""
    set_facts = frozenset(several)
    return all(
        _fits_set(cell, values[fact]) if fact in set_facts else values[fact][0] in cell.split(_OR)
        for fact, cell in line.cells.items()
    )


def _fits_set(cell: str, values: Sequence[str]) -> bool:
    return all(
        set(values).isdisjoint(want.removeprefix(_NOT).split(_OR)) is want.startswith(_NOT)
        for want in cell.split(_AND)
    )


def headings(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines by what they decide, in their order."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.decides, []).append(line)
    return found


def combinations(lines: Iterable[Line]) -> int:
    """How many combinations of facts are decided in all: those of the heading that reads the most."""
    return max((sum(line.combinations for line in each) for each in headings(lines).values()), default=0)
