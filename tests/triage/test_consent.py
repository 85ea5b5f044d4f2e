"""What the head of an agency answers who is asked to confirm a request: a yes stands alone, all else a person reads."""

from __future__ import annotations

import pytest

from crbot.triage.approval import Consent, read_consent
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy

CHIEF = Person("Ann Reyes", "areyes@ashford.example.gov")
QUOTED = """

On Mon, Mar 2, 2026 at 9:00 AM CRI Intake <desk@cops.example.gov> wrote:
> Please answer in your own words: “Yes, I authorize this”, or “No”."""


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Yes, I authorize this.", Consent.YES),
        ("yes", Consent.YES),
        ("Yes I authorise this\n\nAnn Reyes\nChief of Police", Consent.YES),
        ("I authorize this request.", Consent.YES),
        ("That was me. Confirmed.", Consent.YES),
        ("Yes, that is correct. Lt. Moss has my full support.", Consent.YES),
        ("Approved, please proceed.", Consent.YES),
        ("Yes. There is no lawsuit.", Consent.YES),
        ("No.", Consent.NO),
        ("No, I did not authorize this.", Consent.NO),
        ("I do not authorize this request.", Consent.NO),
        ("I never authorized that.", Consent.NO),
        ("Lt. Moss does not have my approval.", Consent.NO),
        ("This was not approved by me.", Consent.NO),
        ("Yes, I know Lt. Moss, and no, this is not authorized.", Consent.NO),
        ("Please stop this.", Consent.NO),
        ("Who is this?", Consent.STRANGE),
        ("Yes? Who is this?", Consent.STRANGE),
        ("I have never heard of that person.", Consent.STRANGE),
        ("I retired in May; Chief Lund heads the department now.", Consent.STRANGE),
        ("Is this a scam?", Consent.STRANGE),
        ("No problem, I authorize it.", Consent.UNCLEAR),
        ("Yes, if the council agrees.", Consent.UNCLEAR),
        ("Yes, but only the training.", Consent.UNCLEAR),
        ("Did I say yes to this?", Consent.UNCLEAR),
        ("If I authorize it, what does it cost us?", Consent.UNCLEAR),
        ("Let me talk to Lt. Moss first.", Consent.UNCLEAR),
        ("", Consent.UNCLEAR),
    ],
)
def test_an_answer_is_read_for_what_it_seems_to_say(answer: str, expected: Consent, policy: Policy) -> None:
    message = Message(Channel.EMAIL, CHIEF, answer + QUOTED, "Re: Please confirm")

    reading, words = read_consent(message, policy)

    assert reading is expected
    assert "wrote:" not in words


def test_what_is_quoted_or_forwarded_says_nothing(policy: Policy) -> None:
    forwarded = "FYI\n\n---------- Forwarded message ---------\nFrom: Ann Reyes <areyes@ashford.example.gov>\n\nYes, I authorize this."

    assert read_consent(Message(Channel.EMAIL, CHIEF, forwarded), policy)[0] is Consent.UNCLEAR
    assert read_consent(Message(Channel.EMAIL, CHIEF, QUOTED, "Yes"), policy)[0] is Consent.UNCLEAR
