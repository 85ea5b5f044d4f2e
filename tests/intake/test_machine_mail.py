"""Machines are never answered; what they tell of our letters reaches staff, and nobody can make us write for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from crbot import wiring
from crbot.cases.rulebook import Rulebook
from crbot.channels.mail.sender import Border
from crbot.intake.ports import StaffAction, Verb
from crbot.intake.repeats import Limits
from tests.intake.test_hard_mail import ANSWER, BOUNCE, OTHER_REQUEST, STRANGER
from tests.mail_desk import DESK, REPLIES, REQUEST, MailDesk, mail, mail_desk

DAEMON = "Mail Delivery Subsystem <MAILER-DAEMON@mx.pine-falls.example.gov>"
CASE = "CRI-2026-0001"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def desk(rules: Rulebook) -> Iterator[MailDesk]:
    """With one case in it, acknowledged."""
    with mail_desk(rules) as desk:
        desk.hears(mail(Message_ID="<first@pine-falls.example.gov>"))
        yield desk


AUTOMATIC = {
    "an automatic reply": mail("Thank you.", "Re: Help", Auto_Submitted="auto-replied"),
    "an automatic reply of an old program": mail("Thank you.", "Re: Help", Precedence="auto_reply"),
    "an autoresponder": mail("Thank you.", "Re: Help", X_Autoreply="yes"),
    "a mail without a sender to return it to": mail("Thank you.", "Re: Help", Return_Path="<>"),
    "bulk mail": mail("Buy.", "Sale", Precedence="bulk"),
    "a mailer daemon": mail("User unknown: 550 5.1.1", "failure notice", DAEMON),
    "a postmaster": mail("550 5.1.1", "Undeliverable: Help", "postmaster@pine-falls.example.gov"),
    "failed recipients": mail("550 5.1.1", "Help", X_Failed_Recipients="a@b.example"),
    "a subject of a failed delivery, with its code": mail("<a@b.example>: 550 no such user", "Returned mail: User unknown"),
}  # fmt: skip


@pytest.mark.parametrize("name", AUTOMATIC)
def test_a_machine_opens_no_case_and_is_not_answered(name: str, desk: MailDesk) -> None:
    desk.hears(AUTOMATIC[name])

    assert len(desk.cases()) == 1
    assert len(desk.letters()) == 1


@pytest.mark.parametrize(
    "sender",
    [
        "no-reply@city.example.gov",
        "noreply@city.example.gov",
        "do_not_reply@city.example.gov",
        "alerts-noreply@city.example.gov",
        "donotreply.7@city.example.gov",
        "bounces+17@city.example.gov",
        "listserv@city.example.gov",
        "chiefs-request@city.example.gov",
        "auto-confirm@city.example.gov",
    ],
)
def test_nobody_is_written_to_where_nobody_reads(sender: str, desk: MailDesk) -> None:
    desk.hears(mail(OTHER_REQUEST, "Help", sender))

    assert len(desk.letters()) == 1


@pytest.mark.parametrize(
    "sender", ["norma.replyn@city.example.gov", "root-beer@city.example.gov", "knott@x.example"]
)
def test_people_whose_names_are_like_that_are_answered(sender: str, desk: MailDesk) -> None:
    desk.hears(mail(OTHER_REQUEST, "Help", sender))

    assert len(desk.letters()) == 2


def in_words(letter: str) -> bytes:
    text = f"""\
Your message could not be delivered:

<takers@pine-falls.example.gov>: 550 5.1.1 user unknown

--- Below this line is a copy of the message.

Message-ID: {letter}
Subject: Re: Policy review
"""
    return mail(text, "failure notice", DAEMON)


def to_the_signed_address(case: str) -> bytes:
    return mail(
        "We could not deliver it. 550 5.7.1", "failure notice", DAEMON, X_Original_To=REPLIES.of(case) or ""
    )


BOUNCES = {
    "a report by the standard": lambda desk: BOUNCE.format(desk=DESK, letter=desk.letter_id()).encode(),
    "words, with the letter quoted": lambda desk: in_words(desk.letter_id()),
    "words, to the address that we had signed": lambda desk: to_the_signed_address(CASE),
    "words, with nothing but the recipient": lambda desk: mail(
        "takers@pine-falls.example.gov: 550 5.1.1 user unknown", "failure notice", DAEMON
    ),
}


@pytest.mark.parametrize("name", BOUNCES)
def test_staff_see_that_a_letter_did_not_arrive(name: str, desk: MailDesk) -> None:
    desk.hears(BOUNCES[name](desk))

    (said,) = desk.log()
    assert "did not arrive" in said
    assert desk.record(CASE)[-1] == "letter failed"
    assert len(desk.letters()) == 1


def test_a_bounce_of_somebody_elses_mail_is_only_filed(desk: MailDesk) -> None:
    desk.hears(in_words("<other@elsewhere.example>").replace(b"takers@pine-falls", b"nobody@elsewhere"))

    assert desk.log() == []
    assert desk.record() == ["letter failed"]


def test_a_bounce_of_a_letter_without_a_case_is_shown_to_staff(desk: MailDesk) -> None:
    desk.hears(mail("What does the program cost an agency?", "Question", "Ann Poe <apoe@elm.example.gov>"))
    shown = len(desk.notices())

    desk.hears(in_words(desk.letter_id()).replace(b"takers@pine-falls", b"apoe@elm"))

    assert [notice.title for notice in desk.notices()[shown:]] == ["Not delivered: the enquiry"]


def test_a_letter_that_is_only_late_is_told_so(desk: MailDesk) -> None:
    text = "Your message has been delayed. We will keep trying for 4 days.\n\n450 4.4.1 takers@pine-falls.example.gov"
    desk.hears(mail(text, "Delivery delayed", DAEMON))

    (said,) = desk.log()
    assert said.startswith("The acknowledgement is delayed")


RECEIPT = """\
From: Tom Akers <takers@pine-falls.example.gov>
To: {desk}
Subject: Read: Re: Policy review
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b

Your message was read.

--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; takers@pine-falls.example.gov
Original-Message-ID: {letter}
Disposition: manual-action/MDN-sent-manually; displayed

--b--
"""


def test_a_receipt_is_noted_and_not_answered(desk: MailDesk) -> None:
    desk.hears(RECEIPT.format(desk=DESK, letter=desk.letter_id()).encode())

    assert desk.log() == ["The acknowledgement was opened (takers@pine-falls.example.gov)"]
    assert len(desk.letters()) == 1


def test_an_absence_is_noted_with_the_case_that_it_answers(desk: MailDesk) -> None:
    absent = mail(
        "I am away until Monday.",
        "Out of office",
        In_Reply_To=desk.letter_id(),
        Auto_Submitted="auto-replied",
    )
    desk.hears(absent)

    (said,) = desk.log()
    assert said.startswith("An automatic message came, nothing was sent")


AWAY = "I am out of the office and will be back on March 20."


def absence(text: str = AWAY, sender: str = "Tom Akers <takers@pine-falls.example.gov>") -> bytes:
    return mail(text, f"Automatic reply: Re: Help [{CASE}]", sender, Auto_Submitted="auto-replied")


def test_who_is_away_until_a_day_is_not_reminded_before_it(desk: MailDesk) -> None:
    desk.hears(absence())

    [case] = desk.cases()
    assert case.absence is not None
    assert f"{case.absence.until:%m-%d %H:%M}" == "03-20 00:00"
    assert "Back on March 20, it says" in desk.log()[-1]

    desk.hears(mail("We have no suit.", f"Re: Help [{CASE}]"))
    assert desk.cases()[0].absence is None


def test_that_somebody_else_is_away_moves_nothing(desk: MailDesk) -> None:
    desk.hears(absence(sender="Capt. Lee <lee@pine-falls.example.gov>"))

    assert desk.cases()[0].absence is None


def test_a_strangers_machine_that_names_a_case_is_not_filed_with_it(desk: MailDesk) -> None:
    desk.hears(mail("Buy now.", f"Re: [{CASE}]", "Shop <x@shop.example>", Auto_Submitted="auto-replied"))

    assert desk.log() == []


def test_a_letter_of_ours_that_comes_back_is_passed_over(desk: MailDesk) -> None:
    back = mail(
        "Your case number is CRI-2026-0001.", "Re: Policy review", DESK, Auto_Submitted="auto-replied"
    )
    through_a_list = mail(
        "Your case number.", "[chiefs] Re: Policy", "list@chiefs.example.org", Message_ID=desk.letter_id()
    )

    thoughts = [desk.hears(back), desk.hears(through_a_list)]

    assert [thought.did for thought in thoughts if thought] == ["ignored", "ignored"]
    assert len(desk.cases()) == 1


def test_a_word_from_the_desks_own_mailbox_is_shown_and_no_facts_follow(desk: MailDesk) -> None:
    (before,) = desk.cases()
    text = "There is a lawsuit pending, as Chief Akers told me by phone."
    desk.hears(mail(text, "Re: Policy review", f"Jordan Lee <{DESK}>", In_Reply_To=desk.letter_id()))

    (after,) = desk.cases()
    assert after.decision == before.decision
    assert "Written from the desk's own address" in desk.log()[0]
    assert len(desk.letters()) == 1


def test_a_flood_of_one_sender_makes_one_case_and_one_answer(desk: MailDesk) -> None:
    for number in range(40):
        text = f"{OTHER_REQUEST}\nMessage {number} of 40, sent at 12:{number:02}."
        desk.hears(
            mail(text, f"Help {number}", STRANGER, Message_ID=f"<flood{number}@cedar-bluff.example.gov>")
        )

    assert len(desk.cases()) == 2
    assert len(desk.letters()) == 2
    assert len(desk.log()) < 8, "staff are not flooded either"
    assert desk.record("CRI-2026-0002").count("repeated") == 39, "and yet each is on record"


def test_a_flood_of_enquiries_gets_one_answer(desk: MailDesk) -> None:
    for number in range(20):
        question = mail(
            "What does the program cost an agency?", f"Question {number}", "Ann <apoe@elm.example.gov>"
        )
        desk.hears(question)

    assert len(desk.letters()) == 2
    assert len(desk.notices()) == 1


def test_two_desks_that_greet_each_other_stop_at_once(desk: MailDesk) -> None:
    """The other side is a program that marks its greetings in no way."""
    for number in range(20):
        text = f"Hello, we need assistance for our police department too. Ticket {number} is yours, somebody will look."
        desk.hears(mail(text, f"Re: your request {number}", "Desk <desk@other.example.gov>"))

    assert len(desk.letters()) <= 2


def test_the_same_words_a_day_later_are_a_new_matter(desk: MailDesk) -> None:
    desk.clock.pass_(timedelta(days=2))
    desk.hears(mail(Message_ID="<again@pine-falls.example.gov>"))

    assert len(desk.cases()) == 2


WISHES = (
    "our pursuit policy",
    "the training of our recruits",
    "our early warning system",
    "our jail",
    "our dispatch",
)


def test_one_address_gets_no_more_letters_than_are_allowed_in_a_day(rules: Rulebook) -> None:
    with mail_desk(rules, Limits(letters_a_day=3)) as desk:
        for wish in WISHES:
            desk.hears(mail(REQUEST.replace("our pursuit policy", wish), wish))

        assert len(desk.cases()) == 5
        assert len(desk.letters()) == 3
        assert "No letter was sent: 3 have gone to this address within a day." in desk.log()[-1]
        desk.clock.pass_(timedelta(days=1))
        desk.hears(mail(REQUEST.replace("our pursuit policy", "our cameras"), "Cameras"))
        assert len(desk.letters()) == 4


def test_of_one_sender_no_more_cases_are_opened_in_a_day_than_are_allowed(rules: Rulebook) -> None:
    with mail_desk(rules, Limits(cases_a_day=3)) as desk:
        for wish in WISHES:
            desk.hears(mail(REQUEST.replace("our pursuit policy", wish), wish))

        assert len(desk.cases()) == 3
        assert desk.states() == {"done": 3, "held": 2}
        assert {notice.title for notice in desk.notices()} == {"Held: one sender writes very often"}


def held(desk: MailDesk) -> tuple[str, str | None]:
    """The message that waits for a person, and the case that it names."""
    (notice,) = [notice for notice in desk.notices() if notice.held]
    return str(notice.held), notice.about


def test_a_person_adds_a_held_message_to_its_case(desk: MailDesk) -> None:
    desk.hears(mail(ANSWER, f"Re: [{CASE}]", "Tom <tom.akers@mailhaven.example>"))
    message, about = held(desk)

    desk.acts(StaffAction(Verb.ADD_HELD, about or "", "U0LEE", values={"message": message}))

    (case,) = desk.cases()
    assert case.decision.disposition == "eligible"
    assert "tom.akers@mailhaven.example" in case.participants
    assert desk.letters()[-1].name == "answers_noted"
    assert desk.states() == {"done": 3}
    settled = desk.notices()[-1]
    assert (settled.held, settled.settled) == (int(message), f"Added to {CASE} by <@U0LEE>")
    assert settled.settled_at == desk.clock()


def test_a_person_opens_a_case_from_a_held_message(desk: MailDesk) -> None:
    desk.hears(mail(OTHER_REQUEST, f"Like {CASE}", "Dana Reyes <dreyes@mailhaven.example>"))
    message, _ = held(desk)

    desk.acts(StaffAction(Verb.OPEN_HELD, "", "U0LEE", values={"message": message}))

    assert [case.number for case in desk.cases()] == [CASE, "CRI-2026-0002"]
    assert desk.letters()[-1].to.address == "dreyes@mailhaven.example"


def test_what_a_person_has_let_in_is_not_let_in_again(desk: MailDesk) -> None:
    desk.hears(mail(OTHER_REQUEST, f"Like {CASE}", "Dana Reyes <dreyes@mailhaven.example>"))
    message, about = held(desk)
    action = StaffAction(Verb.ADD_HELD, about or "", "U0LEE", values={"message": message}, seen_in="C0REVIEW")

    thoughts = [desk.acts(action), desk.acts(action)]

    assert [thought.did for thought in thoughts if thought] == ["acted: add_held", "refused"]
    assert len(desk.cases()) == 1


def test_the_chief_wrote_from_the_same_place_as_everybody(rules: Rulebook) -> None:
    """Who has a mailbox at the same public provider as the requester is nobody's colleague for that."""
    with mail_desk(rules) as desk:
        desk.hears(mail(sender="Chief Tom Akers <tom.akers@gmail.com>", Message_ID="<a@mail.gmail.com>"))
        desk.hears(mail(ANSWER, f"Re: [{CASE}]", "Somebody <somebody@gmail.com>"))

        assert [notice.title for notice in desk.notices()] == [f"Held: a stranger writes to {CASE}"]


@pytest.mark.parametrize(
    "sender", ["Lt. Ann Poe <apoe@pine-falls.example.gov>", "Ann <apoe@pd.pine-falls.example.gov>"]
)
def test_a_colleague_of_the_requester_adds_to_the_case(sender: str, desk: MailDesk) -> None:
    desk.hears(mail(ANSWER, f"Fwd: Re: Policy review [{CASE}]", sender))

    (case,) = desk.cases()
    assert case.decision.disposition == "eligible"


def test_a_stranger_with_the_whole_thread_is_held_all_the_same(desk: MailDesk) -> None:
    sender = "Rob <rob@town-attorney.example.com>"
    desk.hears(
        mail(ANSWER, "Re: Policy review", sender, In_Reply_To=desk.letter_id(), Cc=REPLIES.of(CASE) or "")
    )

    assert [notice.title for notice in desk.notices()] == [f"Held: a stranger writes to {CASE}"]


def test_an_answer_to_the_signed_address_finds_its_case_without_any_reference(desk: MailDesk) -> None:
    desk.hears(mail(ANSWER, "No subject", Delivered_To=REPLIES.of(CASE) or ""))

    (case,) = desk.cases()
    assert case.decision.disposition == "eligible"
    assert not [key for key in case.participants if "cri-intake" in key], "our own address takes no part"


def test_an_address_that_somebody_else_has_signed_leads_nowhere(desk: MailDesk) -> None:
    forged = (REPLIES.of("CRI-2026-0002") or "").replace("cri-2026-0002", "cri-2026-0001")
    desk.hears(mail(OTHER_REQUEST, "Help", STRANGER, Delivered_To=forged))

    assert len(desk.cases()) == 2


@pytest.mark.parametrize(
    "domain", ["pine-fa1ls.example.gov", "pinefalls.example.gov", "pine-fails.example.gov"]
)
def test_staff_are_warned_of_an_address_that_resembles_a_participants(domain: str, desk: MailDesk) -> None:
    desk.hears(mail("Please drop it.", f"Re: [{CASE}]", f"Chief Tom Akers <takers@{domain}>"))

    assert "resembles takers@pine-falls.example.gov" in desk.notices()[-1].text


@pytest.mark.parametrize(
    "trace", ["Delivered-To: desk@a.example\n", "Received: from b by c\nReturn-Path: <x@y.example>\n"]
)
def test_a_copy_from_another_mailbox_is_the_same_mail(trace: str, desk: MailDesk) -> None:
    desk.hears(trace.encode() + mail(Message_ID="<first@pine-falls.example.gov>"))

    assert desk.states() == {"done": 1, "same": 1}


def test_the_same_words_without_message_id_and_date_are_told_apart_by_their_bytes(desk: MailDesk) -> None:
    desk.hears(mail(OTHER_REQUEST, "Help", STRANGER))
    desk.hears(b"Received: by another\n" + mail(OTHER_REQUEST, "Help", STRANGER))

    assert desk.states() == {"done": 3}
    assert len(desk.cases()) == 2, "and yet the words are the same, so that they make no second case"


def test_attachments_stand_in_the_record_with_size_and_hash(desk: MailDesk) -> None:
    text = OTHER_REQUEST.replace("\n", "\r\n")
    raw = (
        f"From: {STRANGER}\r\nSubject: Help\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{text}\r\n"
        "--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=../plan.zip\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nUEs=\r\n--b--\r\n"
    )
    desk.hears(raw.encode())

    (line,) = desk.store.record_of("CRI-2026-0002")
    (file,) = line["detail"]["files"]
    assert file == ["plan.zip", 2, hashlib.sha256(b"PK").hexdigest()]


def test_a_colleague_who_forwards_our_letter_as_an_attachment_finds_the_case(desk: MailDesk) -> None:
    letter = f"From: {DESK}\r\nSubject: Re: Policy review\r\nMessage-ID: {desk.letter_id()}\r\n\r\nHello."
    answer = ANSWER.replace("\n", "\r\n")
    raw = (
        "From: Lt. Ann Poe <apoe@pine-falls.example.gov>\r\nSubject: our answers\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n\r\n{answer}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{letter}\r\n--b--\r\n"
    )
    desk.hears(raw.encode())

    (case,) = desk.cases()
    assert case.decision.disposition == "eligible"


PASSED_ON = """\
{answer}
---------- Forwarded message ---------
From: COPS Office Response Center <{address}>
Date: Mon, 2 Mar 2026 09:00
Subject: Policy review
To: Chief Tom Akers <takers@pine-falls.example.gov>

1. Is there an investigation? 2. Is there a lawsuit?
"""


def test_an_answer_above_our_letter_that_was_passed_on_finds_its_case(desk: MailDesk) -> None:
    text = PASSED_ON.format(answer=ANSWER, address=REPLIES.of(CASE))
    raw = mail(text, "Fwd: Policy review", "Lt. Ann Poe <apoe@pine-falls.example.gov>")
    assert (REPLIES.of(CASE) or "").encode() not in raw, "it is encoded, and broken by the end of a line"

    desk.hears(raw)

    (case,) = desk.cases()
    assert case.decision.disposition == "eligible"


def test_our_letter_passed_on_by_a_stranger_is_held_for_its_case(desk: MailDesk) -> None:
    text = PASSED_ON.format(answer=ANSWER, address=DESK) + f"Message-ID: {desk.letter_id()}\n"
    desk.hears(mail(text, "Fwd: Policy review", "Tom Akers <tom.akers@mailhaven.example>"))

    (notice,) = [notice for notice in desk.notices() if notice.held]
    assert notice.about == CASE


def test_a_mail_that_was_set_aside_may_be_laid_into_the_mailbox_again(desk: MailDesk) -> None:
    broken = b"   \r\n"
    thoughts = [desk.hears(broken), desk.hears(broken)]

    assert [thought.did for thought in thoughts if thought] == ["set aside", "set aside"]


def test_a_mail_whose_sender_was_found_out_adds_nothing_to_a_case(rules: Rulebook) -> None:
    with mail_desk(rules, border=Border("mx.cops.example.gov")) as desk:
        desk.hears(mail(Message_ID="<first@pine-falls.example.gov>"))
        forged = mail("We withdraw our request.", "Re: Policy review", In_Reply_To=desk.letter_id())
        found = (
            b"Authentication-Results: mx.cops.example.gov; dmarc=fail header.from=pine-falls.example.gov\n"
        )

        desk.hears(found + forged)

        (notice,) = desk.notices()
        assert notice.title == f"Held: a stranger writes to {CASE}"
        assert "our mail server found that it does not" in notice.text


def test_what_our_server_found_out_stands_on_the_case_and_in_the_record(rules: Rulebook) -> None:
    with mail_desk(rules, border=Border("mx.cops.example.gov")) as desk:
        desk.hears(b"Authentication-Results: mx.cops.example.gov; spf=none\n" + mail())

        (case,) = desk.cases()
        assert case.doubts == ("The mail is not proven to come from pine-falls.example.gov",)
        assert desk.store.record_of(CASE)[0]["detail"]["sender"] == "not proven"


def test_a_person_has_what_was_set_aside_tried_again(desk: MailDesk) -> None:
    action = StaffAction(Verb.RETRY, "", "U0LEE", values={"what": "4711"}, seen_in="C0REVIEW")

    thought = desk.acts(action)

    assert thought is not None
    assert thought.did == "refused"
