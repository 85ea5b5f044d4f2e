"""A desk whose mail server checks senders, with a small invented register, for who asks and who is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

from crbot.cases.authority import Ticket
from crbot.cases.case import Case
from crbot.cases.letters import Letter, LetterName
from crbot.cases.rulebook import Rulebook
from crbot.channels.agencies import read_agencies
from crbot.channels.mail.sender import Border
from crbot.intake.lookalikes import Lookalikes
from crbot.intake.ports import StaffAction, Verb
from crbot.intake.vouching import Means
from crbot.triage.register import Register, Spelling
from tests.mail_desk import REPLIES, MailDesk, mail, mail_desk

SERVER = "mx.cops.example.gov"
CHIEF = "Tom Akers <takers@pine-falls.example.gov>"
LIEUTENANT = "Lt. Dana Moss <dmoss@pine-falls.example.gov>"
AUTHORIZED = """\
I write at the direction of Chief Tom Akers of the Pine Falls Police Department, Idaho. Would somebody review our
pursuit policy with us? There is no investigation and no lawsuit.

Lt. Dana Moss
"""
UNKNOWN = """\
The Pine Falls Police Department, Idaho, asks for a review of its pursuit policy. There is no investigation and no
lawsuit.

Dana Moss
"""


def means(rules: Rulebook, *, is_signed: bool = True) -> Means:
    raw = resources.files("crbot.demo").joinpath("agencies.csv").read_bytes()
    register = Register(read_agencies(raw, "agencies.csv").agencies, Spelling(rules.policy.words))
    domains = (agency.domain for agency in register.agencies)
    return Means(register, Lookalikes(domains), is_signed)


@contextmanager
def asked_desk(rules: Rulebook, known: Means) -> Iterator[MailDesk]:
    with mail_desk(rules, border=Border(SERVER), means=known) as desk:
        yield desk


def proven(text: str, sender: str, result: str = "pass", **headers: str) -> bytes:
    """A mail of which our mail server found this by DMARC; "none" proves nothing."""
    domain = sender.rpartition("@")[2].rstrip(">")
    found = f"{SERVER}; dmarc={result} header.from={domain}"
    return mail(text, sender=sender, Authentication_Results=found, **headers)


def confirm(desk: MailDesk, number: str = "", **values: str) -> Case:
    """Staff have the head asked."""
    number = number or desk.cases()[0].number
    desk.acts(StaffAction(Verb.CONFIRM, number, "U0LEE", values=values, seen_in="C0STAFF"))
    return desk.cases()[0]


def asked(desk: MailDesk) -> Letter:
    """The letter to the head that went out last."""
    return [each for each in desk.letters() if each.name is LetterName.CONFIRMATION_REQUEST][-1]


def reply_address(ticket: Ticket | None) -> str:
    assert ticket is not None
    return REPLIES.confirming(ticket) or ""


def answer(
    desk: MailDesk, text: str, sender: str = CHIEF, result: str = "pass", to: str = "", **headers: str
) -> Case:
    """Somebody answers the letter to the head."""
    headers["To"] = to or reply_address(asked(desk).ticket)
    desk.hears(proven(text, sender, result, subject="Re: Please confirm", **headers))
    return desk.cases()[0]
