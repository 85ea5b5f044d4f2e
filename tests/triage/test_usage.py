"""What the report on the lines of the cues counts."""

from __future__ import annotations

import pytest

from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy
from crbot.triage.usage import Labelled, Use, examples_of, meant_by, uses

CHIEF = Person("Chief Ada Bell", "abell@elm-ridge.example.gov")
LETTER = "I am the chief of the Elm Ridge Police Department, Ohio. We would like training on de-escalation. "


def statement(text: str, **gold: str) -> Labelled:
    return Labelled(
        "m1",
        Message(Channel.EMAIL, CHIEF, text),
        {fact: frozenset(values.split()) for fact, values in gold.items()},
        is_statement=True,
    )


def those_of(fact: str, used: list[Use]) -> list[Use]:
    return [each for each in used if each.cue.startswith(f"{fact}:") and each.decided]


@pytest.mark.parametrize(("label", "wrong"), [("none", ()), ("active", ("m1",)), ("", ("m1",))])
def test_a_line_decides_wrongly_where_the_label_says_otherwise(
    policy: Policy, label: str, wrong: tuple[str, ...]
) -> None:
    (use,) = those_of("litigation", uses([statement("There is no lawsuit.", litigation=label)], policy))

    assert (use.hits, use.decided, use.wrong) == (1, 1, wrong)


def test_of_a_fact_that_the_label_leaves_out_nothing_is_wrong(policy: Policy) -> None:
    (use,) = those_of("litigation", uses([statement("There is no lawsuit.")], policy))

    assert use.wrong == ()


def test_of_several_values_a_line_answers_for_its_own(policy: Policy) -> None:
    text = "We would like training for our officers. Please review our pursuit policy."
    used = those_of("services", uses([statement(text, services="training")], policy))

    assert {each.cue.split(":")[1]: each.wrong for each in used} == {"training": (), "policy_review": ("m1",)}


def test_what_stands_in_no_request_decides_nothing(policy: Policy) -> None:
    away = Message(Channel.EMAIL, CHIEF, "I am out of the office. There is no lawsuit.", "Automatic reply")
    used = uses([Labelled("m1", away, {"litigation": frozenset({"active"})})], policy)

    assert those_of("litigation", used) == []
    assert any(each.hits for each in used if each.cue.startswith("litigation:none"))


def test_the_earlier_messages_of_a_conversation_count(policy: Policy) -> None:
    earlier = Message(Channel.EMAIL, CHIEF, f"{LETTER}There is no lawsuit.")
    alone = Labelled("m1", Message(Channel.EMAIL, CHIEF, LETTER), {})
    followed = Labelled("m1", Message(Channel.EMAIL, CHIEF, LETTER), {}, earlier=(earlier,))

    met = [sum(each.hits for each in uses([labelled], policy)) for labelled in (alone, followed)]

    assert met[1] > 2 * met[0] > 0


def test_every_line_is_told_of_once_and_those_that_were_never_used_come_last(policy: Policy) -> None:
    used = uses([statement("There is no lawsuit.", litigation="active")], policy)
    places = [each.line.where for each in used]

    assert len(places) == len(set(places)) == sum(1 for file in policy.cues.values() for _ in file.lines())
    assert used[0].wrong == ("m1",)
    assert used[-1].hits == 0


def test_no_line_decides_an_example_of_the_rules_wrongly(policy: Policy) -> None:
    used = uses(examples_of(policy), policy)

    assert [each for each in used if each.wrong] == []
    assert sum(each.decided for each in used) > 300


def test_none_says_nothing_of_a_fact_that_may_have_several_values(policy: Policy) -> None:
    assert meant_by("unsupported_costs", ["none", "unknown"], policy) == frozenset()
    assert meant_by("litigation", ["none"], policy) == {"none"}
