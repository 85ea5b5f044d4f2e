"""What a decision costs beside decoding the same text and looking once for all phrases of the rules in it."""

from __future__ import annotations

import quopri
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import ahocorasick_rs
import yaml

from crbot.config import rules_folder
from crbot.triage.decide import decide
from crbot.triage.decision import Decision
from crbot.triage.examples import run_examples
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy
from crbot.wiring import load_policy
from tests.bench.measure import Row, cpu_of, in_turns
from tests.bench.messages import Sample, body_of, samples

MESSAGES = 600
SIZES = (("10 kB", 10_000), ("64 kB", 64_000), ("1 MB", 1_000_000))
HOSTILE_SIZE = 64_000  # characters: as many as are read
HOSTILE = (  # what such a body repeats, to be slow to cut, to scan or to read
    "a", " ", "\n", ">", "(", "a.a.", "no ", "no, ", "if not but no ", "1) no ", "- \n", "> no\n", "From: a\n",
    "\n\n> On x wrote:\n", "İ", "\u200b", "PD ", "AB ", "Ohio, ", "chief smith ", "the chief of police of ",
    "Chief of Police Ohio. ", "police department ohio ", "FBI has the case ", "we are being sued ",
    "review our policy and ", "we would like. ", "!)", "word? ",
)  # fmt: skip


def rows() -> Iterator[Row]:
    policy = load_policy()
    yield _everyday(policy)
    yield from _linearity(policy)
    yield _hostile(policy)
    yield _loading()


def _everyday(policy: Policy) -> Row:
    """Each text is read once, by the one or the other: a text seen before is cheaper to scan."""
    automaton = ahocorasick_rs.AhoCorasick(phrases_of(rules_folder(None)))
    made = samples(2 * MESSAGES)
    figure, floor = in_turns(
        [_decision(policy, each) for each in made[::2]], [_scan(automaton, each) for each in made[1::2]]
    )
    return Row("decide a message of 200 words", "decode, fold, find all phrases", figure, floor, 20, 500e-6)


def _decision(policy: Policy, sample: Sample) -> Callable[[], Decision]:
    encoded = quopri.encodestring(sample.body.encode())

    def work() -> Decision:
        return decide(_message(sample, quopri.decodestring(encoded).decode()), policy)

    return work


def _message(sample: Sample, body: str) -> Message:
    return Message(Channel.EMAIL, Person(sample.name, sample.address), body, sample.subject)


def _scan(automaton: ahocorasick_rs.AhoCorasick, sample: Sample) -> Callable[[], object]:
    encoded = quopri.encodestring(sample.body.encode())

    def work() -> object:
        return automaton.find_matches_as_indexes(quopri.decodestring(encoded).decode().lower())

    return work


def _linearity(policy: Policy) -> Iterator[Row]:
    """The cost of 1 kB in a long message beside that of 1 kB in a short one."""
    short = _per_kilobyte(policy, 1_000, runs=60)
    for name, size in SIZES:
        long = _per_kilobyte(policy, size, runs=5)
        yield Row(f"decide {name}, each kB of it", "the same of 1 kB", long, short, 2)


def _per_kilobyte(policy: Policy, size: int, runs: int) -> float:
    (sample,) = samples(1)
    messages = [_message(sample, body_of(size, seed)) for seed in range(runs)]
    return median(cpu_of(lambda each=each: decide(each, policy)) for each in messages) / (size / 1000)  # type: ignore[misc]


def _hostile(policy: Policy) -> Row:
    """The slowest of the bodies that are made to be slow."""
    automaton = ahocorasick_rs.AhoCorasick(phrases_of(rules_folder(None)))
    (sample,) = samples(1)
    figures = {}
    for unit in HOSTILE:
        body = (unit * HOSTILE_SIZE)[:HOSTILE_SIZE]
        message = _message(sample, body)
        figures[body] = median(cpu_of(lambda each=message: decide(each, policy)) for _ in range(3))  # type: ignore[misc]
    worst = max(figures, key=lambda body: figures[body])
    floor = median(cpu_of(lambda: automaton.find_matches_as_indexes(worst.lower())) for _ in range(3))
    work = f"decide 64 kB of {worst[:20].strip()!r}, the worst of {len(HOSTILE)} hostile bodies"
    return Row(work, "fold, find all phrases", figures[worst], floor, 100, 50e-3)


def _loading() -> Row:
    """The rules as a run of the bot loads them, and their examples as an edit of the rules tries them."""
    folder = rules_folder(None)
    texts = [file.read_text("utf-8") for file in sorted(folder.rglob("*.yaml"))]
    figure = median(cpu_of(lambda: run_examples(load_policy())) for _ in range(3))
    floor = median(
        cpu_of(lambda: [yaml.compose(text, Loader=yaml.CSafeLoader) for text in texts]) for _ in range(3)
    )
    return Row("load the rules and try their examples", "parse the files as YAML", figure, floor, 40, 300e-3)


def phrases_of(folder: Path) -> list[str]:
    """Every phrase that is written out in the rules, folded; lines with gaps and lists are left out."""
    found: set[str] = set()
    for file in folder.rglob("*.yaml"):
        found |= set(_phrases_in(yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)))
    return sorted(found)


def _phrases_in(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for below in tree.values():
            yield from _phrases_in(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from _phrases_in(below)
    elif isinstance(tree, str) and "\n" in tree:
        for line in tree.splitlines():
            if re.fullmatch(r"[a-z][a-z' -]+", line.strip()):
                yield line.strip()
