"""Which names of domains are taken for one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.intake.lookalikes import imitates, imitates_name, resembled

NAMES = {
    ("pinefallspd.gov", "Pine Falls Police Department"): False,
    ("pine-falls.gov", "Pine Falls Police Department"): False,
    ("pinefa1lspd.com", "Pine Falls Police Department"): True,
    ("pinefals-pd.org", "Pine Falls Police Department"): True,
    ("springfeild-police.com", "City of Springfield Police"): True,
    ("spr1ngfield.us", "Springfield PD"): False,  # the name has "PD" in it, which the domain has not
    ("rnaplewood.gov", "Maplewood Police Department"): True,
    ("gmail.com", "Pine Falls Police Department"): False,
    ("city.gov", "Ada Police Department"): False,
    ("xn--pnefalls-2yb.com", "Pine Falls Police Department"): True,
}


@pytest.mark.parametrize(("domain", "agency"), NAMES)
def test_an_agencys_name_in_other_letters_is_known(domain: str, agency: str) -> None:
    assert imitates_name(domain, agency) is NAMES[domain, agency]


def test_only_another_domain_resembles_one() -> None:
    assert resembled("pine-falls.gov", {"pine-falls.gov", "pinefalls.gov"}) is None
    assert resembled("pine-falls.org", {"pine-falls.gov"}) == "pine-falls.gov"
    assert resembled("", {""}) is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_name_breaks_it(one: str, other: str) -> None:
    resembled(one, (other,))
    imitates(one, other)
    imitates_name(one, other)
