"""What an agency's answer to its work plan seems to say, before a person of staff confirms it."""

from __future__ import annotations

import pytest

from crbot.triage.approval import Reading, read_approval
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy

CHIEF = Person("Ann Reyes", "areyes@ashford.example.gov")
QUOTED = """

On Mon, Mar 2, 2026 at 9:00 AM CRI Intake <desk@cops.example.gov> wrote:
> Please approve the work plan, or tell us what you would like changed."""


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Approved.", Reading.APPROVAL),
        ("approved, thank you", Reading.APPROVAL),
        ("We approve the work plan as written.", Reading.APPROVAL),
        ("Looks good to us. Please proceed.", Reading.APPROVAL),
        ("No changes from our side, go ahead!", Reading.APPROVAL),
        ("The plan has my approval.\n\nAnn Reyes\nChief of Police", Reading.APPROVAL),
        ("Two changes: please move the kickoff to May, and add our training sergeant.", Reading.CHANGES),
        ("We have a few comments, see attached.", Reading.CHANGES),
        ("We cannot approve this yet.", Reading.CHANGES),
        ("Approved with two changes: start in May, and leave out the survey.", Reading.CHANGES),
        ("This is not approved.", Reading.CHANGES),
        ("We approve, provided the county signs.", Reading.UNCLEAR),
        ("Our counsel is still reading it.", Reading.UNCLEAR),
        ("If the council agrees, we will approve it next week.", Reading.UNCLEAR),
        ("Has your side approved it?", Reading.UNCLEAR),
        ("", Reading.UNCLEAR),
    ],
)
def test_an_answer_is_read_for_what_it_seems_to_say(answer: str, expected: Reading, policy: Policy) -> None:
    message = Message(Channel.EMAIL, CHIEF, answer + QUOTED, "Re: Work plan")

    reading, words = read_approval(message, policy)

    assert reading is expected
    assert "wrote:" not in words
    assert words.split() == answer.split() or "Chief of Police" in answer
