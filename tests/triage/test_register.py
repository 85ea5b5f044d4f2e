"""The register: a shortened, mistyped or half-told name finds its agency, or honestly several, and no wrong one."""

from __future__ import annotations

import random
import string

import pytest

from crbot import wiring
from crbot.triage.decide import decide
from crbot.triage.decision import Decision
from crbot.triage.message import Channel, Message, Person
from crbot.triage.register import Agency, Match, Register, Spelling, consult

SPELLING = Spelling(wiring.load_policy().words)
KNOWN = (
    Agency("Springfield Police Department", "OH", "local", "springfieldohio.example.gov"),
    Agency("Springfield Township Police Department", "OH", "local"),
    Agency("Springfield Police Department", "MA", "local"),
    Agency("Franklin County Sheriff's Office", "OH", "county"),
    Agency("Franklin Police Department", "OH", "local"),
    Agency("St. Helena Police Department", "CA", "local"),
    Agency("Elm Ridge University Police Department", "IA", "campus"),
    Agency("Walnut Bend Department of Public Safety", "IA", "local"),
    Agency("Harmon County Sheriff's Office", "KS", "county", "harmonso.example.gov"),
)
REGISTER = Register(KNOWN, SPELLING)


@pytest.mark.parametrize(
    ("name", "state", "wanted"),
    [
        ("Springfield PD", "OH", 0),
        ("City of Springfield Police Dept.", "OH", 0),
        ("SPD (Ohio)", "", 0),
        ("springfield police, ohio", "", 0),
        ("Springfield Twp PD", "OH", 1),
        ("Springfeild Police Department", "MA", 2),
        ("Franklin County S.O.", "OH", 3),
        ("Franklin Co. Sheriffs Dept", "OH", 3),
        ("FCSO", "OH", 3),
        ("Franklin PD", "OH", 4),
        ("Saint Helena Police", "CA", 5),
        ("Elm Ridge Univ. Police", "IA", 6),
        ("Walnut Bend DPS", "IA", 7),
        ("Walnut Bend", "IA", 7),
        ("Harmon County Sherriff", "KS", 8),
        ("Harmon County Sheriff's Department", "", 8),
    ],
)
def test_a_name_finds_its_agency_however_it_is_written(name: str, state: str, wanted: int) -> None:
    assert REGISTER.find(name, state).agency == KNOWN[wanted]


def test_where_several_agencies_have_the_name_the_register_says_so() -> None:
    match = REGISTER.find("Springfield Police Department")

    assert match.agency is None
    assert {each.agency.state for each in match.candidates[:2]} == {"OH", "MA"}


def test_the_domain_of_the_mail_narrows_it_down() -> None:
    assert REGISTER.find("Springfield PD", domain="springfieldohio.example.gov").agency == KNOWN[0]


@pytest.mark.parametrize(
    "name", ["", "Police Department", "the Chief", "Nowhere Police Department", "?!", "(OH)"]
)
def test_what_the_register_does_not_know_it_does_not_guess(name: str) -> None:
    assert REGISTER.find(name, "OH").agency is None


def test_a_match_tells_why_it_was_thought_of() -> None:
    assert "initials" in REGISTER.find("FCSO", "OH").candidates[0].why


# A register of the size of the country's, of invented names, and what people make of them


STEMS = [
    first + last
    for first in "Ash Bel Car Dun El Fair Glen Hart Iron Jas Kin Lake Mar Nor Oak Pine Quill Red Stone Thorn Up Vin Wal".split()
    for last in "ford ton ville field dale wood burg mere ridge view port haven creek bridge crest ley bury mont gate hurst".split()
]
BEFORE = ["", "", "", "North ", "South ", "St. ", "Fort ", "Mount ", "New ", "West "]
AFTER = ["", "", "", "", " Heights", " Springs", " Beach", " Township", " Park", " Falls"]
STATES = ["OH", "PA", "TX", "CA", "IA", "KS", "NY", "GA", "WA", "MN", "CO", "TN"]
KINDS = [
    ("{} Police Department", "local"),
    ("{} County Sheriff's Office", "county"),
    ("{} University Police Department", "campus"),
]


def country(size: int) -> list[Agency]:
    chance = random.Random(7)
    known: dict[tuple[str, str], Agency] = {}
    while len(known) < size:
        pattern, kind = chance.choices(KINDS, (7, 2, 1))[0]
        place = (
            chance.choice(BEFORE) + chance.choice(STEMS) + (chance.choice(AFTER) if kind == "local" else "")
        )
        agency = Agency(pattern.format(place), chance.choice(STATES), kind)
        known[agency.name, agency.state] = agency
    return list(known.values())


def varied(agency: Agency, chance: random.Random) -> tuple[str, str]:
    """The name as somebody might write it, and the state as far as it is told."""
    name = agency.name
    swaps = {
        "local": [
            ("Police Department", word)
            for word in ("PD", "Police Dept.", "Police", "Dept. of Police", "P.D.")
        ],
        "county": [
            ("Sheriff's Office", word)
            for word in ("Sheriffs Office", "SO", "Sheriff's Dept", "Sheriff", "Sheriff's Department")
        ],
        "campus": [
            ("University Police Department", word)
            for word in ("Univ. Police", "University PD", "University Police")
        ],
    }
    if chance.random() < 0.7:
        name = name.replace(*chance.choice(swaps[agency.type]))
    if agency.type == "local" and chance.random() < 0.2:
        name = f"City of {name}"
    for long, short in (
        ("Saint ", "St "),
        ("St. ", "Saint "),
        ("Fort ", "Ft. "),
        ("Mount ", "Mt "),
        ("Heights", "Hts"),
        ("Township", "Twp"),
        ("County", "Co."),
    ):
        if long in name and chance.random() < 0.4:
            name = name.replace(long, short)
    if chance.random() < 0.25:
        name = mistyped(name, chance)
    if chance.random() < 0.3:
        name = chance.choice((name.lower(), name.upper()))
    told = chance.random()
    if told < 0.2:
        return f"{name}, {agency.state}", ""
    return name, agency.state if told < 0.85 else ""


def mistyped(name: str, chance: random.Random) -> str:
    place = chance.randrange(1, max(2, len(name.split()[0]) - 1))
    match chance.choice(("swap", "drop", "double", "other")):
        case "swap":
            return name[:place] + name[place : place + 2][::-1] + name[place + 2 :]
        case "drop":
            return name[:place] + name[place + 1 :]
        case "double":
            return name[:place] + name[place] + name[place:]
        case _:
            return name[:place] + chance.choice(string.ascii_lowercase) + name[place + 1 :]


def test_variants_of_two_thousand_names_are_found_or_honestly_several() -> None:
    agencies = country(20_000)
    register = Register(agencies, SPELLING)
    chance = random.Random(11)
    right = wrong = 0
    for _ in range(2_000):
        agency = chance.choice(agencies)
        match: Match = register.find(*varied(agency, chance))
        is_right = match.agency == agency
        is_several = match.agency is None and any(each.agency == agency for each in match.candidates)
        right += is_right or is_several
        wrong += match.agency is not None and not is_right
    print(f"right or honestly several {right / 20:.1f} %, wrong {wrong / 20:.2f} %")

    assert right >= 0.97 * 2_000
    assert wrong <= 0.003 * 2_000


# What a match settles

POLICY = wiring.load_policy()


def consulted(body: str, domain: str = "") -> Decision:
    message = Message(Channel.EMAIL, Person("Chief Ada Bell", f"abell@{domain or 'mail.example.com'}"), body)
    return consult(REGISTER, decide(message, POLICY), POLICY, domain)


def test_a_match_settles_type_and_state_where_the_message_does_not_tell() -> None:
    decision = consulted("I am the chief at Walnut Bend DPS. Please review our pursuit policy with us.")

    assert decision.facts.value("agency_state") == "IA"
    (evidence,) = decision.facts.evidence("agency_state")
    assert evidence.text in "I am the chief at Walnut Bend DPS."
    assert evidence.context == "the register has “Walnut Bend Department of Public Safety, IA”"


def test_a_match_overrules_nothing_that_was_said() -> None:
    body = "I am the chief of the Springfield Police Department in Massachusetts. Please train our officers."

    decision = consulted(body, "springfieldohio.example.gov")

    assert decision.facts.value("agency_state") == "MA"


def test_where_no_agency_is_named_the_owner_of_the_domain_is_the_agency() -> None:
    decision = consulted("Could you go through our use of force policy with us?", "harmonso.example.gov")

    assert decision.facts.value("agency_name") == "Harmon County Sheriff's Office"
    assert decision.facts.value("agency_type") == "county"
    assert decision.facts.evidence("agency_name")[0].text == "harmonso.example.gov"


def test_where_the_register_is_not_sure_everything_stays_as_it_was() -> None:
    body = "I am the chief of Springfield PD. Please review our pursuit policy with us."

    assert consulted(body) == decide(
        Message(Channel.EMAIL, Person("Chief Ada Bell", "abell@mail.example.com"), body), POLICY
    )
