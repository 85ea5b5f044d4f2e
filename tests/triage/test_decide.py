from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.triage.decide import MOST_READ, beginning_of, decide, recall
from crbot.triage.decision import Decision, Disposition, Kind, Queue
from crbot.triage.facts import NEW, NOTHING, Known, Part
from crbot.triage.message import Channel, Mark, Message, Person
from crbot.triage.policy import Policy

CHIEF = Person("Chief Ada Quill", "aquill@fernhollowpd.example.gov")
DESK = Person("CRI Intake", "desk@cops.example.gov")
OWN = frozenset({DESK.key})
LETTER = (
    "I am the Chief of Police of Fern Hollow, Ohio. We would like somebody to review our pursuit policy.\n"
    "There is no investigation, and nobody is suing us.\n\nAda Quill\nChief of Police\n"
)


def mail(body: str, sender: Person = CHIEF, subject: str = "", **more: object) -> Message:
    return Message(Channel.EMAIL, sender, body, subject, **more)  # type: ignore[arg-type]


def replied(policy: Policy, *thread: Message, body: str, sender: Person = CHIEF) -> Decision:
    return decide(mail(body, sender), policy, recall(thread, policy, OWN))


def test_a_clear_request_is_decided_with_its_evidence(policy: Policy) -> None:
    decision = decide(mail(LETTER), policy)

    assert (decision.kind, decision.disposition, decision.queue) == (
        Kind.REQUEST,
        Disposition.ELIGIBLE,
        Queue.CRI_TAC,
    )
    assert decision.questions == ()
    (evidence,) = decision.facts.evidence("litigation")
    assert evidence.text == "There is no investigation, and nobody is suing us."
    assert evidence.rule.startswith("cues/litigation.yaml:")


def test_mentions_that_did_not_decide_are_kept_for_the_explanation(policy: Policy) -> None:
    body = "There was one suit, which was dismissed. The family has now sent a notice of claim."
    statement = decide(mail(body), policy).facts.statements["litigation"]

    assert statement.values == ("potential",)
    assert ["one suit" in each.text for each in statement.lost] == [True]
    assert "over by" in statement.lost[0].context


def test_a_conflict_inside_one_message_counts_as_the_graver(policy: Policy) -> None:
    body = "We would like training. There is no lawsuit. A deputy is suing us over his transfer."

    assert decide(mail(body), policy).facts.value("litigation") == "active"


def test_a_form_outranks_prose(policy: Policy) -> None:
    message = mail(
        "We would like training. Nobody is suing us.",
        answers={"litigation": "active", "services": "bias_audit, nonsense"},
    )
    facts = decide(message, policy).facts

    assert facts.value("litigation") == "active"
    assert facts.values("services") == ("bias_audit",)
    assert facts.evidence("litigation")[0].part is Part.ANSWER


@pytest.mark.parametrize("mark", [Mark.AUTOMATIC, Mark.BOUNCE, Mark.CALENDAR])
def test_a_machine_is_never_answered(mark: Mark, policy: Policy) -> None:
    decision = decide(mail(LETTER, marks=frozenset({mark})), policy)

    assert decision.kind is Kind.AUTOMATIC
    assert decision.disposition is Disposition.NOT_A_REQUEST


def test_a_list_says_nothing_about_who_wrote(policy: Policy) -> None:
    assert decide(mail(LETTER, marks=frozenset({Mark.LIST})), policy).kind is Kind.REQUEST


@pytest.mark.parametrize("body", ["", " \n ", "?", "help", "…"])
def test_in_doubt_it_is_a_request(body: str, policy: Policy) -> None:
    assert decide(mail(body), policy).kind is Kind.REQUEST


@pytest.mark.parametrize(
    ("answer", "investigation", "litigation"),
    [
        ("1. No\n2. Yes, a former officer sued us in May.", "none", "active"),
        ("1) no 2) no", "none", "none"),
        ("1 nope 2 not yet", "none", "none"),
        ("No to both.", "none", "none"),
        ("1. Yes. The state police have it.\n2. None that I know of.", "active", "none"),
        ("1. I don't know, I'll check.\n2. No.", "unknown", "none"),
        ("Thanks!", "unknown", "unknown"),
    ],
)
def test_answers_are_read_by_the_number_of_their_question(
    answer: str, investigation: str, litigation: str, policy: Policy
) -> None:
    thread = (
        mail("We would like training for our dispatchers."),
        mail("1) Is there an open investigation?\n2) Is there a lawsuit, or might there be one?", DESK),
    )
    decision = replied(policy, *thread, body=answer)

    assert decision.kind is Kind.REPLY
    assert decision.facts.value("investigation") == investigation
    assert decision.facts.value("litigation") == litigation


def test_what_nobody_knows_is_not_asked_again(policy: Policy) -> None:
    known = Known(NOTHING, ("investigation", "litigation"), in_case=True)
    decision = decide(mail("1. Not sure.\n2. No."), policy, known)

    assert "investigation" not in [question.fact for question in decision.questions]


def test_a_bare_no_answers_a_single_question(policy: Policy) -> None:
    thread = (
        mail(LETTER.replace(", and nobody is suing us", "")),
        mail("Is there a lawsuit about it?", DESK),
    )

    assert replied(policy, *thread, body="No. Thanks for asking.").facts.value("litigation") == "none"


def test_later_words_replace_earlier_ones(policy: Policy) -> None:
    decision = replied(
        policy, mail(LETTER), body="A correction: as of Monday we are being sued over a pursuit."
    )

    assert decision.facts.value("litigation") == "active"
    assert decision.facts.value("investigation") == "none"
    assert decision.disposition is Disposition.REVIEW


def test_the_word_of_the_agencys_head_counts_more_than_anothers(policy: Policy) -> None:
    clerk = Person("Pat Loom", "ploom@fernhollowpd.example.gov")

    decision = replied(policy, mail(LETTER), body="I think somebody is suing us.", sender=clerk)

    assert decision.facts.value("litigation") == "none"


def test_a_request_can_be_taken_back(policy: Policy) -> None:
    decision = replied(policy, mail(LETTER), body="Please withdraw our request, the state is helping us.")

    assert decision.facts.value("withdrawn") == "yes"


def test_silence_is_never_none(policy: Policy) -> None:
    facts = decide(mail("We would like training."), policy).facts

    assert (facts.value("investigation"), facts.value("litigation")) == ("unknown", "unknown")


PIECES = [
    "no", "not", "lawsuit", "we", "are", "being sued", ".", "?", "!", ":", ";", "but", "\n", "\n\n", "> ", "-- ",
    "Chief", "Sheriff", "Police Department", "Ohio", "if", "investigation", "FBI", "1)", "2.", "On Monday, A wrote:",
    "From: x@y.example", "Sent: now", "İ", "ß", "\u200b", "\ud7ff", "🚓", "’", "training", "overtime", "settled", "\x00",
]  # fmt: skip
bodies = st.one_of(st.text(max_size=400), st.lists(st.sampled_from(PIECES), max_size=80).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(
    body=bodies,
    subject=st.text(max_size=40),
    name=st.text(max_size=30),
    address=st.none() | st.text(max_size=30),
)
def test_no_message_breaks_it_and_all_evidence_is_verbatim(
    policy: Policy, body: str, subject: str, name: str, address: str | None
) -> None:
    message = Message(Channel.EMAIL, Person(name, address), body, subject)
    places = {Part.BODY: body, Part.SUBJECT: subject}

    for known in (NEW, Known(NOTHING, ("investigation", "litigation"), in_case=True)):
        for statement in decide(message, policy, known).facts.statements.values():
            for evidence in (*statement.evidence, *statement.lost):
                if evidence.part in places:
                    assert places[evidence.part][evidence.start : evidence.end] == evidence.text


@pytest.mark.parametrize(
    "unit",
    ["a", "no ", "no, ", "chief smith ", " ", "a.a.", "\n", "> ", ">", "we are being sued ", "1) no ", "(", "\n\n> On x wrote:\n",
     "FBI has the case ", "police department ohio ", "if not but no ", "review our policy and ", "İ", "\u200b", "From: a\n", "- \n"],
)  # fmt: skip
def test_time_is_in_proportion_to_length(unit: str, policy: Policy) -> None:
    def seconds(length: int) -> float:
        message = mail((unit * (length // len(unit) + 1))[:length])
        best = float("inf")
        for _ in range(2):
            start = time.process_time()
            decide(message, policy)
            best = min(best, time.process_time() - start)
        return best

    small, large = seconds(8_000), seconds(64_000)

    assert large < max(0.3, 20 * small)


def test_of_a_very_long_body_the_beginning_is_read(policy: Policy) -> None:
    long = mail(LETTER + "Nothing else to tell. " * 4_000 + "We are being sued.")
    read = beginning_of(long)

    assert MOST_READ - 100 < len(read.body) <= MOST_READ
    assert Mark.CUT in read.marks
    assert long.body.startswith(read.body)
    assert decide(long, policy).facts.value("litigation") == "none"


def test_a_body_of_common_length_is_read_whole() -> None:
    letter = mail(LETTER)

    assert beginning_of(letter) is letter


def test_who_heads_the_agency_by_a_form_speaks_as_its_head_from_then_on(policy: Policy) -> None:
    sender, clerk = (
        Person("Ada Quill", "aquill@fernhollowpd.example.gov"),
        Person("Bo Lund", "blund@fern.example.gov"),
    )
    form = mail(LETTER.splitlines()[1], sender, answers={"requester_authority": "chief_executive"})
    later = mail("The city attorney tells me that a suit was filed on Friday.", sender)
    decision = replied(policy, form, later, body="There is no lawsuit.", sender=clerk)

    assert decision.facts.statements["litigation"].by_head
    assert decision.facts.value("litigation") == "active"


def test_a_clerks_word_on_what_the_head_is_unsure_of_takes_no_request_back(policy: Policy) -> None:
    clerk = Person("Georgette Mapes", "gmapes@fernhollowpd.example.gov")
    decision = replied(policy, mail(LETTER), body="She hasn't made up her mind about the date.", sender=clerk)

    assert decision.facts.value("requester_authority") == "chief_executive"
