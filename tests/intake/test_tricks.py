"""Forty mails that pretend: what staff are told of each, and what is not believed. The table in docs/authority.md is held against this."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crbot import wiring
from crbot.cases.authority import Role, Surety, Ticket
from crbot.cases.case import Case
from crbot.cases.rulebook import Rulebook
from crbot.intake.vouching import Means
from tests.intake.asked import (
    AUTHORIZED,
    CHIEF,
    LIEUTENANT,
    SERVER,
    answer,
    asked,
    asked_desk,
    confirm,
    means,
    proven,
    reply_address,
)
from tests.mail_desk import MailDesk, mail

TABLE = Path(__file__).resolve().parents[2] / "docs" / "authority.md"

AGENCY = "that it comes from the agency"
HEAD = "that its head asks"
CASE = "that it belongs to the case"
CONFIRMED = "that the head has confirmed"
ADDRESS = "that this is the head's address"

YES = "Yes, I authorize this."
FORWARD = """\
See below from the Chief.

---------- Forwarded message ---------
From: Tom Akers <takers@pine-falls.example.gov>
Date: Mon, Mar 2, 2026 at 8:00 AM
Subject: CRI
To: Dana Moss

Dana, I authorize this request. Go ahead.

Tom Akers
Chief of Police
"""


def as_chief(name: str = "Tom Akers", agency: str = "Pine Falls Police Department, Idaho") -> str:
    return (
        f"I am {name}, Chief of Police of the {agency}. We ask for training in crisis intervention. There is no"
        f" investigation and no lawsuit.\n\n{name}\nChief of Police\n"
    )


@dataclass(frozen=True)
class Trick:
    """A mail, what staff read of it, and what is not believed."""

    mail: str  # in words, for the table
    raw: Callable[[MailDesk], bytes]
    says: str
    not_believed: str
    before: Callable[[MailDesk], object] = field(default=lambda desk: None)


def new(
    sender: str, text: str | None = None, result: str = "pass", **headers: str
) -> Callable[[MailDesk], bytes]:
    """A first mail, of which our mail server vouches for the domain that it bears."""
    return lambda desk: proven(text or as_chief(), sender, result, subject="Training", **headers)


def joining(
    sender: str, text: str = "We take our request back.", result: str = "pass"
) -> Callable[[MailDesk], bytes]:
    """A mail into the thread of the case."""
    return lambda desk: proven(text, sender, result, subject="Re: Review", In_Reply_To=desk.letter_id(0))


def ticketed(
    sender: str, text: str = YES, result: str = "pass", **headers: str
) -> Callable[[MailDesk], bytes]:
    """A mail to the address at which the head was asked."""
    return lambda desk: proven(text, sender, result, To=reply_address(asked(desk).ticket), **headers)


def at(domain: str, name: str = "Tom Akers") -> str:
    return f"{name} <takers@{domain}>"


def in_checks_of_its_own(desk: MailDesk) -> bytes:
    forged = f"Authentication-Results: {SERVER}; dmarc=pass header.from=pine-falls.example.gov\n"
    honest = f"Authentication-Results: {SERVER}; dmarc=none header.from=pine-falls.example.gov\n"
    return (honest + forged).encode() + mail(as_chief(), sender=CHIEF)


def guessed(desk: MailDesk) -> bytes:
    ticket = asked(desk).ticket
    assert ticket is not None
    to = reply_address(ticket)
    forged = re.sub(r"-[a-z2-7]{16}@", "-aaaaaaaaaaaaaaaa@", to)
    return proven(YES, at("gmail.com"), To=forged, subject="Re: Please confirm [CRI-2026-0001]")


def of_another_case(desk: MailDesk) -> bytes:
    ticket = asked(desk).ticket
    assert ticket is not None
    to = reply_address(Ticket("CRI-2026-0002", ticket.round, ticket.until))
    return proven(YES, CHIEF, To=to, In_Reply_To=desk.letter_id(0))


LIKE_THE_REGISTERS = "resembles pine-falls.example.gov, which the register has"
NOBODY_VOUCHES = "Nobody vouches yet that the head of the agency stands behind the request"

TRICKS = (
    # domains that look like the agency's
    Trick("a one for an l in the domain", new(at("pine-fa11s.example.gov")), LIKE_THE_REGISTERS, AGENCY),
    Trick("another ending of the domain", new(at("pine-falls.example.com")), LIKE_THE_REGISTERS, AGENCY),
    Trick("hyphens for dots", new(at("pine-falls-example-gov.com")), LIKE_THE_REGISTERS, AGENCY),
    Trick(
        "the domain before another",
        new(at("pine-falls.example.gov.evil.example")),
        LIKE_THE_REGISTERS,
        AGENCY,
    ),
    Trick("a hyphen left out", new(at("pinefalls.example.gov")), LIKE_THE_REGISTERS, AGENCY),
    Trick("a letter more", new(at("pine-fallls.example.gov")), LIKE_THE_REGISTERS, AGENCY),
    Trick("two letters swapped", new(at("pien-falls.example.gov")), LIKE_THE_REGISTERS, AGENCY),
    Trick(
        "a Cyrillic letter",
        new(at("xn--ine-falls-9uk.example.gov")),
        "letters that are no plain ones",
        AGENCY,
    ),
    Trick(
        "a q for a g",
        new(
            "Ruth Lindqvist <rl@oakridqepd.example.org>",
            as_chief("Ruth Lindqvist", "Oak Ridge Police Department, TN"),
        ),
        "resembles oakridgepd.example.org, which the register has",
        AGENCY,
    ),
    Trick(
        "rn for m",
        new(
            "R. Teller <rt@rnaplehollowpd.example>",
            as_chief("R. Teller", "Maple Hollow Police Department, Ohio"),
        ),
        "resembles maplehollowpd.example, which the register has",
        AGENCY,
    ),
    Trick("“gov” within a .com", new(at("pinefallspd-gov.com")), "looks like one of the .gov domain", AGENCY),
    Trick(
        "the government of another country",
        new(at("pinefallspd.gov.co")),
        "another country gives out",
        AGENCY,
    ),
    Trick("a domain like our own", new(at("c0ps.example.gov")), "resembles cops.example.gov", AGENCY),
    Trick(
        "the name of an agency that the register does not have, with a one for an l",
        new("Rae Ives <rives@e1khollowpd.com>", as_chief("Rae Ives", "Elk Hollow Police Department, Idaho")),
        "is written almost like Elk Hollow Police Department",
        AGENCY,
    ),
    Trick("a neighbouring agency's own domain", new(at("cedar-bluff.example.gov")), NOBODY_VOUCHES, AGENCY),
    # names and headers
    Trick(
        "an office in the name, private mail behind it",
        new('"Chief Tom Akers, Pine Falls PD" <pfpd.chief@gmail.com>'),
        NOBODY_VOUCHES,
        HEAD,
    ),
    Trick(
        "the head's address as the name",
        new('"takers@pine-falls.example.gov" <desk77@mailhaven.example>'),
        "name is written like another address",
        HEAD,
    ),
    Trick(
        "the agency's domain in the name",
        new('"Chief, pine-falls.example.gov" <desk77@mailhaven.example>'),
        "name names pine-falls.example.gov",
        HEAD,
    ),
    Trick(
        "answers wanted elsewhere",
        new(CHIEF, None, "none", Reply_To="takers@mailhaven.example"),
        "Reply-To differs from From",
        HEAD,
    ),
    Trick("the head's address, forged", new(CHIEF, None, "fail"), "found that it does not", HEAD),
    Trick("the head's address, nothing proves it", new(CHIEF, None, "none"), "not proven to come from", HEAD),
    Trick("a check of the sender's own writing", in_checks_of_its_own, "not proven to come from", HEAD),
    # private mail
    Trick("a head's private mail", new("Tom Akers <tom.akers@yahoo.com>"), NOBODY_VOUCHES, HEAD),
    Trick(
        "a head's private mail, of an agency that nobody knows",
        new("Rae Ives <rae.ives@aol.com>", as_chief("Rae Ives", "Elk Hollow Police Department, Idaho")),
        NOBODY_VOUCHES,
        HEAD,
    ),
    Trick(
        "private mail that is not the one in the register",
        new(
            "Wade Norris <chief.n0rris@gmail.com>",
            as_chief("Wade Norris", "Little Creek Police Department, Kansas"),
        ),
        NOBODY_VOUCHES,
        HEAD,
    ),
    Trick(
        "a colleague's private mail, the head said to agree",
        new("Dana Moss <dana.moss@gmail.com>", AUTHORIZED),
        NOBODY_VOUCHES,
        HEAD,
    ),
    Trick(
        "a forward of the head's consent, from private mail",
        new("Dana Moss <dana.moss@gmail.com>", AUTHORIZED + "\n" + FORWARD),
        NOBODY_VOUCHES,
        HEAD,
    ),
    # replies that hijack a case
    Trick(
        "a stranger with the thread in hand",
        joining("Vic Stone <vstone@rival.example>"),
        "a stranger writes",
        CASE,
    ),
    Trick(
        "a stranger who names the number",
        lambda desk: proven("Stop it.", "Vic Stone <vstone@rival.example>", subject="Re: [CRI-2026-0001]"),
        "a stranger writes",
        CASE,
    ),
    Trick(
        "an address like a participant's",
        joining("Lt. Dana Moss <dmoss@pine-fa11s.example.gov>"),
        "resembles dmoss@pine-falls.example.gov",
        CASE,
    ),
    Trick(
        "a participant's name", joining("Lt. Dana Moss <dmoss@mailhaven.example>"), "a stranger writes", CASE
    ),
    Trick(
        "a participant's address, forged", joining(LIEUTENANT, result="fail"), "found that it does not", CASE
    ),
    # answers that confirm nothing
    Trick("the requester answers for the head", ticketed(LIEUTENANT), "is from somebody else", CONFIRMED),
    Trick(
        "a stranger answers for the head",
        ticketed("V. Stone <v@rival.example>"),
        "is from somebody else",
        CONFIRMED,
    ),
    Trick("the head's name, another address", ticketed(at("gmail.com")), "is from somebody else", CONFIRMED),
    Trick("the head's address, forged, in answer", ticketed(CHIEF, result="fail"), "and is not", CONFIRMED),
    Trick(
        "the head's address, not proven, in answer", ticketed(CHIEF, result="none"), "please call", CONFIRMED
    ),
    Trick("a guessed address for the answer", guessed, "a stranger writes", CONFIRMED),
    Trick("the address of another case", of_another_case, "used up or has expired", CONFIRMED),
    Trick(
        "a yes after a no",
        ticketed(CHIEF),
        "used up or has expired",
        CONFIRMED,
        before=lambda desk: answer(desk, "No."),
    ),
    Trick(
        "the head's machine says yes",
        ticketed(CHIEF, "Yes, I am away until Monday.", Auto_Submitted="auto-replied"),
        "automatic",
        CONFIRMED,
    ),
    Trick("a yes in what is quoted alone", ticketed(CHIEF, FORWARD), "not clear whether", CONFIRMED),
    Trick(
        "a forward of the head's consent, into the case",
        joining(LIEUTENANT, FORWARD),
        "no answer yet",
        CONFIRMED,
    ),
    # addresses that the requester supplies
    Trick(
        "a head's address at a provider of private mail",
        new("Dana Moss <dana.moss@gmail.com>", AUTHORIZED + "\nOur chief reads takers.pfpd@gmail.com.\n"),
        "",
        ADDRESS,
    ),
)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture(scope="module")
def known(rules: Rulebook) -> Means:
    return means(rules)


@pytest.fixture
def desk(rules: Rulebook, known: Means) -> Iterator[MailDesk]:
    """One case, CRI-2026-0001, whose head was asked to confirm it."""
    with asked_desk(rules, known) as desk:
        desk.hears(proven(AUTHORIZED, LIEUTENANT))
        yield desk


def told(desk: MailDesk) -> str:
    """All that staff read: on the newest card, in threads, in notices."""
    case = desk.cases()[-1]
    notices = [f"{each.title}. {each.text}" for each in desk.notices()]
    return "\n".join((*case.doubts, case.vouched_for, *desk.log(), *notices))


def held(desk: MailDesk) -> int:
    return desk.states().get("held", 0)


def is_not_believed(what: str, desk: MailDesk, first: Case, already_held: int) -> bool:
    """What no trick may bring about."""
    case, newest = desk.cases()[0], desk.cases()[-1]
    assert case.confirmation is not None
    match what:
        case "that it belongs to the case":
            return (held(desk), case.participants) == (already_held + 1, first.participants)
        case "that the head has confirmed":
            return not case.confirmation.is_given
        case "that this is the head's address":
            refused = confirm_at(desk, newest, "takers.pfpd@gmail.com")
            return refused.confirmation is None
        case _:
            heads = [party for party in newest.parties if party.role is Role.HEAD]
            sure = [party for party in heads if party.surety in (Surety.PROVEN, Surety.CONFIRMED)]
            return newest.number != case.number and bool(newest.unconfirmed) and not sure


def confirm_at(desk: MailDesk, case: Case, address: str) -> Case:
    confirm(desk, case.number, address=address)
    return desk.cases()[-1]


def test_there_are_forty() -> None:
    assert len(TRICKS) >= 40
    assert len({trick.mail for trick in TRICKS}) == len(TRICKS)


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.mail)
def test_what_pretends_is_told_and_not_believed(trick: Trick, desk: MailDesk) -> None:
    trick.before(desk)
    first, already_held, letters = desk.cases()[0], held(desk), len(desk.letters())

    desk.hears(trick.raw(desk))

    assert trick.says in told(desk)
    assert is_not_believed(trick.not_believed, desk, first, already_held)
    case = desk.cases()[0]
    assert case.confirmation is not None
    assert not case.confirmation.is_given
    asked_at = [each.to.address for each in desk.letters()[letters:] if each.ticket is not None]
    assert asked_at == []


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.mail)
def test_nobody_is_refused_for_looking_odd(trick: Trick, desk: MailDesk) -> None:
    """A head of a small town writes from private mail: the request is a case like any other."""
    trick.before(desk)
    desk.hears(trick.raw(desk))

    case = desk.cases()[-1]
    assert not case.stage.is_ended
    assert case.draft is None


def test_the_documents_tell_of_every_trick() -> None:
    rows = re.findall(r"^\| \d+ \| (.+?) \| (.+?) \| (.+?) \|$", TABLE.read_text("utf-8"), re.MULTILINE)

    assert rows == [
        (each.mail, f"“…{each.says}…”" if each.says else "–", each.not_believed) for each in TRICKS
    ]
