"""Which stage may follow which, by whom, and what that sets going: `rules/stages.yaml` in typed form.

What a stage is stands in `case`; who does the step, and with which words, is `crbot.intake.staff`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from crbot.cases.case import ENDED, Stage
from crbot.cases.letters import NEEDS_RELEASE, LetterName
from crbot.triage.notation import (
    Faults,
    Row,
    Section,
    check_keys,
    lines_of,
    meant,
    member,
    read_table,
    read_tree,
)

FILE = "stages.yaml"
_COLUMNS = ("from", "to", "by", "needs", "letter")


class Actor(StrEnum):
    """Who may take a step."""

    STAFF = "staff"
    OWNER = "owner"  # who has claimed the case
    SECOND = "second person"  # not who wrote the draft
    AGENCY = "agency"  # by writing


class Condition(StrEnum):
    """What must be there before a step."""

    REASON = "reason"
    PLAN = "plan"
    APPROVAL = "approval"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Step:
    """How one stage leads to another."""

    by: frozenset[Actor]
    needs: frozenset[Condition]
    letter: LetterName | None  # sent to the agency at once
    where: str  # "stages.yaml:12"


@dataclass(frozen=True, slots=True)
class Stages:
    """The life of a case. Made by `read_stages` alone."""

    titles: Mapping[Stage, str]
    steps: Mapping[tuple[Stage, Stage], Step]

    def step(self, before: Stage, after: Stage) -> Step | None:
        """How the one leads to the other; None where it does not."""
        return self.steps.get((before, after))

    def following(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages that may come next, in the order of a case's life."""
        return tuple(each for each in Stage if (stage, each) in self.steps)


def read_stages(files: Mapping[str, str], faults: Faults) -> Stages:
    """Read the stages of a rules folder (name of the file in it -> text)."""
    if FILE not in files:
        faults.add(FILE, "is missing; take it from the rules that came with crbot")
        return Stages({}, {})
    tree = read_tree(files[FILE], FILE, faults)
    check_keys(tree, ("title", "source", "stages", "steps"), (), faults)
    steps: dict[tuple[Stage, Stage], Step] = {}
    for row in read_table(tree, "steps", _COLUMNS, faults):
        _add(row, steps, faults)
    stages = Stages(_titles(tree, faults), steps)
    _check_life(stages, tree.places.get("steps", tree.where), faults)
    return stages


def _titles(tree: Section, faults: Faults) -> dict[Stage, str]:
    titles: dict[Stage, str] = {}
    for line in lines_of(tree, "stages"):
        name, _, title = line.text.partition("|")
        titles[member(Stage, name.strip(), line.where, faults)] = title.strip()
    for stage in Stage:
        if not titles.get(stage):
            faults.add(tree.places.get("stages", tree.where), f"{stage.value!r} has no title; give it one")
    return titles


def _add(row: Row, steps: dict[tuple[Stage, Stage], Step], faults: Faults) -> None:
    if set(row.cells) != set(_COLUMNS):
        faults.add(row.where, f"a step has the columns {', '.join(_COLUMNS)}")
        return
    step = Step(
        frozenset(member(Actor, each, row.where, faults) for each in row.choices("by")),
        frozenset(member(Condition, each, row.where, faults) for each in row.choices("needs")),
        _letter(row, faults),
        row.where,
    )
    if not step.by:
        faults.add(row.where, "nobody may take this step; name who in `by`, or leave the row out")
    for before in row.choices("from"):
        for after in row.choices("to"):
            pair = (member(Stage, before, row.where, faults), member(Stage, after, row.where, faults))
            if pair in steps:
                faults.add(
                    row.where, f"{before} to {after} stands in {steps[pair].where} already; give it once"
                )
            if pair[0] is pair[1]:
                faults.add(row.where, f"{before!r} leads to itself; leave it out")
            steps[pair] = step
            _check_promises(*pair, step, faults)


def _letter(row: Row, faults: Faults) -> LetterName | None:
    name = row.cells["letter"]
    if name in ("", "-"):
        return None
    if name not in {letter.value for letter in _FITS}:
        faults.add(
            row.where,
            f"{name!r} is no letter of a step; {meant(name, [letter.value for letter in _FITS])}",
        )
        return None
    return LetterName(name)


# The steps that a letter can go with, by the stage that they lead to.
_FITS: Mapping[LetterName, frozenset[Stage]] = {
    LetterName.PLAN_REVIEW: frozenset({Stage.AGENCY_REVIEW}),
    LetterName.PLAN_APPROVED: frozenset({Stage.APPROVED}),
    LetterName.CLOSING: frozenset({Stage.CLOSED, Stage.WITHDRAWN, Stage.DORMANT}),
    LetterName.DECLINE: frozenset({Stage.DECLINED}),
}


def _check_promises(before: Stage, after: Stage, step: Step, faults: Faults) -> None:
    """What no office may set off: nothing adverse without a draft, nothing delivered before it is approved."""
    if step.letter is not None and after not in _FITS[step.letter]:
        faults.add(step.where, f"the letter {step.letter.value!r} does not go with a step to {after.value!r}")
    if step.letter is LetterName.CLOSING and after is Stage.CLOSED and before is not Stage.DELIVERY:
        faults.add(
            step.where,
            "what was never delivered is not told to be complete; decline it, or write to the agency yourself",
        )
    if after is Stage.DELIVERY and Condition.APPROVAL not in step.needs:
        faults.add(step.where, "nothing is delivered before the agency approves; write approval in `needs`")
    if after is Stage.DECLINED and Condition.DRAFT not in step.needs:
        faults.add(step.where, "a decline needs a draft that a person releases; write draft in `needs`")
    if after is Stage.DECLINED and step.letter not in NEEDS_RELEASE:
        faults.add(step.where, "who is declined is told so; write decline in `letter`")
    if Actor.AGENCY in step.by and (after in ENDED or step.needs or step.letter):
        faults.add(
            step.where,
            "what the agency's message does by itself can end nothing, need nothing and send nothing",
        )


def _check_life(stages: Stages, where: str, faults: Faults) -> None:
    for stage in Stage:
        if not any(after is stage for _, after in stages.steps):
            faults.add(where, f"nothing leads to {stage.value!r}; add a row")
        if not stages.following(stage):
            faults.add(
                where, f"nothing follows {stage.value!r}; add a row, whatever has ended can be reopened"
            )
