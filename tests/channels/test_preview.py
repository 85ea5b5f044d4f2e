"""Staff see every letter before any agency does."""

from __future__ import annotations

import pytest

from crbot import wiring
from crbot.cases.letters import FIELDS, NEEDS_RELEASE, LetterName
from crbot.channels.preview import as_page, as_text, preview

SHOWN = preview(wiring.load_letters())


@pytest.mark.parametrize("name", FIELDS)
def test_every_letter_is_shown_as_it_goes_out_by_mail_and_by_slack(name: LetterName) -> None:
    (each,) = [each for each in SHOWN if each.name == name.value]

    for shown in (as_text([each]), as_page([each])):
        assert name.value in shown
        assert shown.count("Hello Chief Ann Reyes") >= 2
        assert ("A person must release this letter" in shown) is (name in NEEDS_RELEASE)


def test_the_page_holds_each_mail_as_a_page_of_its_own() -> None:
    shown = as_page(SHOWN)

    assert shown.count("<iframe") == len(FIELDS)
    assert shown.count("&lt;h2&gt;The reason&lt;/h2&gt;") == 1
