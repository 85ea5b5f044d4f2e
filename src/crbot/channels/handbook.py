"""The whole policy as a document for people, made of the rules that run: as Markdown, and as a page with a picture.

The picture is `picture`'s, the whole table in its own form `signing`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crbot.cases.confirming import Confirming
from crbot.cases.hours import Wait
from crbot.cases.ladders import Ladder, Step
from crbot.cases.letters import FIELDS, NEEDS_RELEASE, LetterName
from crbot.cases.rulebook import Rulebook
from crbot.channels.pages import page
from crbot.channels.picture import picture_of
from crbot.triage.decision import Disposition, Outcome
from crbot.triage.lexicon import Example
from crbot.triage.policy import FactRule, Policy, Rule, TableExample
from crbot.triage.table import ANY, combinations, headings, whole_table


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it: paragraphs and tables."""

    title: str
    parts: tuple[str | Grid, ...]
    names: frozenset[str] = frozenset()  # by which it is asked for
    level: int = 2

    @property
    def anchor(self) -> str:
        return "".join(each if each.isalnum() else "-" for each in self.title.lower())


_INTRODUCTION = (
    "This is what crbot does, told by the rules that it runs by: nobody writes here, “make policy” makes it anew. "
    "To change what stands here, change the rules, as docs/rules.md tells."
)


def handbook(rules: Rulebook) -> list[Section]:
    """The policy in its order: what is known, what is judged, where it goes, what follows."""
    policy = rules.policy
    return [
        Section(
            "The policy as it runs",
            (_INTRODUCTION, f"Rules {policy.version.version}."),
            level=1,
        ),
        Section("What is known of a request", (_FACTS, *(_facts(policy)))),
        *(_fact(each) for each in policy.facts.values()),
        Section("The eligibility rules", (_RULES,)),
        *(_rule(each, rules) for each in policy.rules),
        _together(policy),
        _routing(policy),
        *_decided(policy),
        _kinds(policy),
        _mentions(policy),
        _confirming(rules.confirming),
        _stages(rules),
        Section("What follows by itself", tuple(_limits(rules))),
        *(_ladder(each) for each in rules.ladders.of.values()),
        Section("Letters", (_LETTERS, _letters(rules)), frozenset({"letters", *LetterName})),
        _retention(rules),
    ]


def about(sections: Iterable[Section], name: str) -> list[Section]:
    """The sections that tell of a rule, fact, queue, stage, ladder or letter by its name."""
    return [each for each in sections if name in each.names]


def names_in(sections: Iterable[Section]) -> set[str]:
    return {name for each in sections for name in each.names}


# What is known

_FACTS = (
    "A message tells facts, each by words that are kept as its evidence. What it does not tell is unknown, unless the "
    "rules say what silence means."
)


def _facts(policy: Policy) -> Iterator[Grid]:
    yield Grid(
        ("fact", "in words", "where nobody tells", "is asked"),
        tuple(
            (each.name, each.title, _otherwise(each), "yes" if each.question else "no")
            for each in policy.facts.values()
        ),
    )
    yield Grid(
        ("cues", "what they look for", "source"),
        tuple((each.fact, each.title, each.source) for each in policy.cues.values()),
    )


def _otherwise(fact: FactRule) -> str:
    return fact.labels.get(fact.otherwise, fact.otherwise) if fact.labels else "unknown"


def _fact(fact: FactRule) -> Section:
    parts: list[str | Grid] = [f"Source: {fact.source}."]
    if fact.question:
        parts.append(f"Question: “{fact.question}”")
    if fact.is_several:
        parts.append("It may have several values.")
    if fact.labels:
        parts.append(Grid(("value", "in words"), tuple(fact.labels.items())))
    else:
        parts.append("Its value is what the sender writes.")
    return Section(f"{fact.title} ({fact.name})", tuple(parts), frozenset({fact.name}), 3)


# What is judged

_RULES = (
    "Each rule looks its facts up in a table; of several outcomes the gravest is the rule's: pass, ask (a fact is not "
    "known and matters), flag (a person must decide), fail."
)


def _rule(rule: Rule, rules: Rulebook) -> Section:
    policy = rules.policy
    questions = [
        f"“{policy.question(fact)}”"
        for fact in rule.facts
        if any(each.outcome is Outcome.ASK for (name, _), each in rule.verdicts.items() if name == fact)
    ]
    parts: list[str | Grid] = [f"Source: {rule.source}.", _verdicts(rule, policy)]
    if questions:
        asking = _listed(name for name, fields in FIELDS.items() if "questions" in fields)
        parts.append(f"Where a fact is not known it is asked, in the letters {asking}: {' '.join(questions)}")
    if rule.instead:
        telling = _listed(name for name, fields in FIELDS.items() if "alternatives" in fields)
        parts.append(f"Who fails it is told in the letter {telling}: {' '.join(rule.instead)}")
    examples = [each for each in policy.table_examples if each.rule == rule.name]
    parts += ["Examples:", _table_examples(examples, rule.facts, "outcome")]
    return Section(f"{rule.title} ({rule.name})", tuple(parts), frozenset({rule.name}), 3)


def _verdicts(rule: Rule, policy: Policy) -> Grid:
    """The rows as they stand in the rules: values with one reason together."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for (fact, value), verdict in rule.verdicts.items():
        rows.setdefault((fact, verdict.outcome.value, verdict.because.text), []).append(
            policy.label(fact, value)
        )
    return Grid(
        ("fact", "value", "outcome", "because"),
        tuple(
            (policy.label("fact", fact), ", ".join(values), outcome, because)
            for (fact, outcome, because), values in rows.items()
        ),
    )


def _table_examples(examples: Iterable[TableExample], facts: Sequence[str], result: str) -> Grid:
    rows = (
        (*(", ".join(each.values.get(fact, ())) or ANY for fact in facts), each.wanted) for each in examples
    )
    return Grid((*facts, result), tuple(rows))


_FOLLOWS = {
    Disposition.ELIGIBLE: "acknowledged; staff take it up",
    Disposition.NEEDS_INFORMATION: "acknowledged, with the questions that still matter",
    Disposition.REVIEW: "goes to a person; nothing is declined by itself",
    Disposition.INELIGIBLE: "goes to a person, with a draft that a second person must release",
}


def _together(policy: Policy) -> Section:
    rows = tuple(
        (outcome.value, _words(disposition), _FOLLOWS.get(disposition, ""))
        for outcome, disposition in policy.dispositions.items()
    )
    final = f"Once a request is {_words(policy.final)} nothing more is asked; until then each question is asked whose answer can still change the disposition or the queue."
    return Section(
        "What the rules come to together",
        (Grid(("the gravest outcome", "disposition", "what follows"), rows), final),
        frozenset({"disposition", *policy.dispositions.values()}),
    )


def _routing(policy: Policy) -> Section:
    rows = tuple(
        (
            *(
                ", ".join(sorted(policy.label(fact, each) for each in row.wants.get(fact, ()))) or ANY
                for fact in _ROUTED
            ),
            policy.label("queue", row.queue.value),
            row.because.text,
        )
        for row in policy.routes
    )
    return Section(
        "Where a request goes",
        (
            f"Source: {policy.routes[0].because.source}.",
            "From the top: the first row that fits counts; “-” fits everything.",
            Grid((*(policy.label("fact", fact) for fact in _ROUTED), "queue", "because"), rows),
            "Examples:",
            _table_examples((each for each in policy.table_examples if not each.rule), _ROUTED, "queue"),
        ),
        frozenset({"routing", "queue", *policy.queue_labels}),
    )


_ROUTED = ("services", "incident")


_EVERY = (
    "{} lines decide all {:,} combinations of the facts that the rules see. They are signed, and a change of the "
    "rules that alters one of them wants a name and a reason (crbot rules check)."
)


def _decided(policy: Policy) -> Iterator[Section]:
    lines = whole_table(policy)
    yield Section(
        "Every combination",
        (_EVERY.format(len(lines), combinations(lines)),),
        frozenset({"table"}),
    )
    for heading, each in headings(lines).items():
        facts = tuple(dict.fromkeys(fact for line in each for fact in line.cells))
        rows = tuple((*(line.cells.get(fact, ANY) for fact in facts), line.result) for line in each)
        yield Section(f"Table: {heading}", (Grid((*facts, "comes to"), rows),), frozenset({"table"}), 3)


def _kinds(policy: Policy) -> Section:
    rows = tuple((_words(row.kind), row.because.text) for row in policy.kinds.rows)
    return Section(
        "What kind of message it is",
        (
            f"Source: {policy.kinds.rows[0].because.source}.",
            "From the top: the first row whose signs are there counts. Only a request or a reply opens or continues a case.",
            Grid(("kind", "because"), rows),
            "Examples:",
            _examples(policy.kinds.examples),
        ),
        frozenset({"kinds", *(row.kind for row in policy.kinds.rows)}),
    )


def _examples(examples: Iterable[Example], most: int = 2) -> Grid:
    """The first ones of each value."""
    chosen: dict[str, list[str]] = {}
    for each in examples:
        chosen.setdefault(", ".join(each.values) or "nothing", []).append(each.text)
    rows = ((value, text) for value, texts in chosen.items() for text in texts[:most])
    return Grid(("comes to", "example"), tuple(rows))


def _mentions(policy: Policy) -> Section:
    facts = tuple(dict.fromkeys(fact for fact, _ in policy.means))
    contexts = tuple(dict.fromkeys(context for _, context in policy.means))
    rows = tuple(
        (policy.context.titles.get(each, each), *(policy.means[fact, each] or "nothing" for fact in facts))
        for each in contexts
    )
    return Section(
        "What a mention tells",
        (
            "An investigation or a lawsuit that is mentioned counts as its surroundings make it.",
            Grid(("where it is", *(policy.label("fact", fact) for fact in facts)), rows),
        ),
        frozenset({"context"}),
    )


# What follows


def _confirming(confirming: Confirming) -> Section:
    columns = ("authority", "sender", "address")
    rows = tuple(
        (*(", ".join(sorted(row.fits.get(each, ()))) or ANY for each in columns), row.asks.value, row.because)
        for row in confirming.occasions
    )
    days, proofs = _many(confirming.valid.days, "day"), ", ".join(sorted(confirming.counts))
    counts = f"The answer is good for {days}, and counts by itself where its sender is {proofs}."
    return Section(
        "When the head of an agency is asked to confirm",
        (Grid((*columns, "asks", "because"), rows), counts),
        frozenset({"confirming"}),
    )


def _retention(rules: Rulebook) -> Section:
    retention = rules.retention
    rows = tuple((what, period.keep, period.source) for what, period in retention.periods.items())
    held = "; ".join(rule.title for rule in rules.policy.rules if rule.name in retention.held_by) or "none"
    told = f"Two persons dispose of what has reached its end. A case is held whatever its period where one of these rules flagged or failed it: {held}."
    return Section(
        "How long things are kept", (Grid(("what", "keep", "source"), rows), told), frozenset({"retention"})
    )


def _stages(rules: Rulebook) -> Section:
    titles = rules.stages.titles
    rows = tuple(
        (
            titles[before],
            titles[after],
            " or ".join(sorted(step.by)),
            " and ".join(sorted(step.needs)) or ANY,
            step.letter or ANY,
        )
        for (before, after), step in rules.stages.steps.items()
    )
    return Section(
        "The life of a case",
        (Grid(("from", "to", "by", "needs", "letter"), rows),),
        frozenset({"stages", *titles}),
    )


def _limits(rules: Rulebook) -> Iterator[str | Grid]:
    limits = rules.ladders.limits
    yield (
        f"At most {limits.letters_a_day} letter a day to one address, {limits.letters_a_ladder} about the same, "
        f"{limits.letters_unanswered} on one case without a human word; none unless mailbox and Slack were read to "
        f"the end within {limits.fresh_ears // timedelta(minutes=1)} minutes."
    )
    yield Grid(
        ("what goes out", "from", "to"),
        tuple(
            (name, f"{each.opens:%H:%M}", f"{each.closes:%H:%M}")
            for name, each in rules.hours.windows.items()
        ),
    )


def _ladder(ladder: Ladder) -> Section:
    rows = tuple((_when(step), step.to.value, step.letter or ANY, step.words or ANY) for step in ladder.steps)
    return Section(
        f"{ladder.title} ({ladder.purpose})",
        (Grid(("after", "to", "letter", "words"), rows) if rows else "Off.",),
        frozenset({ladder.purpose.value}),
        3,
    )


def _when(step: Step) -> str:
    return f"{_wait(step.after)}{' before' if step.is_before else ''}"


def _wait(wait: Wait) -> str:
    if wait.business_days:
        return _many(wait.business_days, "business day")
    for unit, size in (
        ("day", timedelta(days=1)),
        ("hour", timedelta(hours=1)),
        ("minute", timedelta(minutes=1)),
    ):
        if wait.time and not wait.time % size:
            return _many(wait.time // size, f"business {unit}" if wait.in_business_hours else unit)
    return "at once"


def _many(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


_LETTERS = "Every letter stands in templates/, with its words. One that is adverse goes only when a second person has released it."


def _letters(rules: Rulebook) -> Grid:
    sent: dict[LetterName, list[str]] = {}
    for (_, after), step in rules.stages.steps.items():
        if step.letter:
            sent.setdefault(step.letter, []).append(f"to {rules.stages.titles[after]}")
    for ladder in rules.ladders.of.values():
        for each in ladder.steps:
            if each.letter:
                sent.setdefault(each.letter, []).append(f"{ladder.title}: {_when(each)}")
    rows = tuple(
        (
            name.value,
            "yes" if name in NEEDS_RELEASE else "no",
            "; ".join(dict.fromkeys(sent.get(name, ()))) or ANY,
            ", ".join(fields),
        )
        for name, fields in FIELDS.items()
    )
    return Grid(("letter", "a person releases it", "sent by stages and follow-ups", "what it tells"), rows)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: Iterable[LetterName]) -> str:
    return ", ".join(name.value for name in names)


# How it is shown


def as_markdown(sections: Iterable[Section]) -> str:
    """The document for reading in a terminal or among the docs."""
    blocks = []
    for section in sections:
        blocks.append(f"{'#' * section.level} {section.title}")
        blocks += [part if isinstance(part, str) else _bars(part) for part in section.parts]
    return "\n\n".join(blocks) + "\n"


def _bars(grid: Grid) -> str:
    lines = (grid.columns, tuple("---" for _ in grid.columns), *grid.rows)
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def as_page(sections: Sequence[Section], rules: Rulebook) -> str:
    """The document for a browser, with the picture of the decision."""
    shown = [
        (each, [("text", part) if isinstance(part, str) else ("grid", part) for part in each.parts])
        for each in sections
    ]
    return page("policy", sections=shown, picture=picture_of(rules), version=rules.policy.version)
