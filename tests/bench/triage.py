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
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy
from crbot.wiring import load_policy
from tests.bench.measure import Row, cpu_of, in_turns
from tests.bench.messages import Sample, body_of, samples

MESSAGES = 600
SIZES = (("10 kB", 10_000), ("100 kB", 100_000), ("1 MB", 1_000_000))


def rows() -> Iterator[Row]:
    policy = load_policy()
    yield _everyday(policy)
    yield from _linearity(policy)


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
