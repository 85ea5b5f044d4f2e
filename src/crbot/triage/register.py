"""The register of agencies: finding the agency that a message names, whatever the name is shortened to.

How names are shortened stands in `rules/words/register.yaml`; the public lists that fill the register are read by
`crbot.channels.agencies`. A match is evidence like any other: it settles what a message leaves open, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from crbot.triage.decide import settle
from crbot.triage.decision import Decision
from crbot.triage.facts import Evidence, Facts, Part, Statement
from crbot.triage.phrases import Words, fold
from crbot.triage.policy import Policy
from crbot.triage.states import CODES

MOST_CANDIDATES = 5
REGISTER = "register"  # who says what the register says
SURE = 0.85  # from here on a single match is taken for the agency
_MARGIN = 0.05  # … if the next one is so much worse
_LIKENESS = 0.8  # of two names of places, to be thought a slip of the keyboard
_SHORTEST_MISTYPED = 5  # letters; shorter names are too near to one another
_MOST_ACRONYM = 6  # letters
_BY_DOMAIN = 0.2
_SHORTEST_FILLER = 4  # letters of a filler that may be mistyped


@dataclass(frozen=True, slots=True)
class Agency:
    """A law enforcement agency, as a public list gives it."""

    name: str
    state: str  # postal code, in capitals
    type: str = ""  # a value of the fact agency_type; "" where the list does not tell
    domain: str = ""  # folded
    county: str = ""
    ori: str = ""  # the FBI's number of the agency
    head: str = ""  # name of who heads it
    address: str = ""  # where the head is reached by mail


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agency that a name may mean: how sure it is, 1 for its very name, and why it was thought of."""

    agency: Agency
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """What the register knows of a name: the likeliest first."""

    candidates: tuple[Candidate, ...] = ()

    @property
    def agency(self) -> Agency | None:
        """The one agency that is meant; None where there is none, or honestly several."""
        if not self.candidates or self.candidates[0].score < SURE:
            return None
        first, *others = self.candidates
        return None if any(first.score - each.score < _MARGIN for each in others) else first.agency


NOTHING_FOUND = Match()


@dataclass(frozen=True, slots=True)
class _Name:
    """A name taken apart: "City of Springfield Police Dept." is the place "springfield" and the kind "police"."""

    place: str
    kind: str
    state: str = ""  # told in the name itself: "SPD (Ohio)"

    @property
    def key(self) -> tuple[str, str]:
        return self.place, self.kind


class Spelling:
    """How names are shortened: the word lists of `rules/words/register.yaml`."""

    def __init__(self, words: Words) -> None:
        self._full = {
            short: name.removeprefix("spelt_")
            for name in words.lists
            if name.startswith("spelt_")
            for short in words.of(name)
        }
        self._kinds = {
            _bare(phrase): name.removeprefix("register_")
            for name in words.lists
            if name.startswith("register_") and name != "register_filler"
            for phrase in words.of(name)
        }
        self._longest = max((len(phrase.split()) for phrase in self._kinds), default=0)
        self._filler = frozenset(words.of("register_filler"))
        self._long_filler = tuple(word for word in self._filler if len(word) >= _SHORTEST_FILLER)
        self._states = {_bare(phrase): code for code in CODES for phrase in words.of(f"state_{code}")} | {
            code: code for code in CODES
        }

    def take_apart(self, name: str) -> _Name:
        """The place and the kind in a name, and the state where it stands behind a comma or in brackets."""
        told, state = self._without_state(fold(name))
        words = [self._full.get(word, word) for word in _bare(told).split()]
        rest, kind = self._without_kind(words)
        place = [word for word in rest if not self._is_filler(word)] or rest
        if kind == "sheriff":
            place = [word for word in place if word != "county"] or place
        return _Name(" ".join(place), kind, state)

    def _is_filler(self, word: str) -> bool:
        """True for "city" and for "ciyt": one slip of the keyboard, in a word that is long enough to tell."""
        if word in self._filler or len(word) < _SHORTEST_FILLER - 1:
            return word in self._filler
        return any(OSA.distance(word, each, score_cutoff=1) <= 1 for each in self._long_filler)

    def _without_state(self, name: str) -> tuple[str, str]:
        match = _STATE_BEHIND.search(name)
        if match is None:
            return name, ""
        code = self._states.get(_bare(match[1] or match[2]), "")
        return (name[: match.start()], code.upper()) if code else (name, "")

    def _without_kind(self, words: list[str]) -> tuple[list[str], str]:
        """The words without the phrase that tells the kind: the longest there is, of those the last."""
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length, -1, -1):
                kind = self._kinds.get(" ".join(words[start : start + length]))
                if kind:
                    return words[:start] + words[start + length :], kind
        return words, ""


_STATE_BEHIND = re.compile(r"(?:[ ,]*\(([^()]*)\)|, *([^,()]+))\s*$")
_NOT_IN_WORDS = re.compile(r"[^\w&']+")
_DOTTED = re.compile(r"\b(\w)\.(?=\w\b)")


def _bare(text: str) -> str:
    """The words of a text, with single blanks between them; "p.d." is one word."""
    text = _DOTTED.sub(r"\1", text)
    return " ".join(_NOT_IN_WORDS.sub(" ", text).replace("'s ", "s ").replace("'", "").split())


class Register:
    """All agencies that are known, found by name, state and domain."""

    def __init__(self, agencies: Iterable[Agency], spelling: Spelling) -> None:
        self._spelling = spelling
        self.agencies = tuple(agencies)
        self._by_key: dict[tuple[str, str], list[int]] = {}
        self._by_place: dict[str, list[int]] = {}
        self._by_initials: dict[str, list[int]] = {}
        self._by_domain: dict[str, list[int]] = {}
        self._places: dict[tuple[str, str, int], set[str]] = {}  # as `_near` asks for them
        for index, agency in enumerate(self.agencies):
            name = spelling.take_apart(agency.name)
            self._by_key.setdefault(name.key, []).append(index)
            self._by_place.setdefault(name.place, []).append(index)
            for initials in _initials(name):
                self._by_initials.setdefault(initials, []).append(index)
            if agency.domain:
                self._by_domain.setdefault(agency.domain, []).append(index)
            for drawer in _drawers(name.place, agency.state):
                self._places.setdefault(drawer, set()).add(name.place)
        self.find = lru_cache(maxsize=4096)(self._find)

    def of_domain(self, domain: str) -> tuple[Agency, ...]:
        """The agencies that a domain belongs to."""
        return tuple(self.agencies[index] for index in self._by_domain.get(domain, ()))

    def _find(self, name: str, state: str = "", domain: str = "") -> Match:
        """What a name means, narrowed by the state and by the domain that its mail comes from."""
        asked = self._spelling.take_apart(name)
        state = state or asked.state
        if not asked.place and not asked.kind:
            return NOTHING_FOUND
        found: dict[int, Candidate] = {}
        for index, score, why in self._thought_of(name, asked, state):
            agency = self.agencies[index]
            if state and agency.state != state:
                continue
            candidate = Candidate(agency, score, why)
            if domain and agency.domain == domain:
                candidate = Candidate(
                    agency, score + _BY_DOMAIN, f"{why}, and the mail's domain is the agency's"
                )
            if index not in found or found[index].score < candidate.score:
                found[index] = candidate
        return Match(tuple(_ranked(found.values())))

    def _thought_of(self, name: str, asked: _Name, state: str) -> Iterator[tuple[int, float, str]]:
        """Agencies that the name may mean, with how well each fits."""
        exact = self._by_key.get(asked.key, ())
        yield from ((index, 1.0, "it has this name") for index in exact)
        same_place = self._by_place.get(asked.place, ()) if asked.place else ()
        fits = 0.9 if not asked.kind else 0.6
        yield from ((index, fits, "it is of this place") for index in same_place if index not in exact)
        if not exact and not same_place:
            yield from self._abbreviated(name)
            yield from self._mistyped(asked, state)

    def _abbreviated(self, name: str) -> Iterator[tuple[int, float, str]]:
        letters = re.sub(r"[^a-z]", "", fold(name).partition("(")[0].partition(",")[0])
        if 2 <= len(letters) <= _MOST_ACRONYM:
            found = self._by_initials.get(letters, ())
            yield from ((index, 0.9, "the letters are the initials of its name") for index in found)

    def _mistyped(self, asked: _Name, state: str) -> Iterator[tuple[int, float, str]]:
        if len(asked.place) < _SHORTEST_MISTYPED:
            return
        places = [
            place for drawer in _drawers(asked.place, state)[:2] for place in self._places.get(drawer, ())
        ]
        near = process.extract(
            asked.place,
            list(dict.fromkeys(places)),
            scorer=OSA.normalized_similarity,
            score_cutoff=_LIKENESS,
            limit=MOST_CANDIDATES,
        )
        for place, likeness, _ in near:
            same_kind = self._by_key.get((place, asked.kind), ())
            yield from ((index, likeness, f"its place is written {place!r}") for index in same_kind)
            if not asked.kind:
                others = self._by_place[place]
                yield from ((index, likeness - 0.05, f"its place is written {place!r}") for index in others)


def consult(register: Register, decision: Decision, policy: Policy, domain: str) -> Decision:
    """The decision with what the register knows of the agency, where the messages leave it open.

    `domain`: that the sender's mail comes from, "" where nobody vouches for it. What was said is never overruled.
    """
    facts = decision.facts
    statements = [each for each in _known(register, facts, domain) if not facts.is_known(each.fact)]
    return settle(facts, statements, policy, decision) if statements else decision


def _known(register: Register, facts: Facts, domain: str) -> Iterator[Statement]:
    """What the register says of the agency that is named, or else of the one whose domain it is."""
    if facts.is_known("agency_name"):
        state = facts.value("agency_state") if facts.is_known("agency_state") else ""
        agency = register.find(facts.value("agency_name"), state, domain).agency
        where = facts.evidence("agency_name")[:1]
    else:
        owners = register.of_domain(domain) if domain else ()
        agency = owners[0] if len(owners) == 1 else None
        where = (Evidence(domain, Part.SENDER),)
    if agency is None:
        return
    told = {"agency_name": agency.name, "agency_state": agency.state, "agency_type": agency.type}
    context = f"the register has “{agency.name}, {agency.state}”"
    evidence = tuple(replace(each, cue="", rule="register", context=context) for each in where)
    yield from (Statement(fact, (value,), evidence, REGISTER) for fact, value in told.items() if value)


def _drawers(place: str, state: str) -> tuple[tuple[str, str, int], ...]:
    """Where names of places lie that may be this one mistyped: as many words, and the same first or last letter.

    First those of the state, then those of the country.
    """
    words = place.count(" ")
    ends = (f"{place[:1]}…", f"…{place[-1:]}")
    return tuple((where, end, words) for where in dict.fromkeys((state, "")) for end in ends)


def _initials(name: _Name) -> Iterator[str]:
    """What the agency's name is shortened to by its initials: "spd" and "sps" for Springfield police."""
    place = "".join(word[0] for word in name.place.split())
    for kind in _KIND_INITIALS.get(name.kind, ()):
        yield place + kind


_KIND_INITIALS = {
    "police": ("pd", "dp"),
    "sheriff": ("so", "cso", "csd", "sd"),
    "safety": ("dps",),
    "campus": ("pd", "upd"),
    "state": ("sp", "hp", "shp"),
    "tribal": ("tpd", "npd"),
    "school": ("isdpd", "sdpd"),
    "marshal": ("mo",),
}


def _ranked(candidates: Iterable[Candidate]) -> Sequence[Candidate]:
    ranked = sorted(candidates, key=lambda each: (-each.score, each.agency.state, each.agency.name))
    return ranked[:MOST_CANDIDATES]
