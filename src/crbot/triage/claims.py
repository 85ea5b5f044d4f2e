"""Which titles the sender of a message bears, and whether one of them heads the agency.

What a title makes of its bearer is `titles`', whether the request is authorized, `people`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crbot.triage import shapes
from crbot.triage.facts import Evidence, Part
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Scan, Words, fold
from crbot.triage.titles import SENDER, Rank, Title, word_list

HEAD_CUE = "requester_authority:chief_executive"
NO_POLICE = frozenset({"not_law_enforcement", "private"})
MOST_CUES = 40  # lines of cues that are looked at

_OWN = (Role.OWN, Role.FORWARDED, Role.SIGNATURE)
_SPOKEN = (Role.OWN, Role.FORWARDED)
_FIRST_PERSON = frozenset({"i", "my", "our", "we", "i'm", "i've", "i'd", "im"})
_SPEAKER = frozenset({"i", "i'm", "i've", "im"})
_LINKS = frozenset(
    {"in", "of", "at", "from", "for", "with", "here", "w", "out", "and", "&", "-", "–", "—", "", "since"}
)
_OTHERS = frozenset({"our", "the", "my", "his", "her", "your", "their"})
_LONGEST_ANSWER = 60  # characters
_LONGEST_LINE = 9  # words in a line that stands for itself
_OPENING_REACH = 8  # words between "I am" and the title
_LONGEST_OPENING = 6  # words
_LONGEST_NAME = 4  # words
_SHORTEST_DOING = 4  # letters: "king" is none
_LONGEST_PREAMBLE = 8  # words before the sentence in which the sender says who writes


@dataclass(frozen=True, slots=True)
class Claim:
    """A title that the sender bears."""

    rank: Rank
    evidence: Evidence
    is_told: bool = True  # in words or under the letter; else only in the sender's name
    phrase: str = ""
    is_letter: bool = False  # in a letter that the sender passes on
    is_stated: bool = False  # said in so many words: "I am the …"
    is_signed: bool = False

    @property
    def is_head(self) -> bool:
        return self.rank in (Rank.HEAD, Rank.BARE)


class Claims:
    """The sender's claims in one message; `agency_type` is asked only where it matters."""

    def __init__(
        self,
        scan: Scan,
        titles: Mapping[int, Sequence[Title]],
        agency_type: Callable[[], str],
        words: Words,
        asked: bool = False,  # who heads the agency
    ) -> None:
        self._scan = scan
        self._titles = titles
        self._agency_type = agency_type
        self._words = words
        self._names = self._name_words(scan.message.sender.name)
        self._claims = [*self._read(), *(self._answers() if asked else ())]

    def head(self) -> Claim | None:
        """The claim by which the sender heads the agency, if one holds."""
        told = [each for each in self._claims if each.is_told]
        if any(each.is_letter and each.is_head for each in told):
            told = [each for each in told if each.is_letter]
        best = self._best(told)
        if best is None or (best.rank is Rank.BARE and not self._is_of_police(best)):
            return None
        return None if self._sits_on_board() or self._agency_type() in NO_POLICE else best

    def _best(self, told: Sequence[Claim]) -> Claim | None:
        """What is told counts before what the sender's name says; a full title before a bare one."""
        told = _without_side_offices(told)
        ranks = {each.rank for each in told}
        full = next((each for each in told if each.rank is Rank.HEAD), None)
        if full is not None:
            is_now = full.phrase.startswith(("acting", "interim")) or Rank.FUTURE not in ranks
            return full if is_now else None
        bare = next((each for each in told if each.phrase in self._words.of("state_head_title")), None)
        if bare is not None and bare.rank is Rank.BARE and self._agency_type() == "state":
            return bare
        stated = [each for each in told if each.is_stated]
        if (
            stated
            and all(each.rank in (Rank.BARE, Rank.PAST) for each in stated)
            and stated[-1].rank is Rank.BARE
        ):
            return stated[-1]
        told = [each for each in told if each.rank is not Rank.OTHER or self._is_firm(each)]
        if any(not each.is_head for each in told):
            return None
        if told:
            return told[0]
        named = [each for each in self._claims if not each.is_told]
        return (
            next((each for each in named if each.is_head), None)
            if all(each.is_head for each in named)
            else None
        )

    def _is_firm(self, claim: Claim) -> bool:
        """Said in so many words, or signed, or nothing else is known; else the title may be another's."""
        return claim.is_stated or claim.is_signed or not any(each.is_head for each in self._claims)

    def _is_of_police(self, claim: Claim) -> bool:
        """A bare title is one of police: "Chief" always, others where police are spoken of."""
        if claim.phrase in ("chief", "cheif"):
            return True
        kind = self._agency_type()
        if claim.phrase in self._words.of("state_head_title"):
            return kind == "state"
        if kind in ("unknown", "foreign", *NO_POLICE):
            return False
        if claim.phrase not in ("director", "dir") or kind in ("campus", "territorial"):
            return True
        signed = [each.text for each in self._scan.sentences if each.role is Role.SIGNATURE]
        return any(
            word in fold(text) for text in (claim.evidence.text, *signed) for word in ("police", "safety")
        )

    def _sits_on_board(self) -> bool:
        """A commissioner who is one of several."""
        is_commissioner = "commissioner" in fold(self._scan.message.sender.name)
        if is_commissioner and any(
            self._scan.sentence_of(hit).role in _OWN for hit in self._scan.of("board_seat")
        ):
            return True
        return any(
            each.phrase.endswith("commissioner")
            for hit in self._scan.of("board_word")
            if self._scan.sentence_of(hit).role in _OWN
            for each in self._titles.get(hit.sentence, ())
        )

    # -- reading

    def _read(self) -> Iterator[Claim]:
        for index, titles in self._titles.items():
            if index == SENDER:
                continue
            sentence = self._scan.sentences[index]
            if sentence.role in _OWN and sentence.part is Part.BODY:
                for title in titles:
                    rank = self.claimed(index, title)
                    if rank is not None:
                        yield Claim(
                            rank,
                            whole(sentence, title.phrase),
                            phrase=title.phrase,
                            is_letter=sentence.role is Role.FORWARDED or self._ends_quotation(index),
                            is_stated=sentence.role is not Role.SIGNATURE
                            and self._opening(word_list(title.before)) is not None,
                            is_signed=sentence.role is Role.SIGNATURE,
                        )
        for hit in self._scan.of(HEAD_CUE)[:MOST_CUES]:
            sentence = self._scan.sentence_of(hit)
            barred = self._scan.in_sentence(hit.sentence, f"{HEAD_CUE}:not")
            if sentence.role in _SPOKEN and not any(each.start <= hit.start < each.end for each in barred):
                yield Claim(Rank.HEAD, whole(sentence, hit.phrase, hit.where), True, hit.phrase)
        name = self._scan.message.sender.name
        for title in self._titles.get(SENDER, ()):
            evidence = Evidence(name, Part.SENDER, 0, len(name), title.phrase)
            yield Claim(title.rank, evidence, False, title.phrase)

    def _answers(self) -> Iterator[Claim]:
        """ "1. Me", where we asked who heads the agency."""
        for sentence in self._scan.sentences:
            if sentence.role is Role.OWN and sentence.part is Part.BODY:
                told = fold(shapes.without_item_mark(sentence.text)[:_LONGEST_ANSWER])
                opening = told.replace(";", ",").replace(".", ",").partition(",")[0].strip(" !-")
                if opening in self._words.of("answers_self"):
                    yield Claim(Rank.HEAD, whole(sentence, opening), phrase=opening)

    def claimed(self, index: int, title: Title) -> Rank | None:
        """The rank that the sender claims by this title; None where the title is another's."""
        sentence = self._scan.sentences[index]
        if _is_possessive(title.after):
            return None
        if self._ends_quotation(index):
            return title.rank
        is_first = self._is_first(index)
        if _is_line(sentence) and not (sentence.role is Role.OWN and is_first):
            return title.rank if self._is_signed(index, title) else None
        before = word_list(title.before)
        opening = self._opening(before)
        if opening is not None:
            if before[-2:] == ["and", "the"] and self._says_deed(title.after):
                return None  # "I am the mayor, and the chief reports to me"
            if opening == "claim_past":
                return Rank.PAST if title.is_head else None  # what one was below the head says nothing
            return Rank.FUTURE if opening == "claim_future" else title.rank
        is_claimed = (
            self._follows_speaker(before)
            or " ".join(before) in self._words.of("claim_elliptic")
            or (
                self._is_beside_own_name(title)
                and not self._says_deed(title.after, but=("here", "is", "has", "was"))
            )
            or self._is_here(before, title.after)
            or (not before and self._is_name_alone(index - 1))
            or self._is_as(before, title.after)
            or (is_first and self._introduces(before, title))
        )
        return title.rank if is_claimed else None

    def _opening(self, before: Sequence[str]) -> str | None:
        """The list of the words by which the sender claims what follows: "I am the …"."""
        stop = self._words.of("claim_stop")
        for end in range(len(before), max(len(before) - _OPENING_REACH, 1) - 1, -1):
            if end < len(before) and (before[end] in stop or self._is_doing(before[end])):
                return None
            for size in range(min(_LONGEST_OPENING, end), 0, -1):
                phrase = " ".join(before[end - size : end])
                for name in ("claim_future", "claim_past", "claim_now"):
                    if phrase in self._words.of(name):
                        return name
        return None

    def _is_doing(self, word: str) -> bool:
        """ "I'm keeping this from the chief": something is done; "I am the acting chief" tells how the office is held."""
        return word.endswith("ing") and len(word) > _SHORTEST_DOING and word not in self._words.of("holding")

    def _follows_speaker(self, before: Sequence[str]) -> bool:
        """ "I … now serve as", "Ann Lee, … acting as"."""
        if not any(" ".join(before[-size:]) in self._words.of("claim_as") for size in (1, 2, 3)):
            return False
        return not (_SPEAKER | self._names).isdisjoint(before)

    def _is_beside_own_name(self, title: Title) -> bool:
        before, after = word_list(title.before)[-3:], word_list(title.after)[:3]
        if self._names.isdisjoint(before) and self._names.isdisjoint(after):
            return False
        is_linked = bool(before) and before[-1] in self._words.of("title_link")
        return not is_linked or not self._names.isdisjoint(before)

    def _is_as(self, before: Sequence[str], after: str) -> bool:
        """ "As Chief of Police, I ask", "in my second term as sheriff": the speaker's own office."""
        rest, of = list(before), self._words.of
        while rest and rest[-1] in of("office_word"):
            rest.pop()
        if not rest or rest.pop() != "as" or not of("third_person").isdisjoint(rest):
            return False
        is_past = not of("claim_past_word").isdisjoint(rest)
        if not rest or rest[0] in of("claim_participle"):
            return not _FIRST_PERSON.isdisjoint(word_list(after))
        return not is_past and ("i" in rest or rest[-1] in of("claim_tenure"))

    def _is_here(self, before: Sequence[str], after: str) -> bool:
        """ "Chief Rowe here", "small town chief here"."""
        near = after[:30].lstrip(" .,").split(".")[0].split(",")[0]
        if "here" not in near.split() or len(before) > 4 or self._says_deed(after):
            return False
        return not before or before[-1] not in self._words.of("title_link")

    def _introduces(self, before: Sequence[str], title: Title) -> bool:
        """A title at the very beginning, and then a place or the sender's name: "New chief in Hollow, Ohio."."""
        if len(before) > 3 or not _OTHERS.isdisjoint(before) or self._says_deed(title.after):
            return False
        if before and before[-1] in self._words.of("title_link"):
            return False
        rest = title.where.text[title.end : title.where.end]
        names = 0
        words = rest.split()
        while names < min(len(words), 8) and words[names][:1].isupper():
            names += 1
            if words[names - 1][-1] in ",.;:":
                break
        if names and self._names and self._names.isdisjoint(map(_plain, words[:names])):
            return False  # "Chief Rowe …" from somebody of another name
        is_end = names == len(words) or (names > 0 and words[names - 1][-1] in ",.;:!")
        return is_end or rest[:1] in (",", ".", "-", ":") or _plain(words[names]) in _LINKS

    def _says_deed(self, after: str, but: Sequence[str] = ()) -> bool:
        """A title that does something is somebody else's: "Chief Rowe asked me"."""
        near = word_list(after[:80])[:5]
        return not self._words.of("deed").isdisjoint(near) and not any(word in but for word in near)

    def _is_first(self, index: int) -> bool:
        """Nothing of weight was said before: "Hollow, Ohio. Police chief. We need help."."""
        return index <= self._scan.once(_preamble)

    # -- under a letter, and in a form

    def _is_signed(self, index: int, title: Title) -> bool:
        """The title stands under the letter, for the one who signs it."""
        sentence = self._scan.sentences[index]
        before = word_list(title.before)
        while before and before[-1] in ("the", "our", "a", "acting", "interim"):
            before.pop()
        if before and before[-1] in self._words.of("title_link"):
            return False
        if sentence.label and sentence.role is not Role.SIGNATURE:
            label = fold(sentence.label)
            may_be_another = label in self._words.of("head_label") or label not in self._words.of(
                "signing_label"
            )
            if may_be_another and not self._is_beside_own_name(title):
                return False
        if self._names_another(title):
            is_letter = sentence.role is Role.FORWARDED or not self._signs_elsewhere(index)
            return is_letter and self._is_under_letter(index)
        if sentence.role is not Role.OWN or self._is_beside_own_name(title) or self._names_signer(index - 1):
            return True
        return not before and len(word_list(title.after)) <= 6 and not self._says_deed(title.after)

    def _names_another(self, title: Title) -> bool:
        """A name stands beside the title, and it is not the sender's."""
        before = title.where.text[title.where.start : title.start].split()
        after = title.where.text[title.end : title.where.end]
        no_names = self._words.of("not_a_name")
        names = [word for word in before if word[:1].isupper() and fold(word).strip(".,") not in no_names]
        if not before and after.startswith(" ") and after[1:2].isupper():
            names = after.split()[:2]
        if not names or not self._names:
            return False
        return self._names.isdisjoint(word_list(title.before)) and self._names.isdisjoint(
            word_list(title.after)[:3]
        )

    def _signs_elsewhere(self, index: int) -> bool:
        """The sender's own name stands in another line under the letter."""
        lines = (
            each for i, each in enumerate(self._scan.sentences) if each.role is Role.SIGNATURE and i != index
        )
        return any(not self._names.isdisjoint(word_list(each.text)) for each in lines)

    def _is_under_letter(self, index: int) -> bool:
        above = (each for each in self._scan.sentences[:index] if each.role in _SPOKEN)
        return any(not _FIRST_PERSON.isdisjoint(word_list(each.text)) for each in above)

    def _ends_quotation(self, index: int) -> bool:
        """A short sentence at the end of somebody's words in quote marks: the name and title of who says them."""
        ending = self._scan.sentences[index].text.rstrip()
        if fold(ending[-1:]) != '"' or len(ending.split()) > _LONGEST_LINE:
            return False
        for each in reversed(self._scan.sentences[:index]):
            if each.role not in _SPOKEN:
                return False
            if fold(each.text.lstrip()[:1]) == '"':
                return not _FIRST_PERSON.isdisjoint(word_list(each.text))
        return False

    def _is_name_alone(self, index: int) -> bool:
        """The sender's name and nothing else, as it stands over a title."""
        if index < 0 or len(self._scan.sentences[index].text.split()) > _LONGEST_NAME:
            return False
        return self._names_signer(index)

    def _names_signer(self, index: int) -> bool:
        return index >= 0 and not self._names.isdisjoint(word_list(self._scan.sentences[index].text))

    def _name_words(self, name: str) -> frozenset[str]:
        """The words of the sender's name, without titles, agencies and initials."""
        lists = ("head_title_bare", "other_title", "title_lower", "not_a_name")
        plain = name.replace("@", " ").split(" - ")[0].split("(")[0]
        return frozenset(
            word
            for word in word_list(plain)
            if len(word) > 2 and not any(word in self._words.of(each) for each in lists)
        )


def _preamble(scan: Scan) -> int:
    """How many sentences there are until something of weight is said."""
    said = 0
    for index, each in enumerate(scan.sentences):
        if each.role is Role.OWN and each.part is Part.BODY:
            said += len(each.text.split())
        if said > _LONGEST_PREAMBLE:
            return index
    return len(scan.sentences)


def whole(sentence: Sentence, cue: str = "", rule: str = "") -> Evidence:
    """A sentence as evidence."""
    return Evidence(sentence.text, sentence.part, sentence.start, sentence.end, cue, rule)


def _without_side_offices(told: Sequence[Claim]) -> list[Claim]:
    """ "I'm chief, records clerk and janitor": what stands after a head's title in the same sentence."""
    return [
        each
        for i, each in enumerate(told)
        if each.rank is not Rank.OTHER
        or not any(
            before.is_head and before.phrase == "chief" and before.evidence.text == each.evidence.text
            for before in told[:i]
        )
    ]


def _plain(word: str) -> str:
    return fold(word).strip(".,;:()")


def _is_possessive(after: str) -> bool:
    """ "The Sheriff's secretary", "Sheriff Rowe's chief of staff": the title is another's."""
    if after.startswith(("'s ", "s' ")):
        return True
    first, second = [*after.split()[:2], "", ""][:2]
    if not after.startswith(" "):
        return False
    return first.endswith(("'s", "s'")) or (second.endswith(("'s", "s'")) and first[-1] not in ",.;:")


def _is_line(sentence: Sentence) -> bool:
    """A line of its own, as titles stand under letters and in forms."""
    if sentence.role is Role.SIGNATURE or sentence.label:
        return True
    return len(sentence.text.split()) <= _LONGEST_LINE and not sentence.text.rstrip().endswith(
        (".", "!", "?")
    )
