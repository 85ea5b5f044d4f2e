"""Mail that help desks get wrong, each through the whole of the intake: bytes → kept → thought about → outbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crbot import wiring
from crbot.cases.rulebook import Rulebook
from tests.channels.mail.hostile import HOSTILE
from tests.mail_desk import DESK, MailDesk, mail, mail_desk

ACKNOWLEDGED = ["acknowledgement"]
FIRST = mail(Message_ID="<first@pine-falls.example.gov>")
STRANGER = "Dana Reyes <dreyes@cedar-bluff.example.gov>"
OTHER_REQUEST = """\
I am Dana Reyes, Chief of Police of Cedar Bluff, Iowa. We ask for an after-action review of the protests in May.
There is no investigation and no lawsuit.
"""
ANSWER = "1. No.\n2. No lawsuit, and none expected.\n"
BOUNCE = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@pine-falls.example.gov>
To: {desk}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

The mail system could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.pine-falls.example.gov

Final-Recipient: rfc822; takers@pine-falls.example.gov
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user here

--b
Content-Type: text/rfc822-headers

Message-ID: {letter}
Subject: Re: Policy review

--b--
"""
ACCEPTED = """\
From: Chief Tom Akers <takers@pine-falls.example.gov>
To: {desk}
Subject: Accepted: Scoping call
In-Reply-To: {letter}
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain


--b
Content-Type: text/calendar; charset=utf-8; method=REPLY

BEGIN:VCALENDAR
METHOD:REPLY
BEGIN:VEVENT
UID:1@cops.example.gov
ATTENDEE;PARTSTAT=ACCEPTED;CN=Tom Akers:mailto:takers@pine-falls.example.gov
SUMMARY:Scoping call
END:VEVENT
END:VCALENDAR

--b--
"""
NO_ID = mail()


def in_charset(charset: str, body: bytes) -> bytes:
    head = "From: Chief José Núñez <jnunez@rio-seco.example.gov>\r\nSubject: Training\r\n"
    return (
        f"{head}Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body


TRAINING = "We are the Río Seco Police Department in New Mexico and need crisis intervention training."


@dataclass(frozen=True)
class Outcome:
    """What is to come of it, beside what was there before."""

    kind: str | None = "request"
    cases: int = 0
    letters: tuple[str, ...] = ()
    notice: str = ""  # how a notice to staff begins; "" none
    log: str = ""  # what the thread of the case's card tells; "" nothing
    doubt: str = ""  # how a doubt on the newest case begins
    words: str = ""  # what the card's text must hold


NEW_CASE = Outcome(cases=1, letters=("acknowledgement",))


@dataclass(frozen=True)
class Hard:
    """A mail, and what is to come of it."""

    mail: Callable[[MailDesk], bytes]
    outcome: Outcome


def plain(raw: bytes) -> Callable[[MailDesk], bytes]:
    return lambda desk: raw


AUTOMATIC = Outcome(kind="automatic")

CASES = {
    "01 a first mail": Hard(plain(mail(sender=STRANGER, text=OTHER_REQUEST)), NEW_CASE),
    "02 the same mail again": Hard(plain(FIRST), Outcome(kind=None)),
    "03 a reply to their own first mail": Hard(
        plain(mail(ANSWER, "Re: Policy review", In_Reply_To="<first@pine-falls.example.gov>")),
        Outcome(kind="reply", letters=("answers_noted",), log="The agency wrote."),
    ),
    "04 a reply by References alone, under another subject": Hard(
        lambda desk: mail(ANSWER, "Something else", References=f"<x@y.example> {desk.letter_id()}"),
        Outcome(kind="reply", letters=("answers_noted",), log="The agency wrote."),
    ),
    "05 a stranger's own matter under the same subject": Hard(
        plain(mail(OTHER_REQUEST, "Re: Policy review", sender=STRANGER)), NEW_CASE
    ),
    "06 marked as automatic": Hard(plain(mail("Thanks.", "Re: Help", Auto_Submitted="auto-replied")), AUTOMATIC),
    "07 out of office by its subject alone": Hard(
        plain(mail("I will be back on Monday.", "Out of office: Policy review")), AUTOMATIC
    ),
    "08 a subject that begins with Autoreply": Hard(
        plain(mail("We got your mail and will look at it.", "Autoreply: Policy review")), AUTOMATIC
    ),
    "09 list mail that asks for nothing": Hard(
        plain(
            mail(
                "The spring issue of our bulletin is out.",
                "Bulletin",
                "Chiefs of Police <bulletin@chiefs.example.org>",
                List_Id="<bulletin.chiefs.example.org>",
            )
        ),
        AUTOMATIC,
    ),
    "09 list mail that asks for help": Hard(
        plain(mail(OTHER_REQUEST, "Help", STRANGER, List_Id="<chiefs.example.org>")), NEW_CASE
    ),
    "10 a bounce of our letter": Hard(
        lambda desk: BOUNCE.format(desk=DESK, letter=desk.letter_id()).encode(),
        Outcome(kind="automatic", log="The acknowledgement did not arrive (takers@pine-falls.example.gov): 5.1.1"),
    ),
    "11 no From": Hard(plain(mail(sender=None)), Outcome(notice="Held: it is not clear who wrote")),
    "12 no Subject": Hard(plain(mail(OTHER_REQUEST, subject=None, sender=STRANGER)), NEW_CASE),
    "13 UTF-8 in 8 bits": Hard(
        plain(in_charset("utf-8", TRAINING.encode())), Outcome(cases=1, letters=("acknowledgement",), words="Río Seco")
    ),
    "14 backslashes in the text": Hard(
        plain(mail(f"{OTHER_REQUEST}\nIt lies in C:\\new\\users\\temp.", sender=STRANGER)),
        Outcome(cases=1, letters=("acknowledgement",), words="C:\\new\\users\\temp"),
    ),
    "15 a charset that nobody knows": Hard(
        plain(in_charset("x-none", TRAINING.encode("cp1252"))),
        Outcome(cases=1, letters=("acknowledgement",), words="Río Seco", doubt="The charset 'x-none' is unknown"),
    ),
    "16 ISO-8859-1 in 8 bits": Hard(
        plain(in_charset("iso-8859-1", TRAINING.encode("latin-1"))),
        Outcome(cases=1, letters=("acknowledgement",), words="Río Seco"),
    ),
    "17 a stranger names the case in the subject": Hard(
        plain(mail("Send me all you have.", "Re: [CRI-2026-0001]", "Someone <someone@mailhaven.example>")),
        Outcome(kind="reply", notice="Held: a stranger writes to CRI-2026-0001"),
    ),
    "18 an invitation is accepted": Hard(
        lambda desk: ACCEPTED.format(desk=DESK, letter=desk.letter_id()).encode(),
        Outcome(kind="automatic", log="Chief Tom Akers has accepted the invitation “Scoping call”"),
    ),
    "19 an empty body": Hard(
        plain(mail("", "Pine Falls Police Department asks for help", STRANGER)), NEW_CASE
    ),
    "20 no Message-ID": Hard(plain(mail(OTHER_REQUEST, sender=STRANGER)), NEW_CASE),
    "21 no Message-ID, the same bytes again": Hard(plain(NO_ID), Outcome(kind=None)),
    "22 another mail under a Message-ID that was used": Hard(
        plain(mail(OTHER_REQUEST, sender=STRANGER, Message_ID="<first@pine-falls.example.gov>")),
        Outcome(cases=1, letters=("acknowledgement",), doubt="Another mail with the same Message-ID came before (CRI-2026-0001)"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def desk(rules: Rulebook) -> Iterator[MailDesk]:
    """With one case in it: `FIRST`, acknowledged."""
    with mail_desk(rules) as desk:
        desk.hears(FIRST)
        assert [letter.name for letter in desk.letters()] == ACKNOWLEDGED
        yield desk


@pytest.mark.parametrize("name", CASES)
def test_what_comes_of_a_hard_mail(name: str, desk: MailDesk) -> None:
    hard, before = CASES[name], len(desk.cases())
    if name.startswith("21"):
        desk.hears(NO_ID)
        before = len(desk.cases())
    letters, notices, log = len(desk.letters()), len(desk.notices()), len(desk.log())

    thought = desk.hears(hard.mail(desk))

    came, wanted = desk.cases(), hard.outcome
    assert (thought.decision.kind.value if thought and thought.decision else None) == wanted.kind
    assert len(came) - before == wanted.cases
    assert tuple(letter.name.value for letter in desk.letters()[letters:]) == wanted.letters
    assert [notice.title for notice in desk.notices()[notices:]] == ([wanted.notice] if wanted.notice else [])
    assert [line.startswith(wanted.log) for line in desk.log()[log:]] == ([True] if wanted.log else [])
    assert not wanted.doubt or [doubt for doubt in came[-1].doubts if doubt.startswith(wanted.doubt)]
    assert wanted.words in desk.body()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_costs_little_and_does_not_keep_the_next_one_back(name: str, desk: MailDesk) -> None:
    started = time.process_time()
    desk.hears(HOSTILE[name])
    taken = time.process_time() - started
    before = len(desk.cases())

    desk.hears(mail(OTHER_REQUEST, sender=STRANGER))

    assert taken < 2
    assert len(desk.cases()) - before == 1


def table() -> str:
    """The hard mails and what comes of each, as docs/mail.md shows them."""
    rows = [f"| {name[:2]} | {name[3:]} | {in_words(hard.outcome)} |" for name, hard in CASES.items()]
    return "\n".join(["| | a mail | what comes of it |", "|---|---|---|", *rows])


def in_words(outcome: Outcome) -> str:
    if outcome.kind is None:
        return "kept; the same mail came before, so nothing follows"
    told = [f"*{outcome.kind}*"]
    told += ["a case of its own"] if outcome.cases else []
    told += [f"the letter *{letter.replace('_', ' ')}*" for letter in outcome.letters]
    told += [f"staff are asked: “{outcome.notice}”"] if outcome.notice else []
    told += [f"with its case: “{outcome.log}”"] if outcome.log else []
    told += [f"staff are told: “{outcome.doubt}”"] if outcome.doubt else []
    told += ["every word as it was meant"] if outcome.words else []
    return ", ".join([*told, "filed"] if len(told) == 1 else told)


def test_the_documents_tell_what_comes_of_each() -> None:
    assert table() in (Path(__file__).parents[2] / "docs" / "mail.md").read_text("utf-8")
