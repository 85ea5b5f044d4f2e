"""Who wrote is proven by our own mail server or not at all, and a name proves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.channels.mail.mime import OurSide, received
from crbot.channels.mail.sender import Border, doubts_about_names, proof_of
from crbot.intake.ports import Proof
from crbot.triage.message import Person

OURS = Border("mx.cops.example.gov")
MICROSOFT = Border(is_microsoft=True)
CHIEF = Person("Chief Tom Akers", "takers@pine-falls.example.gov")

FOUND = {
    "DMARC passes": ("dmarc=pass header.from=pine-falls.example.gov", Proof.PROVEN),
    "DMARC passes, with its policy": ("dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=pine-falls.example.gov", Proof.PROVEN),
    "DMARC passes for somebody else": ("dmarc=pass header.from=shop.example", Proof.NOT_PROVEN),
    "DMARC fails": ("spf=pass smtp.mailfrom=x@shop.example; dmarc=fail header.from=pine-falls.example.gov", Proof.FAILED),
    "a signature of the domain": ("dkim=pass header.d=pine-falls.example.gov header.s=k1", Proof.PROVEN),
    "a signature named by its user": ("dkim=pass header.i=@pine-falls.example.gov", Proof.PROVEN),
    "a signature of a domain below": ("dkim=pass header.d=mail.pine-falls.example.gov", Proof.PROVEN),
    "a signature of somebody else": ("dkim=pass header.d=shop.example", Proof.NOT_PROVEN),
    "a signature of an ending": ("dkim=pass header.d=gov", Proof.NOT_PROVEN),
    "a broken signature": ("dkim=fail (body hash did not verify) header.d=pine-falls.example.gov", Proof.NOT_PROVEN),
    "one broken, one whole": ("dkim=fail header.d=pine-falls.example.gov; dkim=pass header.d=pine-falls.example.gov", Proof.PROVEN),
    "SPF for the domain": ("spf=pass smtp.mailfrom=bounce@pine-falls.example.gov", Proof.PROVEN),
    "SPF for a bare domain": ("spf=pass smtp.mailfrom=pine-falls.example.gov", Proof.PROVEN),
    "SPF for somebody else": ("spf=pass smtp.mailfrom=x@shop.example", Proof.NOT_PROVEN),
    "SPF fails": ("spf=fail smtp.mailfrom=takers@pine-falls.example.gov", Proof.FAILED),
    "SPF fails softly": ("spf=softfail smtp.mailfrom=takers@pine-falls.example.gov", Proof.NOT_PROVEN),
    "SPF fails, and a signature is whole": (
        "spf=fail smtp.mailfrom=takers@pine-falls.example.gov; dkim=pass header.d=pine-falls.example.gov", Proof.PROVEN,
    ),
    "nothing was there to check": ("none", Proof.NOT_PROVEN),
    "the name server was away": ("spf=temperror smtp.mailfrom=takers@pine-falls.example.gov; dkim=temperror", Proof.NOT_PROVEN),
    "a pass in a comment": ("spf=none (dmarc=pass header.from=pine-falls.example.gov; dkim=pass)", Proof.NOT_PROVEN),
    "a pass in a comment within a comment": ("spf=none (a (b) dmarc=pass; dmarc=pass (c))", Proof.NOT_PROVEN),
    "a pass in the sender's quoted words": (
        'spf=pass smtp.mailfrom="x; dmarc=pass header.from=pine-falls.example.gov"@shop.example', Proof.NOT_PROVEN,
    ),
    "a version behind the method": ("dkim/1=pass header.d=pine-falls.example.gov", Proof.PROVEN),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_our_server_found_out_is_read(name: str) -> None:
    results, wanted = FOUND[name]

    assert proof_of(CHIEF, [f"mx.cops.example.gov; {results}"], OURS) is wanted


PASS = "dmarc=pass header.from=pine-falls.example.gov"
FAIL = "dmarc=fail header.from=pine-falls.example.gov"

WHOSE = {
    "nobody wrote anything": ([], OURS, Proof.UNKNOWN),
    "only somebody else wrote": ([f"mx.shop.example; {PASS}"], OURS, Proof.UNKNOWN),
    "ours is named in other letters": ([f"MX.cops.example.gov 1; {PASS}"], OURS, Proof.PROVEN),
    "ours is named in a comment": ([f"mx.shop.example (mx.cops.example.gov); {PASS}"], OURS, Proof.UNKNOWN),
    "ours is the beginning of another name": ([f"mx.cops.example.gov.shop.example; {PASS}"], OURS, Proof.UNKNOWN),
    "somebody else's stands above": ([f"mx.shop.example; {PASS}", f"mx.cops.example.gov; {FAIL}"], OURS, Proof.FAILED),
    "a forged one stands below": ([f"mx.cops.example.gov; {FAIL}", f"mx.cops.example.gov; {PASS}"], OURS, Proof.FAILED),
    "we have told no name": ([f"mx.cops.example.gov; {PASS}"], Border(), Proof.UNKNOWN),
    "Microsoft's has no name": (
        [
            ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=pine-falls.example.gov; dkim=pass (signature was verified) "
            "header.d=pine-falls.example.gov;dmarc=pass action=none header.from=pine-falls.example.gov;compauth=pass reason=100")
        ],
        MICROSOFT,
        Proof.PROVEN,
    ),
    "Microsoft's, and it fails": (
        [
            ("spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=pine-falls.example.gov; dkim=none (message not signed) "
            "header.d=none;dmarc=fail action=quarantine header.from=pine-falls.example.gov;compauth=fail reason=000")
        ],
        MICROSOFT,
        Proof.FAILED,
    ),
    "a nameless one, and we are not at Microsoft": ([PASS], OURS, Proof.UNKNOWN),
    "a nameless one below one with a name": ([f"mx.shop.example; {FAIL}", PASS], MICROSOFT, Proof.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOSE)
def test_only_the_topmost_word_of_our_own_server_counts(name: str) -> None:
    found, border, wanted = WHOSE[name]

    assert proof_of(CHIEF, found, border) is wanted


@given(
    found=st.lists(st.text() | st.sampled_from(["mx.cops.example.gov;", 'a"(', "dmarc=pass", "("])).map(
        "".join
    )
)
def test_no_header_makes_it_fail(found: str) -> None:
    assert (
        proof_of(CHIEF, [f"mx.cops.example.gov; {found}", found], Border("mx.cops.example.gov", True))
        in Proof
    )


def test_a_mail_that_is_not_proven_says_so_to_staff() -> None:
    raw = b"Authentication-Results: mx.cops.example.gov;\r\n spf=none\r\nFrom: a@townpd.example.gov\r\n\r\nHelp."

    got = received(raw, OurSide(border=OURS))

    assert got.proof is Proof.NOT_PROVEN
    assert got.doubts == ("The mail is not proven to come from townpd.example.gov",)


def test_where_nothing_is_looked_at_nothing_is_said() -> None:
    assert received(b"From: a@townpd.example.gov\r\n\r\nHelp.", OurSide()).doubts == ()


NAMES = {
    "a plain name": ("Tom Akers", "takers@pine-falls.example.gov", None),
    "the address itself": ("takers@pine-falls.example.gov", "takers@pine-falls.example.gov", None),
    "another address": ("takers@pine-falls.example.gov", "bob@x.example", "The sender's name is written like another"),
    "another's domain": ("Pine Falls (pine-falls.gov)", "bob@x.example", "The sender's name names pine-falls.gov"),
    "the own domain": ("Tom, pine-falls.us", "takers@pine-falls.us", None),
    "an initial": ("J.R. Poe, Lt.Col.", "jpoe@x.example", None),
    "gov in the middle": ("Tom", "takers@pine-falls.gov.example.com", "The sender's domain pine-falls.gov.example.com looks"),
    "gov with a dash": ("Tom", "takers@pinefalls-gov.com", "The sender's domain pinefalls-gov.com looks"),
    "a name that holds gov": ("Tom", "takers@govan.example.com", None),
    "a government abroad": ("Tom", "takers@pine-falls.gov.co", "The sender's domain ends in .gov.co, which another country"),
    "a state's city": ("Tom", "takers@pd.ci.pine-falls.id.us", None),
    "a territory": ("Tom", "takers@policia.gov.pr", None),
    "gov with a zero": ("Tom", "takers@pine-falls.g0v.com", "The sender's domain pine-falls.g0v.com looks like"),
    "gov as an ending of its own": ("Tom", "takers@pine-falls.qov.us", "The sender's domain pine-falls.qov.us looks like"),
    "a domain of other letters": ("Tom", "takers@рine-falls.com", "The sender's domain is written with letters"),
    "a domain of other letters, encoded": ("Tom", "takers@xn--ine-falls-1qi.com", "The sender's domain is written with"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_trick_with_names_is_pointed_out(name: str) -> None:
    shown, address, doubt = NAMES[name]

    found = doubts_about_names(Person(shown, address), ())

    assert [each.startswith(doubt or "") for each in found] == ([True] if doubt else [])


def test_where_answers_are_wanted_elsewhere_it_is_shown_where() -> None:
    (doubt,) = doubts_about_names(CHIEF, (Person("", "bob@x.example"), CHIEF))

    assert doubt == "Reply-To differs from From: answers are wanted at bob@x.example"


DESK = "cri-intake@cops.example.gov"
KNOWN = frozenset({"springfieldpd.gov", "river-county.us"})
RESEMBLED = {
    "our own": ("help@c0ps.example.gov", "", "cops.example.gov, and is another"),
    "our own, under another ending": ("help@cops.example.com", "", "cops.example.gov, and is another"),
    "one letter off": ("chief@springfeildpd.gov", "", "springfieldpd.gov, and is another"),
    "another ending": ("chief@springfieldpd.com", "", "springfieldpd.gov, and is another"),
    "an official ending within": ("chief@springfieldpd-gov.com", "", "springfieldpd.gov, and is another"),
    "letters of another script": ("chief@springfieldрd.gov", "", "springfieldpd.gov, and is another"),
    "the same, encoded": ("chief@xn--springfieldd-5gk.gov", "", "springfieldpd.gov, and is another"),
    "the known one": ("chief@springfieldpd.gov", "", ""),
    "a part of the known one": ("chief@records.springfieldpd.gov", "", ""),
    "a colleague in the mail": ("chief@e1m-grove.gov", "Write to Ann, apoe@elm-grove.gov.", "elm-grove.gov, which the mail names"),
    "the pages of the agency": ("chief@elmgrove.com", "https://www.elmgrove.gov/police", "elmgrove.gov, which the mail names"),
    "pages and mail apart": ("chief@elmgrove.gov", "www.elmgrove.org", ""),
    "others in the mail": ("chief@elmgrove.gov", "ann@town.gov, bob@gmail.com", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", RESEMBLED)
def test_a_domain_that_is_taken_for_another_is_pointed_out(name: str) -> None:
    address, words, doubt = RESEMBLED[name]
    side = OurSide(frozenset({DESK}), known_domains=KNOWN)

    got = received(f"From: Chief <{address}>\r\nTo: {DESK}\r\n\r\nHelp. {words}".encode(), side)

    told = [each for each in got.doubts if "resembles" in each]
    assert [each.partition(" resembles ")[2] for each in told] == ([doubt] if doubt else [])
