"""Who asks: the agency's head, somebody sent by the head, somebody who was not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.triage.agency import read_agency
from crbot.triage.facts import NEW, Known, Statement
from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import cut
from crbot.triage.people import heads_the_agency, read_authority
from crbot.triage.phrases import Scan, Words
from crbot.triage.policy import Policy


@pytest.fixture(scope="session")
def words(policy: Policy) -> Words:
    return policy.words


def scan(body: str, words: Words, name: str = "", subject: str = "") -> Scan:
    message = Message(Channel.EMAIL, Person(name, "office@fennimore.example"), body, subject)
    return words.phrases.scan(message, cut(message, words))


def authority(body: str, words: Words, name: str = "", subject: str = "") -> str:
    found = read_authority(scan(body, words, name, subject), NEW, words)
    return found.values[0] if found else "unknown"


HEADS = [
    ("", "I am the Chief of Police in Fennimore, Ohio. We need training."),
    ("", "As Sheriff of Pinto County, Utah, I ask for your help."),
    ("", "I have been sheriff here since 2011 and our jail needs a review."),
    ("", "I was sworn in as police chief of Fennimore in March."),
    ("", "This is Dana Cole, chief at Fennimore PD. We need training."),
    ("Dana Cole", "Chief Cole here. We need training."),
    ("Chief Dana Cole", "We need training."),
    ("Dana Cole", "We need training.\n\nDana Cole\nChief of Police\nFennimore Police Department"),
    ("Dana Cole", "We need training.\n\nDana Cole, Acting Sheriff\nPinto County"),
    ("Dana Cole", "We need training.\n\nDana Cole\nDirector of Public Safety\nFennimore College"),
    ("Dana Cole", "We need training.\n\nColonel Dana Cole\nOhio State Police"),
    ("Dana Cole", "I'm the Chief Deputy, and since June I have been the Acting Sheriff of Pinto County."),
    ("Dana Cole", "I'm retired from Lowell PD and now I am the interim chief in Fennimore, Ohio."),
    ("", "I run a nine-officer police department in the hills."),
    ("Dana Cole", "Agency: Fennimore Police Department\nRequested by: Dana Cole, Chief of Police"),
    ("Dana Cole", "Fennimore, Ohio. Police chief, 17 years. We need training."),
    ("Dana Cole", "Officer in charge, Fennimore Police Department, Ohio. We need training."),
    ("Dana Cole", "Elected in 2022 as Sheriff of Pinto County, I found no training plan."),
    ("Dana Cole", "In my second term as sheriff of Pinto County I would like our jail reviewed."),
    ("Dana Cole", "I used to be a captain in Lowell. I've been chief in Fennimore for a year."),
    ("Dana Cole", "I'm chief, records clerk and janitor at Fennimore PD."),
    ("Chief Dana Cole", "Counsel, friends,\n\nWe need training."),
    ("Chief Dana Cole", "I spent twenty years as a detective before I came here. We need training."),
    ("chief_cole", "We need training."),
    ("Dana Cole", "We need training.\n\n-Chief Cole"),
]
NO_HEADS = [
    ("Deputy Chief Dana Cole", "We need training at Fennimore PD."),
    ("Dana Cole", "We need training.\n\nDana Cole\nAssistant Chief of Police"),
    ("Dana Cole", "We need training.\n\nDana Cole\nUndersheriff, Pinto County"),
    ("Dana Cole", "I'm Sheriff Roe's chief of staff. We need training."),
    ("Dana Cole", "I'm the Sheriff's secretary. We need training."),
    ("Dana Cole", "We need training.\n\nDana Cole\nExecutive Assistant to the Chief"),
    (
        "Chief Dana Cole",
        "We need training for our firefighters.\n\nDana Cole\nChief, Fennimore Fire District",
    ),
    ("Dana Cole", "I am the mayor of Fennimore, Ohio. Our police need training."),
    ("Dana Cole", "I am the city manager of Fennimore. Our police need training."),
    ("Chief Dana Cole", "I am Principal Chief of the Pinto Nation. Our tribal police need training."),
    ("Dana Cole", "We need training.\n\nDana Cole\nSheriff-elect"),
    ("Dana Cole", "I will be sworn in as Sheriff of Pinto County in January."),
    ("Dana Cole", "We need training.\n\nDana Cole\nChief of Police (Ret.)"),
    ("Dana Cole, Police Commissioner", "I am one of five civilians on the Board of Police Commissioners."),
    ("Dana Cole", "I run the records division of the police department."),
    ("Dana Cole", "Dana Cole, Lodge 9\nI speak for the officers of Fennimore PD."),
    ("Chief Dana Cole", "I am chief of security for our homeowners association. Our guards need training."),
    ("Dana Cole", "I am the city manager, and the police chief reports to me. Our police need training."),
    ("Dana Cole", "I'd make a fine chief one day. Sergeant at Fennimore PD. We need training."),
    ("Dana Cole", "When Chief Roe was appointed I was a sergeant. We need training at Fennimore PD."),
    ("Dana Cole", "We need training at Fennimore PD.\n\nDana Cole\nfor Chief Ann Roe"),
]


@pytest.mark.parametrize(("name", "body"), HEADS)
def test_the_head_of_an_agency_is_told_by_title(name: str, body: str, words: Words) -> None:
    assert authority(body, words, name) == "chief_executive"
    assert heads_the_agency(scan(body, words, name), NEW, words)


@pytest.mark.parametrize(("name", "body"), NO_HEADS)
def test_a_title_that_holds_a_heads_title_is_not_a_heads(name: str, body: str, words: Words) -> None:
    assert authority(body, words, name) == "unknown"


@pytest.mark.parametrize(
    "body",
    [
        "At the direction of Sheriff Roe I ask for a review of our jail.",
        "Chief Roe asked me to reach out to you.",
        "Our chief has signed off on us asking.",
        "The Superintendent gave me the go-ahead to contact you.",
        "This comes with the blessing of Sheriff Roe.",
        "With Chief Roe's approval we ask for training.",
        "I have been authorized by Chief Roe to make this request.",
        "Sheriff said go ahead and ask, so I ask.",
        "I work for Sheriff Roe. He asked me to write and approves this request.",
        "Chief Roe put his head in my door and said get those people to come and look at dispatch.",
        "Colonel Roe, our chief of police, would like me to send you this.",
    ],
)
def test_an_express_word_of_the_head_authorizes(body: str, words: Words) -> None:
    assert authority(body, words, "Sgt. Bo Lund") == "authorized"


@pytest.mark.parametrize(
    "body",
    [
        "On behalf of Sheriff Roe, we ask for training.",
        "I write on behalf of the department.",
        "Chief Roe is copied.",
        "The chief is on a plane and cannot be reached.",
        "If the chief approves this request, I will let you know.",
        "Does the chief have to sign the request?",
        "The mayor asked me to reach out to you.",
        "My lieutenant told me to contact you.",
        "Deputy Chief Roe asked me to reach out to you.",
        "The fire chief asked me to contact you.",
        "The chief of the neighboring Lowell PD is against body cameras.",
        "Some say the chief doesn't know how to run a department.",
        "Our sheriff didn't know about this program until last week.",
        "We are without a chief at the moment.",
        "Sheriff Roe authorized a new jail in 2019.",
        "The sheriff is out on leave and left no instructions.",
    ],
)
def test_less_than_the_heads_word_leaves_it_open(body: str, words: Words) -> None:
    assert authority(body, words, "Sgt. Bo Lund") == "unknown"


@pytest.mark.parametrize(
    "body",
    [
        "The chief does not know that I am writing.",
        "I haven't told the sheriff yet.",
        "We are going behind the chief's back.",
        "The sheriff has not made up his mind.",
        "Our chief is against it.",
        "I am still waiting for the chief's approval.",
        "The elected chief objects to this.",
        "The council voted for it over the chief's objections.",
        "I was chief in Fennimore for 20 years. I have not discussed this with him.",
    ],
)
def test_a_head_who_is_passed_over_has_not_authorized(body: str, words: Words) -> None:
    assert authority(body, words, "Bo Lund") == "not_authorized"


@pytest.mark.parametrize(
    "body",
    [
        "I did not know about Major Finch's message.\n\nDana Cole\nChief of Police",
        "Major Finch wrote you without my say-so.\n\nDana Cole\nChief of Police",
        "Please treat Major Finch's request as void.\n\nDana Cole\nChief of Police",
    ],
)
def test_a_request_that_came_without_the_head_is_disowned(body: str, words: Words) -> None:
    assert authority(body, words, "Dana Cole") == "not_authorized"


@pytest.mark.parametrize("answer", ["Me.", "1. Me\n2. No", "That's me. I'm the chief executive."])
def test_whoever_answers_that_it_is_them_heads_the_agency(answer: str, words: Words) -> None:
    asked = Known(asked=("requester_authority",), in_case=True)
    found = read_authority(scan(answer, words, "Dana Cole"), asked, words)
    assert found is not None
    assert found.values == ("chief_executive",)


def test_a_head_who_disowns_a_request_has_not_authorized_it(words: Words) -> None:
    body = "I did not authorize Major Finch to send this.\n\nDana Cole\nChief of Police"
    found = read_authority(scan(body, words, "Chief Dana Cole"), NEW, words)
    assert found is not None
    assert (found.values, found.by_head) == (("not_authorized",), True)


def test_a_letter_with_the_heads_name_counts_whoever_sends_it(words: Words) -> None:
    body = (
        "Please see below from the Sheriff.\n\nPam Gill\nRecords Supervisor\n\n"
        "---------- Forwarded message ---------\nFrom: Ada Roe\nDate: Monday\nSubject: Help\nTo: Pam\n\n"
        "I want a review of my jail.\n\nAda Roe\nSheriff"
    )
    assert authority(body, words, "Pam Gill", "Fwd: Help") == "chief_executive"


def test_what_a_head_dictates_is_the_heads(words: Words) -> None:
    body = (
        "I'm typing this for the Chief. He says:\n\n\"I want my sergeants taught. Nobody is suing me. "
        'Lyle Roe, Chief of Police."\n\nPam Gill, Records Supervisor'
    )
    assert authority(body, words, "Pam Gill") == "chief_executive"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("Chief Roe wants it but hasn't signed anything.", "not_authorized"),
        ("Chief Roe was against it at first but has now approved it.", "authorized"),
        ("The chief is dead set against it. The board pays him, and the board wants it.", "not_authorized"),
    ],
)
def test_of_an_assent_and_a_refusal_the_heads_last_word_counts(body: str, told: str, words: Words) -> None:
    assert authority(f"We are the Fennimore Police Department. {body}", words) == told


@pytest.mark.parametrize("body", ["chief dont know im writing", "I'm keeping this from the chief for now."])
def test_a_head_who_is_spoken_of_is_not_the_sender(body: str, words: Words) -> None:
    assert authority(body, words, "Lt. Dana Cole") == "not_authorized"


def test_a_head_who_is_said_to_authorize_is_not_the_sender(words: Words) -> None:
    body = "Captain Cole. Chief Moody signed off on this Friday. We want a peer visit."
    assert authority(body, words, "Dana Cole") == "authorized"


@given(body=st.text(max_size=300), name=st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_the_evidence_is_verbatim(body: str, name: str, words: Words) -> None:
    found = scan(f"Chief of Police {body}\nTown, OH", words, name, "from Hollow PD")
    told = [*read_agency(found, NEW, words), *filter(None, [read_authority(found, NEW, words)])]
    assert all(isinstance(each, Statement) for each in told)
    message = found.message
    whole = {"body": message.body, "subject": message.subject}
    for statement in told:
        for evidence in statement.evidence:
            if evidence.part.value in whole:
                assert whole[evidence.part.value][evidence.start : evidence.end] == evidence.text


def test_the_examples_of_the_rules_hold(policy: Policy, words: Words) -> None:
    wrong = []
    for example in policy.cues["requester_authority"].examples:
        told = authority(example.text, words, "Bo Lund")
        if told != (example.values[0] if example.values else "unknown"):
            wrong.append(f"{example.where}: told {told}")
    assert wrong == []
