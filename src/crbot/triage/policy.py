"""The rules in typed form: what staff wrote in `rules/`, checked as a whole and ready for use.

How a file is read is `notation`'s, the words in them `lexicon`'s; what the rules do to a message, the other
modules' of this package.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crbot.triage.context import ContextRules, read_context, read_means
from crbot.triage.decision import Disposition, Outcome, Queue, Reason, RulesVersion
from crbot.triage.facts import UNKNOWN, Facts
from crbot.triage.kinds import KindRules, read_kinds
from crbot.triage.lexicon import CueFile, read_cues, read_words, words_of
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
    section_of,
    text_of,
)
from crbot.triage.phrases import Phrases, Words

MATTERS = ("investigation", "litigation")  # the facts whose mentions are read in their context
# The facts that are read by cues, and the files whose word lists are looked up by name: a folder without one of them
# would read less than it seems to.
CUED = (
    "requester_authority", *MATTERS, "unsupported_costs", "services", "incident", "urgency", "topics", "withdrawn",
)  # fmt: skip
WORD_FILES = (
    "agencies", "answers", "authority", "calls", "consent", "costs", "domains", "help", "inquiries", "kinds", "matters",
    "passages", "plans", "register", "states", "suits", "time", "titles", "wants",
)  # fmt: skip
_FILES = ("about.yaml", "facts.yaml", "eligibility.yaml", "routing.yaml", "context.yaml", "kinds.yaml")
_NAMES = frozenset(
    {*_FILES, *(f"cues/{fact}.yaml" for fact in CUED), *(f"words/{name}.yaml" for name in WORD_FILES)}
)


@dataclass(frozen=True, slots=True)
class FactRule:
    """One fact: the values that it takes, and how people are asked for it."""

    name: str
    title: str
    source: str
    question: str  # "": it is not asked
    is_several: bool
    labels: Mapping[str, str]  # value -> the value for people; none: any text is a value
    otherwise: str  # what counts where nobody told
    where: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one value of one fact means to a rule."""

    outcome: Outcome
    because: Reason


@dataclass(frozen=True, slots=True)
class Rule:
    """An eligibility rule: a verdict for every value of each of its facts."""

    name: str
    title: str
    source: str
    facts: tuple[str, ...]
    verdicts: Mapping[tuple[str, str], Verdict]  # (fact, value)
    instead: tuple[str, ...]  # what else may help whoever fails it, for the letter of decline
    where: str


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the routing table."""

    wants: Mapping[str, frozenset[str]]  # fact -> values of which one is needed; a fact left out: any
    queue: Queue
    because: Reason


@dataclass(frozen=True, slots=True)
class TableExample:
    """A row of an example table: values of facts, and what they must come to."""

    values: Mapping[str, tuple[str, ...]]
    wanted: str
    where: str
    rule: str = ""  # the eligibility rule; "" for routing


@dataclass(
    frozen=True, eq=False, repr=False
)  # compared by identity, so that what follows from it can be remembered
class Policy:
    """All rules. Made by `parse` alone."""

    version: RulesVersion
    facts: Mapping[str, FactRule]
    rules: tuple[Rule, ...]
    dispositions: Mapping[Outcome, Disposition]
    final: Disposition  # no question can change it
    routes: tuple[Route, ...]
    queue_labels: Mapping[str, str]
    words: Words
    cues: Mapping[str, CueFile]
    context: ContextRules
    kinds: KindRules
    means: Mapping[tuple[str, str], str]  # (fact, context) -> value, "as told", or "" for nothing
    table_examples: tuple[TableExample, ...]

    def label(self, fact: str, value: str) -> str:
        """A value in words for people: "After-action review"; also of the facts themselves ("fact") and queues ("queue")."""
        if fact == "fact":
            return self.facts[value].title if value in self.facts else value
        if fact == "queue":
            return self.queue_labels.get(value, value)
        rule = self.facts.get(fact)
        return rule.labels.get(value, value) if rule else value

    def instead(self, rules: Iterable[str]) -> tuple[str, ...]:
        """What else may help whoever fails these rules, each once, for the letter of decline."""
        return tuple(
            dict.fromkeys(text for rule in self.rules if rule.name in set(rules) for text in rule.instead)
        )

    def question(self, fact: str) -> str:
        return self.facts[fact].question

    def source(self, fact: str) -> str:
        """The document and heading that make a fact matter."""
        return self.facts[fact].source

    def values(self, facts: Facts, fact: str) -> tuple[str, ...]:
        """The values that count for a fact: what was told, else what the rules say of silence."""
        return facts.values(fact) or (self.facts[fact].otherwise,)


def parse(files: Mapping[str, str]) -> Policy:
    """Read a rules folder (name of the file in it -> text). Raises `PolicyError` with all its faults."""
    faults = Faults(files)
    for name in sorted(_NAMES - {*_FILES, *files}):
        _missing(name, files, faults)
    trees = {
        name: read_tree(files[name], name, faults) if name in files else _missing(name, files, faults)
        for name in _FILES
    }
    check_keys(trees["about.yaml"], ("title", "version", "source"), (), faults)
    facts = _read_facts(trees["facts.yaml"], faults)
    eligibility = trees["eligibility.yaml"]
    check_keys(eligibility, ("title", "source", "rules", "dispositions", "final"), (), faults)
    rules, rule_examples = _read_rules(eligibility, facts, faults)
    routes, route_examples = _read_routes(trees["routing.yaml"], facts, faults)
    lists = read_words(files, faults)
    cues, lines = read_cues(files, faults)
    _check_cues(cues.values(), facts, faults)
    context, triggers = read_context(trees["context.yaml"], faults)
    kinds, sign_lists, signs = read_kinds(trees["kinds.yaml"], faults)
    words = words_of(lists, Phrases({**lists.lists, **sign_lists}, {**lines, **triggers, **signs}, faults))
    policy = Policy(
        version=RulesVersion(text_of(trees["about.yaml"], "version"), _fingerprint(files)),
        facts=facts,
        rules=rules,
        dispositions=_read_dispositions(eligibility, faults),
        final=member(Disposition, text_of(eligibility, "final"), eligibility.places.get("final", ""), faults),
        routes=routes,
        queue_labels=_labels(trees["routing.yaml"], "queues"),
        words=words,
        cues=cues,
        context=context,
        kinds=kinds,
        means=read_means(trees["context.yaml"], MATTERS, faults),
        table_examples=(*rule_examples, *route_examples),
    )
    faults.raise_if_any()
    return policy


def load_words(files: Mapping[str, str]) -> Words:
    """The word lists and cues alone. Raises `PolicyError`."""
    faults = Faults(files)
    lists = read_words(files, faults)
    _, lines = read_cues(files, faults)
    words = words_of(lists, Phrases(lists.lists, lines, faults))
    faults.raise_if_any()
    return words


def _missing(name: str, files: Iterable[str], faults: Faults) -> Section:
    near = difflib.get_close_matches(name, [file for file in files if file not in _NAMES], n=1, cutoff=0.8)
    mend = f"did you mean {near[0]} by it?" if near else "take it from the rules that came with crbot"
    faults.add(name, f"is missing; {mend}")
    return Section({}, name, {})


def _fingerprint(files: Mapping[str, str]) -> str:
    """SHA-256 over names and texts, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name, files[name]):
            raw = part.encode("utf-8", "surrogatepass")
            digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def _read_facts(tree: Section, faults: Faults) -> dict[str, FactRule]:
    check_keys(tree, ("title", "source", "facts"), (), faults)
    facts = {}
    for name, entry in _entries(tree, "facts", faults):
        check_keys(entry, ("title", "source"), ("question", "several", "otherwise", "values"), faults)
        labels = _labels(entry, "values")
        otherwise = text_of(entry, "otherwise") or UNKNOWN
        if labels and otherwise not in labels:
            faults.add(
                entry.where, f"`otherwise` is {otherwise!r}, which is no value; {meant(otherwise, labels)}"
            )
        facts[name] = FactRule(
            name,
            text_of(entry, "title"),
            text_of(entry, "source"),
            text_of(entry, "question"),
            text_of(entry, "several") == "yes",
            labels,
            otherwise,
            entry.where,
        )
    return facts


def _entries(tree: Section, key: str, faults: Faults) -> Iterator[tuple[str, Section]]:
    """The names under a key, each with the keys below it."""
    names = section_of(tree, key)
    if key in tree.items and not names.items:
        faults.add(tree.places[key], f"`{key}:` must have names below it, each with its keys")
    for name, entry in names.items.items():
        if isinstance(entry, Section):
            yield name, entry
        else:
            faults.add(names.places[name], f"{name!r} must have keys below it, as in `title: …`")


def _labels(section: Section, key: str) -> dict[str, str]:
    """Lines of `value | how people call it`."""
    cut = (line.partition("|") for line in _lines(section, key))
    return {value.strip(): label.strip() for value, _, label in cut}


def _lines(section: Section, key: str) -> tuple[str, ...]:
    return tuple(line.text for line in lines_of(section, key))


def _read_rules(
    tree: Section, facts: Mapping[str, FactRule], faults: Faults
) -> tuple[tuple[Rule, ...], list[TableExample]]:
    rules, examples = [], []
    for name, entry in _entries(tree, "rules", faults):
        check_keys(entry, ("title", "source", "table", "examples"), ("instead",), faults)
        verdicts: dict[tuple[str, str], Verdict] = {}
        rows = read_table(entry, "table", ("fact", "value", "outcome", "because"), faults)
        for row in rows:
            outcome = member(Outcome, row.cells["outcome"], row.where, faults)
            reason = Reason(row.cells["because"], row.where, text_of(entry, "source"))
            for value in _checked_values(row, row.cells["fact"], "value", facts, faults):
                if (row.cells["fact"], value) in verdicts:
                    faults.add(row.where, f"{value!r} has an outcome already; give it one")
                verdicts[row.cells["fact"], value] = Verdict(outcome, reason)
        read = tuple(dict.fromkeys(row.cells["fact"] for row in rows if row.cells["fact"] in facts))
        for fact in read:
            for value in facts[fact].labels:
                if (fact, value) not in verdicts:
                    faults.add(entry.where, f"{fact}: {value!r} has no outcome; add a row for it")
        rules.append(
            Rule(
                name,
                text_of(entry, "title"),
                text_of(entry, "source"),
                read,
                verdicts,
                _lines(entry, "instead"),
                entry.where,
            )
        )
        for row in read_table(entry, "examples", (*read, "outcome"), faults, optional=read):
            member(Outcome, row.cells["outcome"], row.where, faults)
            examples.append(_table_example(row, read, "outcome", facts, faults, name))
    return tuple(rules), examples


def _read_dispositions(tree: Section, faults: Faults) -> dict[Outcome, Disposition]:
    dispositions = {
        member(Outcome, row.cells["gravest outcome"], row.where, faults): member(
            Disposition, row.cells["disposition"], row.where, faults
        )
        for row in read_table(tree, "dispositions", ("gravest outcome", "disposition"), faults)
    }
    for outcome in Outcome:
        if outcome not in dispositions:
            faults.add(tree.places.get("dispositions", tree.where), f"{outcome.value!r} has no disposition")
    return dispositions


def _read_routes(
    tree: Section, facts: Mapping[str, FactRule], faults: Faults
) -> tuple[tuple[Route, ...], list[TableExample]]:
    check_keys(tree, ("title", "source", "queues", "rows", "examples"), (), faults)
    read = ("services", "incident")
    routes = []
    source = text_of(tree, "source")
    for row in read_table(tree, "rows", (*read, "queue", "because"), faults):
        wants = {fact: frozenset(_checked_values(row, fact, fact, facts, faults)) for fact in read}
        queue = member(Queue, row.cells["queue"], row.where, faults)
        routes.append(
            Route(
                {k: v for k, v in wants.items() if v}, queue, Reason(row.cells["because"], row.where, source)
            )
        )
    _check_reach(routes, facts, tree, faults)
    examples = []
    for row in read_table(tree, "examples", (*read, "queue"), faults, optional=read):
        member(Queue, row.cells["queue"], row.where, faults)
        examples.append(_table_example(row, read, "queue", facts, faults))
    return tuple(routes), examples


def _check_reach(routes: list[Route], facts: Mapping[str, FactRule], tree: Section, faults: Faults) -> None:
    """Every row can be reached, the last takes all that is left, and every service leads somewhere by name."""
    if not routes:
        return
    if routes[-1].wants:
        faults.add(
            routes[-1].because.rule, "the last row must fit everything: write “-” in each column of facts"
        )
    for route in routes[:-1]:
        if not route.wants:
            faults.add(route.because.rule, "fits everything, so no row below it is ever reached")
    named = {value for route in routes for value in route.wants.get("services", ())}
    for value in facts["services"].labels if "services" in facts else ():
        if value != UNKNOWN and value not in named:
            faults.add(tree.where, f"no row names the service {value!r}")


def _table_example(
    row: Row, read: Iterable[str], result: str, facts: Mapping[str, FactRule], faults: Faults, rule: str = ""
) -> TableExample:
    values = {fact: _checked_values(row, fact, fact, facts, faults) for fact in read}
    return TableExample(values, row.cells.get(result, ""), row.where, rule)


def _checked_values(
    row: Row, fact: str, column: str, facts: Mapping[str, FactRule], faults: Faults
) -> tuple[str, ...]:
    """The values in a cell; those that the fact doesn't have are faults."""
    if not facts:
        return ()  # facts.yaml is broken, which is told there
    if fact not in facts:
        faults.add(row.where, f"{fact!r} is no fact; {meant(fact, facts)}")
        return ()
    if column not in row.cells:
        return ()
    values = row.choices(column)
    for value in values:
        if value not in facts[fact].labels:
            faults.add(row.where, f"{value!r} is no value of {fact}; {meant(value, facts[fact].labels)}")
    return values


def _check_cues(cues: Iterable[CueFile], facts: Mapping[str, FactRule], faults: Faults) -> None:
    for file in cues:
        rule = facts.get(file.fact)
        for value in file.values if rule else ():
            if rule and rule.labels and value not in (*rule.labels, "mention"):
                faults.add(
                    file.where[value], f"{value!r} is no value of {file.fact}; {meant(value, rule.labels)}"
                )
