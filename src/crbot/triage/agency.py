"""Which agency is to be helped: its name, its state, its type.

Who asks for it is `people`'s; which words name an agency or a state stands in `words/agencies.yaml` and
`words/states.yaml`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crbot.triage import shapes
from crbot.triage.facts import Evidence, Known, Part, Statement
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Hit, Scan, Words, fold

TYPES = {
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
OURS = {
    "our_campus": "campus",
    "our_tribal": "tribal",
    "our_sheriff": "county",
    "our_state": "state",
    "our_police": "local",
}
TERRITORIES = frozenset(("pr", "gu", "vi", "as", "mp"))
CODES = (
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or"
    " pa ri sc sd tn tx ut vt va wa wv wi wy pr gu vi as mp"
).split()
STATE_NAMES = {
    "al": "alabama", "ak": "alaska", "az": "arizona", "ar": "arkansas", "ca": "california", "co": "colorado",
    "ct": "connecticut", "de": "delaware", "fl": "florida", "ga": "georgia", "hi": "hawaii", "id": "idaho",
    "il": "illinois", "in": "indiana", "ia": "iowa", "ks": "kansas", "ky": "kentucky", "la": "louisiana",
    "me": "maine", "md": "maryland", "ma": "massachusetts", "mi": "michigan", "mn": "minnesota", "ms": "mississippi",
    "mo": "missouri", "mt": "montana", "ne": "nebraska", "nv": "nevada", "nh": "newhampshire", "nj": "newjersey",
    "nm": "newmexico", "ny": "newyork", "nc": "northcarolina", "nd": "northdakota", "oh": "ohio", "ok": "oklahoma",
    "or": "oregon", "pa": "pennsylvania", "ri": "rhodeisland", "sc": "southcarolina", "sd": "southdakota",
    "tn": "tennessee", "tx": "texas", "ut": "utah", "vt": "vermont", "va": "virginia", "wa": "washington",
    "wv": "westvirginia", "wi": "wisconsin", "wy": "wyoming",
}  # fmt: skip

# Codes that are words, too: taken as states only where a place or a comma stands before them.
WORDLIKE = frozenset("in or me ok hi oh as id pa la ma co de al mo ms md mi ne us".split())

TITLES_BEFORE_PLACES = ("head_title", "head_title_bare", "other_title")
CONNECTORS = frozenset("of de del la las los el du des le & and y".split())
MUNICIPAL = frozenset("city town village borough township municipality ciudad municipio".split())
COUNTY = frozenset(("county", "parish", "co"))
CAMPUS = frozenset(
    "university univ college campus school schools isd academy institute polytechnic uw uc suny cuny".split()
)
TRIBAL = frozenset(
    "tribe tribes tribal nation nations pueblo band rancheria reservation indian navajo".split()
)
PLACE_TAILS = COUNTY | frozenset("university college nation tribe pueblo isd district".split())

ENOUGH = 4.0  # below this a name is no more than mentioned
SURE = 10.0  # from here on it replaces what was known
LONGEST_NAME = 7  # words

# Who writes stands at the beginning or at the end of a message. What is made to hurt is read no further than this.
HEAD_SENTENCES = 60
TAIL_SENTENCES = 60
LONGEST_FIELD = 1_200  # characters
MOST_NAMES = 12  # in one sentence
MOST_CODES = 200

LISTS = (
    *TYPES, *OURS, *TITLES_BEFORE_PLACES, "any_state", "any_place", "any_body", "municipal", "place_tail", "country",
    "own_agency", "other_agency", "elsewhere", "leading_agency", "police_word", "town_word", "single_person",
    "foreign_word", "private_word", "other_word", "federal_word",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    """A word with its place; `core` is folded and without the marks around it."""

    start: int
    end: int
    raw: str
    core: str

    @property
    def is_capital(self) -> bool:
        letters = self.raw.lstrip("(\"'“‘[*_")
        return letters[:1].isupper() or letters[:1].isdigit()

    @property
    def stops(self) -> bool:
        """A mark after the word ends a name."""
        return self.raw[-1] in ".;:!?)]\"”" and not (self.raw[-1] == "." and (len(self.core) <= 2 or self.core in _SHORT))

    @property
    def is_comma(self) -> bool:
        return self.raw[-1] == ","


_SHORT = frozenset("st ft mt univ dept co twp ste pt no so".split())


@dataclass(slots=True)
class _Field:
    """A stretch of text in which names are looked for: a sentence, or the sender's name."""

    text: str  # of the whole part
    start: int
    end: int
    part: Part
    role: Role
    index: int  # of the sentence; -1 for the sender's name
    label: str = ""
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    _tokens: list[_Token] | None = None

    @property
    def tokens(self) -> list[_Token]:
        if self._tokens is None:
            self._tokens = list(_words(self.text, self.start, self.end))
        return self._tokens

    def token_at(self, offset: int) -> int:
        """The number of the word that the offset lies in or before."""
        return next((i for i, token in enumerate(self.tokens) if token.end > offset), len(self.tokens))

    def evidence(self, start: int, end: int) -> Evidence:
        return Evidence(self.text[start:end], self.part, start, end)


@dataclass(frozen=True, slots=True)
class _Place:
    """A state, where it is named."""

    code: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Name:
    """An agency, or the place that it serves, where it is named."""

    words: tuple[str, ...]  # of the name proper, as written
    tail: str  # what kind of agency it is, spelled out: "Police Department"; "" where only a place is named
    type: str
    field: _Field
    start: int
    end: int
    score: float
    state: _Place | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(fold(word).strip(".,'") for word in self.words)

    @property
    def text(self) -> str:
        return " ".join((*self.words, self.tail)).strip()


def read_agency(scan: Scan, known: Known, words: Words) -> tuple[Statement, ...]:
    """The name, state and type of the agency that is to be helped, as far as the message tells."""
    return _Reader(scan, known, words).statements()


class _Reader:
    """Reads one message."""

    def __init__(self, scan: Scan, known: Known, words: Words) -> None:
        self._scan = scan
        self._known = known
        self._words = words
        self._domain, self._domain_labels = _domain(scan.message.sender.address, words)
        self._sender_words = frozenset(fold(scan.message.sender.name).replace(",", " ").split("(")[0].split(" - ")[0].split()[-2:])
        self._fields = list(self._read_fields())
        self._codes = self._read_codes()
        self._states = {id(each): self._states_in(each) for each in self._fields}
        self._names = list(self._read_names())

    # -- what is said

    def statements(self) -> tuple[Statement, ...]:
        name = self._best() or self._by_domain()
        state = self._state(name)
        found = (self._name_statement(name), self._state_statement(state), self._type_statement(name, state))
        return tuple(each for each in found if each is not None)

    def _said(self, fact: str, value: str, *evidence: Evidence) -> Statement:
        return Statement(fact, (value,), evidence, self._scan.message.sender.key)

    def _name_statement(self, name: _Name | None) -> Statement | None:
        if name is None or not (name.words or name.type in ("federal", "foreign")):
            return None
        return self._said("agency_name", _title(self._spelled(name)), name.field.evidence(name.start, name.end))

    def _state_statement(self, state: tuple[str, Evidence] | None) -> Statement | None:
        return self._said("agency_state", state[0].upper(), state[1]) if state else None

    def _type_statement(self, name: _Name | None, state: tuple[str, Evidence] | None) -> Statement | None:
        if name is not None and name.type:
            kind, evidence = name.type, name.field.evidence(name.start, name.end)
        elif (hint := self._hint()) is not None:
            kind, evidence = hint
        else:
            return None
        if state and state[0] in TERRITORIES and kind in ("local", "county", "state", "campus", "tribal"):
            kind = "territorial"
        return self._said("agency_type", kind, evidence)

    # -- fields and hits

    def _read_fields(self) -> Iterator[_Field]:
        """The sentences at both ends of the message, and the sender's name, with what was found in them."""
        message, sentences = self._scan.message, self._scan.sentences
        fields: dict[int, _Field] = {}
        for index in both_ends(len(sentences)):
            each = sentences[index]
            text = message.subject if each.part is Part.SUBJECT else message.body
            end = min(each.end, each.start + LONGEST_FIELD)
            fields[index] = _Field(text, each.start, end, each.part, each.role, index, each.label)
        for name in LISTS:
            for hit in self._scan.of(name):
                where = fields.get(hit.sentence)
                if where is not None and hit.end <= where.end:
                    where.hits.setdefault(name, []).append(hit)
        yield from fields.values()
        if message.sender.name:
            name = message.sender.name[:200]
            where = _Field(name, 0, len(name), Part.SENDER, Role.SIGNATURE, -1)
            for hit in self._words.phrases.find(fold(name)):
                where.hits.setdefault(hit.list, []).append(hit)
            yield where

    def _hits(self, where: _Field, name: str) -> Sequence[Hit]:
        return where.hits.get(name, ())

    def _any(self, name: str) -> tuple[_Field, Hit] | None:
        """The first hit of a list in what the sender says."""
        for each in self._fields:
            if each.role in (Role.QUOTED, Role.BOILERPLATE):
                continue
            for hit in self._hits(each, name):
                return each, hit
        return None

    # -- names

    def _read_names(self) -> Iterator[_Name]:
        for where in self._fields:
            if where.role is Role.SALUTATION:
                continue
            taken: list[tuple[int, int]] = []
            for kind, hit in self._tails(where):
                name = self._named_by_tail(where, kind, hit)
                if name is not None:
                    taken.append((name.start, name.end))
                    yield self._scored(name)
            for name in self._places(where):
                if not any(start < name.end and name.start < end for start, end in taken):
                    yield self._scored(name)

    def _tails(self, where: _Field) -> list[tuple[str, Hit]]:
        """The longest phrases that end the name of an agency, from the left."""
        found = [(kind, hit) for name, kind in TYPES.items() for hit in self._hits(where, name)] if where.hits else []
        found.sort(key=lambda pair: (pair[1].start, -pair[1].end))
        titles = self._longest_titles(where)
        kept: list[tuple[str, Hit]] = []
        for kind, hit in found:
            if any(title.start < hit.start and hit.end <= title.end for title in titles):
                continue  # the police of "Chief of Police"
            if kept and hit.end <= kept[-1][1].end:
                continue
            if kept and kind == kept[-1][0] == "federal" and where.text[kept[-1][1].end : hit.start] == ", ":
                hit = hit._replace(start=kept.pop()[1].start)  # "Bureau of …, Office of …"
            if kept and hit.start < kept[-1][1].end:
                kept.pop()  # "Tribal Police" and "Police Department" overlap: the later has the rest
            kept.append((kind, hit))
        return kept[:MOST_NAMES]

    def _longest_titles(self, where: _Field) -> list[Hit]:
        hits = [hit for name in TITLES_BEFORE_PLACES for hit in self._hits(where, name)]
        kept: list[Hit] = []
        for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
            if not kept or hit.start >= kept[-1].end:
                kept.append(hit)
        return kept[:MOST_NAMES]

    def _named_by_tail(self, where: _Field, kind: str, hit: Hit) -> _Name | None:
        first = where.token_at(hit.start)
        last = where.token_at(hit.end - 1)
        tail = fold(where.text[hit.start : hit.end]).replace("’", "'")
        if tail == "so" and not self._is_office(where, first):
            return None
        words, begin, state = self._left(where, first - 1, tail)
        end = hit.end
        if not words:
            links = _LINKS if kind in ("local", "county", "campus", "tribal", "state") else ("of",)
            words, begin_right, end_right, right_state = self._right(where, last, hit.end, links)
            if words and fold(words[0]) not in _WITHIN:
                begin, end, state = hit.start, end_right, right_state or state
            elif kind in ("local", "county", "private", "not_law_enforcement") or " " not in tail:
                return None
            else:
                begin = hit.start
            del begin_right
        if tail in ("sheriff", "sheriff's", "constable") and not {fold(word).strip(".") for word in words} & COUNTY:
            return None
        if state is None:
            state = self._state_after(where, end)
        kind = self._kind(kind, words, tail)
        if any(0 <= hit.start - end <= 3 for hit in self._hits(where, "country")) and kind != "federal":
            kind, state = "foreign", None
        if words and tail.startswith("campus ") and begin == hit.start and fold(words[-1]) in ("college", "university"):
            tail = tail.removeprefix("campus ")
        words, spelled = _spell(words, tail, kind)
        if tail in ("policía municipal", "policia municipal") and begin == hit.start:
            words, spelled = [*spelled.split(), "de", *words], ""
            return _Name(tuple(words), " ", kind, where, begin, end, 0.0, state)
        return _Name(tuple(words), spelled, kind, where, begin, end, 0.0, state)

    def _is_office(self, where: _Field, first: int) -> bool:
        """ "SO" after a county, in capitals, is a sheriff's office, not a conjunction."""
        token = where.tokens[first]
        return token.raw.strip(".,;:()").isupper() and first > 0 and where.tokens[first - 1].core in (*COUNTY, "cty")

    def _left(self, where: _Field, i: int, tail: str) -> tuple[list[str], int, _Place | None]:
        """The words of the name before its tail, where they begin, and a state between them and the tail."""
        tokens, state = where.tokens, None
        words: list[str] = []
        begin = tokens[i + 1].start if i + 1 < len(tokens) else where.end
        low = not any(token.is_capital for token in tokens[: i + 1])
        most = 3 if low or _is_shouted(where) else LONGEST_NAME
        stop_words = self._words.of("not_in_name")
        while i >= 0 and len(words) < most:
            token = tokens[i]
            if not token.core:
                break
            if not words and (place := self._state_ending(where, token.end)) is not None and tail not in _STATEWIDE:
                before = where.token_at(place.start) - 1
                if before >= 0 and not tokens[before].stops and self._can_be_name(tokens[before], low) and tokens[before].core not in MUNICIPAL:
                    state, i = place, before
                    continue
            if token.stops or (token.is_comma and (words or state is None)):
                if not (token.is_comma and state is not None and not words):
                    break
            if token.core in self._sender_words and self._is_person(tokens, i):
                break
            if token.core in CONNECTORS and not (token.is_capital and token.core not in ("of", "and", "y")):
                if not words or i == 0 or not self._can_be_name(tokens[i - 1], low):
                    break
                if token.core in ("and", "y") and "tribal" not in tail:
                    break
                if token.core == "of" and tokens[i - 1].core in MUNICIPAL:
                    begin = tokens[i - 1].start
                    break
                words.insert(0, token.raw)
            elif self._can_be_name(token, low) and (token.core not in stop_words or token.core in CONNECTORS):
                words.insert(0, token.raw.strip(".,()\"'“”*_[]") if token.core not in _SHORT else token.raw.strip(",()"))
                begin = token.start
            else:
                if token.core in _TITLE_WORDS and "of" in words:
                    words = words[words.index("of") + 1 :]  # "Sheriff Ann Lee of Hollow County"
                break
            if i > 0 and tokens[i - 1].raw[-1] in ",;:.!?" and not (tokens[i - 1].raw[-1] == "." and tokens[i - 1].core in _SHORT):
                break
            i -= 1
            if token.raw[:1] in "(\"“'":
                break
        while words and words[0] in CONNECTORS:
            words.pop(0)
        if not any(char.isalpha() for word in words for char in word) or (words and words[0][0].isdigit() and len(words) < 2):
            return [], begin, state
        return words, begin, state

    def _is_person(self, tokens: Sequence[_Token], i: int) -> bool:
        """The word is the sender's name, not the agency's: a title or a first name stands before it."""
        if len(tokens[i].core) > 3 and tokens[i].core in self._domain:
            return False
        before = tokens[i - 1].core if i else ""
        return not before or before in self._sender_words or before in self._words.of("not_in_name")

    def _can_be_name(self, token: _Token, low: bool) -> bool:
        return (token.is_capital or (low and token.core not in _COMMON) or token.core in CONNECTORS) and not (
            token.core in self._words.of("not_in_name") and token.core not in CONNECTORS
        )

    def _right(
        self, where: _Field, last: int, end: int, links: Sequence[str]
    ) -> tuple[list[str], int, int, _Place | None]:
        """The words of a name after "of", "de" or a comma: "Police Department of X", "Sheriff, X County"."""
        tokens = where.tokens
        i = last + 1
        begin = end
        if last < len(tokens) and tokens[last].raw[-1] in ".;:!?":
            return [], begin, end, None
        if i < len(tokens) and tokens[i].core in links:
            i += 1
        elif not (last < len(tokens) and tokens[last].is_comma) or "for" not in links:
            return [], begin, end, None
        if i < len(tokens) and tokens[i].core in ("the", "la", "el"):
            i += 1
        words, stop, state = self._run(where, i)
        return words, begin, stop, state

    def _run(self, where: _Field, i: int) -> tuple[list[str], int, _Place | None]:
        """The words with capitals from here on, up to a comma or a state, where they end, and the state."""
        tokens = where.tokens
        words: list[str] = []
        end = tokens[i].start if i < len(tokens) else where.end
        stop_words = self._words.of("not_in_name")
        if i + 1 < len(tokens) and tokens[i].core in MUNICIPAL and tokens[i + 1].core in ("of", "de"):
            i += 2
        low = not any(token.is_capital for token in tokens)
        while i < len(tokens) and len(words) < (3 if low else LONGEST_NAME):
            token = tokens[i]
            place = self._state_starting(where, token.start)
            if place is not None and words:
                return words, end, place
            if token.core in CONNECTORS and words and i + 1 < len(tokens) and tokens[i + 1].is_capital:
                words.append(token.raw)
            elif (token.is_capital or (low and token.core not in _COMMON)) and token.core and token.core not in stop_words:
                words.append(token.raw.strip(".,()\"'“”*_[];:!?") if token.core not in _SHORT else token.raw.strip(",()"))
                end = token.start + len(token.raw.rstrip(".,()\"'“”*_[];:!?"))
            else:
                break
            if token.is_comma or token.stops or token.raw[-1] in ")":
                break
            i += 1
        while words and fold(words[-1]) in CONNECTORS:
            words.pop()
        if not any(char.isalpha() for char in "".join(words)):
            words = []
        return words, end, self._state_after(where, end) if words else None

    def _kind(self, kind: str, words: Sequence[str], tail: str) -> str:
        """The type that tail and name come to together."""
        cores = {part for word in words for part in fold(word).strip(".,'").split("-")} | set(tail.split())
        name = "".join(fold(word) for word in words)
        if cores & _ABROAD:
            return "foreign"
        if cores & _FEDERAL or {"national", "park"} <= cores or {"national", "forest"} <= cores or fold(" ".join(words)) in self._words.of("agency_federal"):
            return "federal"
        if kind == "local" and "state" in cores and not cores & CAMPUS and any(name.startswith(each) for each in STATE_NAMES.values()):
            return "state"
        if kind in ("federal", "private", "not_law_enforcement", "foreign", "state"):
            return kind
        if cores & TRIBAL and not cores & CAMPUS and "county" not in cores:
            return "tribal"
        if cores & CAMPUS:
            return "campus"
        if kind == "local" and cores & COUNTY and "city" not in cores:
            return "county"
        if kind == "local" and ("public safety" in tail or tail == "dps") and name in STATE_NAMES.values():
            return "state"
        return kind

    # -- places

    def _places(self, where: _Field) -> Iterator[_Name]:
        """Names of places that an agency may serve: after a title, before a state, after "City of"."""
        for hit in self._longest_titles(where):
            yield from self._after_title(where, hit, "sheriff" in hit.phrase)
        for place in self._states[id(where)][:MOST_NAMES]:
            yield from self._before_state(where, place)
        wanted = [hit.start for name in ("municipal", "place_tail") for hit in self._hits(where, name)][:MOST_NAMES]
        tokens = where.tokens if wanted else []
        for i in sorted({where.token_at(start) for start in wanted}):
            if i >= len(tokens):
                continue
            token = tokens[i]
            if token.core in MUNICIPAL and i + 1 < len(tokens) and tokens[i + 1].core in ("of", "de"):
                words, end, state = self._run(where, i)
                if words:
                    yield _Name(tuple(words), "", "local", where, token.start, end, 3.0, state)
            elif token.core in PLACE_TAILS and (token.is_capital or not any(each.is_capital for each in tokens[:i])):
                words, begin, _ = self._left(where, i - 1, token.core)
                if words:
                    words.append("County" if token.core == "co" else token.raw.strip(".,()\"'“”*_[];:!?"))
                    end = token.start + len(token.raw.rstrip(".,()\"'“”*_[];:!?"))
                    yield self._place(where, words, begin, end, 2.0)
            elif token.core in ("university", "college") and i + 1 < len(tokens) and tokens[i + 1].core == "of":
                words, end, state = self._run(where, i)
                if len(words) > 2:
                    yield self._place(where, words, token.start, end, 2.0, state)

    def _after_title(self, where: _Field, hit: Hit, is_sheriff: bool) -> Iterator[_Name]:
        tokens = where.tokens
        last = where.token_at(hit.end - 1)
        if last + 1 >= len(tokens) or tokens[last].raw[-1] in ".;:!?":
            return
        i = last + 1
        if tokens[i].raw.startswith("("):
            while i < len(tokens) and not tokens[i].raw.rstrip(",").endswith(")"):
                i += 1
            i += 1
        if i >= len(tokens):
            return
        at_comma, needs_state = tokens[last].is_comma, False
        while i < len(tokens) and tokens[i].core in self._sender_words:
            at_comma = tokens[i].is_comma
            i += 1
        if i < len(tokens) and tokens[i].core == "here" and not tokens[i].stops:
            i += 1
        if i >= len(tokens):
            return
        if tokens[i].core in ("of", "in", "at", "with", "from", "down", "-", "–", "—", "") or (
            tokens[i].core == "for" and hit.list != "other_title"
        ):
            i += 1
        elif not at_comma:
            return
        elif where.role is Role.OWN:
            needs_state = True
        while i < len(tokens) and tokens[i].core in ("the", "in", "here", "at", "of"):
            i += 1
        words, end, state = self._run(where, i)
        if not words or fold(words[0]) in _WITHIN:
            return
        if needs_state and state is None and not {fold(word) for word in words} & PLACE_TAILS:
            return
        before = fold(where.text[max(where.start, hit.start - 12) : hit.start]).split()[-1:]
        is_past = bool(before) and before[0].strip(",(") in self._words.of("title_past")
        name = self._place(where, words, tokens[i].start, end, -3.0 if is_past else 4.0, state)
        if is_sheriff and name.type == "local":
            name = _Name(name.words, name.tail, "county", where, name.start, name.end, name.score, state)
        yield name

    def _before_state(self, where: _Field, place: _Place) -> Iterator[_Name]:
        i = where.token_at(place.start) - 1
        tokens = where.tokens
        if i < 0 or tokens[i].stops:
            if i < 1 or tokens[i].core not in ("in",):
                return
        if tokens[i].core == "in" and i > 0 and (tokens[i - 1].is_capital):
            i -= 1
        low = not any(token.is_capital for token in tokens[: i + 1])
        if not self._can_be_name(tokens[i], low) or tokens[i].core in CONNECTORS:
            return
        # the comma between the place and its state is no end of the name
        bare = _Token(tokens[i].start, tokens[i].end, tokens[i].raw.rstrip(","), tokens[i].core)
        shadow = _Field(where.text, where.start, where.end, where.part, where.role, where.index, where.label)
        shadow._tokens = [*tokens[:i], bare]
        shadow.hits = where.hits
        words, begin, _ = self._left(shadow, i, "")
        while words and fold(words[-1]) in _GOVERNING:
            words.pop()
        if words:
            end = bare.start + len(bare.raw)
            yield self._place(where, words, begin, max(end, place.end), 3.0, place)

    def _place(
        self, where: _Field, words: list[str], start: int, end: int, score: float, state: _Place | None = None
    ) -> _Name:
        cores = {part for word in words for part in fold(word).strip(".,'").split("-")}
        kind = "local"
        if {"national", "park"} <= cores or {"national", "forest"} <= cores:
            return _Name(tuple(words), "", "federal", where, start, end, score, state)
        if cores & _ABROAD or any(0 <= hit.start - end <= 3 for hit in self._hits(where, "country")):
            kind, state = "foreign", None
        elif cores & TRIBAL:
            kind = "tribal"
        elif cores & CAMPUS:
            kind = "campus"
        elif cores & COUNTY and "city" not in cores:
            kind = "county"
        return _Name(tuple(words), "", kind, where, start, end, score, state)

    # -- which of them

    def _scored(self, name: _Name) -> _Name:
        where, score = name.field, name.score
        if name.tail:
            score += 6.0
        if not name.words:
            score -= 2.0 if name.type != "state" or where.role is Role.SIGNATURE else 8.0
        is_opening = where.role is Role.OWN and where.part is Part.BODY and name.start == where.start and self._rank(where) == 0
        if name.type in ("state", "federal", "foreign", "not_law_enforcement", "private") and where.role is Role.OWN:
            score += 7.0 if is_opening else -4.0
        score += {Role.SIGNATURE: 6.0, Role.OWN: 0.0, Role.FORWARDED: 0.0, Role.BOILERPLATE: -2.0}.get(where.role, -5.0)
        if where.part is Part.SUBJECT and where.role is Role.OWN:
            score += 2.0
        if where.part is Part.BODY and where.role is Role.OWN and self._rank(where) < 2:
            score += 2.0
        if fold(where.label) in self._words.of("agency_label"):
            score += 10.0
        elif where.label and fold(where.label) in self._words.of("state_label"):
            score += 3.0
        score += self._neighbourhood(name)
        if self._in_domain(name):
            score += 7.0
        return _Name(name.words, name.tail, name.type, where, name.start, name.end, score, name.state)

    def _rank(self, where: _Field) -> int:
        """How many of the sender's own sentences stand before this one."""
        return sum(
            1
            for each in self._scan.sentences[: min(where.index, 12)]
            if each.role is Role.OWN and each.part is Part.BODY and each.end - each.start > 25
        )

    def _neighbourhood(self, name: _Name) -> float:
        """What the words right before and after the name make of it."""
        where, score = name.field, 0.0
        if where.role is Role.SIGNATURE:
            return score
        for hit in self._hits(where, "own_agency"):
            if 0 <= name.start - hit.end <= 12:
                score = max(score, 4.0)
        for hit in self._hits(where, "other_agency"):
            if 0 <= name.start - hit.end <= 14 or name.start <= hit.start < name.end and hit.start > name.start + 40:
                score = min(score, 0.0) - 9.0
                break
        for hit in self._hits(where, "elsewhere"):
            if 0 <= name.start - hit.end <= 14:
                score = min(score, 0.0) - 9.0
                break
        before = where.text[max(where.start, name.start - 4) : name.start]
        if "we (" in fold(where.text[max(where.start, name.start - 6) : name.start]) or before.endswith("("):
            score += 2.0
        if name.start == where.start and score == 0.0:
            score += 2.0
        if any(0 <= name.start - hit.end <= 3 for hit in self._longest_titles(where)):
            score += 4.0 if where.index >= 0 and self._rank(where) == 0 else 2.0
        for hit in self._hits(where, "leading_agency"):
            if 0 <= hit.start - name.end < 40:
                score += 8.0
        return score

    def _in_domain(self, name: _Name) -> bool:
        joined = "".join(char for word in name.words for char in fold(word) if char.isalnum())
        if len(joined) < 4 or not self._domain:
            return False
        short = joined.removesuffix("county").removesuffix("university").removesuffix("college")
        return joined in self._domain or (len(short) >= 5 and short in self._domain)

    def _best(self) -> _Name | None:
        totals: dict[tuple[str, ...], float] = {}
        tops: dict[tuple[str, ...], _Name] = {}
        for name in self._names:
            key = name.key
            totals[key] = totals.get(key, 0.0) + (0.5 if key in totals else 0.0)
            if key not in tops or name.score > tops[key].score:
                tops[key] = name
        ranked = sorted(tops.values(), key=lambda each: -(each.score + totals[each.key] + (1.0 if each.tail else 0.0)))
        for name in ranked:
            if name.score < (SURE if self._known.facts.is_known("agency_name") else ENOUGH):
                return None
            if self._is_police(name):
                return self._completed(name, tops)
        return None

    def _by_domain(self) -> _Name | None:
        """The agency that the sender's domain names, where no words do: "hollowpd-mt.gov"."""
        address = self._scan.message.sender.address or ""
        if self._known.facts.is_known("agency_name"):
            return None
        for label in self._domain_labels:
            stem = label.rsplit("-", 1)[0] if self._domain_state() else label
            for ending, (tail, kind) in _DOMAIN_TAILS.items():
                if stem.endswith(ending) and len(stem) >= len(ending) + 4:
                    word = stem.removesuffix(ending).strip("-").replace("-", " ").title()
                    if ending == "so" and "county" not in stem:
                        continue
                    where = _Field(address, 0, len(address), Part.SENDER, Role.SIGNATURE, -1)
                    return _Name((word,), tail, kind, where, 0, len(address), SURE)
        return None

    def _is_police(self, name: _Name) -> bool:
        """A bare place is the agency's only where police are spoken of."""
        if name.tail:
            return True
        if self._known.facts.is_known("agency_name") and name.score < SURE:
            return False
        lists = ("police_word", "head_title", "head_title_bare", "our_police", "our_sheriff")
        return any(self._any(each) is not None for each in lists)

    def _completed(self, name: _Name, tops: Mapping[tuple[str, ...], _Name]) -> _Name:
        """The name with its tail: found elsewhere in the message, or what its type is called."""
        if name.type == "county" and not set(name.key) & COUNTY:
            whole = next((each for key, each in tops.items() if set(key) - set(name.key) == {"county"} and set(name.key) < set(key)), None)
            if whole is not None:
                return _Name(whole.words, name.tail, "county", name.field, name.start, name.end, name.score, name.state or whole.state)
        longer = [
            each for key, each in tops.items() if each.tail and set(key) > set(name.key) and name.key and each.score > 0
        ]
        if longer and not name.tail:
            best = max(longer, key=lambda each: each.score)
            return _Name(best.words, best.tail, best.type, best.field, best.start, best.end, name.score, best.state or name.state)
        return name

    def _spelled(self, name: _Name) -> str:
        if name.tail:
            return name.text
        words = list(name.words)
        kind = name.type
        if kind == "county" and any(self._any_title("constable")):
            return " ".join((*words, "Constable's Office"))
        if kind == "county":
            return " ".join((*words, "Sheriff's Office"))
        titles = {hit.phrase for each in self._fields for hit in self._hits(each, "head_title")}
        if any("public safety" in title for title in titles) and kind in ("local", "campus"):
            return " ".join((*words, "Public Safety"))
        if kind == "local" and any("marshal" in title for title in titles):
            return " ".join((*words, "Town Marshal"))
        if kind == "tribal":
            return " ".join((*words, "Tribal Police" if self._any("our_tribal") else "Police"))
        return " ".join((*words, "Police Department"))

    def _any_title(self, phrase: str) -> Iterator[Hit]:
        for where in self._fields:
            if where.role is not Role.QUOTED:
                yield from (hit for hit in self._longest_titles(where) if hit.phrase == phrase)

    # -- type without a name

    def _hint(self) -> tuple[str, Evidence] | None:
        if (found := self._any("single_person")) is not None:
            return "not_law_enforcement", found[0].evidence(found[1].start, found[1].end)
        for name, kind in (("foreign_word", "foreign"), ("private_word", "private"), ("other_word", "not_law_enforcement"), ("federal_word", "federal")):
            if (found := self._any(name)) is not None and self._any("our_police") is None:
                return kind, found[0].evidence(found[1].start, found[1].end)
        for each in self._fields:
            for hit in self._hits(each, "head_title"):
                if hit.phrase == "sheriff" and each.role is not Role.QUOTED and each.part is not Part.SUBJECT:
                    return "county", each.evidence(hit.start, hit.end)
        for name, kind in OURS.items():
            if (found := self._any(name)) is not None:
                return kind, found[0].evidence(found[1].start, found[1].end)
        town = self._any("town_word")
        if town is not None and self._any("police_word") is not None:
            return "local", town[0].evidence(town[1].start, town[1].end)
        return None

    # -- states

    def _states_in(self, where: _Field) -> list[_Place]:
        found = [_Place(self._code(hit, "state"), hit.start, hit.end) for hit in self._hits(where, "any_state")]
        found += self._codes.get(where.index, ()) if where.index >= 0 else self._codes_of(where)
        if not found:
            return found
        found.sort(key=lambda place: (place.start, -place.end))
        kept: list[_Place] = []
        for place in found:
            if kept and place.start < kept[-1].end:
                continue
            following = fold(where.text[place.end : place.end + 14]).lstrip(" ").split(" ", 1)[0].strip(".,;:!?)'")
            if following in self._words.of("not_a_state_after") and where.text[place.end : place.end + 1] == " ":
                continue
            kept.append(place)
        return kept

    def _code(self, hit: Hit, kind: str) -> str:
        """The state whose list the phrase stands in."""
        phrase = fold(hit.phrase)
        return next((code for code in CODES if phrase in self._words.of(f"{kind}_{code}")), "")

    def _read_codes(self) -> dict[int, list[_Place]]:
        """Postal codes in the message, by the sentence that they stand in."""
        found: dict[int, list[_Place]] = {}
        for part, text in ((Part.SUBJECT, self._scan.message.subject), (Part.BODY, self._scan.message.body)):
            fields = [each for each in self._fields if each.part is part]
            if not fields:
                continue
            starts = [each.start for each in fields]
            spans = [*shapes.codes(text), *shapes.low_codes(fold(text))]
            for start, end in spans[:MOST_CODES]:
                where = fields[max(0, bisect_right(starts, start) - 1)]
                if where.start <= start < where.end and self._is_code(where, start, end):
                    found.setdefault(where.index, []).append(_Place(fold(text[start:end]), start, end))
        return found

    def _codes_of(self, where: _Field) -> list[_Place]:
        spans = [*shapes.codes(where.text), *shapes.low_codes(fold(where.text))]
        return [_Place(fold(where.text[a:b]), a, b) for a, b in spans if self._is_code(where, a, b)]

    def _is_code(self, where: _Field, start: int, end: int) -> bool:
        """Two letters are the code of a state, not a word."""
        raw = where.text[start:end]
        core = fold(raw)
        if core not in _CODE_SET:
            return False
        if start == where.start:
            return bool(where.label)
        before = where.text[where.start : start].rstrip()
        after = where.text[end : end + 7].lstrip(" .,")
        is_set_off = before.endswith((",", "(")) or after[:5].isdigit() and len(after) >= 5
        if raw.islower():
            return core not in WORDLIKE - {"md"} or (is_set_off and before.endswith("(")) or after[:5].isdigit()
        if _is_shouted(where):
            return is_set_off or core not in WORDLIKE
        last = before.split()[-1:] or [""]
        is_after_name = last[0].lstrip("(\"'“")[:1].isupper() or not any(char.isupper() for char in before)
        return is_set_off or is_after_name or core not in WORDLIKE

    def _state_ending(self, where: _Field, end: int) -> _Place | None:
        return next((each for each in self._states.get(id(where), ()) if 0 <= end - each.end <= 2), None) 

    def _state_starting(self, where: _Field, start: int) -> _Place | None:
        return next((each for each in self._states.get(id(where), ()) if 0 <= each.start - start <= 1), None)

    def _state_after(self, where: _Field, end: int) -> _Place | None:
        """A state right after a name: ", Ohio", "(OH)", "in northern Ohio"."""
        for place in self._states.get(id(where), ()):
            gap = fold(where.text[end : place.start])
            if 0 <= place.start - end <= 24 and gap.strip(" ,(-.") in _BEFORE_STATE:
                return place
        return None

    def _state(self, name: _Name | None) -> tuple[str, Evidence] | None:
        """The state that most speaks for, with its evidence; None where two speak alike."""
        if name is not None and name.type == "foreign":
            return None
        scores: dict[str, float] = {}
        evidence: dict[str, tuple[float, Evidence]] = {}

        def vote(code: str, score: float, told: Evidence) -> None:
            scores[code] = max(scores.get(code, 0.0), score) + (0.1 if code in scores else 0.0)
            if code not in evidence or evidence[code][0] < score:
                evidence[code] = (score, told)

        for where in self._fields:
            for place in self._states[id(where)]:
                vote(place.code, self._weight(where, place, name), where.evidence(place.start, place.end))
        for each in self._names:
            if each.state is not None and name is not None and each.key == name.key:
                told = each.field.evidence(each.state.start, each.state.end)
                vote(each.state.code, 12.0 + max(0.0, min(each.score, 5.0)), told)
        if name is not None:
            self._vote_by_name(name, vote)
        if (code := self._domain_state()) is not None and self._scan.message.sender.address:
            address = self._scan.message.sender.address
            vote(code, 9.0, Evidence(address, Part.SENDER, 0, len(address)))
        self._vote_by_bodies(vote)
        ranked = sorted(scores.items(), key=lambda pair: -pair[1])
        if not ranked or ranked[0][1] < 1.0:
            return None
        if len(ranked) > 1 and ranked[1][1] >= ranked[0][1] - 0.3:
            return None
        if self._known.facts.is_known("agency_state") and ranked[0][1] < 8.0:
            return None
        return ranked[0][0], evidence[ranked[0][0]][1]

    def _is_elsewhere(self, where: _Field, start: int) -> bool:
        return any(
            0 <= start - hit.end <= 30 for name in ("elsewhere", "other_agency") for hit in self._hits(where, name)
        )

    def _weight(self, where: _Field, place: _Place, name: _Name | None) -> float:
        """How strongly a state named here speaks for being the agency's."""
        if any(0 <= place.start - hit.end <= 30 for hit in self._hits(where, "elsewhere")):
            return 0.0
        if any(0 <= place.start - hit.end <= 25 for hit in self._hits(where, "other_agency")):
            return 0.2
        if where.role is Role.SIGNATURE:
            return 8.0
        if fold(where.label) in self._words.of("state_label") | self._words.of("agency_label"):
            return 12.0
        if where.role in (Role.QUOTED, Role.BOILERPLATE):
            return 0.5
        score = 2.0
        if self._known.in_case and "agency_state" in self._known.asked:
            score += 5.0
        before = fold(where.text[max(where.start, place.start - 14) : place.start])
        if before.endswith(("in ", "in northern ", "in southern ", "in rural ", "in eastern ", "in western ", "state is ")):
            score += 1.0
        if name is not None and name.field is where and 0 <= place.start - name.end < 40:
            score += 4.0
        return score

    def _vote_by_name(self, name: _Name, vote: object) -> None:
        """A name may hold its state: "Kansas Capitol Police", "Guam Police", "Tulsa"."""
        assert callable(vote)
        folded = fold(" ".join(name.words))
        told = name.field.evidence(name.start, name.end)
        for hit in self._words.phrases.find(fold(" ".join((*name.words, name.tail)))):
            prefix, _, code = hit.list.partition("_")
            if prefix == "place" and code in _CODE_SET and (hit.phrase == folded or " " in hit.phrase or "-" in hit.phrase):
                vote(code, 5.0, told)
            elif prefix == "state" and code in _CODE_SET:
                following = fold(" ".join(name.words))[hit.end :].split()[:1]
                if not (following and following[0] in self._words.of("not_a_state_after")):
                    sure = name.type in ("state", "campus", "tribal") or code in TERRITORIES
                    vote(code, 6.0 if sure else 1.5, told)

    def _vote_by_bodies(self, vote: object) -> None:
        """Offices and cities that one state alone has, when nothing better is said."""
        assert callable(vote)
        for where in self._fields:
            for hit in self._hits(where, "any_body"):
                if where.role is not Role.QUOTED:
                    vote(self._code(hit, "body"), 1.2, where.evidence(hit.start, hit.end))
            for hit in self._hits(where, "any_place"):
                code, told = self._code(hit, "place"), where.evidence(hit.start, hit.end)
                if where.role is Role.SIGNATURE or where.part is Part.SUBJECT:
                    vote(code, 4.0, told)
                elif where.role in (Role.OWN, Role.FORWARDED) and not self._is_elsewhere(where, hit.start):
                    vote(code, 1.1, told)

    def _domain_state(self) -> str | None:
        """The state in the sender's address: "ci.town.oh.us", "police.town-ma.gov", "sheriffiowa.gov"."""
        labels = self._domain_labels
        for i, label in enumerate(labels):
            rest = labels[i + 1 :]
            if label in _CODE_SET and rest and (rest[0] in ("us", "gov") or "us" in rest) and i > 0:
                return label
            if label in ("pr", "gu", "vi", "as", "mp") and i == len(labels) - 1:
                return label
        for label in labels[:-1]:
            head, _, tail = label.rpartition("-")
            if head and tail in _CODE_SET:
                return tail
            if head and (code := _code_of(tail)) is not None:
                return code
            if any(each in ("gov", "us") for each in labels) and label in _CODE_SET and len(labels) > 2:
                return label
        return None


_ABROAD = frozenset(("republic", "kingdom", "embassy", "consulate", "gendarmerie"))
def both_ends(count: int) -> list[int]:
    if count <= HEAD_SENTENCES + TAIL_SENTENCES:
        return list(range(count))
    return [*range(HEAD_SENTENCES), *range(count - TAIL_SENTENCES, count)]


_LINKS = ("of", "de", "for", "in", "at", "-", "–", "—", "")
_TITLE_WORDS = frozenset(
    "chief sheriff commissioner superintendent colonel director marshal mayor captain lieutenant sergeant deputy lt sgt"
    " capt officer undersheriff major commander constable".split()
)
_GOVERNING = frozenset("council board commission government hall".split())
_FEDERAL = frozenset(("federal", "u.s", "us", "fbi", "dod"))
_TAIL_ENDS = frozenset(("pd", "police", "so", "county", "department", "dept", "office", "p.d"))
_WITHIN = frozenset(
    "place ward district precinct division unit bureau office operations patrol support investigations security"
    " administration police public campus staff services technical field special professional community criminal"
    " records training detectives planning research section troop post zone sector position seat position".split()
)
_CODE_SET = frozenset(CODES)
_STATEWIDE = frozenset(
    ("state police", "state patrol", "highway patrol", "state highway patrol", "state troopers", "capitol police")
)
_DOMAIN_TAILS = {
    "countysheriff": ("County Sheriff's Office", "county"),
    "sheriff": ("Sheriff's Office", "county"),
    "sheriffsoffice": ("Sheriff's Office", "county"),
    "so": ("Sheriff's Office", "county"),
    "tribalpd": ("Tribal Police Department", "tribal"),
    "tribalpolice": ("Tribal Police", "tribal"),
    "police": ("Police Department", "local"),
    "pd": ("Police Department", "local"),
}
_BEFORE_STATE = frozenset(
    ("", "in", "in northern", "in southern", "in eastern", "in western", "in rural", "in central", "of", "here in", "up in")
)
_COMMON = frozenset(
    "the a an our my your his her their we i you he she they it is are was were be been am in on at to for from with by"
    " of and or but if as so this that these those small local little big new old own only one two some any no not need"
    " needs want wants have has had do does did can could would will here there hi hello hey im chief sheriff officer"
    " deputy sgt lt capt captain sergeant lieutenant asst rural town city county police dept department same other about"
    " up out down over under who what when where how all both each just like get got call run work works working".split()
)


def _code_of(name: str) -> str | None:
    return next((code for code, full in STATE_NAMES.items() if full == name), None)


def _words(text: str, start: int, end: int) -> Iterator[_Token]:
    offset = start
    for raw in text[start:end].split():
        at = text.index(raw, offset)
        offset = at + len(raw)
        for begin, piece in _pieces(raw, at):
            yield _Token(begin, begin + len(piece), piece, fold(piece).strip(".,;:!?*_()[]<>\"'|/&-–—#@•"))


def _pieces(raw: str, at: int) -> Iterator[tuple[int, str]]:
    """A word, cut at slashes and bars: "City/State", "PD|Ohio"."""
    if "/" not in raw and "|" not in raw or "//" in raw:
        yield at, raw
        return
    begin = 0
    for i, char in enumerate(raw):
        if char in "/|":
            if i > begin:
                yield at + begin, raw[begin:i]
            begin = i + 1
    if begin < len(raw):
        yield at + begin, raw[begin:]


def _is_shouted(where: _Field) -> bool:
    """More than a few words, and hardly one in small letters."""
    return len(where.tokens) > 4 and sum(token.raw.islower() for token in where.tokens) * 8 < len(where.tokens)


_TAILS = {
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


def _spell(words: list[str], tail: str, kind: str) -> tuple[list[str], str]:
    """The words of the name, and its tail spelled out."""
    tail = tail.replace("’", "'")
    spelled = _TAILS.get(tail) or " ".join(
        word if word in ("of", "the", "and", "for") else word[:1].upper() + word[1:] for word in tail.split()
    )
    words = ["University" if fold(word).strip(".") == "univ" else word for word in words]
    if kind == "county" and words and fold(words[-1]).strip(".") in ("co", "cty"):
        words = [*words[:-1], "County"]
    return words, spelled


def _title(name: str) -> str:
    """A name that was typed without capitals, or in capitals alone, as one writes it."""
    letters = [char for char in name if char.isalpha()]
    words = name.split()
    if letters and (name.isupper() or name.islower() or words[0].islower()):
        return " ".join(
            word if word in CONNECTORS or any(char.isupper() for char in word[1:]) and not word.isupper() else word[:1].upper() + word[1:].lower()
            for word in words
        )
    return " ".join(
        word[:1] + word[1:].lower() if word.isupper() and len(word) > 4 else word for word in words
    )


def _domain(address: str | None, words: Words) -> tuple[str, list[str]]:
    """The letters of the sender's domain, and its labels; nothing where anybody can have such an address."""
    _, at, domain = fold(address or "").rpartition("@")
    labels = [label for label in domain.split(".") if label and label != "example"] if at else []
    if any(label in words.of("domain_private_mail") for label in labels):
        return "", []
    return "".join(char for char in domain if char.isalnum()), labels


def evidence_of(sentence: Sentence) -> Evidence:
    return Evidence(sentence.text, sentence.part, sentence.start, sentence.end)


def _unused(_: Iterable[object]) -> None:  # pragma: no cover
    del _


_ = shapes
