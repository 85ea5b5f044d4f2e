"""The life of a case as the rules tell it: what may follow what, and what no office can set off."""

from __future__ import annotations

import itertools

import pytest

from crbot.cases.case import ENDED, Stage
from crbot.cases.letters import NEEDS_RELEASE
from crbot.cases.rulebook import Rulebook, parse_rules
from crbot.cases.stages import FILE, Actor, Condition, Stages, read_stages
from crbot.config import read_texts, rules_folder
from crbot.triage.notation import Faults, PolicyError

FILES = read_texts(rules_folder(None), ".yaml")
OPEN = [stage for stage in Stage if stage not in ENDED]


def read(text: str) -> tuple[Stages, list[str]]:
    faults = Faults()
    return read_stages({FILE: text}, faults), faults.found


STAGES, _ = read(FILES[FILE])


def test_the_way_of_a_case_from_the_first_mail_to_the_end() -> None:
    for before, after in itertools.pairwise([*OPEN, Stage.CLOSED]):
        assert STAGES.step(before, after) is not None


@pytest.mark.parametrize("stage", sorted(ENDED))
def test_whatever_has_ended_can_be_reopened_where_it_stood(stage: Stage) -> None:
    ended_from = [before for before in OPEN if STAGES.step(before, stage)]

    assert [before for before in ended_from if not STAGES.step(stage, before)] == []


def test_nothing_is_delivered_before_the_agency_approves() -> None:
    steps = [step for (_, after), step in STAGES.steps.items() if after is Stage.DELIVERY]

    assert steps != []
    assert all(Condition.APPROVAL in step.needs for step in steps)


def test_nothing_adverse_is_sent_without_a_second_person() -> None:
    for (_, after), step in STAGES.steps.items():
        if after is Stage.DECLINED or step.letter in NEEDS_RELEASE:
            assert step.by == {Actor.SECOND}
            assert Condition.DRAFT in step.needs


def test_the_agencys_word_alone_only_takes_up_again_what_was_set_aside() -> None:
    by_agency = {pair for pair, step in STAGES.steps.items() if Actor.AGENCY in step.by}

    assert {before for before, _ in by_agency} == {Stage.DORMANT}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("| received     ", "| recieved     ", "'recieved' is no stage; did you mean 'received'?"),
        ("| staff, agency |", "| staf, agency  |", "'staf' is no actor; did you mean 'staff'?"),
        ("| plan             |", "| plann            |", "'plann' is no condition; did you mean 'plan'?"),
        ("| plan_review   |", "| plan_revue    |", "'plan_revue' is no letter of a step; did you mean 'plan_review'?"),
        ("| staff         | approval         | -             |", "| staff         | -                | -             |", "nothing is delivered before the agency approves"),
        ("| draft            | decline ", "| -                | decline ", "a decline needs a draft"),
        ("| second person | draft            | decline ", "| second person | draft            | plan_review ",
         "who is declined is told so"),
        ("| -                | closing       |", "| draft            | decline       |", "the letter 'decline' does not go with a step to 'closed'"),
        ("| staff, agency | -                | -       ", "| staff, agency | -                | closing ",
         "what the agency's message does by itself"),
        ("  dormant       | Set aside\n", "", "'dormant' has no title"),
        ("  | received                                                            | scoping ",
         "  | scoping                                                             | scoping ", "'scoping' leads to itself"),
        ("| approved                                                         | staff         | approval ",
         "| work_plan                                                        | staff         | approval ", "give it once"),
        ("title: The life", "titel: The life", "'titel' is no key here"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_its_mend(old: str, new: str, fault: str) -> None:
    assert old in FILES[FILE]

    _, faults = read(FILES[FILE].replace(old, new, 1))

    assert any(each.startswith(f"{FILE}:") and fault in each for each in faults), faults


def test_faults_of_all_parts_are_told_at_once() -> None:
    broken = {**FILES, FILE: "title: x", "routing.yaml": "title: y"}

    with pytest.raises(PolicyError) as raised:
        parse_rules(broken)

    assert {each.partition(":")[0] for each in raised.value.faults} >= {FILE, "routing.yaml"}


def test_the_stages_are_part_of_the_fingerprint() -> None:
    changed = parse_rules({**FILES, FILE: FILES[FILE] + "\n# a remark\n"})

    assert isinstance(changed, Rulebook)
    assert changed.policy.version.sha256 != parse_rules(FILES).policy.version.sha256
