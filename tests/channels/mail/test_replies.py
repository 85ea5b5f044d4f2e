"""The address that answers come to names its case, and nobody else can make one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.authority import Ticket
from crbot.channels.mail.headers import is_address
from crbot.channels.mail.replies import ReplyAddresses, tags_in

REPLIES = ReplyAddresses("cri-intake@cops.example.gov", "key")
CASE = "CRI-2026-0042"
ADDRESS = REPLIES.of(CASE) or ""


def test_it_names_the_case_and_can_be_written_to() -> None:
    assert ADDRESS.startswith("cri-intake+cri-2026-0042-")
    assert ADDRESS.endswith("@cops.example.gov")
    assert is_address(ADDRESS)


@pytest.mark.parametrize("written", [ADDRESS, ADDRESS.upper(), f"Desk <{ADDRESS}>", f"rfc822;{ADDRESS}"])
def test_it_is_known_however_it_is_written(written: str) -> None:
    assert REPLIES.case_in(tags_in(written.encode())) == CASE


@pytest.mark.parametrize(
    "forged",
    [
        ADDRESS.replace("0042", "0043"),
        ADDRESS.replace("@", "a@"),
        (ReplyAddresses("cri-intake@cops.example.gov", "another key").of(CASE) or ""),
        "cri-intake+cri-2026-0042-aaaaaaaaaaaaaaaa@cops.example.gov",
    ],
)
def test_one_of_somebody_elses_making_names_none(forged: str) -> None:
    assert REPLIES.case_in(tags_in(forged.encode())) is None


def test_without_a_key_answers_come_to_the_plain_address() -> None:
    plain = ReplyAddresses("cri-intake@cops.example.gov")

    assert plain.of(CASE) is None
    assert plain.case_in(tags_in(ADDRESS.encode())) is None


def test_an_address_that_would_be_too_long_is_not_made() -> None:
    assert ReplyAddresses(f"{'a' * 40}@cops.example.gov", "key").of(CASE) is None


@given(raw=st.binary() | st.text().map(lambda text: f"+cri-2026-0042-{text}@x".encode()))
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    REPLIES.case_in(tags_in(raw))


TICKET = Ticket(CASE, 2, date(2026, 3, 16))
CONFIRMING = REPLIES.confirming(TICKET) or ""


def test_the_address_of_a_confirmation_names_case_time_and_last_day() -> None:
    assert is_address(CONFIRMING)
    assert REPLIES.ticket_in(tags_in(CONFIRMING.upper().encode())) == TICKET
    assert REPLIES.case_in(tags_in(CONFIRMING.encode())) == CASE
    assert REPLIES.ticket_in(tags_in(ADDRESS.encode())) is None


@pytest.mark.parametrize(
    "forged",
    [
        CONFIRMING.replace("0042", "0043"),
        CONFIRMING.replace("2u260316", "3u260316"),
        CONFIRMING.replace("2u260316", "2u270316"),
        CONFIRMING.replace("-2u260316", ""),
        ADDRESS.replace("0042-", "0042-2u260316-"),
        ReplyAddresses("cri-intake@cops.example.gov", "another key").confirming(TICKET) or "",
    ],
)
def test_nobody_can_make_or_prolong_the_address_of_a_confirmation(forged: str) -> None:
    assert REPLIES.ticket_in(tags_in(forged.encode())) is None
    assert REPLIES.case_in(tags_in(forged.encode())) is None


def test_without_a_key_nothing_can_be_confirmed() -> None:
    assert ReplyAddresses("cri-intake@cops.example.gov").confirming(TICKET) is None
    assert ReplyAddresses("cri-intake@cops.example.gov").ticket_in(tags_in(CONFIRMING.encode())) is None
