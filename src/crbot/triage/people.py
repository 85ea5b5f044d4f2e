"""Who asks: the agency's chief executive, somebody whom the chief executive sent, somebody who was not, or nobody knows.

Which titles the sender bears is read in `claims`, which agency it is in `agency`; ways of authorizing stand in
`cues/requester_authority.yaml`.
"""

from __future__ import annotations

from collections.abc import Sequence

from crbot.triage.agency import read_agency
from crbot.triage.claims import MOST_CUES, Claim, Claims, whole
from crbot.triage.facts import Evidence, Known, Part, Statement
from crbot.triage.passages import Role
from crbot.triage.phrases import Hit, Scan, Words, fold
from crbot.triage.titles import Rank, Title, read_titles, word_list

FACT = "requester_authority"

_SPOKEN = (Role.OWN, Role.FORWARDED)
_NO_SHERIFF = ("local", "campus")  # types of agencies that no sheriff heads
_ASKED_AS = frozenset(
    {"ask", "asking", "did", "does", "if", "when", "whether"}
)  # "asked me to ask if": no supposition
_PAST_REACH = 6  # sentences in which "he" may have been named
_DEED = 12  # characters at the end of a hit that hold the deed
_CLAUSE_MARKS = (", and ", ", but ", "; ")
_SUBJECT_REACH = 60  # characters before "approved by" in which its subject stands
_AS_HEAD = "{head_disowns}"  # says it only where a head speaks
_OF_NOBODY = ("{go_given}", "{go_withheld}")  # name no one who did it
_LONGEST_TITLE = 5  # words, with a name
_WISHES = ("{wants_this}", "{assented}", "{assented_what}")
_WISH_REACH = 5  # words at the end of a hit that hold a wish and whose it is
_ABOUT_REACH = 4  # words after a deed that may stand before what it is about


def read_authority(
    scan: Scan, known: Known, words: Words, agency: tuple[Statement, ...] | None = None
) -> Statement | None:
    """Who makes the request; None where the message does not tell.

    `agency` is what `read_agency` made of the same message, for a caller who has it already.
    """
    return _Reader(scan, known, words, agency).statement()


def heads_the_agency(scan: Scan, known: Known, words: Words) -> bool:
    """The sender of this message is the agency's chief executive."""
    return _Reader(scan, known, words, None).claims.head() is not None


class _Reader:
    """Reads one message."""

    def __init__(self, scan: Scan, known: Known, words: Words, agency: tuple[Statement, ...] | None) -> None:
        self._scan = scan
        self._known = known
        self._words = words
        self._agency = agency
        self._titles = read_titles(scan, words)
        asked = known.in_case and FACT in known.asked
        self.claims = Claims(scan, self._titles, self._agency_type, words, asked)

    def statement(self) -> Statement | None:
        head = self.claims.head()
        if head is not None and not self._is_told_of(head):
            disowned = self._disowned()
            if disowned is not None:
                return self._said("not_authorized", self._told(disowned), by_head=True)
            return self._said("chief_executive", head.evidence, by_head=True)
        refused, assented = self._refused(), self._assented()
        if refused is not None and assented is not None:
            value = self._of_both(refused, assented)
        else:
            value = "not_authorized" if refused is not None else "authorized"
        hit = refused if value == "not_authorized" else assented
        return self._said(value, self._told(hit)) if value and hit is not None else None

    def _is_told_of(self, head: Claim) -> bool:
        """ "Chief Rowe signed off on this": whoever is said to authorize the request does not write it."""
        hits = (each for each in self._hits("authorized") if each.phrase.startswith("{head_ref}"))
        start, end = head.evidence.start, head.evidence.end
        return (
            head.evidence.part is Part.BODY
            and not (head.is_stated or head.is_signed)
            and any(start <= hit.start and hit.end <= end for hit in hits)
        )

    def _of_both(self, refused: Hit, assented: Hit) -> str:
        """What counts of a refusal and an assent; "" where they contradict each other, and the head is to be asked."""
        if refused.sentence == assented.sentence:
            first, second = sorted((refused, assented), key=lambda hit: hit.end)
            between = word_list(self._scan.text(first.sentence)[first.end - _DEED : second.end])
            if not self._words.of("but_word").isdisjoint(between):
                return "not_authorized" if second is refused else "authorized"
            return "authorized" if first is assented else ""
        # "She doesn't want it to take a year" is no refusal beside "at the direction of the Chief"
        return "authorized" if refused.phrase.startswith("{pronoun_ref}") else ""

    def _said(self, value: str, evidence: Evidence, by_head: bool = False) -> Statement:
        return Statement(FACT, (value,), (evidence,), self._scan.message.sender.key, by_head)

    def _agency_type(self) -> str:
        if self._agency is None:
            self._agency = read_agency(self._scan, self._known, self._words)
        told = {each.fact: each.values[0] for each in self._agency}
        return told.get("agency_type", self._known.facts.value("agency_type"))

    # -- what is said of the head

    def _hits(self, value: str) -> Sequence[Hit]:
        return [hit for hit in self._scan.of(f"{FACT}:{value}")[:MOST_CUES] if self._stands(hit, value)]

    def _assented(self) -> Hit | None:
        hits = (
            hit for hit in self._hits("authorized") if self._is_of_head(hit) and not self._is_supposed(hit)
        )
        return next(hits, None)

    def _refused(self) -> Hit | None:
        hits = self._hits("not_authorized")
        return next(
            (hit for hit in hits if hit.phrase != _AS_HEAD and (_disowns(hit) or self._is_refusal(hit))),
            None,
        )

    def _is_refusal(self, hit: Hit) -> bool:
        """The head withholds it; not where the head has asked before, and somebody else passes on doubts."""
        return self._known.facts.value(FACT) != "chief_executive" and self._is_of_head(hit)

    def _disowned(self) -> Hit | None:
        """The head takes back what another has asked for."""
        return next((hit for hit in self._hits("not_authorized") if _disowns(hit)), None)

    def _told(self, hit: Hit) -> Evidence:
        return whole(self._scan.sentence_of(hit), hit.phrase, hit.where)

    def _stands(self, hit: Hit, value: str) -> bool:
        """The hit is the sender's word, asks nothing, and lies in no phrase that only looks like it."""
        sentence = self._scan.sentence_of(hit)
        if sentence.role not in _SPOKEN:
            return False
        first = word_list(sentence.text[:40])[:1]
        if sentence.is_question and first and first[0] in self._words.of("asking_verb"):
            return False
        barred = self._scan.in_sentence(hit.sentence, f"{FACT}:{value}:not")
        if any(each.start <= hit.start < each.end for each in barred):
            return False
        if _wants_object(hit):
            return self._is_about_request(hit) and not self._is_of_a_thing(hit)
        return not hit.phrase.startswith("{assent_of}") or self._is_done_to_request(hit)

    def _is_about_request(self, hit: Hit) -> bool:
        """What follows is this request, or nothing: "has not approved this", not "has not approved the budget"."""
        sentence, of = self._scan.sentence_of(hit), self._words.of
        if hit.phrase.startswith("{not_yet}") and not of("request_ref").isdisjoint(
            word_list(self._scan.text_of(hit))[1:]
        ):
            return True
        rest = self._scan.text(hit.sentence)[hit.end : sentence.end].split()
        if hit.phrase.endswith("head_ref}"):
            rest = _after_name(rest)
        for word in rest[:_ABOUT_REACH]:
            plain = fold(word).strip("\"'“”‘’.,;:!?()-–—")
            if not word[0].isalnum() or plain in of("request_ref") or plain in of("clause_opening"):
                return True
            if plain not in of("request_filler"):
                return False
            if not word[-1].isalnum():
                return True
        return len(rest) <= _ABOUT_REACH

    def _is_done_to_request(self, hit: Hit) -> bool:
        """ "This was approved by the chief", not "our policy was approved by the chief"."""
        if self._words.of("done_to_request").isdisjoint(word_list(self._scan.text_of(hit))[:2]):
            return True
        start = max(self._scan.sentence_of(hit).start, hit.start - _SUBJECT_REACH)
        before = word_list(self._scan.text(hit.sentence)[start : hit.start])
        return before[-1:] in ([], ["as"]) or not self._words.of("request_ref").isdisjoint(before)

    def _is_of_a_thing(self, hit: Hit) -> bool:
        """ "The sheriff's race is undecided": the deed is said of what the head has, not of the head."""
        owner, mark, rest = fold(self._scan.text_of(hit)).partition("'s ")
        thing = word_list(rest)[:2]
        return (
            bool(mark)
            and len(owner.split()) <= _LONGEST_TITLE
            and thing[1:] != []
            and thing[1] in self._words.of("finite_verb")
            and thing[0] not in self._words.of("head_thing")
        )

    def _is_of_head(self, hit: Hit) -> bool:
        """The hit speaks of the agency's head."""
        text = fold(self._scan.text_of(hit))
        if hit.phrase in _OF_NOBODY:
            return self._refers_to_head(hit)
        if not self._words.of("pronoun_ref").isdisjoint(word_list(text)[:1]):
            return not self._is_body_between(text) and self._refers_to_head(hit)
        titles = [
            each
            for each in self._titles.get(hit.sentence, ())
            if each.start < hit.end and each.end > hit.start
        ]
        if hit.phrase.startswith("{head_ref}"):
            # of several people, the one who stands nearest to the deed did it
            titles = [each for each in titles if each.end <= hit.end - _DEED or each.start <= hit.start]
            titles = [each for each in titles if not _is_apposition(each)][-1:]
            if self._is_body_between(text) or self._is_of_speaker(hit.phrase, text):
                return False
        if titles:
            return any(each.is_head and self._is_ours(each) for each in titles)
        words = word_list(text)
        pronouns = self._words.of("pronoun_possessive") | self._words.of("pronoun_ref")
        if not pronouns.isdisjoint(words) and self._refers_to_head(hit):
            return True
        return any(each in text for each in self._words.of("boss_word"))

    def _is_body_between(self, text: str) -> bool:
        """A council, a board or a union stands between the head and the deed."""
        return not self._words.of("governing_word").isdisjoint(word_list(text.replace("on board", ""))[1:-1])

    def _is_of_speaker(self, phrase: str, text: str) -> bool:
        """ "The Sheriff's Office …, I would like to request": the speaker's own wish."""
        if not phrase.endswith(_WISHES):
            return False
        last = " ".join(word_list(text)[-_WISH_REACH:])
        return any(f" {each} " in f" {last} " for each in self._words.of("own_wish"))

    def _is_ours(self, title: Title) -> bool:
        """A sheriff is not the head of a police department, nor a neighbour's chief ours."""
        if title.phrase == "sheriff" and self._agency_type() in _NO_SHERIFF:
            return False
        if not self._words.of("neighbour_word").isdisjoint(word_list(title.after[:40])[:3]):
            return False
        before = word_list(title.before[-30:])[-3:]
        if self._words.of("anothers_word").isdisjoint(before):
            return True
        return "county" in before and self._agency_type() not in _NO_SHERIFF

    def _refers_to_head(self, hit: Hit) -> bool:
        """The last person spoken of before the pronoun heads the agency."""
        for index in range(hit.sentence, max(hit.sentence - _PAST_REACH, -1), -1):
            if self._scan.sentences[index].role not in (*_SPOKEN, Role.SALUTATION):
                continue
            titles = [
                each
                for each in self._titles.get(index, ())
                if (index < hit.sentence or each.start < hit.start)
                and self.claims.claimed(index, each) in (None, Rank.PAST)
            ]
            if titles:
                return any(
                    (each.is_head or each.rank is Rank.PAST) and self._is_ours(each) for each in titles[-2:]
                )
        return self._known.in_case and FACT in self._known.asked

    def _is_supposed(self, hit: Hit) -> bool:
        """The assent is wished for, denied, or asked about."""
        sentence = self._scan.sentence_of(hit)
        text = self._scan.message.subject if sentence.part is Part.SUBJECT else self._scan.message.body
        before = word_list(text[max(sentence.start, hit.start - 40) : hit.start])[-3:]
        told = fold(text[hit.start : hit.end])
        inside = word_list(_last_clause(told))
        supposed, denied = self._words.of("if_only"), self._words.of("not_done")
        after = word_list(text[hit.end : min(sentence.end, hit.end + 40)])[:1]  # "absolutely not"
        if not denied.isdisjoint((*before, *inside, *after)) or " that if " in told:
            return True
        if not supposed.isdisjoint(before) and "asked" not in before:
            return True
        if any(each in told for each in ("would like", "said i should", "said we should")):
            return False
        head = inside[:-2] if len(inside) > 4 else inside[:1]
        return not (supposed - _ASKED_AS if "{contact_you}" in hit.phrase else supposed).isdisjoint(head)


def _wants_object(hit: Hit) -> bool:
    """The deed counts only for this request. Lists of such deeds are called so in the rules."""
    return hit.phrase.endswith("_what}") or hit.phrase.startswith("{not_yet}")


def _last_clause(told: str) -> str:
    """What of "wants to know whether you could, and asked me to find out" holds the deed."""
    return told[max(0, *(told.rfind(mark, 0, -_DEED) for mark in _CLAUSE_MARKS)) :]


def _after_name(words: Sequence[str]) -> list[str]:
    """What follows a title and the name of its bearer."""
    rest = list(words)
    while rest and rest[0][:1].isupper():
        if not rest.pop(0)[-1].isalnum():
            return []
    return rest


def _disowns(hit: Hit) -> bool:
    return hit.phrase.startswith(("{disowns_request}", "{i_disown}", _AS_HEAD))


def _is_apposition(title: Title) -> bool:
    """ "Chief Rowe, my supervisor": another title of the same person."""
    return title.rank is Rank.OTHER and title.before.endswith((" my ", " as ", " a "))
