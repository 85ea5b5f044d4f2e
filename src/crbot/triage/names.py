"""Where a message names an agency, or a place that an agency may serve.

Which of the names is that of the agency to be helped, `agency` decides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from crbot.triage.domains import stems_in, without_state
from crbot.triage.facts import Part
from crbot.triage.fields import Field, Token
from crbot.triage.message import Person
from crbot.triage.passages import Role
from crbot.triage.phrases import Hit, Words, fold
from crbot.triage.states import Place, States, is_state_name

TYPES = {  # word list of the tails of names -> type of agency
    "agency_local": "local",
    "agency_county": "county",
    "agency_state": "state",
    "agency_tribal": "tribal",
    "agency_campus": "campus",
    "agency_federal": "federal",
    "agency_private": "private",
    "agency_other": "not_law_enforcement",
    "agency_foreign": "foreign",
}
TITLES = ("head_title", "head_title_bare", "other_title")
LISTS = (*TYPES, *TITLES, "any_state", "municipal", "place_tail", "place_noun", "kind_noun", "country")

_LONGEST_GREETING = 5  # words
_LONGEST_ABBREVIATION = 6  # letters
_TOLD_REACH = 7  # words after a place in which the sender says that it is one
_CALLED_REACH = 9  # words between "a town" and "called"
_SURE_PLACE = 6  # letters of a name that is no chance part of a domain
_SHORTEST_PLACE = 4  # letters of a place in a domain
LONGEST_NAME = 7  # words
LONGEST_LOW_NAME = 3  # words, where no capital tells a name from other words

_FIXED = ("federal", "private", "not_law_enforcement", "foreign", "state")  # whatever the name holds
_IN_FULL = {"univ": "University", "twp": "Township"}
_CONNECTORS = frozenset({"of", "de", "del", "la", "las", "los", "el", "du", "des", "le", "&", "and", "y"})
_LINKS = ("of", "de", "for", "in", "at", "-", "–", "—", "")  # between a tail and the name that follows it
_AFTER_TITLE = ("of", "in", "at", "with", "from", "down", "-", "–", "—", "")
_STATEWIDE = frozenset(
    {
        "state police",
        "state patrol",
        "highway patrol",
        "state highway patrol",
        "state troopers",
        "capitol police",
    }
)
_DESCRIBED = ("municipal police", "city police", "town police")  # no names where no capital is written
_BARE_SHERIFFS = ("sheriff", "sheriff's", "constable")  # titles as well as tails

_SPELLED = {
    "pd": "Police Department",
    "p.d.": "Police Department",
    "police dept": "Police Department",
    "police dept.": "Police Department",
    "police dep't": "Police Department",
    "dps": "Department of Public Safety",
    "dept of public safety": "Department of Public Safety",
    "dept. of public safety": "Department of Public Safety",
    "public safety dept": "Public Safety Department",
    "so": "Sheriff's Office",
    "s.o.": "Sheriff's Office",
    "sheriff": "Sheriff's Office",
    "sheriff's": "Sheriff's Office",
    "sheriffs office": "Sheriff's Office",
    "sheriffs' office": "Sheriff's Office",
    "sheriff office": "Sheriff's Office",
    "office of the sheriff": "Sheriff's Office",
    "sheriffs department": "Sheriff's Department",
    "sheriff department": "Sheriff's Department",
    "sheriff's dept": "Sheriff's Department",
    "sheriff's dept.": "Sheriff's Department",
    "sheriff dept": "Sheriff's Department",
    "county pd": "County Police Department",
    "tribal pd": "Tribal Police Department",
    "nation pd": "Nation Police Department",
    "university pd": "University Police Department",
    "univ. pd": "University Police Department",
    "univ pd": "University Police Department",
    "univ. police": "University Police",
    "college pd": "College Police Department",
    "campus pd": "Campus Police Department",
    "isd pd": "ISD Police Department",
    "isd police": "ISD Police",
    "isd police department": "ISD Police Department",
}
_DOMAIN_TAILS = {  # ending of a domain's name -> tail, type
    "sheriffsoffice": ("Sheriff's Office", "county"),
    "sheriff": ("Sheriff's Office", "county"),
    "countyso": ("County Sheriff's Office", "county"),
    "tribalpd": ("Tribal Police Department", "tribal"),
    "tribalpolice": ("Tribal Police", "tribal"),
    "police": ("Police Department", "local"),
    "pd": ("Police Department", "local"),
}


@dataclass(slots=True)  # not frozen, which would take eight times as long to make
class Name:
    """An agency, or the place that it serves, where it is named."""

    words: tuple[str, ...]  # of the name proper, as written
    tail: str  # what kind of agency it is, spelled out: "Police Department"; "" where only a place is named
    type: str
    field: Field
    start: int
    end: int
    state: Place | None = None
    score: float = 0.0  # how strongly it speaks for being the agency's
    leads: bool = False  # the tail stands before the name: "Policía Municipal de …"
    _key: tuple[str, ...] | None = dataclasses.field(default=None, init=False, compare=False)

    @property
    def key(self) -> tuple[str, ...]:
        """What two mentions of one agency share."""
        if self._key is None:
            self._key = tuple([fold(word).strip(".,'") for word in self.words])
        return self._key

    @property
    def is_abbreviation(self) -> bool:
        """ "HPD", "HCSO"."""
        word = self.words[0] if len(self.words) == 1 else ""
        return (
            3 <= len(word) <= _LONGEST_ABBREVIATION and word.isupper() and word.endswith(("PD", "SO", "DPS"))
        )

    @property
    def parts(self) -> frozenset[str]:
        return frozenset(part for word in self.key for part in word.split("-"))

    @property
    def text(self) -> str:
        if self.leads:
            return " ".join((self.tail, "de", *self.words))
        tail, last = self.tail.split(), self.key[-1:] if self.tail else ()
        if last and tail[0].casefold() in (*last, *(word.removesuffix("s") for word in last)):
            tail = tail[1:]  # "Metro Parks" + "Park Police", "Harbor Police" + "Police Department"
        return " ".join((*self.words, *tail))


class Names:
    """Reads the names in the fields of one message."""

    def __init__(self, fields: Sequence[Field], states: States, sender: Person, words: Words) -> None:
        self._fields = fields
        self._states = states
        self._words = words
        self.domain = Domain(sender.address, words)
        plain = fold(sender.name).replace(",", " ").split("(")[0].split(" - ")[0]
        self._sender_words = frozenset(plain.split()[-2:])

    def read(self) -> Iterator[Name]:
        for where in self._fields:
            if where.is_prose and where.rank == 0:
                yield from self._after_greeting(where)
            if where.role is Role.SALUTATION or (not where.found and not self._states.within(where)):
                continue
            taken: list[Name] = []
            for kind, hit in self._tails(where):
                name = self._by_tail(where, kind, hit)
                if name is not None:
                    taken.append(name)
                    yield name
            for name in self._places(where):
                if not any(each.start < name.end and name.start < each.end for each in taken):
                    yield name

    # -- names with a tail

    def _tails(self, where: Field) -> list[tuple[str, Hit]]:
        """The longest phrases that end the name of an agency, from the left."""
        named = where.found
        found = [(kind, hit) for name, kind in TYPES.items() if name in named for hit in where.hits(name)]
        if not found:
            return []
        found.sort(key=lambda pair: (pair[1].start, -pair[1].end))
        titles = where.longest(*TITLES)
        kept: list[tuple[str, Hit]] = []
        for kind, hit in found:
            if any(title.start < hit.start and hit.end <= title.end for title in titles):
                continue  # the police of "Chief of Police"
            if kept and hit.end <= kept[-1][1].end:
                continue
            start = hit.start
            if kept and kind == kept[-1][0] == "federal" and where.text[kept[-1][1].end : start] == ", ":
                start = kept.pop()[1].start  # "Bureau of …, Office of …"
            elif kept and start < kept[-1][1].end:
                kept.pop()  # "Tribal Police" and "Police Department" overlap: the later has the rest
            kept.append((kind, hit._replace(start=start)))
        return kept

    def _by_tail(self, where: Field, kind: str, hit: Hit) -> Name | None:
        first = where.token_at(hit.start)
        tail = fold(where.text[hit.start : hit.end])
        if tail in _DESCRIBED and where.text[hit.start].islower() and not where.is_low:
            tail = "police department"
        if tail == "so" and not self._is_office(where, first):
            return None
        words, begin, state = self._left(where, first - 1, tail)
        end, follows = hit.end, False
        if not words:
            words, end, state = self._right(where, where.token_at(hit.end - 1), hit.end, kind)
            begin, follows = hit.start, bool(words)
            if not words and (
                kind in ("local", "county", "private", "not_law_enforcement") or " " not in tail
            ):
                return None
        if tail in _BARE_SHERIFFS and self._words.of("county_word").isdisjoint(map(_core, words)):
            return None
        if follows and tail.startswith("campus ") and _core(words[-1]) in ("college", "university"):
            tail = tail.removeprefix("campus ")
        if words and tail.startswith("police") and fold(words[-1]).endswith("'s"):
            words = [*words[:-1], words[-1][:-2]]  # "Hollow's police"
        name = Name(
            self._in_full(words),
            _spell(tail),
            kind,
            where,
            begin,
            end,
            state or self._states.after(where, end),
        )
        name.leads = follows and tail.startswith("polic") and tail.endswith("municipal")
        return self._typed(name, tail)

    def _is_office(self, where: Field, i: int) -> bool:
        """ "SO" after a county, in capitals, is a sheriff's office, not a conjunction."""
        is_capital = where.tokens[i].raw.strip(".,;:()").isupper()
        return is_capital and i > 0 and where.tokens[i - 1].core in self._words.of("county_word")

    def _in_full(self, words: list[str]) -> tuple[str, ...]:
        full = [_IN_FULL.get(_core(word), word) for word in words]
        if full and _core(full[-1]) in ("co", "cty"):
            full[-1] = "County"
        return tuple(full)

    def _left(self, where: Field, i: int, tail: str) -> tuple[list[str], int, Place | None]:
        """The words of a name that ends at word `i`, where they begin, and a state between them and the tail."""
        tokens = where.tokens
        begin = tokens[i + 1].start if i + 1 < len(tokens) else where.end
        is_low = not any(token.is_capital for token in tokens[: i + 1])
        state = None
        if tail not in _STATEWIDE and i >= 0:
            i, state = self._without_state(where, i, is_low)
        words: list[str] = []
        most = LONGEST_LOW_NAME if is_low or where.is_shouted else LONGEST_NAME
        while i >= 0 and len(words) < most:
            token = tokens[i]
            if not token.core or token.stops or (token.is_comma and (words or state is None)):
                break
            if token.core.isdigit() and token.raw[-1] == ".":
                break  # "1. Hollow Police Department"
            if token.core in self._sender_words and self._is_person(tokens, i):
                break
            if self._connects(token):
                if not words or i == 0 or not self._fits(tokens[i - 1], is_low):
                    break
                if token.core == "of" and tokens[i - 1].core in self._words.of("municipal"):
                    begin = tokens[i - 1].start
                    break
                if token.core in ("and", "y") and "tribal" not in tail:
                    break
                words.insert(0, token.raw)
            elif self._fits(token, is_low):
                words.insert(0, token.word)
                begin = token.start
            else:
                if token.core in self._words.of("head_title_bare") | {"sheriff"} and "of" in words:
                    words = words[words.index("of") + 1 :]  # "Sheriff Ann Lee of Hollow County"
                break
            if token.raw[0] in "(\"“'":
                break
            i -= 1
            if i >= 0 and (tokens[i].is_comma or tokens[i].stops):
                break
        while words and words[0] in _CONNECTORS:
            words.pop(0)
        return (words if self._is_name(words) else []), begin, state

    def _without_state(self, where: Field, i: int, is_low: bool) -> tuple[int, Place | None]:
        """Pass over a state that stands between a place and the tail: "Hollow, Iowa PD", "Hollow (Mich.) PD"."""
        place = self._states.ending(where, where.tokens[i].end)
        if place is None:
            return i, None
        before = where.token_at(place.start) - 1
        if before < 0 or where.tokens[before].stops or not self._fits(where.tokens[before], is_low):
            return i, None
        return (i, None) if where.tokens[before].core in self._words.of("municipal") else (before, place)

    def _right(self, where: Field, last: int, end: int, kind: str) -> tuple[list[str], int, Place | None]:
        """The name after a tail: "Police Department of X", "Sheriff, X County"."""
        tokens = where.tokens
        if last >= len(tokens) or tokens[last].raw[-1] in ".;:!?":
            return [], end, None
        links = ("of",) if kind in _FIXED and kind != "state" else _LINKS
        i = last + 1
        if i < len(tokens) and tokens[i].core in links:
            i += 1
        elif not tokens[last].is_comma or links is not _LINKS:
            return [], end, None
        if i < len(tokens) and tokens[i].core in ("the", "la", "el"):
            i += 1
        words, stop, state = self._run(where, i)
        if words and _core(words[0]) in self._words.of("within_agency"):
            return [], end, None
        return words, stop if words else end, state

    def _run(self, where: Field, i: int) -> tuple[list[str], int, Place | None]:
        """The words of a name that begins at word `i`, where they end, and the state after them."""
        tokens = where.tokens
        end = tokens[i].start if i < len(tokens) else where.end
        if (
            i + 1 < len(tokens)
            and tokens[i].core in self._words.of("municipal")
            and tokens[i + 1].core in ("of", "de")
        ):
            i += 2
        words: list[str] = []
        is_low = where.is_low
        while i < len(tokens) and len(words) < (LONGEST_LOW_NAME if is_low else LONGEST_NAME):
            token = tokens[i]
            place = self._states.starting(where, token.start)
            if place is not None and words:
                return words, end, place
            if token.core in _CONNECTORS and words and i + 1 < len(tokens) and tokens[i + 1].is_capital:
                words.append(token.raw)
            elif token.core and self._fits(token, is_low) and not self._connects(token):
                words.append(token.word)
                end = token.word_end
            else:
                break
            if token.is_comma or token.stops:
                break
            i += 1
        while words and words[-1] in _CONNECTORS:
            words.pop()
        if words and not is_low and i < len(tokens) and tokens[i].start >= end:
            words, end = self._with_small_end(where, words, i, end)
        if not self._is_name(words) or (len(words) == 1 and _core(words[0]) in self._words.of("region")):
            words = []
        return words, end, self._states.after(where, end) if words else None

    def _with_small_end(self, where: Field, words: list[str], i: int, end: int) -> tuple[list[str], int]:
        """ "Hollow school district": what goes on with a name although it is written small."""
        for size in (2, 1):
            following = where.tokens[i : i + size]
            if " ".join(each.core for each in following) in self._words.of("name_goes_on"):
                return [*words, *(each.core.capitalize() for each in following)], following[-1].word_end
        return words, end

    def _is_name(self, words: Sequence[str]) -> bool:
        """There are letters in it, more than a number, and more than "Airport" or "District"."""
        is_one = len(words) == 1 and (
            words[0][0].isdigit() or _core(words[0]) in self._words.of("generic_name")
        )
        return any(char.isalpha() for word in words for char in word) and not is_one

    def _connects(self, token: Token) -> bool:
        return token.core in _CONNECTORS and not (token.is_capital and token.core not in ("of", "and", "y"))

    def _fits(self, token: Token, is_low: bool) -> bool:
        """The word may be one of a name."""
        if token.core in _CONNECTORS:
            return True
        if token.core in self._words.of("not_in_name"):
            return False
        return token.is_capital or (is_low and token.core not in self._words.of("small_word"))

    def _is_person(self, tokens: Sequence[Token], i: int) -> bool:
        """The word is the sender's name, not the agency's: a title or a first name stands before it."""
        if len(tokens[i].core) > 3 and tokens[i].core in self.domain.letters:
            return False
        before = tokens[i - 1].core if i else ""
        return not before or before in self._sender_words or before in self._words.of("not_in_name")

    # -- places

    def _places(self, where: Field) -> Iterator[Name]:
        """After a title, before a state, after "City of", before "County"."""
        for hit in where.longest(*TITLES):
            yield from self._after_title(where, hit)
        for place in self._states.within(where):
            yield from self._before_state(where, place)
        for hit in where.hits("municipal"):
            yield from self._after_municipal(where, where.token_at(hit.start))
        for hit in where.hits("place_tail"):
            yield from self._before_place_tail(where, where.token_at(hit.start))
        yield from self._told(where)
        yield from self._of_kind(where)

    def _told(self, where: Field) -> Iterator[Name]:
        """ "Hollow is a fishing town", "a town of nine thousand called Hollow"."""
        nouns = [where.token_at(hit.start) for hit in where.hits("place_noun")] if where.is_said else []
        if not nouns:
            return
        tokens = where.tokens
        words, end, state = self._run(where, 0) if where.is_prose else ([], 0, None)
        link = [each.core for each in tokens[len(words) : len(words) + 2]]
        if (
            words
            and link in (["is", "a"], ["is", "an"], ["is", "the"])
            and nouns[0] <= len(words) + _TOLD_REACH
        ):
            yield self._place(where, words, where.start, end, 3.0, state)
        for noun in nouns:
            for i in range(noun + 1, min(noun + _CALLED_REACH, len(tokens) - 1)):
                if tokens[i].core in self._words.of("called"):
                    words, end, state = self._run(where, i + 1)
                    if words:
                        yield self._place(where, words, tokens[i + 1].start, end, 3.0, state)

    def _of_kind(self, where: Field) -> Iterator[Name]:
        """ "Hollow Falls, a community college in Iowa", "of a school district, Hollow Unified": the place and its kind."""
        tokens = where.tokens if where.is_said and where.hits("kind_noun") else []
        for hit in where.longest("kind_noun"):
            first, last = where.token_at(hit.start), where.token_at(hit.end - 1)
            kind = [each.core.capitalize() for each in tokens[first : last + 1]]
            if tokens[last].is_comma:
                words, end, state = self._run(where, last + 1)
                begin = tokens[last + 1].start if words else 0
            elif first > 1 and tokens[first - 1].core in ("a", "an", "the") and tokens[first - 2].is_comma:
                words, begin, state = self._left(_without_comma(where, first - 2), first - 2, "")
                end = tokens[first - 2].word_end
                state = state or self._states.after(where, hit.end)
            else:
                continue
            if words and tokens[first].raw[0].islower():
                yield self._place(where, [*words, *kind], begin, end, 5.0, state)

    def _after_title(self, where: Field, hit: Hit) -> Iterator[Name]:
        tokens, last = where.tokens, where.token_at(hit.end - 1)
        i = last + 1
        if i >= len(tokens) or tokens[last].raw[-1] in ".;:!?":
            return
        if tokens[i].raw.startswith("("):
            while i < len(tokens) and not tokens[i].raw.rstrip(",").endswith(")"):
                i += 1
            i += 1
        at_comma = tokens[last].is_comma
        while i < len(tokens) and tokens[i].core in self._sender_words:
            at_comma = tokens[i].is_comma
            i += 1
        if i < len(tokens) and tokens[i].core == "here" and not tokens[i].stops:
            i += 1
        if i >= len(tokens):
            return
        is_linked = tokens[i].core in _AFTER_TITLE or (tokens[i].core == "for" and hit.list != "other_title")
        if not is_linked and not at_comma:
            return
        i += is_linked
        while i < len(tokens) and tokens[i].core in ("the", "in", "here", "at", "of"):
            i += 1
        words, end, state = self._run(where, i)
        if not words or _core(words[0]) in self._words.of("within_agency"):
            return
        # after a comma a person may be named as well: only what is plainly a place is taken
        is_plain = state is not None or not self._words.of("place_tail").isdisjoint(map(_core, words))
        if not is_linked and where.role is Role.OWN and not is_plain:
            return
        before = where.before(hit.start, 12).split()[-1:]
        is_past = bool(before) and before[0].strip(",(") in self._words.of("title_past")
        name = self._place(where, words, tokens[i].start, end, -3.0 if is_past else 4.0, state)
        yield replace(name, type="county") if "sheriff" in hit.phrase and name.type == "local" else name

    def _before_state(self, where: Field, place: Place) -> Iterator[Name]:
        tokens, titles = where.tokens, where.longest("other_title")
        i = where.token_at(place.start) - 1
        while i > 0 and (tokens[i].core in self._words.of("governing_body") or _is_in(titles, tokens[i])):
            i -= 1
        if i > 0 and tokens[i].core == "in" and tokens[i - 1].is_capital:
            i -= 1
        if i < 0 or tokens[i].stops or tokens[i].core in _CONNECTORS:
            return
        words, begin, _ = self._left(_without_comma(where, i), i, "")
        if words:
            yield self._place(where, words, begin, max(tokens[i].word_end, place.end), 3.0, place)

    def _after_greeting(self, where: Field) -> Iterator[Name]:
        """ "Morning from Hollow Falls."."""
        for i, token in enumerate(where.tokens[1:_LONGEST_GREETING], 1):
            if token.core in ("from", "in", "at") and where.tokens[i - 1].core in self._words.of(
                "greeting_word"
            ):
                words, end, state = self._run(where, i + 1)
                if words and not any(char.isdigit() for word in words for char in word):
                    yield self._place(where, words, where.tokens[i + 1].start, end, 3.0, state)

    def _after_municipal(self, where: Field, i: int) -> Iterator[Name]:
        tokens = where.tokens
        if i + 1 < len(tokens) and tokens[i + 1].core in ("of", "de"):
            words, end, state = self._run(where, i)
            if words:
                yield Name(tuple(words), "", "local", where, tokens[i].start, end, state, 3.0)

    def _before_place_tail(self, where: Field, i: int) -> Iterator[Name]:
        tokens = where.tokens
        if i >= len(tokens):
            return
        token = tokens[i]
        if token.core in ("university", "college") and i + 1 < len(tokens) and tokens[i + 1].core == "of":
            words, end, state = self._run(where, i)
            if len(words) > 2:
                yield self._place(where, words, token.start, end, 2.0, state)
        elif token.is_capital or not any(each.is_capital for each in tokens[:i]):
            words, begin, _ = self._left(where, i - 1, token.core)
            if words:
                yield self._place(where, [*words, token.word], begin, token.word_end, 2.0, None)

    def _place(
        self, where: Field, words: list[str], start: int, end: int, score: float, state: Place | None
    ) -> Name:
        return self._typed(Name(self._in_full(words), "", "local", where, start, end, state, score), "")

    # -- types

    def _typed(self, name: Name, tail: str) -> Name:
        """The name with the type that tail and name come to together."""
        parts, of = name.parts | set(tail.split()), self._words.of
        is_abroad = any(0 <= hit.start - name.end <= 3 for hit in name.field.hits("country"))
        if name.type != "federal" and (is_abroad or parts & of("abroad_word")):
            return replace(name, type="foreign", state=None)
        is_reserve = "national" in parts and not parts.isdisjoint(("park", "forest"))
        if parts & of("federal_name") or is_reserve or " ".join(name.key) in of("agency_federal"):
            return replace(name, type="federal")
        if name.type in _FIXED:
            return name
        if name.type == "local" and self._is_statewide(name, tail):
            return replace(name, type="state")
        if parts & of("campus_word"):
            return replace(name, type="campus")
        tribal = parts & of("tribal_word")
        if tribal and "county" not in parts and not (tribal == {"indian"} and name.key[:1] == ("indian",)):
            return replace(name, type="tribal")
        if name.type == "local" and parts & of("county_word") and "city" not in parts:
            return replace(name, type="county")
        return name

    def _is_statewide(self, name: Name, tail: str) -> bool:
        """ "Ohio Department of Public Safety", "Ohio State Constabulary"; no university."""
        if "public safety" in tail or tail == "dps":
            return self._is_state(name.key)
        for size in (1, 2):
            rest = name.key[size:]
            if rest and rest[0] in self._words.of("statewide_word") and self._is_state(name.key[:size]):
                return True
        if "state" not in name.parts or name.parts & self._words.of("campus_word"):
            return False
        if name.key[0] == "state" and len(name.key) > 1:
            return True
        before = "".join(name.key).partition("state")[0]
        return bool(before) and is_state_name(before, self._words)

    def _is_state(self, words: Sequence[str]) -> bool:
        return is_state_name("".join(words), self._words)

    def in_domain(self) -> Iterator[Name]:
        """ "Hollow Falls needs …" from somebody at hollowfalls.gov: the places that the domain is named after."""
        for where in self._fields if self.domain.stems else ():
            folded = fold(where.text[where.start : where.end])
            squeezed = "".join(char for char in folded if char.isalnum()) if where.is_said else ""
            if any(stem in squeezed for stem in self.domain.stems):
                yield from self._spelled_in_domain(where)

    def _spelled_in_domain(self, where: Field) -> Iterator[Name]:
        tokens = where.tokens
        for i, token in enumerate(tokens):
            joined, last = "", -1
            for j in range(i, min(i + LONGEST_NAME, len(tokens)) if self._fits(token, False) else i):
                joined += "".join(char for char in tokens[j].core if char.isalnum())
                last = j if joined in self.domain.stems else last
                if tokens[j].stops or tokens[j].is_comma:
                    break
            if last >= 0:
                words, end = [each.word for each in tokens[i : last + 1]], tokens[last].word_end
                yield self._place(where, words, token.start, end, 0.0, self._states.after(where, end))

    def by_domain(self) -> Name | None:
        """The agency that the sender's domain names, where no words do: "hollowpd-mt.gov", "pd.hollow-mt.gov"."""
        labels = [without_state(label, self._words) for label in self.domain.labels]
        for i, label in enumerate(labels):
            for ending, (tail, kind) in _DOMAIN_TAILS.items():
                stem = label.removesuffix(ending).strip("-")
                if label == ending and labels[i + 1 :]:
                    stem = labels[i + 1]
                elif stem == label:
                    continue
                if len(stem) >= _SHORTEST_PLACE:
                    where = Field(
                        self.domain.address, 0, len(self.domain.address), Part.SENDER, Role.SIGNATURE
                    )
                    return Name(self._parted(stem), tail, kind, where, 0, where.end)
        return None

    def _parted(self, stem: str) -> tuple[str, ...]:
        """The words of a place that a domain writes as one: "hollowmills"."""
        words = stem.replace("-", " ").split()
        if len(words) == 1:
            for ending in self._words.of("place_ending"):
                head = stem.removesuffix(ending)
                if head != stem and len(head) >= _SHORTEST_PLACE:
                    words = [head, ending]
                    break
            else:
                for opening in self._words.of("place_opening"):
                    rest = stem.removeprefix(opening)
                    if rest != stem and len(rest) >= _SHORTEST_PLACE:
                        words = [opening, rest]
                        break
        return tuple(word.capitalize() for word in words)


class Domain:
    """The sender's domain; empty where anybody can have such an address."""

    def __init__(self, address: str | None, words: Words) -> None:
        _, at, domain = fold(address or "").rpartition("@")
        labels = [label for label in domain.split(".") if label and label != "example"] if at else []
        if not words.of("domain_private_mail").isdisjoint(labels):
            labels = []
        self.address = address or ""
        self.labels = labels
        self.letters = "".join(char for label in labels for char in label if char.isalnum())
        self.stems = frozenset(stems_in(labels, words, _SURE_PLACE))

    def is_official(self, words: Words) -> bool:
        """Only public bodies, schools and tribes have such an address, or police are named in it."""
        return not words.of("domain_official").isdisjoint(self.labels) or any(
            label.endswith(tuple(words.of("domain_police_end"))) or words.within("domain_police", label)
            for label in self.labels
        )

    def holds(self, name: Name) -> bool:
        """The domain is made of the name's letters."""
        joined = "".join(char for word in name.key for char in word if char.isalnum())
        if len(joined) < 4 or not self.letters:
            return False
        if len(joined) < _SURE_PLACE and all(
            len(label) > 2 * len(joined) for label in self.labels if joined in label
        ):
            return False  # "Bear" in "bearlakefire"
        short = joined.removesuffix("county").removesuffix("university").removesuffix("college")
        return joined in self.letters or (len(short) >= 5 and short in self.letters)


def _is_in(hits: Sequence[Hit], token: Token) -> bool:
    return any(hit.start <= token.start < hit.end for hit in hits)


def _core(word: str) -> str:
    return fold(word).strip(".,'")


def _without_comma(where: Field, i: int) -> Field:
    """The field as if it ended with word `i`, whose comma ends no name."""
    token = where.tokens[i]
    bare = Token(token.start, token.end, token.raw.rstrip(","), token.core)
    return replace(where, _tokens=[*where.tokens[:i], bare])


def _spell(tail: str) -> str:
    small = ("of", "the", "and", "for")
    words = (word if word in small else word[:1].upper() + word[1:] for word in tail.split())
    return _SPELLED.get(tail) or " ".join(words)


def cased(name: str) -> str:
    """A name that was typed without capitals, or in capitals alone, as one writes it."""
    words = name.split()
    if name.isupper() or words[0].islower():
        return " ".join(word if word in _CONNECTORS else _capital(word) for word in words)
    return " ".join(_capital(word) if word.isupper() and len(word) > 4 else word for word in words)


def _capital(word: str) -> str:
    is_mixed = not word.isupper() and any(char.isupper() for char in word[1:])
    return word if is_mixed else word[:1].upper() + word[1:].lower()
