"""When the head of an agency is asked, and which answer counts, as `rules/confirming.yaml` says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crbot.cases.authority import Confirmation, Learned, Party, Role, Surety, Ticket, with_parties
from crbot.cases.confirming import FILE, Asks, Listed, Sender, read_confirming
from crbot.config import read_texts, rules_folder
from crbot.triage.approval import Consent
from crbot.triage.notation import Faults

SHIPPED = read_texts(rules_folder(None), ".yaml")[FILE]
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ASKED = Confirmation(
    "Tom Akers", "takers@pine-falls.gov", "the register has it", 2, date(2026, 3, 16), "U0LEE", NOW
)


def faults_of(text: str) -> list[str]:
    faults = Faults()
    read_confirming({FILE: text}, faults)
    return faults.found


@pytest.mark.parametrize(
    ("authority", "sender", "listed", "expected"),
    [
        ("chief_executive", Sender.OWN, Listed.NONE, Asks.NO_NEED),
        ("chief_executive", Sender.OTHER, Listed.LISTED, Asks.STAFF),
        ("authorized", Sender.OWN, Listed.LISTED, Asks.BY_ITSELF),
        ("authorized", Sender.OWN, Listed.NONE, Asks.STAFF),
        ("authorized", Sender.OTHER, Listed.LISTED, Asks.STAFF),
        ("unknown", Sender.OWN, Listed.LISTED, Asks.STAFF),
        ("not_authorized", Sender.OWN, Listed.LISTED, Asks.NO_NEED),
    ],
)
def test_only_what_is_clearly_safe_is_asked_by_itself(
    authority: str, sender: Sender, listed: Listed, expected: Asks
) -> None:
    rules = read_confirming({FILE: SHIPPED}, Faults())

    assert rules.occasion(authority, sender, listed).asks is expected


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("| authorized      | own    | listed", "| authorized      | own    | -     ", "“listed”"),
        ("| authorized      | own    | listed", "| unknown         | own    | listed", "may know nothing"),
        ("| authorized      | own    | listed", "| -               | own    | listed", "may know nothing"),
        ("| authorized      | own", "| authorised      | own", "did you mean 'authorized'"),
        ("| by itself", "| itself   ", "is no asks"),
        (
            "| -               | -      | -       | staff",
            "| unknown         | -      | -       | staff",
            "last row",
        ),
        ("valid: 14 days", "valid: two weeks", "is no time to answer in"),
        ("valid: 14 days", "valid: 0 days", "is no time to answer in"),
        ("valid: 14 days", "", "`valid:` is missing"),
        ("counts: proven", "counts: failed", "can't count"),
        ("  .gov", "  gov", "is no ending of domains"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_place(before: str, after: str, fault: str) -> None:
    assert before in SHIPPED
    found = faults_of(SHIPPED.replace(before, after))

    assert any(each.startswith(FILE) and fault in each for each in found), found


def test_a_folder_without_the_file_is_refused() -> None:
    faults = Faults()
    read_confirming({}, faults)

    assert faults.found == [f"{FILE}: is missing; take it from the rules that came with crbot"]


@pytest.mark.parametrize(
    ("ticket", "today", "answer", "expected"),
    [
        (Ticket("CRI-2026-0001", 2, date(2026, 3, 16)), date(2026, 3, 16), None, True),
        (Ticket("CRI-2026-0001", 2, date(2026, 3, 16)), date(2026, 3, 17), None, False),
        (Ticket("CRI-2026-0001", 1, date(2026, 3, 16)), date(2026, 3, 3), None, False),
        (Ticket("CRI-2026-0001", 2, date(2026, 5, 16)), date(2026, 4, 1), None, False),
        (Ticket("CRI-2026-0001", 2, date(2026, 3, 16)), date(2026, 3, 3), Consent.UNCLEAR, False),
    ],
)
def test_a_ticket_is_good_once_until_its_day_and_for_the_newest_question(
    ticket: Ticket, today: date, answer: Consent | None, expected: bool
) -> None:
    asked = ASKED if answer is None else Confirmation(*_fields(ASKED), answer=answer)

    assert asked.takes(ticket, today) is expected


def _fields(asked: Confirmation) -> tuple[str, str, str, int, date, str, datetime]:
    return asked.name, asked.address, asked.learned, asked.round, asked.until, asked.by, asked.asked_at


def test_what_is_surer_of_a_person_stays_and_who_writes_is_copied_no_more() -> None:
    head = Party(Role.HEAD, "Tom Akers", "t@a.gov", learned=Learned.REGISTER, surety=Surety.LISTED)
    claimed = Party(Role.HEAD, "T. Akers", "T@a.gov")
    copied = Party(Role.COPIED, "Tom", "t@a.gov", learned=Learned.COPIED)
    nobody = Party(Role.COPIED)

    assert with_parties((copied,), (head, claimed, nobody)) == (head,)
    assert with_parties((claimed,), (head,)) == (head,)


@pytest.mark.parametrize("later", [NOW + timedelta(days=1)])
def test_how_it_stands_is_told_in_words(later: datetime) -> None:
    given = Confirmation(
        *_fields(ASKED),
        answer=Consent.YES,
        words="Yes,\n I do",
        answered_at=later,
        proof="proven",
        is_proven=True,
    )

    assert "no answer yet, good until March 16, 2026" in ASKED.in_words
    assert "confirmed: “Yes, I do” (the mail is proven)" in given.in_words
