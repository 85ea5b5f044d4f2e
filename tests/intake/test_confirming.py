"""The head of an agency is asked whether a request is theirs: at which address, whose answer counts, what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from crbot import wiring
from crbot.cases.authority import Role, Surety, Ticket
from crbot.cases.case import Place, place_of
from crbot.cases.letters import LetterName
from crbot.cases.rulebook import Rulebook
from crbot.intake.ports import StaffAction, Verb
from crbot.intake.vouching import Means, named_head
from crbot.triage.approval import Consent
from crbot.triage.decision import Disposition, Outcome
from crbot.triage.register import Agency, Register, Spelling
from tests.intake.asked import (
    AUTHORIZED,
    CHIEF,
    LIEUTENANT,
    UNKNOWN,
    answer,
    asked,
    asked_desk,
    confirm,
    means,
    proven,
    reply_address,
)
from tests.mail_desk import MailDesk

PRIVATE = "Dana Moss <dana.moss@gmail.com>"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture(scope="module")
def known(rules: Rulebook) -> Means:
    return means(rules)


@pytest.fixture
def desk(rules: Rulebook, known: Means) -> Iterator[MailDesk]:
    with asked_desk(rules, known) as desk:
        yield desk


def authority(desk: MailDesk) -> tuple[str, Outcome]:
    decision = desk.cases()[0].decision
    (finding,) = (each for each in decision.findings if each.rule == "requester_authority")
    return decision.facts.value("requester_authority"), finding.outcome


# Who is asked


def test_the_head_is_asked_by_itself_where_the_register_knows_them_and_the_sender_is_a_colleague(
    desk: MailDesk,
) -> None:
    desk.hears(proven(AUTHORIZED, LIEUTENANT))

    letter, (case,) = asked(desk), desk.cases()
    assert letter.to.address == "takers@pine-falls.example.gov"
    assert letter.fields["requester"] == "Lt. Dana Moss (dmoss@pine-falls.example.gov)"
    assert letter.ticket == Ticket(case.number, 1, (desk.clock() + timedelta(days=14)).date())
    assert case.conversation.address == "dmoss@pine-falls.example.gov"
    assert case.revision == 1


@pytest.mark.parametrize(
    ("text", "sender", "result"),
    [
        (AUTHORIZED, LIEUTENANT, "none"),
        (AUTHORIZED, PRIVATE, "pass"),
        (UNKNOWN, LIEUTENANT, "pass"),
        (AUTHORIZED.replace("at the direction of", "without having asked"), LIEUTENANT, "pass"),
        (AUTHORIZED.replace("Pine Falls", "Elk Hollow"), LIEUTENANT, "pass"),
        (
            "I am the chief.\n\n" + AUTHORIZED.replace("the direction of Chief Tom Akers", "work"),
            CHIEF,
            "pass",
        ),
    ],
)
def test_nobody_is_asked_by_itself_where_that_is_not_clearly_safe(
    text: str, sender: str, result: str, desk: MailDesk
) -> None:
    desk.hears(proven(text, sender, result))

    assert LetterName.CONFIRMATION_REQUEST not in [letter.name for letter in desk.letters()]


def test_the_head_is_asked_once(desk: MailDesk) -> None:
    desk.hears(proven(AUTHORIZED, LIEUTENANT))
    desk.hears(proven("The training too, please.", LIEUTENANT, In_Reply_To=desk.letter_id(0)))

    assert [letter.name for letter in desk.letters()].count(LetterName.CONFIRMATION_REQUEST) == 1


@pytest.mark.parametrize(
    ("values", "asked_at"),
    [
        ({}, "takers@pine-falls.example.gov"),
        ({"address": "chief@pine-falls.example.gov"}, "chief@pine-falls.example.gov"),
        ({"address": "chief@police.pine-falls.example.gov"}, "chief@police.pine-falls.example.gov"),
    ],
)
def test_staff_have_the_head_asked_at_an_address_that_can_be_believed(
    values: dict[str, str], asked_at: str, desk: MailDesk
) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))

    case = confirm(desk, **values)

    assert asked(desk).to.address == asked_at
    assert case.confirmation is not None
    assert case.confirmation.by == "U0LEE"
    assert "register has" in case.confirmation.learned


@pytest.mark.parametrize(
    ("text", "address", "because"),
    [
        (UNKNOWN, "tom.akers@gmail.com", "not known to be the agency's own"),
        (UNKNOWN, "takers@pine-falls.example.com", "not known to be the agency's own"),
        (UNKNOWN, "takers@pine-fa11s.example.gov", "not known to be the agency's own"),
        (UNKNOWN, "dreyes@cedar-bluff.example.gov", "not known to be the agency's own"),
        (UNKNOWN, "takers@evil-pine-falls.example.gov", "not known to be the agency's own"),
        (UNKNOWN, "dana.moss@gmail.com", "nobody confirms their own request"),
        (UNKNOWN, "the chief", "not known to be the agency's own"),
        (UNKNOWN.replace("Pine Falls", "Elk Hollow"), "", "has no address of the agency's head"),
        (
            UNKNOWN.replace("Pine Falls", "Elk Hollow"),
            "chief@elkhollowpd.com",
            "The requester could have made it",
        ),
        (
            UNKNOWN.replace("Pine Falls", "Elk Hollow"),
            "takers@pine-falls.example.gov",
            "not known to be the agency's own",
        ),
        (
            UNKNOWN.replace("Pine Falls", "Ashford").replace("Idaho", "Ohio"),
            "",
            "has no address of the agency's head",
        ),
    ],
)
def test_nobody_is_asked_at_an_address_that_the_requester_could_have_made_up(
    text: str, address: str, because: str, desk: MailDesk
) -> None:
    desk.hears(proven(text, PRIVATE))

    case = confirm(desk, address=address)

    assert case.confirmation is None
    assert LetterName.CONFIRMATION_REQUEST not in [letter.name for letter in desk.letters()]
    assert because in whispered(desk)


def whispered(desk: MailDesk) -> str:
    return str(getattr(desk.outlet.sent[-1].what, "text", ""))


def test_a_domain_that_only_governments_are_given_is_believed_where_the_register_knows_no_other(
    desk: MailDesk,
) -> None:
    desk.hears(proven(UNKNOWN.replace("Pine Falls", "Elk Hollow"), PRIVATE))

    case = confirm(desk, address="chief@elk-hollow.example.gov", name="Rae Ives")

    assert case.confirmation is not None
    assert "nobody but a government" in case.confirmation.learned


@pytest.mark.parametrize(
    ("name", "owner", "kind", "is_own"),
    [
        ("Elk Hollow Police Department, Idaho", "City of Elk Hollow", "local", True),
        ("Elk County Sheriff's Office, Idaho", "Elk County", "county", True),
        ("Elk County Sheriff's Office, Idaho", "City of Elk", "local", False),
        ("Elk Hollow Police Department, Idaho", "City of Moose Hollow", "local", False),
        ("Elk Hollow Police Department, Iowa", "City of Elk Hollow", "local", False),
    ],
)
def test_the_domain_of_its_city_is_the_agencys_own(
    name: str, owner: str, kind: str, is_own: bool, rules: Rulebook
) -> None:
    city = Agency(owner, "ID", kind, "elk.example.gov")
    known = Means(Register((city,), Spelling(rules.policy.words)), is_signed=True)
    with asked_desk(rules, known) as desk:
        desk.hears(proven(UNKNOWN.replace("Pine Falls Police Department, Idaho", name), PRIVATE))
        case = confirm(desk, address="chief@elk.example.gov")

        assert (case.confirmation is not None) is is_own


def test_without_signed_addresses_nobody_is_asked(rules: Rulebook) -> None:
    with asked_desk(rules, means(rules, is_signed=False)) as desk:
        desk.hears(proven(AUTHORIZED, LIEUTENANT))
        case = confirm(desk)

        assert case.confirmation is None
        assert "CRBOT_MAIL__REPLY_KEY" in whispered(desk)


# What is answered


def test_a_yes_of_the_head_settles_who_asks(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    assert authority(desk) == ("unknown", Outcome.ASK)
    confirm(desk)

    case = answer(desk, "Yes, I authorize this.\n\nTom Akers\nChief of Police")

    assert authority(desk) == ("authorized", Outcome.PASS)
    assert case.decision.disposition is Disposition.ELIGIBLE
    assert "requester_authority" not in [question.fact for question in case.decision.questions]
    assert case.confirmation is not None
    assert case.confirmation.is_given
    assert (case.confirmation.proof, case.conversation.address) == ("proven", "dana.moss@gmail.com")
    assert (Role.HEAD, Surety.CONFIRMED) in [(party.role, party.surety) for party in case.parties]
    assert place_of(case) is Place.CRI_TAC
    assert "Tom Akers confirms the request: “Yes, I authorize this.” Tom" not in desk.log()[-1]
    assert "confirms the request" in desk.log()[-1]


def test_the_proof_stands_in_the_record(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    case = answer(desk, "Yes, I authorize this.")

    (line,) = (each for each in desk.store.record_of(case.number) if each["what"] == "confirmed")
    assert line["by"] == "takers@pine-falls.example.gov"
    assert line["detail"]["sender"] == "proven"
    assert line["detail"]["asked at"] == "takers@pine-falls.example.gov"
    assert line["detail"]["message_id"]


def test_what_the_head_tells_beside_the_yes_is_read_too(desk: MailDesk) -> None:
    desk.hears(proven(AUTHORIZED.replace(" There is no investigation and no lawsuit.", ""), PRIVATE))
    confirm(desk)

    case = answer(desk, "Yes, I authorize this. There is no investigation and no lawsuit.")

    assert case.decision.facts.value("litigation") == "none"
    assert case.decision.disposition is Disposition.ELIGIBLE


def test_a_chief_who_wrote_from_private_mail_stays_the_one_who_asks(desk: MailDesk) -> None:
    text = UNKNOWN.replace("Dana Moss", "Tom Akers\nChief of Police")
    desk.hears(proven(text, "Tom Akers <tomakers@gmail.com>"))
    (case,) = desk.cases()
    assert case.decision.facts.value("requester_authority") == "chief_executive"
    assert case.unconfirmed
    confirm(desk)

    case = answer(desk, "Yes, that was me.")

    assert authority(desk) == ("chief_executive", Outcome.PASS)
    assert not case.unconfirmed


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        ("No, I did not authorize this.", Consent.NO),
        ("Who is this?", Consent.STRANGE),
    ],
)
def test_a_no_takes_back_what_the_requester_said_and_goes_to_a_person(
    text: str, consent: Consent, desk: MailDesk
) -> None:
    desk.hears(proven(AUTHORIZED, LIEUTENANT))
    assert authority(desk) == ("authorized", Outcome.PASS)

    case = answer(desk, text)

    assert authority(desk) == ("unknown", Outcome.ASK)
    assert case.confirmation is not None
    assert case.confirmation.answer is consent
    assert place_of(case) is Place.REVIEW
    assert case.draft is None
    assert desk.notices()[-1].title == f"To be read: the answer of the head asked for {case.number}"
    assert [question.fact for question in case.decision.questions] == []


def test_after_a_no_the_requesters_word_is_not_enough_any_more(desk: MailDesk) -> None:
    desk.hears(proven(AUTHORIZED, LIEUTENANT))
    answer(desk, "No.")
    desk.hears(proven("Chief Akers has authorized this request.", LIEUTENANT, In_Reply_To=desk.letter_id(0)))

    assert authority(desk) == ("unknown", Outcome.ASK)


def test_staff_settle_what_the_head_left_open(desk: MailDesk) -> None:
    desk.hears(proven(AUTHORIZED, LIEUTENANT))
    case = answer(desk, "Let me talk to Lt. Moss first.")
    assert authority(desk) == ("authorized", Outcome.PASS)
    assert place_of(case) is Place.REVIEW

    values = {"fact": "requester_authority", "value": "authorized"}
    desk.acts(
        StaffAction(Verb.CORRECT, case.number, "U0LEE", reason="He said so by telephone.", values=values)
    )

    assert place_of(desk.cases()[0]) is Place.CRI_TAC


@pytest.mark.parametrize("result", ["none", "temperror"])
def test_a_yes_that_is_not_proven_goes_to_a_person(result: str, desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)

    case = answer(desk, "Yes, I authorize this.", result=result)

    assert authority(desk) == ("unknown", Outcome.ASK)
    assert place_of(case) is Place.REVIEW
    assert "not proven to be theirs" in desk.log()[-1]
    assert "takers@pine-falls.example.gov" not in case.participants


def test_a_house_whose_mail_server_checks_nobody_can_say_that_this_is_enough(
    rules: Rulebook, known: Means
) -> None:
    counts = replace(rules.confirming, counts=frozenset({"proven", "not proven"}))
    with asked_desk(replace(rules, confirming=counts), known) as desk:
        desk.hears(proven(UNKNOWN, PRIVATE))
        confirm(desk)
        answer(desk, "Yes, I authorize this.", result="none")

        assert authority(desk) == ("authorized", Outcome.PASS)


@pytest.mark.parametrize(
    "sender",
    [PRIVATE, LIEUTENANT, "Tom Akers <takers@pine-fa11s.example.gov>", "Tom Akers <dana.moss@gmail.com>"],
)
def test_an_answer_of_anybody_else_confirms_nothing(sender: str, desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)

    case = answer(desk, "Yes, I authorize this.", sender)

    assert case.confirmation is not None
    assert case.confirmation.is_awaited
    assert authority(desk)[0] != "chief_executive"


def test_a_forged_answer_is_held(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)

    case = answer(desk, "Yes, I authorize this.", result="fail")

    assert case.confirmation is not None
    assert case.confirmation.is_awaited
    assert "and is not" in desk.notices()[-1].text


@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "auto-replied"}])
def test_the_address_of_the_case_alone_confirms_nothing(headers: dict[str, str], desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    case = confirm(desk)
    answer(desk, "Yes, I authorize this.", to=f"cri-intake+{case.number.lower()}@cops.example.gov", **headers)

    assert authority(desk) == ("unknown", Outcome.ASK)


def test_an_absence_notice_uses_nothing_up(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    case = answer(desk, "Yes, I am out of the office until Monday.", Auto_Submitted="auto-replied")
    assert case.confirmation is not None
    assert case.confirmation.is_awaited

    answer(desk, "Yes, I authorize this.")

    assert authority(desk) == ("authorized", Outcome.PASS)


def test_an_answer_counts_once(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    answer(desk, "No.")
    answer(desk, "Yes, I authorize this.")

    assert authority(desk) == ("unknown", Outcome.ASK)
    assert "used up or has expired" in desk.notices()[-1].text


def test_an_answer_that_comes_too_late_does_not_count(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    desk.clock.pass_(timedelta(days=16))
    answer(desk, "Yes, I authorize this.")

    assert authority(desk) == ("unknown", Outcome.ASK)
    assert "used up or has expired" in desk.notices()[-1].text


def test_the_head_can_be_asked_again_and_then_the_newest_answer_counts(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    first = reply_address(asked(desk).ticket)
    answer(desk, "Who is this?")
    confirm(desk)

    answer(desk, "Yes, I authorize this.", to=first)
    assert authority(desk) == ("unknown", Outcome.ASK)
    answer(desk, "I called you back. Yes, I authorize this.")
    assert authority(desk) == ("authorized", Outcome.PASS)
    confirm(desk)
    assert "has confirmed" in whispered(desk)


def test_a_ticket_of_one_case_is_good_for_no_other(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    case = desk.cases()[0]
    assert case.confirmation is not None
    other = Ticket("CRI-2026-0002", 1, case.confirmation.until)

    answer(desk, "Yes, I authorize this.", to=reply_address(other), In_Reply_To=desk.letter_id())

    assert authority(desk) == ("unknown", Outcome.ASK)


ANOTHER_AGENCY = "We are the Cedar Bluff Police Department, Iowa. I am a lieutenant there."


def test_a_yes_for_one_agency_is_none_for_another(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    desk.hears(proven(ANOTHER_AGENCY, PRIVATE, In_Reply_To=desk.letter_id(0)))
    assert "Cedar Bluff" in desk.cases()[0].agency

    case = answer(desk, "Yes, I authorize this.")

    assert authority(desk)[1] is Outcome.ASK
    assert case.confirmation is not None
    assert case.confirmation.is_awaited
    assert "was asked for another agency" in desk.notices()[-1].text


def test_what_was_confirmed_for_one_agency_counts_no_more_when_the_case_is_about_another(
    desk: MailDesk,
) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    confirm(desk)
    answer(desk, "Yes, I authorize this.")
    assert authority(desk) == ("authorized", Outcome.PASS)

    desk.hears(proven(ANOTHER_AGENCY, PRIVATE, In_Reply_To=desk.letter_id(0)))

    case = desk.cases()[0]
    assert "Cedar Bluff" in case.agency
    assert authority(desk) == ("unknown", Outcome.ASK)
    assert "counts no more" in case.vouched_for
    assert "counts no more" in desk.log()[-1]
    assert confirm(desk).confirmation is not None
    assert asked(desk).ticket == Ticket(case.number, 2, (desk.clock() + timedelta(days=14)).date())
    assert asked(desk).to.address == "dreyes@cedar-bluff.example.gov"


# The persons of a case


def test_a_case_knows_its_persons_and_how_sure_each_is(desk: MailDesk) -> None:
    cc = "Records <records@pine-falls.example.gov>, Tom Akers <t.akers@elsewhere.example>"
    desk.hears(proven(AUTHORIZED, LIEUTENANT, Cc=cc))

    (case,) = desk.cases()
    told = {(party.role, party.address, party.learned.value, party.surety.value) for party in case.parties}
    assert told == {
        (Role.REQUESTER, "dmoss@pine-falls.example.gov", "wrote to us", "proven"),
        (Role.HEAD, "takers@pine-falls.example.gov", "stands in the register", "listed"),
        (Role.HEAD, "t.akers@elsewhere.example", "is named in the request", "claimed"),
        (Role.COPIED, "records@pine-falls.example.gov", "was copied in", "claimed"),
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I write at the direction of Chief Tom Akers of Pine Falls.", "Tom Akers"),
        ("Sheriff Dale Harmon has approved this request.", "Dale Harmon"),
        ("on the orders of our chief of police, Ann Reyes, we ask", "Ann Reyes"),
        ("Chief Reyes' approval is attached", "Reyes'"),
        ("The chief has approved this.", ""),
        ("", ""),
    ],
)
def test_the_head_whom_a_colleague_names_is_known_by_name(text: str, name: str, rules: Rulebook) -> None:
    assert named_head(text, rules.policy.words) == name


# The same matter


def test_a_second_request_about_the_same_matter_is_pointed_out_and_joined_by_nobody(desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    text = (
        "I am the Chief of Pine Falls PD in Idaho. Please review our policy on pursuits."
        " There is no suit and no investigation."
    )
    desk.hears(proven(text, CHIEF))

    first, second = desk.cases()
    (alike,) = second.alike
    assert alike.case == first.number
    assert "Pine Falls Police Department" in alike.because[0]
    assert any("policy" in reason.casefold() for reason in alike.because)
    assert "on the same day" in alike.because
    assert first.alike == ()
    assert first.merged_into is None
    assert f"looks like {first.number}" in desk.log()[-1]


@pytest.mark.parametrize(
    "text",
    [
        UNKNOWN.replace("Idaho", "Iowa"),
        UNKNOWN.replace("a review of its pursuit policy", "training in crisis intervention"),
        UNKNOWN.replace("Pine Falls", "Cedar Falls"),
    ],
)
def test_another_agency_or_another_matter_looks_like_nothing(text: str, desk: MailDesk) -> None:
    desk.hears(proven(UNKNOWN, PRIVATE))
    desk.hears(proven(text, "Pat Roe <pat.roe@yahoo.com>", subject="A request"))

    assert desk.cases()[-1].alike == ()
