"""An absence notice tells when somebody is back, in the words that people use."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.absence import LONGEST, back_on

TODAY = date(2026, 11, 25)  # a Wednesday

TOLD = {
    "I am out of the office until Monday.": "2026-11-30",
    "I am out of the office and will return on Tuesday, December 1.": "2026-12-01",
    "Thank you for your mail. I will be back in the office on Monday, November 30th, 2026.": "2026-11-30",
    "I am away from November 25 to December 4.": "2026-12-05",
    "Out Nov. 25 - 30. For urgent matters call dispatch.": "2026-12-01",
    "I'll be out of office 11/25/2026 through 12/4/2026 with limited access to email.": "2026-12-05",
    "Returning 2026-12-07.": "2026-12-07",
    "On 1 December I will be back.": "2026-12-01",
    "I am on leave until January 4.": "2027-01-04",
    "On vacation from 11/26-11/29, back on 11/30.": "2026-11-30",
    "I have limited access through Friday.": "2026-11-28",
    "Back tomorrow.": "2026-11-26",
    "I'm out today, Wednesday. If you need help before I return Monday, call Sgt. Hale.": "2026-11-30",
}
NOT_TOLD = (
    "I am out of the office.",
    "I no longer work here. Please write to Sgt. Hale.",
    "I was back on November 3.",
    "Our office moved on December 1. Please note the new address.",
    "I will return on February 31.",
    "I am on leave until June 30, 2027.",
    "I will return your call soon.",
)


@pytest.mark.parametrize("text", TOLD)
def test_the_day_of_coming_back_is_read(text: str) -> None:
    assert back_on(text, TODAY) == date.fromisoformat(TOLD[text])


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_tells_no_day_that_comes_soon_tells_none(text: str) -> None:
    assert back_on(text, TODAY) is None


@given(
    st.lists(st.sampled_from([*TOLD, "back", " until ", "31/12", "Sept. 99", "\n", "99/99/99", "through"]))
)
def test_whatever_is_written_the_day_lies_ahead_and_not_far(words: list[str]) -> None:
    day = back_on("".join(words), TODAY)

    assert day is None or TODAY < day <= TODAY + LONGEST


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    back_on(text, TODAY)
