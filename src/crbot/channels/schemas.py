"""JSON Schemas of the rules files: an editor completes names, shows what they mean, and marks what is wrong.

What an editor can't see, inside the tables and across files, `crbot rules check` tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from crbot.cases.ladders import Purpose
from crbot.cases.rulebook import Rulebook
from crbot.triage.context import KINDS
from crbot.triage.decision import Disposition, Kind, Outcome, Queue
from crbot.triage.kinds import Place
from crbot.triage.lexicon import GROUPS
from crbot.triage.policy import CUED, FactRule

Schema = dict[str, Any]

OTHER = "other"  # of files that have no schema of their own
_TITLE = "What the file is about, for people."
_SOURCE = "The document and heading that these rules come from. Every file and every rule names one."
_LINES = "One a line, below `key: |`. What follows “ #” is a remark."
_PHRASES = (
    "One phrase or line of pieces a line: `{list}` is any phrase of a word list, `(a | b)` one of these, `...` up to "
    "six words in between and `...3` up to three; `word*` may go on."
)
_EXAMPLES = (
    "Lines `value | sentence`: each must come out so when `crbot rules test` runs; “-” stands for nothing."
)


def schemas(rules: Rulebook) -> dict[str, Schema]:
    """The schemas by their names, made for the facts and values of these rules."""
    made = {
        "about": _keys({"title": _text(_TITLE), "version": _text("Your own name for this state of the rules, shown with each decision."),
                        "source": _text(_SOURCE)}),
        "facts": _defining(_fact(), _headed({"facts": _names("The facts, by the names that the other files use.",
                                                             _EACH, suggested=rules.policy.facts)})),
        "eligibility": _eligibility(rules),
        "routing": _routing(),
        "context": _context(rules),
        "kinds": _kinds(),
        "cues": _cues(rules.policy.facts),
        "words": _headed({}, {"lists": _names("Lists that are looked for in every message; cues name them as {list}.", _block("", _PHRASES)),
                              "sets": _names("Lists that single words are held against.", _block("", _LINES))}),
        "stages": _headed({"stages": _block("Lines `stage | how people call it`.", _LINES),
                           "steps": _table("Which stage may follow which.", ("from", "to", "by", "needs", "letter"))}),
        "hours": _headed({"windows": _table("From when to when, by the agency's own clock.", ("window", "opens", "closes")),
                          "after_closure": _text("Not before this hour on the first business day after a holiday, as in 10:00."),
                          "zones": _table("The zones of each state; “-” where no state is known.", ("state", "zones"))},
                         {"closed": _block("Days on which nothing goes out: 2026-12-24, 12-24, or Thanksgiving Day + 1.", _LINES)}),
        "followups": _followups(),
        "confirming": _headed({"asks": _table("When the head of an agency is asked to confirm: the first row that fits.",
                                              ("authority", "sender", "address", "asks", "because")),
                               "valid": _text("How long the head has to answer, as in 14 days."),
                               "counts": _text("What our mail server must have found of the answer's sender: proven, not proven, unknown.")},
                              {"official": _block("Endings of domains that only a government is given.", _LINES)}),
        "retention": _headed({"periods": _table("How long each thing is kept: “for ever”, or a number and a unit, as in 3 years.",
                                                ("what", "keep", "source"))},
                             {"held_by": _block("Rules of eligibility.yaml: a case that one of them flagged or failed is held.", _LINES)}),
        OTHER: {**_headed({}), "additionalProperties": True},
    }  # fmt: skip
    return {
        name: {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": f"crbot rules: {name}",
            **each,
        }
        for name, each in made.items()
    }


def name_for(file: str, known: Iterable[str]) -> str:
    """The name of the schema that a file of a rules folder, such as "cues/services.yaml", is written by."""
    path = PurePosixPath(file)
    name = path.parts[0] if len(path.parts) > 1 else path.stem
    return name if name in known else OTHER


def as_json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


# The pieces

_EACH: Schema = {"$ref": "#/definitions/each"}  # what `_defining` defines, which many names have below them


def _defining(each: Schema, schema: Schema) -> Schema:
    return {**schema, "definitions": {"each": each}}


def _keys(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, what: str = ""
) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }
    return {**schema, "description": what} if what else schema


def _headed(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """A file with its title and source."""
    return _keys({"title": _text(_TITLE), "source": _text(_SOURCE), **required}, optional)


def _names(what: str, each: Schema, suggested: Iterable[str] = ()) -> Schema:
    """Names of one's own, each with the same below it; those that are there already are suggested."""
    schema = {"type": "object", "description": what, "additionalProperties": each}
    names = dict.fromkeys(suggested, each)
    return {**schema, "properties": names} if names else schema


def _text(what: str) -> Schema:
    # everything is read as text; an editor takes 3 for a number
    return {"type": ["string", "number"], "description": what}


def _choice(what: str, values: Iterable[str]) -> Schema:
    return {"description": what, "enum": list(values)}


def _block(what: str, how: str) -> Schema:
    return {"type": ["string", "number"], "description": " ".join(filter(None, (what, how)))}


def _table(what: str, columns: Iterable[str]) -> Schema:
    head = f"| {' | '.join(columns)} |"
    return {
        "type": "string",
        "pattern": r"^\s*(#[^\n]*\n\s*)*\|",
        "description": f"{what} A table drawn with bars below `key: |`; its first line: {head}",
        "defaultSnippets": [{"label": "table", "body": f"|\n  {head}\n"}],
    }


# The files


def _fact() -> Schema:
    return _keys(
        {"title": _text("The fact in words, for cards and letters."), "source": _text(_SOURCE)},
        {
            "question": _text("How people are asked for it. A fact without a question is never asked."),
            "several": _choice("Whether it can have several values.", ("yes", "no")),
            "otherwise": _text("The value that counts where nobody told; else it is unknown."),
            "values": _block("Lines `value | how people call it`; without them any text is a value.", _LINES),
        },
    )


def _eligibility(rules: Rulebook) -> Schema:
    outcomes = ", ".join(Outcome)
    rule = _keys(
        {
            "title": _text("The rule in one sentence, as it is when it passes."),
            "source": _text(_SOURCE),
            "table": _table(
                f"An outcome ({outcomes}) for every value of each fact; the gravest is the rule's.",
                ("fact", "value", "outcome", "because"),
            ),
            "examples": _table("Values and what the rule must come to.", ("fact", "…", "outcome")),
        },
        {
            "instead": _block(
                "What else may help whoever fails the rule; goes into the letter of decline.", _LINES
            )
        },
    )
    return _defining(
        rule,
        _headed(
            {
                "rules": _names(
                    "The rules by name.", _EACH, suggested=(each.name for each in rules.policy.rules)
                ),
                "dispositions": _table(
                    f"What the rules come to together: one of {', '.join(Disposition)}.",
                    ("gravest outcome", "disposition"),
                ),
                "final": _choice("The disposition that no question can change any more.", Disposition),
            }
        ),
    )


def _routing() -> Schema:
    columns = ("services", "incident", "queue")
    return _headed(
        {
            "queues": _block(f"Lines `queue | how people call it`, for {', '.join(Queue)}.", _LINES),
            "rows": _table(
                "The first row that fits counts; the last fits everything.", (*columns, "because")
            ),
            "examples": _table("What is wanted, and where it must lead.", columns),
        }
    )


def _context(rules: Rulebook) -> Schema:
    sides = {
        "before": "Phrases that stand before the mention.",
        "near": "The same, at most four words before it.",
        "after": "Phrases that stand after the mention.",
        "either": "Phrases that stand on either side.",
        "around": "Phrases in which the mention itself stands.",
        "answer": "Answers that follow the mention at once, as in “Lawsuits: none”.",
        "next": "Phrases that begin the next sentence and speak of this one.",
    }
    kind = _keys(
        {
            "title": _text("How it is told in an explanation."),
            "reach": _text("Over how many words it reaches."),
        },
        {side: _block(what, _PHRASES) for side, what in sides.items()},
    )
    facts = tuple(dict.fromkeys(fact for fact, _ in rules.policy.means))
    return _defining(
        kind,
        _headed(
            {
                "kinds": {**_keys({}, dict.fromkeys(KINDS, _EACH)), "description": "What changes a mention."},
                "means": _table("What a mention tells in which context.", ("context", *facts)),
                "stops": _block("What ends the reach of everything.", _PHRASES),
                "clauses": _block("Where a new clause begins.", _PHRASES),
                "nothing": _block("What counts as nothing, and protects its words.", _PHRASES),
            }
        ),
    )


def _kinds() -> Schema:
    sign = _keys(
        {"in": _choice("Where it is looked for.", Place), "phrases": _block("", _PHRASES)},
        {"not": _block("What only looks like it.", _PHRASES)},
    )
    return _headed(
        {
            "signs": _names("The signs by name.", sign),
            "rows": _table(
                f"The first row that fits tells the kind: {', '.join(Kind)}. “+” joins signs that must all be there.",
                ("signs", "but not", "kind", "because"),
            ),
            "examples": _block(_EXAMPLES, "“subject // body” where there is a subject."),
        },
        {
            "together": _names(
                "Names for several signs, for the column `but not`.", _text("Signs, parted by commas.")
            )
        },
    )


def _cues(facts: Mapping[str, FactRule]) -> Schema:
    groups = {
        "not": _block("What only looks like it.", _PHRASES),
        "over": _text("Values that don't count where this value's own words tell it, parted by commas."),
        "wanted": _block("Counts only where something is asked for.", _PHRASES),
        "weak": _block("Counts only where nothing else is found.", _PHRASES),
        "back": _block("Counts only with its `thing` in a sentence before.", _PHRASES),
        "thing": _block("What “it” in `back` stands for.", _PHRASES),
        "listed": _block("Counts only in the items of a list.", _PHRASES),
    }
    assert {"not", "over", *GROUPS} == groups.keys()
    value = _keys({"phrases": _block("What betrays the value.", _PHRASES)}, groups)
    schema = _headed(
        {
            "fact": _choice("The fact that these cues tell.", CUED),
            "cues": {
                "type": "object",
                "description": "The values, each with its cues.",
                "additionalProperties": _EACH,
            },
            "examples": _block(_EXAMPLES, _LINES),
        },
        {"not": _block("What only looks like any of the values.", _PHRASES)},
    )
    schema["definitions"] = {"each": value}
    schema["allOf"] = [
        {
            "if": {"properties": {"fact": {"const": fact}}},
            "then": {
                "properties": {
                    "cues": {
                        "properties": dict.fromkeys(facts[fact].labels, _EACH),
                        "propertyNames": {"enum": [*facts[fact].labels, "mention"]},
                    }
                }
            },
        }
        for fact in CUED
        if fact in facts
    ]
    return schema


def _followups() -> Schema:
    ladder = _keys(
        {
            "title": _text("What is waited for."),
            "steps": _table("What happens when.", ("after", "to", "letter", "words")),
        }
    )
    limits = {
        "letters_a_day": "To one address, over all cases.",
        "letters_a_ladder": "For one set of questions, one version of a plan.",
        "letters_unanswered": "On one case without a human word; then staff are told instead.",
        "fresh_ears": "No letter unless mailbox and Slack were read to the end within this time, as in 15 minutes.",
    }
    return _defining(
        ladder,
        _headed(
            {
                "staff_zone": _text("The time zone of the office, as in America/New_York."),
                "limits": _keys(
                    {name: _text(what) for name, what in limits.items()}, what="How much is too much."
                ),
                "ladders": {
                    **_keys({}, dict.fromkeys(Purpose, _EACH)),
                    "description": "For each wait, its steps.",
                },
            }
        ),
    )
