"""Who asks: the agency's chief executive, somebody whom the chief executive sent, somebody who was not, or nobody knows.

Which agency it is, is `agency`'s; titles stand in `words/titles.yaml`, ways of authorizing in
`cues/requester_authority.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from crbot.triage.agency import LONGEST_FIELD, MOST_NAMES, both_ends, read_agency
from crbot.triage.facts import Evidence, Known, Part, Statement
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Hit, Scan, Words, fold

FACT = "requester_authority"
NO_POLICE = frozenset(("not_law_enforcement", "private"))
TITLE_LISTS = ("head_title", "head_title_bare", "other_title")
MOST_HITS = 40  # lines of cues that are looked at
OWN_ROLES = (Role.OWN, Role.FORWARDED, Role.SIGNATURE)


class Rank(Enum):
    """What a title makes of its bearer."""

    HEAD = auto()
    BARE = auto()  # a head's title of an agency that is not named beside it: "Chief", "Director"
    OTHER = auto()
    PAST = auto()
    FUTURE = auto()


@dataclass(frozen=True, slots=True)
class _Title:
    """A title where it stands."""

    text: str  # of the whole part
    start: int
    end: int
    rank: Rank
    phrase: str
    sentence: Sentence | None  # None: in the sender's name


@dataclass(frozen=True, slots=True)
class _Claim:
    """A title that the sender bears."""

    rank: Rank
    evidence: Evidence
    is_told: bool  # in words or under the letter; else only in the sender's name
    phrase: str = ""
    is_letter: bool = False  # in a letter that the sender passes on


def read_authority(
    scan: Scan, known: Known, words: Words, agency: tuple[Statement, ...] | None = None
) -> Statement | None:
    """Who makes the request; None where the message does not tell.

    `agency` is what `read_agency` made of the same message, for a caller who has it already.
    """
    return _Reader(scan, known, words, agency).statement()


def heads_the_agency(scan: Scan, known: Known, words: Words) -> bool:
    """The sender of this message is the agency's chief executive."""
    return _Reader(scan, known, words).head() is not None


class _Reader:
    """Reads one message."""

    def __init__(
        self, scan: Scan, known: Known, words: Words, agency: tuple[Statement, ...] | None = None
    ) -> None:
        self._agency = agency
        self._scan = scan
        self._known = known
        self._words = words
        self._sender = scan.message.sender
        self._sender_tokens = _name_tokens(self._sender.name, words)
        self._type: str | None = None
        self._titles = self._read_titles()
        self._claims = list(self._read_claims())

    def statement(self) -> Statement | None:
        head = self.head()
        refused = self._refused(head is not None)
        if refused is None and head is not None:
            return self._said("chief_executive", head.evidence, by_head=True)
        assented = self._assented() if head is None else None
        if refused is None:
            return self._said("authorized", assented) if assented is not None else None
        if assented is None:
            return self._said("not_authorized", refused, by_head=head is not None)
        # "She doesn't want it to take a year" is no refusal beside "at the direction of the Chief"; what else
        # speaks against an express authorization is a contradiction, and asked.
        is_weak = fold(refused.cue).startswith("{pronoun_ref}")
        return self._said("authorized", assented) if is_weak else None

    def _said(self, value: str, evidence: Evidence, by_head: bool = False) -> Statement:
        return Statement(FACT, (value,), (evidence,), self._sender.key, by_head)

    # -- does the sender head the agency?

    def head(self) -> _Claim | None:
        """The claim by which the sender heads the agency, if one holds."""
        told = [each for each in self._claims if each.is_told]
        if any(each.is_letter and each.rank in (Rank.HEAD, Rank.BARE) for each in told):
            told = [each for each in told if each.is_letter]
        ranks = {each.rank for each in told}
        full = next((each for each in told if each.rank is Rank.HEAD), None)
        if full is None and self._claims_colonelcy(told):
            return next(each for each in told if each.phrase in _COLONEL)
        if full is None and ranks & {Rank.OTHER, Rank.PAST, Rank.FUTURE}:
            return None
        if full is not None and ranks & {Rank.FUTURE} and not _is_present(full):
            return None
        if full is not None and Rank.OTHER in ranks and self._sits_on_board():
            return None
        best = full or next(iter(told), None) or next(
            (each for each in self._claims if each.rank in (Rank.HEAD, Rank.BARE)), None
        )
        if best is None or (not best.is_told and any(each.rank is Rank.OTHER for each in self._claims)):
            return None
        if best.rank is Rank.BARE and not self._is_police(best):
            return None
        if self._sits_on_board() or self.agency_type in NO_POLICE:
            return None
        return best

    def _claims_colonelcy(self, told: Sequence[_Claim]) -> bool:
        """A state's police are headed by a colonel, elsewhere one serves under a chief."""
        return any(each.phrase in _COLONEL and each.rank is Rank.BARE for each in told) and self.agency_type == "state"

    @property
    def agency_type(self) -> str:
        if self._type is None:
            if self._agency is None:
                self._agency = read_agency(self._scan, self._known, self._words)
            told = {each.fact: each.values[0] for each in self._agency}
            self._type = told.get("agency_type", self._known.facts.value("agency_type"))
        return self._type

    def _is_police(self, claim: _Claim) -> bool:
        """A bare title is one of police: "Chief" always, others where police are spoken of."""
        if claim.phrase == "chief":
            return True
        kind = self.agency_type
        if claim.phrase in ("colonel", "col"):
            return kind == "state"
        if kind in ("unknown", "foreign", *NO_POLICE):
            return False
        text = fold(claim.evidence.text)
        if claim.phrase in ("director", "dir") and "police" not in text and "safety" not in text:
            return kind in ("campus", "territorial") or any(
                "safety" in fold(each.text) for each in self._scan.sentences if each.role is Role.SIGNATURE
            )
        return True

    def _sits_on_board(self) -> bool:
        return any(
            hit
            for hit in self._scan.of("board_word")
            if self._scan.sentence_of(hit).role in OWN_ROLES
            if any(title.phrase.endswith("commissioner") for title in self._titles.get(hit.sentence, ()))
            or "commissioner" in fold(self._sender.name)
        )

    # -- claims

    def _read_claims(self) -> Iterator[_Claim]:
        for i, titles in self._titles.items():
            sentence = self._scan.sentences[i]
            if sentence.role not in OWN_ROLES or sentence.part is Part.SUBJECT:
                continue
            for title in titles:
                rank = self._claimed(i, sentence, title)
                if rank is not None:
                    told = Evidence(sentence.text, sentence.part, sentence.start, sentence.end, title.phrase)
                    yield _Claim(rank, told, True, title.phrase, sentence.role is Role.FORWARDED)
        for hit in self._scan.of(f"{FACT}:chief_executive")[:MOST_HITS]:
            sentence = self._scan.sentence_of(hit)
            if sentence.role in (Role.OWN, Role.FORWARDED) and not self._is_undone(hit, "chief_executive"):
                told = Evidence(sentence.text, sentence.part, sentence.start, sentence.end, hit.phrase, hit.where)
                yield _Claim(Rank.HEAD, told, True, hit.phrase)
        name = self._sender.name
        for title in self._titles_of_name():
            yield _Claim(title.rank, Evidence(name, Part.SENDER, 0, len(name), title.phrase), False, title.phrase)

    def _claimed(self, i: int, sentence: Sentence, title: _Title) -> Rank | None:
        """The rank that the sender claims by this title, if the title is the sender's."""
        text = title.text
        if self._is_possessive(text[title.end : sentence.end]):
            return None
        before = fold(text[sentence.start : title.start])
        after = fold(text[title.end : sentence.end])
        if _is_line(sentence) and not (sentence.role is Role.OWN and self._is_first(i)):
            return title.rank if self._is_signed(i, before, after, title) else None
        tokens = _tokens(before)
        claim = self._opening(tokens)
        if claim is not None:
            return {"claim_now": title.rank, "claim_past": Rank.PAST, "claim_future": Rank.FUTURE}[claim]
        if self._claims_as(tokens):
            return title.rank
        if self._is_beside_own_name(tokens, after) and not _says_past(after):
            return title.rank
        if after.lstrip(" .,").startswith("here") or " here" in after[:30].split(".")[0].split(",")[0]:
            if not tokens or tokens[-1] not in self._words.of("title_link"):
                return title.rank if len(tokens) <= 4 and not _third_person(after) else None
        if tokens[-1:] == ["as"] or tokens[-2:] in (["as", "the"], ["as", "a"], ["as", "your"], ["as", "an"]):
            if " i " in f" {after} " or " my " in f" {after} " or " our " in f" {after} " or " i " in f" {before} ":
                return title.rank if not tokens[:-2] or "i" in tokens or len(tokens) <= 2 else None
        if self._is_first(i) and len(tokens) <= 3 and not set(tokens) & _OTHERS and self._introduces(after):
            return title.rank
        return None

    def _claims_as(self, tokens: Sequence[str]) -> bool:
        """ "I … now serve as", "Ann Lee, … acting as"."""
        ending = any(" ".join(tokens[-size:]) in self._words.of("claim_as") for size in (1, 2, 3))
        return ending and bool(set(tokens) & ({"i", "i'm", "i've", "im"} | self._sender_tokens))

    def _is_possessive(self, after: str) -> bool:
        """ "The Sheriff's secretary", "Sheriff Rowe's chief of staff": the title is another's."""
        folded = fold(after)
        if folded.startswith(("'s ", "s' ")):
            return True
        words = folded.split()[:3]
        return folded.startswith(" ") and any(
            word.endswith(("'s", "s'")) and i < 3 for i, word in enumerate(words[:2]) if not any(w[-1] in ",.;:" for w in words[:i])
        )

    def _opening(self, tokens: Sequence[str]) -> str | None:
        """The list of the words by which the sender claims what follows: "I am the …"."""
        for length in range(0, 9):
            end = len(tokens) - length
            if end <= 0:
                return None
            between = tokens[end:]
            if any(token in self._words.of("claim_stop") for token in between):
                return None
            for size in (6, 5, 4, 3, 2, 1):
                if size > end:
                    continue
                phrase = " ".join(tokens[end - size : end])
                for name in ("claim_future", "claim_past", "claim_now"):
                    if phrase in self._words.of(name):
                        return name
        return None

    def _is_beside_own_name(self, tokens: Sequence[str], after: str) -> bool:
        if not self._sender_tokens:
            return False
        near = {*tokens[-3:], *_tokens(after)[:3]}
        if not near & self._sender_tokens:
            return False
        return not (tokens and tokens[-1] in self._words.of("title_link") and not set(tokens[-3:]) & self._sender_tokens)

    def _introduces(self, after: str) -> bool:
        """What follows a title at the very beginning: a name or a place, no deed of a third person."""
        if _third_person(after):
            return False
        return not after.strip() or after[:1] in ",.-" or after.split()[0] in ("in", "of", "at", "from", "for", "with", "here") or after[:1] == " "

    def _is_first(self, i: int) -> bool:
        return not any(
            each.role is Role.OWN and each.part is Part.BODY for each in self._scan.sentences[:i]
        )

    def _is_signed(self, i: int, before: str, after: str, title: _Title) -> bool:
        """The title stands under the letter, for the one who signs it."""
        sentence = self._scan.sentences[i]
        tokens = _tokens(before)
        while tokens and tokens[-1] in ("the", "our", "a", "acting", "interim"):
            tokens.pop()
        if tokens and tokens[-1] in self._words.of("title_link"):
            return False
        if sentence.label and sentence.role is not Role.SIGNATURE:
            label = fold(sentence.label)
            if label not in _SIGNING and not self._is_beside_own_name(tokens, after):
                return False
            if label in ("cc", "bcc", "to", "contact", "chief executive", "agency head", "chief", "sheriff", "attn"):
                return self._is_beside_own_name(tokens, after)
        if self._other_name(tokens, title, sentence):
            is_letter = sentence.role is Role.FORWARDED or not self._signs_below(i)
            return is_letter and self._is_under_letter(i)
        if sentence.role is Role.OWN and not self._is_beside_own_name(tokens, after):
            return self._names_signer(i) or len(tokens) == 0 and len(_tokens(after)) <= 6 and not _third_person(after)
        return True

    def _other_name(self, tokens: Sequence[str], title: _Title, sentence: Sentence) -> bool:
        """A name stands beside the title, and it is not the sender's."""
        before = title.text[sentence.start : title.start].split()
        after = title.text[title.end : sentence.end]
        names = [word for word in before if word[:1].isupper() and fold(word).strip(".,") not in _COMMON]
        if not before and after.startswith(" ") and after[1:2].isupper():
            names = after.split()[:2]
        if not names or not self._sender_tokens:
            return False
        return not (set(tokens) | set(_tokens(fold(after))[:3])) & self._sender_tokens

    def _signs_below(self, i: int) -> bool:
        """The sender's own name stands in another line under the letter."""
        return any(
            set(_tokens(fold(each.text))) & self._sender_tokens
            for each in self._scan.sentences
            if each.role is Role.SIGNATURE and each is not self._scan.sentences[i]
        )

    def _is_under_letter(self, i: int) -> bool:
        return any(
            set(_tokens(fold(each.text))) & {"i", "my", "our", "we", "i'm", "i've", "i'd"}
            for each in self._scan.sentences[:i]
            if each.role in (Role.OWN, Role.FORWARDED)
        )

    def _names_signer(self, i: int) -> bool:
        """The line above holds the sender's name."""
        above = self._scan.sentences[i - 1] if i else None
        return above is not None and bool(set(_tokens(fold(above.text))) & self._sender_tokens)

    # -- titles

    def _read_titles(self) -> dict[int, list[_Title]]:
        """The titles in the sentences at both ends of the message."""
        wanted = frozenset(both_ends(len(self._scan.sentences)))
        hits: dict[int, list[Hit]] = {}
        for name in TITLE_LISTS:
            for hit in self._scan.of(name):
                if hit.sentence in wanted:
                    hits.setdefault(hit.sentence, []).append(hit)
        return {index: self._titles_in(index, found) for index, found in sorted(hits.items())}

    def _titles_in(self, index: int, hits: list[Hit]) -> list[_Title]:
        sentence = self._scan.sentences[index]
        text = self._scan.message.subject if sentence.part is Part.SUBJECT else self._scan.message.body
        end = min(sentence.end, sentence.start + LONGEST_FIELD)
        kept = [hit for hit in _longest(hits) if hit.end <= end and text[hit.start - 1 : hit.start] != "-"][:MOST_NAMES]
        return [self._title(text, sentence.start, end, hit, sentence) for hit in kept if not self._is_surname(hit)]

    def _is_surname(self, hit: Hit) -> bool:
        """ "Dean", "Major", "Marshal" as the last of the sender's names."""
        names = _tokens(fold(self._sender.name.split(",")[0].split("(")[0].split(" - ")[0]))
        return len(names) > 1 and fold(hit.phrase) == names[-1] and fold(hit.phrase) in _SURNAMES

    def _titles_of_name(self) -> list[_Title]:
        name = self._sender.name
        if not name:
            return []
        hits = [hit for hit in self._words.phrases.find(fold(name)) if hit.list in TITLE_LISTS]
        return [self._title(name, 0, len(name), hit, None) for hit in _longest(hits) if not self._is_surname(hit)]

    def _title(self, text: str, start: int, end: int, hit: Hit, sentence: Sentence | None) -> _Title:
        rank = {"head_title": Rank.HEAD, "head_title_bare": Rank.BARE, "other_title": Rank.OTHER}[hit.list]
        before = _tokens(fold(text[start : hit.start]))
        after = _tokens(fold(text[hit.end : end]).replace("-", " "))
        phrase = fold(hit.phrase)
        if before[-1:] == ["the"]:
            before = before[:-1]
        last, first = before[-1:], after[:1]
        past, future = self._words.of("title_past"), self._words.of("title_future")
        if _in(last, past) or _in(first, past) or (len(after) > 1 and after[1] in ("ret", "retired")):
            rank = Rank.PAST
        elif _in(last, future) or (_in(first, future) and first != ["next"]):
            rank = Rank.FUTURE
        elif _in(last, self._words.of("title_lower")) and rank is not Rank.OTHER and not phrase.startswith(("acting", "interim")):
            rank = Rank.OTHER
        elif rank is Rank.BARE and phrase in ("chief", "director", "dir", "commissioner", "superintendent"):
            rank = self._of_what(after, rank)
        if rank is Rank.BARE and (last == ["interim"] or last == ["acting"]) and phrase == "chief":
            rank = Rank.HEAD
        return _Title(text, hit.start, hit.end, rank, phrase, sentence)

    def _of_what(self, after: Sequence[str], rank: Rank) -> Rank:
        """ "Chief of …": of police, or of something within."""
        if len(after) < 2 or after[0] not in ("of", "for"):
            return rank
        rest = [token for token in after[1:7] if token not in ("the", "our", "your", "a")]
        if any(token in _POLICE for token in rest[:5]):
            return Rank.HEAD
        if rest and rest[0] in _WITHIN:
            return Rank.OTHER
        return rank

    # -- authorization by another

    def _assented(self) -> Evidence | None:
        for hit in self._scan.of(f"{FACT}:authorized")[:MOST_HITS]:
            if self._counts(hit, "authorized") and not self._is_supposed(hit):
                return self._told(hit)
        return None

    def _refused(self, is_head: bool) -> Evidence | None:
        for hit in self._scan.of(f"{FACT}:not_authorized")[:MOST_HITS]:
            disowns = fold(hit.phrase) == "{disowns_request}"
            if is_head and not disowns:
                continue
            if self._counts(hit, "not_authorized") or (disowns and self._stands(hit)):
                return self._told(hit)
        return None

    def _told(self, hit: Hit) -> Evidence:
        sentence = self._scan.sentence_of(hit)
        return Evidence(sentence.text, sentence.part, sentence.start, sentence.end, hit.phrase, hit.where)

    def _stands(self, hit: Hit) -> bool:
        sentence = self._scan.sentence_of(hit)
        if sentence.role not in (Role.OWN, Role.FORWARDED):
            return False
        first = _tokens(fold(sentence.text[:40]))[:1]
        return not (sentence.is_question and first and first[0] in _ASKING)

    def _counts(self, hit: Hit, value: str) -> bool:
        """The hit stands in the sender's words and speaks of the agency's head."""
        if not self._stands(hit) or self._is_undone(hit, value):
            return False
        text = fold(self._scan.text_of(hit))
        if text.split(" ", 1)[0] in self._words.of("pronoun_ref"):
            return self._refers_to_head(hit)
        return self._speaks_of_head(hit)

    def _is_undone(self, hit: Hit, value: str) -> bool:
        """The hit lies within a phrase that only looks like it."""
        for name in (f"{FACT}:{value}:not",):
            if any(each.start <= hit.start and hit.end <= each.end or each.start <= hit.start < each.end for each in self._scan.in_sentence(hit.sentence, name)):
                return True
        return False

    def _speaks_of_head(self, hit: Hit) -> bool:
        """A title within the hit is a head's, and no other title hides it."""
        titles = [each for each in self._titles.get(hit.sentence, ()) if each.start < hit.end and each.end > hit.start]
        if hit.phrase.startswith("{head_ref}"):
            # of several people, the one who stands nearest to the deed did it
            deed = hit.end - 12
            titles = [each for each in titles if each.end <= deed or each.start <= hit.start][-1:]
            if self._is_body_between(hit):
                return False
        if not titles:
            return (self._has_pronoun(hit) and self._refers_to_head(hit)) or self._names_boss(hit)
        return any(each.rank in (Rank.HEAD, Rank.BARE) and self._is_ours(each) for each in titles)

    def _is_body_between(self, hit: Hit) -> bool:
        """A council, a board or a union stands between the head and the deed."""
        inside = _tokens(fold(self._scan.text_of(hit)))
        return bool(set(inside[1:-1]) & _BODIES)

    def _names_boss(self, hit: Hit) -> bool:
        text = fold(self._scan.text_of(hit))
        return any(each in text for each in ("chief executive", "agency head", "department head", "head of"))

    def _is_ours(self, title: _Title) -> bool:
        """A sheriff is not the head of a police department, nor a neighbour's chief ours."""
        assert title.sentence is not None
        before = _tokens(fold(title.text[max(title.sentence.start, title.start - 30) : title.start]))
        if set(before[-3:]) & {"neighboring", "county", "next", "fire", "their", "another", "other", "your"}:
            if "county" not in before[-3:] or self.agency_type in ("local", "campus"):
                return False
        if title.phrase == "sheriff" and self.agency_type in ("local", "campus"):
            return False
        return True

    def _has_pronoun(self, hit: Hit) -> bool:
        pronouns = self._words.of("pronoun_possessive") | self._words.of("pronoun_ref")
        return bool(set(_tokens(fold(self._scan.text_of(hit)))) & pronouns)

    def _refers_to_head(self, hit: Hit) -> bool:
        """The last person spoken of before the pronoun heads the agency."""
        for index in range(hit.sentence, max(hit.sentence - 6, -1), -1):
            sentence = self._scan.sentences[index]
            if sentence.role not in (Role.OWN, Role.FORWARDED, Role.SALUTATION):
                continue
            titles = [each for each in self._titles.get(index, ()) if index < hit.sentence or each.start < hit.start]
            titles = [each for each in titles if self._claimed_not(index, each)]
            if titles:
                return any(each.rank in (Rank.HEAD, Rank.BARE, Rank.PAST) and self._is_ours(each) for each in titles[-2:])
        return self._known.in_case and FACT in self._known.asked

    def _claimed_not(self, index: int, title: _Title) -> bool:
        return self._claimed(index, self._scan.sentences[index], title) in (None, Rank.PAST)

    def _is_supposed(self, hit: Hit) -> bool:
        """The assent is wished for, denied, or asked about."""
        sentence = self._scan.sentence_of(hit)
        text = self._scan.message.subject if sentence.part is Part.SUBJECT else self._scan.message.body
        before = _tokens(fold(text[max(sentence.start, hit.start - 40) : hit.start]))[-4:]
        inside = _tokens(fold(text[hit.start : hit.end]))
        supposed, denied = self._words.of("if_only"), self._words.of("not_done")
        if any(token in supposed for token in before[-3:]) and "asked" not in before:
            return True
        if any(token in denied for token in (*before[-3:], *inside)):
            return True
        head = inside[:-2] if len(inside) > 4 else inside[:1]
        middle = [token for token in head if token in supposed and token not in ("ask", "asking", "did", "does", "if", "when", "whether")]
        return bool(middle) and not any(each in " ".join(inside) for each in ("would like", "said i should", "said we should", "wish"))


_SIGNING = frozenset(
    ("from", "name", "title", "rank", "position", "role", "requester", "requested by", "submitted by", "signed", "sender")
    + ("contact", "contact name", "contact person", "requesting official", "your title", "your name", "name and title")
    + ("chief executive", "agency head", "chief exec", "head of agency", "name/title", "by", "who", "who we are", "who i am")
)
_COLONEL = frozenset(("colonel", "col"))
_BODIES = frozenset("council board union city mayor manager commissioners aldermen trustees selectmen town village".split())
_SURNAMES = frozenset("dean major marshal clerk constable provost chancellor governor mayor president".split())
_ASKING = frozenset("does do did has have is are was were would will can could should must may".split())
_COMMON = frozenset(
    "the of and for police county city town village department dept office pd sheriff chief acting interim new our"
    " university college tribal nation state public safety retired campus".split()
)
_OTHERS = frozenset("our the my his her your their a your".split()) - {"a"}
_POLICE = frozenset(
    "police policing pd sheriff sheriff's law public campus university safety tribal transit department dept dps".split()
)
_WITHIN = frozenset(
    "detectives patrol operations administration investigations training corrections security staff fire ems research"
    " communications emergency human finance planning technology information professional student special support"
    " services community records reserve reserves peacekeepers procurement budget schools compliance facilities".split()
)
_DEEDS = (
    "asked", "told", "wants", "wanted", "said", "says", "directed", "authorized", "approved", "doesn't", "does", "is",
    "has", "hasn't", "was", "will", "would", "knows", "signed", "gave", "thinks", "asks", "and i", "instructed",
    "suggested", "resigned", "retired", "retires", "objects", "heard", "cannot", "can't", "requested", "ordered",
    "isn't", "didn't", "did", "had", "sent", "wrote", "never", "needs", "would like", "supports", "agreed",
)  # fmt: skip


def _third_person(after: str) -> bool:
    """A title that does something is somebody else's: "Chief Rowe asked me"."""
    tokens = _tokens(after)[:5]
    return any(token in _DEEDS for token in tokens)


def _says_past(after: str) -> bool:
    return _third_person(after) and not any(token in ("here", "is", "has", "was") for token in _tokens(after)[:5])


def _is_present(claim: _Claim) -> bool:
    return claim.phrase.startswith(("acting", "interim"))


def _in(tokens: Sequence[str], words: frozenset[str]) -> bool:
    return bool(tokens) and tokens[0] in words


def _is_line(sentence: Sentence) -> bool:
    """A line of its own, as titles stand under letters and in forms."""
    return sentence.role is Role.SIGNATURE or (
        bool(sentence.label) or (len(sentence.text.split()) <= 9 and not sentence.text.rstrip().endswith((".", "!", "?")))
    )


def _tokens(folded: str) -> list[str]:
    return [token for word in folded.split() if (token := word.strip(".,;:!?*_()[]<>\"|/&-•·@"))]


def _name_tokens(name: str, words: Words) -> frozenset[str]:
    """The words of a person's name, without titles, agencies and initials."""
    titles = words.of("head_title_bare") | words.of("other_title") | words.of("title_lower") | _COMMON
    name = fold(name).replace("@", " ").split(" - ")[0].split("(")[0]
    return frozenset(token for token in _tokens(name) if len(token) > 2 and token not in titles)


def _longest(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that lie in no longer one, from the left."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
        if not kept or hit.end > kept[-1].end:
            if kept and hit.start < kept[-1].end:
                continue
            kept.append(hit)
    return kept
