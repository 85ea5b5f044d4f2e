"""Which agency is to be helped: name, state, type."""

from __future__ import annotations

import time

import pytest

from crbot.triage.agency import read_agency
from crbot.triage.facts import NEW, Facts, Known, Statement
from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import cut
from crbot.triage.phrases import Words
from crbot.triage.policy import Policy


@pytest.fixture(scope="session")
def words(policy: Policy) -> Words:
    return policy.words


def agency(
    body: str, words: Words, name: str = "", address: str | None = None, known: Known = NEW
) -> tuple[str, ...]:
    message = Message(Channel.EMAIL, Person(name, address), body)
    told = read_agency(words.phrases.scan(message, cut(message, words)), known, words)
    values = {each.fact: each.values[0] for each in told}
    return tuple(values.get(fact, "") for fact in ("agency_name", "agency_state", "agency_type"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("We are the Fennimore Police Department in Ohio.", ("Fennimore Police Department", "OH", "local")),
        ("I run Fennimore PD (Mich.), 12 sworn.", ("Fennimore Police Department", "MI", "local")),
        ("Fennimore OH police. 5 of us.", ("Fennimore Police", "OH", "local")),
        ("fennimore pd tx here, 4 officers", ("Fennimore Police Department", "TX", "local")),
        (
            "We need help.\n\nAnn Roe\nSheriff, Pinto County, Utah",
            ("Pinto County Sheriff's Office", "UT", "county"),
        ),
        ("Pinto County SO, Utah. We need help.", ("Pinto County Sheriff's Office", "UT", "county")),
        (
            "I am Chief of Police of the City of Fennimore, Ohio.",
            ("Fennimore Police Department", "OH", "local"),
        ),
        (
            "Please assess the Police Department of the Borough of Fenwick, Pa.",
            ("Fenwick Police Department", "PA", "local"),
        ),
        (
            "I'm the mayor of Fennimore, Iowa. Our police need help.",
            ("Fennimore Police Department", "IA", "local"),
        ),
        (
            "Fennimore is a fishing town of 3,900 in Oregon and I am its police chief.",
            ("Fennimore Police Department", "OR", "local"),
        ),
        ("I'd like Fennimore's police (Georgia) examined.", ("Fennimore Police", "GA", "local")),
        ("We are the Bear Lodge Tribal Police, Minnesota.", ("Bear Lodge Tribal Police", "MN", "tribal")),
        ("We are the Ohio State Police.", ("Ohio State Police", "OH", "state")),
        ("We are the Pinto Tribal Police, South Dakota.", ("Pinto Tribal Police", "SD", "tribal")),
        ("We are the Ridge University Police in Maine.", ("Ridge University Police", "ME", "campus")),
        ("Harlow ISD PD in Texas needs a review.", ("Harlow ISD Police Department", "TX", "campus")),
        ("The Guam Police Department needs training.", ("Guam Police Department", "GU", "territorial")),
        (
            "Policía Municipal de Costa Alta, Puerto Rico.",
            ("Policía Municipal de Costa Alta", "PR", "territorial"),
        ),
        (
            "Bureau of Indian Affairs, Office of Justice Services, here.",
            ("Bureau of Indian Affairs, Office of Justice Services", "", "federal"),
        ),
        (
            "We are the Fennimore Fire Department, Ohio.",
            ("Fennimore Fire Department", "OH", "not_law_enforcement"),
        ),
        (
            "Policía Municipal de Costa Alta, Chihuahua, asks.",
            ("Policía Municipal de Costa Alta", "", "foreign"),
        ),
        ("Agency: Fennimore Police Dept.\nState: GA", ("Fennimore Police Department", "GA", "local")),
        ("1. Fennimore Police Department\n2. Ohio", ("Fennimore Police Department", "OH", "local")),
        (
            "Fennimore City Administrator (Wisconsin). Our police need help.",
            ("Fennimore Police Department", "WI", "local"),
        ),
        (
            "Fennimore, New Jersey, municipal police, 48 sworn.",
            ("Fennimore Police Department", "NJ", "local"),
        ),
        (
            "Morning from Fennimore Falls. Police chief. We need help.",
            ("Fennimore Falls Police Department", "", "local"),
        ),
        (
            "We are the police of Ridge State, Maine, and our campus needs help.",
            ("Ridge State University Police", "ME", "campus"),
        ),
        (
            "I'm the constable of Precinct 2, Pinto County, Texas.",
            ("Pinto County Constable Precinct 2", "TX", "county"),
        ),
        ("We are the Ohio Turnpike Police.", ("Ohio Turnpike Police", "OH", "state")),
        ("We are the Virginia Beach Police.", ("Virginia Beach Police", "VA", "local")),
        (
            "I supervise the probation department for the court in Pinto County, Utah.",
            ("", "UT", "not_law_enforcement"),
        ),
    ],
)
def test_an_agency_is_told_by_its_name_and_place(body: str, told: tuple[str, ...], words: Words) -> None:
    assert agency(body, words) == told


@pytest.mark.parametrize(
    "other",
    [
        "We had mutual aid from Lowell PD and the Iowa State Patrol.",
        "I came from Lowell PD, Iowa.",
        "The FBI and the Lowell County Sheriff's Office have the bombing.",
        "The suit against Lowell College is not ours.",
        "I heard of this in a training in Iowa.",
    ],
)
def test_another_agency_is_not_taken_for_the_senders(other: str, words: Words) -> None:
    body = (
        f"{other} We need help.\n\nAnn Roe\nChief of Police\nFennimore Police Department\nFennimore, OH 45000"
    )
    assert agency(body, words, "Ann Roe") == ("Fennimore Police Department", "OH", "local")


def test_of_several_agencies_the_leading_one_counts(words: Words) -> None:
    body = (
        "Sheriff Bo Lee, Pinto County; Chief Ann Roe, Fennimore Police Department (lead and contact), Utah."
    )
    assert agency(body, words)[0] == "Fennimore Police Department"


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("roe@police.fennimore-ma.gov", "MA"),
        ("roe@ci.fennimore.oh.us", "OH"),
        ("roe@fennimore-iowa.gov", "IA"),
        ("roe@gmail.com", ""),
        ("roe@fennimore.gov", ""),
    ],
)
def test_a_domain_may_tell_the_state(address: str, state: str, words: Words) -> None:
    assert agency("Our police department needs training.", words, "Ann Roe", address)[1] == state


@pytest.mark.parametrize(
    "body", ["I can help OR wait.", "Tell me, in short, if it is OK.", "It is bigger than Delaware."]
)
def test_words_are_no_states(body: str, words: Words) -> None:
    assert agency(body, words)[1] == ""


def test_two_states_that_are_told_alike_are_not_guessed_between(words: Words) -> None:
    assert agency("We need training. Some of us live in Ohio and some in Indiana.", words)[1] == ""


def test_a_neighbour_named_in_an_answer_does_not_replace_what_is_known(words: Words) -> None:
    known = Known(
        Facts({"agency_name": Statement("agency_name", ("Fennimore Police Department",))}), in_case=True
    )
    assert agency("The State Patrol just called, they opened one.", words, known=known)[0] == ""


@pytest.mark.parametrize(
    "piece", ["Foo PD, OH, ", "CHIEF OF POLICE IN ", "Foo County ", "Foo, IN 12345\n", "A B/C|"]
)
def test_hostile_bodies_are_read_in_bounded_time(piece: str, words: Words) -> None:
    message = Message(Channel.EMAIL, Person("Chief A B", "a@b.example"), piece * (64_000 // len(piece)))
    scan = words.phrases.scan(message, cut(message, words))
    began = time.process_time()
    read_agency(scan, NEW, words)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("droe@fennimoremillspd.example.gov", ("Fennimore Mills Police Department", "", "local")),
        ("droe@pd.fennimore-me.example.gov", ("Fennimore Police Department", "ME", "local")),
        ("droe@pintosheriff.example.gov", ("Pinto Sheriff's Office", "", "county")),
    ],
)
def test_where_no_words_name_the_agency_the_address_does(
    address: str, told: tuple[str, ...], words: Words
) -> None:
    assert agency("We need help.", words, "Dana Roe", address) == told


@pytest.mark.parametrize(
    ("body", "address", "kind"),
    [
        ("Hello from Ontario, the Fennimore Police Service borders New York.", None, "foreign"),
        ("We are the Fennimore Police Service, near Buffalo, New York.", "a@fennimore.example.ca", "foreign"),
        ("We are the police of Ontario, California.", None, "local"),
        ("I head the security department at the Fennimore mall in Ohio. Train our guards.", None, "private"),
        ("I'm the chief at Bear Lodge Fire & Rescue, northern Minnesota.", None, "not_law_enforcement"),
    ],
)
def test_police_of_other_countries_and_guards_are_told(
    body: str, address: str | None, kind: str, words: Words
) -> None:
    assert agency(body, words, address=address)[2] == kind


@pytest.mark.parametrize(
    ("body", "address", "told"),
    [
        (
            "Alder Bend Mo. We want our use of force training looked at.",
            "kw@alderbend.example.gov",
            ("Alder Bend Police Department", "local"),
        ),
        (
            "I have the police department of a school district, Alder Unified, Arizona.",
            "rt@alder-sd.example.org",
            ("Alder Unified School District", "campus"),
        ),
        (
            "I'm the chief at Rio Real, a community college district in California.",
            "rv@rioreal.example.edu",
            ("Rio Real Community College District Police Department", "campus"),
        ),
        (
            "We are the Indian Inlet Police Department.",
            "r@inlet.example.gov",
            ("Indian Inlet Police", "local"),
        ),
        (
            "I chair the White Clay Nation in Utah. We ask you to assess the White Clay Police Department.",
            "chair@whiteclay-nation.example.gov",
            ("White Clay Police Department", "tribal"),
        ),
        (
            "Director of Campus Safety at Thumb Lakes Community College, Michigan here.",
            "sp@thumblakes.example.edu",
            ("Thumb Lakes Community College Campus Safety", "campus"),
        ),
        (
            "I command the park police, Alder Metro Parks (WA), title Superintendent of Park Police.",
            "tv@aldermetroparks.example.org",
            ("Alder Metro Parks Police", "local"),
        ),
        (
            "The Department of Public Safety of the Commonwealth of the Northern Mariana Islands asks for help.",
            "jm@dps.example.mp",
            ("Commonwealth of the Northern Mariana Islands Department of Public Safety", "territorial"),
        ),
        (
            "Hi, BIA police in South Dakota. Could 6 of us come?",
            "dr@bia-west.example.gov",
            ("BIA Police", "federal"),
        ),
    ],
)
def test_a_place_is_known_by_its_kind_and_by_the_domain(
    words: Words, body: str, address: str, told: tuple[str, str]
) -> None:
    name, _, kind = agency(body, words, address=address)

    assert name.startswith(told[0])
    assert kind == told[1]


def test_an_office_that_visits_a_known_agency_is_not_the_agency(words: Words) -> None:
    known = Known(
        Facts().with_statements(
            [
                Statement("agency_name", ("Pinto County Sheriff's Office",)),
                Statement("agency_type", ("county",)),
            ]
        ),
        in_case=True,
    )
    body = "I was served by two polite people from the Attorney General's Office of Civil Rights."

    assert agency(body, words, known=known) == ("", "", "")
