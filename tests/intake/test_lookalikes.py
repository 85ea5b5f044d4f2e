"""Which names of domains are taken for one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.intake.lookalikes import Lookalikes, imitates, imitates_name, resembled

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


# Many at once

KNOWN = (
    "pine-falls.gov",
    "harmoncounty.us",
    "oakridgepd.org",
    "ashford.example.gov",
    "tiny.us",
    "springfield-ohio.gov",
)


@pytest.mark.parametrize(
    "domain",
    [
        "pine-fa11s.gov",
        "pine-falls.com",
        "pine-falls-gov.com",
        "pine-falls.gov.evil.example",
        "pinefalls.gov",
        "pine-fallss.gov",
        "pien-falls.gov",
        "harmoncouny.us",
        "harrnoncounty.us",
        "оakridgepd.org",
        "xn--akridgepd-7fg.org",
        "oakridgepd.org",
        "mail.oakridgepd.org",
        "example.gov",
        "tinny.us",
        "springfield-0hio.gov",
        "mailhaven.example",
        "",
        "gov",
    ],
)
def test_what_is_found_among_many_is_what_is_found_one_by_one(domain: str) -> None:
    assert Lookalikes(KNOWN).of(domain) == resembled(domain, KNOWN)


@given(st.sampled_from(KNOWN), st.integers(0, 40), st.sampled_from(["", "a", "-", "1", "."]), st.booleans())
def test_no_slip_is_lost_among_many(known: str, at: int, letter: str, replaces: bool) -> None:
    domain = known[:at] + letter + known[at + replaces :]

    assert Lookalikes(KNOWN).of(domain) == resembled(domain, KNOWN)
