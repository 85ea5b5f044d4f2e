"""Whose words the sentences of a message are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.triage.facts import Part
from crbot.triage.message import Channel, Message, Person
from crbot.triage.passages import Role, Sentence, cut
from crbot.triage.phrases import Words
from crbot.triage.policy import Policy


@pytest.fixture(scope="session")
def words(policy: Policy) -> Words:
    return policy.words


def mail(body: str, subject: str = "", channel: Channel = Channel.EMAIL) -> Message:
    return Message(channel, Person("Ann Ruiz", "aruiz@millford.example"), body, subject)


def texts(sentences: tuple[Sentence, ...], *roles: Role) -> list[str]:
    return [each.text for each in sentences if each.role in roles and each.part is Part.BODY]


def test_a_letter_is_greeting_sentences_signature_and_notice(words: Words) -> None:
    sentences = cut(
        mail(
            "Dear Response Center,\n\nWe want a review of our pursuit policy. Nobody is suing us.\n\n"
            "Respectfully,\n\nAnn Ruiz\nChief of Police\nMillford Police Department\n(555) 555-0100\n\n"
            "CONFIDENTIALITY NOTICE: This e-mail may relate to pending litigation."
        ),
        words,
    )
    assert texts(sentences, Role.SALUTATION) == ["Dear Response Center,"]
    assert texts(sentences, Role.OWN) == [
        "We want a review of our pursuit policy.",
        "Nobody is suing us.",
    ]
    assert texts(sentences, Role.SIGNATURE) == [
        "Respectfully,",
        "Ann Ruiz",
        "Chief of Police",
        "Millford Police Department",
        "(555) 555-0100",
    ]
    assert texts(sentences, Role.BOILERPLATE) == [
        "CONFIDENTIALITY NOTICE: This e-mail may relate to pending litigation."
    ]


@pytest.mark.parametrize(
    "body",
    [
        "No suit.\n\nOn Mon, May 4, 2026 at 9:00 AM, Intake <intake@cri.example> wrote:\n> Is there a suit?",
        "No suit.\n\nOn Mon, May 4, 2026 at 9:00 AM,\nIntake <intake@cri.example>\nwrote:\n\n> Is there a suit?",
        "No suit.\n\n-----Original Message-----\nFrom: Intake\nSent: Monday\nSubject: Open\n\nIs there a suit?",
        "No suit.\n\n________________________________\nFrom: Intake\nSent: Monday\nTo: Ann\nSubject: Open\nIs there a suit?",
        "No suit.\n\nAm 04.05.2026 um 09:00 schrieb Intake <intake@cri.example>:\n> Is there a suit?",
        "No suit.\n\nLe 4 mai 2026 09:00, Intake <intake@cri.example> a écrit :\n> Is there a suit?",
        "No suit.\n\nEl lun, 4 may 2026 a las 9:00, Intake <intake@cri.example> escribió:\n> Is there a suit?",
        "No suit.\n\nDe: Intake\nEnviado: lunes\nPara: Ann\nAsunto: Open\nIs there a suit?",
    ],
)
def test_what_an_answer_quotes_is_not_its_own(body: str, words: Words) -> None:
    sentences = cut(mail(body, "Re: Open"), words)
    assert texts(sentences, Role.OWN) == ["No suit."]


def test_answers_between_quoted_questions_are_own(words: Words) -> None:
    body = (
        "On Mon, May 4, 2026 at 9:00 AM, Intake <intake@cri.example> wrote:\n"
        "> 1. Is there a suit?\nNo\n> 2. Is there an investigation?\nYes, the county prosecutor's.\n"
    )
    sentences = cut(mail(body, "Re: Open"), words)
    assert texts(sentences, Role.OWN) == ["No", "Yes, the county prosecutor's."]


@pytest.mark.parametrize(
    "own",
    [
        "1. No\n2. None pending\n3. Ohio",
        "No lawsuits.",
        "One more thing: the FBI is looking at it.",
        "PS the union filed a grievance last week",
        "Litigation - the Doe case, settled",
    ],
)
def test_what_is_said_under_a_name_is_own(own: str, words: Words) -> None:
    told = texts(cut(mail(f"We want training.\n\nThanks,\nAnn Ruiz\n\n{own}"), words), Role.OWN)
    assert told == ["We want training.", *own.split("\n")]


@pytest.mark.parametrize(
    ("line", "greets"),
    [
        ("Counsel, friends,", True),
        ("Good morning.", True),
        ("All,", True),
        ("All investigations into the shooting have been closed.", False),
        ("We are eleven officers,", False),
        ("hi need training for 9 officers", False),
    ],
)
def test_a_line_that_addresses_somebody_is_no_statement(line: str, greets: bool, words: Words) -> None:
    first = cut(mail(f"{line}\n\nWe want training."), words)[0]
    assert (first.role is Role.SALUTATION) is greets


@pytest.mark.parametrize(
    "line",
    [
        "GBI agents just pulled in. 912-555-0164",
        "TBI is done",
        "Lawsuit pending",
        "FBI in my lobby right now, 912-555-0164",
    ],
)
def test_a_short_line_that_tells_something_is_no_signature(line: str, words: Words) -> None:
    sentences = cut(mail(f"We need help.\n\nThanks\n{line}\nAda Roe", "Help"), words)
    assert line.split(". ")[0].rstrip(".") in " ".join(texts(sentences, Role.OWN))


FORWARD = (
    "---------- Forwarded message ---------\nFrom: Sheriff Ada Roe\nDate: Monday\nSubject: Help\nTo: Bo\n\n"
)


@pytest.mark.parametrize(
    "own",
    [
        "Please see below from the Sheriff.",
        "Sending this for the Chief, his mail is down.",
        "Please take the Sheriff's message below as our request.",
        "I am forwarding our request.",
        "Per the Sheriff, see his email.",
        "I was told to get this to you.",
        "The Superintendent wrote this and can't get your portal to work.",
        "FYI",
        "",
    ],
)
def test_a_forward_that_the_sender_points_to_counts(own: str, words: Words) -> None:
    sentences = cut(mail(f"{own}\n\n{FORWARD}We want training.", "Fwd: Help"), words)
    assert texts(sentences, Role.FORWARDED) == ["We want training."]


@pytest.mark.parametrize(
    "own",
    [
        "The sheriff next door sent me the note below. We want the same.",
        "The chief over in Marlow wrote this. We want a study too.",
        "Saw this message from a sheriff on the list. Is it real?",
    ],
)
def test_a_forward_of_another_agencys_story_is_only_quoted(own: str, words: Words) -> None:
    sentences = cut(mail(f"{own}\n\n{FORWARD}We are being sued."), words)
    assert texts(sentences, Role.FORWARDED) == []


def test_what_the_response_center_wrote_is_never_adopted(words: Words) -> None:
    body = (
        "See below.\n\n-----Original Message-----\nFrom: CRI Intake\nSent: Monday\nSubject: x\n\nTBI is open."
    )
    assert texts(cut(mail(body, "Re: x"), words), Role.FORWARDED) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("We met Lt. Harper and Sgt. Cole of Mt. Hope at 5 p.m. on Main St. downtown. It went well.", 2),
        ("Doe v. City of Millford was settled. Nothing else is open.", 2),
        ("The U.S. Attorney closed it. We were told so.", 2),
        ("Ridgeway (Mich.) PD has nine officers.", 1),
        ("no suits. nobody is looking at us", 2),
        ("E. Sayre wrote the policy.", 1),
        ("Is anyone suing us? No.", 2),
        ("1. Training\n2. A review", 2),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, count: int, words: Words) -> None:
    assert len(cut(mail(text), words)) == count


def test_wrapped_lines_are_one_sentence_and_chat_lines_are_several(words: Words) -> None:
    wrapped = (
        "We would like somebody from outside to take a good look at the way\nour officers write reports."
    )
    assert len(cut(mail(wrapped), words)) == 1
    chat = "this is ann from millford\nwe need help with reports"
    assert len(cut(mail(chat, channel=Channel.SLACK), words)) == 2


def test_a_line_of_a_form_has_a_label(words: Words) -> None:
    labels = [each.label for each in cut(mail("Pending litigation: none\nInvestigations: DCI, open"), words)]
    assert labels == ["Pending litigation", "Investigations"]


def test_a_memorandum_at_the_top_is_own_not_quoted(words: Words) -> None:
    body = "MEMORANDUM\n\nTO: COPS Office\nFROM: Chief Ann Ruiz\nDATE: May 4\nRE: Training\n\nWe ask for training."
    assert "We ask for training." in texts(cut(mail(body), words), Role.OWN)


LINES = st.sampled_from(
    [
        "Hello,",
        "We need help.",
        "> quoted",
        ">> twice",
        "On May 4, 2026 at 9:00 AM, X <x@y.example> wrote:",
        "--",
        "From: A",
        "Sent: B",
        "Subject: C",
        "Thanks,",
        "Ann Ruiz",
        "Chief of Police",
        "Litigation: none",
        "- item",
        "-----Original Message-----",
        "Begin forwarded message:",
        "",
        "   ",
        "This e-mail is confidential.",
        "Dr. No?",
        "\u00a0",
        "\x85",
        "İ",
        "See below.",
    ]
)


@given(
    body=st.one_of(st.text(max_size=300), st.lists(LINES, max_size=25).map("\n".join)),
    channel=st.sampled_from(list(Channel)),
)
@settings(max_examples=300, deadline=None)
def test_every_visible_character_stands_in_exactly_one_sentence(
    body: str, channel: Channel, words: Words
) -> None:
    sentences = [each for each in cut(mail(body, channel=channel), words) if each.part is Part.BODY]
    covered = [0] * len(body)
    for each in sentences:
        assert body[each.start : each.end] == each.text
        for i in range(each.start, each.end):
            covered[i] += 1
    assert [i for i, char in enumerate(body) if not char.isspace() and covered[i] != 1] == []
    assert max(covered, default=0) <= 1
    assert [each.start for each in sentences] == sorted(each.start for each in sentences)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        ".",
        "a. ",
        "a\n",
        "> ",
        "> a\n",
        " ",
        "On Mon at 3:00 x@y\n",
        "From: a\n",
        '."',
        "a: b\n",
        "-- \n",
        "1) ",
    ],
)
def test_hostile_bodies_take_no_longer_than_long_ones(piece: str, words: Words) -> None:
    body = piece * (64_000 // len(piece))
    began = time.process_time()
    cut(mail(body), words)
    assert time.process_time() - began < 0.5  # far above what it takes, far below what backtracking would
