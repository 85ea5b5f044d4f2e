"""Which agency is to be helped: its name, its state, its type.

Where agencies and states are named, `names` and `states` find; who asks is `people`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from crbot.triage.facts import Evidence, Known, Part, Statement
from crbot.triage.fields import Field, read_fields
from crbot.triage.names import LISTS as NAME_LISTS
from crbot.triage.names import Name, Names, cased
from crbot.triage.passages import Role
from crbot.triage.phrases import Hit, Scan, Words, fold
from crbot.triage.states import TERRITORIES, Place, States, domain_state

_TERRITORIAL = ("local", "county", "state", "campus", "tribal")  # what a territory makes of them
_SELDOM_OURS = ("state", "federal", "foreign", "not_law_enforcement", "private")  # mostly named as others
_HINTS = {  # word list -> the type that it tells where no agency is named, the surest first
    "foreign_word": "foreign",
    "private_word": "private",
    "other_word": "not_law_enforcement",
    "federal_word": "federal",
}
_OURS = {
    "our_campus": "campus",
    "our_tribal": "tribal",
    "our_sheriff": "county",
    "our_state": "state",
    "our_police": "local",
}
_POLICE = ("police_word", "head_title", "head_title_bare", "our_police", "our_sheriff")
_LISTS = (
    *NAME_LISTS, *_HINTS, *_OURS, "any_place", "any_body", "own_agency", "other_agency", "elsewhere", "leading_agency",
    "police_word", "town_word", "own_marshal", "single_person", "no_police", "abroad", "guards_for_hire",
)  # fmt: skip

# How strongly a name speaks for being that of the agency to be helped. Only the order of the sums matters.
ENOUGH = 4.0  # below this it is no more than mentioned
SURE = 10.0  # from here on it replaces what was known
_HAS_TAIL = 6.0
_NEAR_OTHERS = -9.0  # "mutual aid from", "retired from", "a training in"
_IN_DOMAIN = 7.0
_BY_ROLE = {
    Role.SIGNATURE: 6.0,
    Role.OWN: 0.0,
    Role.FORWARDED: 0.0,
    Role.BOILERPLATE: -2.0,
    Role.QUOTED: -5.0,
}
_LEAST_INITIALS = 3  # letters
_REACH = 14  # characters between a word and the name that it speaks of

# … and a state for being the agency's.
_STATE_ENOUGH = 1.0
_STATE_MARGIN = 0.3  # two that are no further apart than this are not told apart
_STATE_SURE = 8.0


def read_agency(scan: Scan, known: Known, words: Words) -> tuple[Statement, ...]:
    """The name, state and type of the agency that is to be helped, as far as the message tells."""
    return _Reader(scan, known, words).statements()


class _Reader:
    """Reads one message."""

    def __init__(self, scan: Scan, known: Known, words: Words) -> None:
        self._sender = scan.message.sender
        self._known = known
        self._words = words
        self._fields = read_fields(scan, _LISTS)
        self._states = States(self._fields, words)
        self._source = Names(self._fields, self._states, self._sender, words)
        self._names = [self._weighed(name) for name in self._source.read()]

    def statements(self) -> tuple[Statement, ...]:
        name = self._best()
        if name is None and not self._known.facts.is_known("agency_name"):
            name = self._by_domain()
        abroad = self._abroad()
        state = self._state(name) if abroad is None else None
        kind = self._said("agency_type", *abroad) if abroad else self._type_statement(name, state)
        found = (self._name_statement(name), self._state_statement(state), kind)
        return tuple(each for each in found if each is not None)

    def _said(self, fact: str, value: str, evidence: Evidence) -> Statement:
        return Statement(fact, (value,), (evidence,), self._sender.key)

    def _by_domain(self) -> Name | None:
        """The place that the sender's domain is named after, where the message names it, or what the domain says alone."""
        found = next(self._source.in_domain(), None) if self._any(*_POLICE) else None
        if found is not None and not any(char.isdigit() for char in found.text):
            return self._completed(found, self._names)
        return self._source.by_domain()

    def _name_statement(self, name: Name | None) -> Statement | None:
        if name is None or not (name.words or name.type in ("federal", "foreign")):
            return None
        return self._said(
            "agency_name", cased(self._spelled(name)), name.field.evidence(name.start, name.end)
        )

    def _state_statement(self, state: tuple[str, Evidence] | None) -> Statement | None:
        return self._said("agency_state", state[0].upper(), state[1]) if state else None

    def _type_statement(self, name: Name | None, state: tuple[str, Evidence] | None) -> Statement | None:
        others = self._no_police() if name is None or not name.tail else None
        named = (name.type, name.field.evidence(name.start, name.end)) if name else None
        found = others or named or (None if self._known.facts.is_known("agency_type") else self._hint())
        if found is None:
            return None
        kind, evidence = found
        if state and state[0].casefold() in TERRITORIES and kind in _TERRITORIAL:
            kind = "territorial"
        return self._said("agency_type", kind, evidence)

    def _any(self, *lists: str) -> tuple[Field, Hit] | None:
        """The first phrase of these lists in what the sender says."""
        said = (where for where in self._fields if where.found and where.is_said)
        found = ((where, hit) for where in said for hit in where.hits(*lists))
        return next(found, None)

    # -- which name

    def _best(self) -> Name | None:
        tops: dict[tuple[str, ...], Name] = {}
        again: dict[tuple[str, ...], float] = {}
        for name in self._names:
            again[name.key] = again.get(name.key, -0.5) + 0.5
            if name.key not in tops or name.score > tops[name.key].score:
                tops[name.key] = name
        enough = SURE if self._known.facts.is_known("agency_name") else ENOUGH
        for name in sorted(tops.values(), key=lambda each: -(each.score + again[each.key] + bool(each.tail))):
            if name.score < enough:
                return None
            if name.is_abbreviation or self._is_initials(name) or self._is_visitor(name):
                continue
            if name.tail or self._any(*_POLICE) is not None:
                return self._completed(self._with_words(name, tops.values()), tops.values())
        return None

    def _with_words(self, name: Name, others: Iterable[Name]) -> Name:
        """ "The school police", where a school district is named elsewhere."""
        named = [each for each in others if each.words and each.type == name.type and each.score >= ENOUGH]
        return max(named, key=lambda each: each.score) if named and not name.words else name

    def _is_initials(self, name: Name) -> bool:
        """ "HPUSD" beside "Hanover Park Unified"."""
        word = name.words[0] if len(name.words) == 1 else ""
        if len(word) < _LEAST_INITIALS or not word.isupper():
            return False
        names = (each.key for each in self._names if len(each.key) > 1)
        return any(fold(word).startswith("".join(part[:1] for part in key)) for key in names)

    def _is_visitor(self, name: Name) -> bool:
        """An office of another kind than the agency known before, in what its people now write."""
        if not self._known.facts.is_known("agency_name") or name.type not in _SELDOM_OURS:
            return False
        return name.type != self._known.facts.value("agency_type") and name.field.is_prose

    def _completed(self, name: Name, others: Iterable[Name]) -> Name:
        """The name as it is told in full elsewhere in the message."""
        if name.type == "local" and name.key[-1:] == ("state",) and self._any("our_campus", "agency_campus"):
            return replace(name, words=(*name.words, "University"), type="campus")
        if name.type == "county" and name.parts.isdisjoint(self._words.of("county_word")):
            for other in others:
                if set(other.key) - set(name.key) == {"county"} and set(name.key) < set(other.key):
                    return replace(name, words=other.words, state=name.state or other.state)
        if name.type == "local":
            for other in others:
                if other.type in ("tribal", "campus") and set(name.key) < set(other.key) and other.score > 0:
                    return replace(name, type=other.type, words=name.words if name.tail else other.words)
        if name.tail:
            return name
        longer = [each for each in others if each.tail and each.score > 0 and set(name.key) < set(each.key)]
        if not longer:
            return name
        best = max(longer, key=lambda each: each.score)
        return replace(best, score=name.score, state=best.state or name.state)

    def _spelled(self, name: Name) -> str:
        """The name in full; where only a place is named, with what its agency is likely to be called."""
        if name.tail:
            return name.text
        return " ".join((*name.words, self._likely_tail(name.type)))

    def _likely_tail(self, kind: str) -> str:
        titles = {hit.phrase for where in self._fields if where.is_said for hit in where.hits("head_title")}
        if kind == "county":
            bare = {
                hit.phrase for where in self._fields if where.is_said for hit in where.hits("head_title_bare")
            }
            return self._constable() if "constable" in bare else "Sheriff's Office"
        if kind == "tribal":
            return "Tribal Police" if self._any("our_tribal") else "Police"
        for title in titles:
            if title.endswith((" safety", " security")) and " of " in title:
                return title.partition(" of ")[2].title()
        if kind == "private":
            return "Security"
        if kind == "local" and (any("marshal" in title for title in titles) or self._signs_as("marshal")):
            return "Town Marshal" if self._any("own_marshal") else "Marshal's Office"
        return "Police Department"

    def _signs_as(self, title: str) -> bool:
        signed = (each for each in self._fields if each.role is Role.SIGNATURE)
        return any(hit.phrase == title for each in signed for hit in each.hits("head_title_bare"))

    def _constable(self) -> str:
        """ "Constable Precinct 3", where a precinct is named."""
        for where in self._fields:
            tokens = where.tokens if where.is_said else []
            for word, number in pairwise(tokens):
                if word.core in ("precinct", "pct") and number.core.isdigit():
                    return f"Constable Precinct {number.core}"
        return "Constable's Office"

    def _weighed(self, name: Name) -> Name:
        where, score = name.field, name.score + _BY_ROLE.get(name.field.role, 0.0)
        is_opening = where.is_prose and where.rank == 0 and name.start == where.start
        if name.tail:
            score += _HAS_TAIL if name.tail != "School District" else _HAS_TAIL / 2  # whose police is meant
        if not name.words:
            score -= 8.0 if name.type == "state" and where.role is not Role.SIGNATURE else 2.0
        if name.type in _SELDOM_OURS and where.role is Role.OWN:
            is_own = any(self._precedes(hit, name.start, 12) for hit in where.hits("own_agency"))
            score += 7.0 if is_opening else 3.0 if is_own else -4.0
        if where.role is Role.OWN and (where.part is Part.SUBJECT or where.rank < 2):
            score += 2.0
        if where.label in self._words.of("agency_label"):
            score += 10.0
        elif where.label in self._words.of("state_label"):
            score += 3.0
        if where.role is not Role.SIGNATURE:
            score += self._neighbourhood(name)
        if self._source.domain.holds(name):
            score += _IN_DOMAIN
        name.score = score
        return name

    def _neighbourhood(self, name: Name) -> float:
        """What the words right before and after the name make of it."""
        where, score = name.field, 0.0
        if any(self._precedes(hit, name.start, 12) for hit in where.hits("own_agency")):
            score += 4.0
        if self._is_elsewhere(where, name.start, _REACH) or self._is_anothers(name):
            score = _NEAR_OTHERS
        if where.before(name.start, 4).endswith("("):
            score += 2.0  # "We (Hollow PD, Ohio) would like"
        if name.start == where.start and score == 0.0:
            score += 2.0
        if any(self._precedes(hit, name.start, 3) for hit in where.longest(*("head_title", "other_title"))):
            score += 4.0 if where.rank == 0 else 2.0
        if any(0 <= hit.start - name.end < 40 for hit in where.hits("leading_agency")):
            score += 8.0
        return score

    def _is_anothers(self, name: Name) -> bool:
        return any(self._precedes(hit, name.start, _REACH) for hit in name.field.hits("other_agency"))

    def _is_elsewhere(self, where: Field, start: int, reach: int) -> bool:
        return any(self._precedes(hit, start, reach) for hit in where.hits("elsewhere"))

    def _precedes(self, hit: Hit, start: int, reach: int) -> bool:
        return 0 <= start - hit.end <= reach

    # -- which type, where no agency is named

    def _hint(self) -> tuple[str, Evidence] | None:
        hints = {"single_person": "not_law_enforcement"}
        if self._any("our_police") is None:
            hints |= _HINTS
        for name, kind in hints.items():
            if (found := self._any(name)) is not None:
                return kind, found[0].evidence(found[1].start, found[1].end)
        for where, hit in self._titles():
            if hit.phrase == "sheriff":
                return "county", where.evidence(hit.start, hit.end)
        for name, kind in _OURS.items():
            if (found := self._any(name)) is not None:
                return kind, found[0].evidence(found[1].start, found[1].end)
        town = self._any("town_word")
        if town is not None and self._any("police_word") is not None:
            return "local", town[0].evidence(town[1].start, town[1].end)
        return None

    def _no_police(self) -> tuple[str, Evidence] | None:
        """A place is named, and those who are to be helped there are no police."""
        signed = (each for each in self._fields if each.role is Role.SIGNATURE)
        if any(each.hits("head_title", "our_police") for each in signed):
            return None
        for name, kind in (("no_police", "not_law_enforcement"), ("guards_for_hire", "private")):
            if (found := self._any(name)) is not None:
                return kind, found[0].evidence(found[1].start, found[1].end)
        return None

    def _abroad(self) -> tuple[str, Evidence] | None:
        """The sender writes from a country or province that is none of the states."""
        labels, address = self._source.domain.labels, self._source.domain.address
        if not self._words.of("domain_abroad").isdisjoint(labels[-1:]):
            return "foreign", Evidence(address, Part.SENDER, 0, len(address))
        for where in self._fields:
            for hit in where.hits("abroad") if where.is_said else ():
                if self._states.after(where, hit.end) is None and not self._speaks_of_others(
                    where, hit.start
                ):
                    return "foreign", where.evidence(hit.start, hit.end)
        return None

    def _titles(self) -> Iterator[tuple[Field, Hit]]:
        for where in self._fields:
            if where.role is not Role.QUOTED and where.part is not Part.SUBJECT:
                yield from ((where, hit) for hit in where.hits("head_title"))

    # -- which state

    def _state(self, name: Name | None) -> tuple[str, Evidence] | None:
        """The state that most speaks for, with its evidence; None where two speak alike."""
        if name is not None and name.type == "foreign":
            return None
        scores: dict[str, float] = {}
        best: dict[str, tuple[float, Evidence]] = {}
        for code, score, evidence in self._votes(name):
            scores[code] = max(scores.get(code, 0.0), score) + (0.1 if code in scores else 0.0)
            if code not in best or best[code][0] < score:
                best[code] = (score, evidence)
        ranked = sorted(scores, key=lambda code: -scores[code])
        enough = _STATE_SURE if self._known.facts.is_known("agency_state") else _STATE_ENOUGH
        if not ranked or scores[ranked[0]] < enough:
            return None
        if len(ranked) > 1 and scores[ranked[1]] >= scores[ranked[0]] - _STATE_MARGIN:
            return None
        return ranked[0], best[ranked[0]][1]

    def _votes(self, name: Name | None) -> Iterator[tuple[str, float, Evidence]]:
        for where in self._fields:
            for place in self._states.within(where):
                yield (
                    place.code,
                    self._state_weight(where, place, name),
                    where.evidence(place.start, place.end),
                )
            if where.found:
                yield from self._votes_of_places(where)
        if name is not None:
            yield from self._votes_of_name(name)
        code, address = domain_state(self._source.domain.labels, self._words), self._source.domain.address
        if code is not None:
            yield code, 9.0, Evidence(address, Part.SENDER, 0, len(address))

    def _votes_of_name(self, name: Name) -> Iterator[tuple[str, float, Evidence]]:
        """The state beside the name, and the state in the name: "Kansas Capitol Police", "Guam Police"."""
        for each in self._names:
            if each.state is not None and each.key and set(each.key) <= set(name.key):
                told = each.field.evidence(each.state.start, each.state.end)
                yield each.state.code, 12.0 + max(0.0, min(each.score, 5.0)), told
        told = name.field.evidence(name.start, name.end)
        whole = " ".join(name.key)
        for kind, code, hit in self._states.named(fold(" ".join((*name.words, name.tail)))):
            if kind == "state" and hit.phrase.endswith(" state"):  # "Prairie State": a byname
                yield code, 1.5, told
            elif kind == "state":
                is_sure = name.type in ("state", "campus", "tribal") or code in TERRITORIES
                yield code, 6.0 if is_sure else 1.5, told
            elif hit.phrase == whole or " " in hit.phrase or "-" in hit.phrase:
                yield code, 5.0, told

    def _votes_of_places(self, where: Field) -> Iterator[tuple[str, float, Evidence]]:
        """Offices and cities that one state alone has, when nothing better is said."""
        if where.role is not Role.QUOTED:
            for hit in where.hits("any_body"):
                yield self._states.code(hit, "body"), 1.2, where.evidence(hit.start, hit.end)
        for hit in where.hits("any_place"):
            code, told = self._states.code(hit, "place"), where.evidence(hit.start, hit.end)
            if where.role is Role.SIGNATURE or where.part is Part.SUBJECT:
                yield code, 4.0, told
            elif where.role in (Role.OWN, Role.FORWARDED) and not self._speaks_of_others(where, hit.start):
                yield code, 1.1, told

    def _state_weight(self, where: Field, place: Place, name: Name | None) -> float:
        """How strongly a state named here speaks for being the agency's."""
        if self._is_elsewhere(where, place.start, 30):
            return 0.0
        if self._speaks_of_others(where, place.start):
            return 0.2
        if where.role is Role.SIGNATURE:
            return 8.0
        if where.label in self._words.of("state_label") | self._words.of("agency_label"):
            return 12.0
        if not where.is_said:
            return 0.5
        score = 7.0 if self._known.in_case and "agency_state" in self._known.asked else 2.0
        if where.before(place.start, 10).endswith(("in ", "ern ", "rural ", "is ")):
            score += 1.0
        if name is not None and name.field is where and 0 <= place.start - name.end < 40:
            score += 4.0
        return score

    def _speaks_of_others(self, where: Field, start: int) -> bool:
        is_other = any(self._precedes(hit, start, 25) for hit in where.hits("other_agency"))
        return is_other or self._is_elsewhere(where, start, 30)
