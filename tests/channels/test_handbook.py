from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.dom.minidom import parseString

import pytest

from crbot.cases.letters import NEEDS_RELEASE, LetterName
from crbot.cases.rulebook import parse_rules
from crbot.channels.handbook import about, as_markdown, as_page, handbook, names_in
from crbot.config import read_texts, rules_folder

ROOT = Path(__file__).resolve().parents[2]
RULES = parse_rules(read_texts(rules_folder(None), ".yaml"))
EVERYTHING = handbook(RULES)
TEXT = as_markdown(EVERYTHING)
PAGE = as_page(EVERYTHING, RULES)


def test_the_policy_among_the_docs_is_the_one_that_runs() -> None:
    assert (ROOT / "docs" / "policy-as-run.md").read_text("utf-8") == TEXT, "renew it: make policy"


def test_every_rule_is_told_with_its_source_outcomes_questions_and_what_may_help_instead() -> None:
    for rule in RULES.policy.rules:
        told = as_markdown(about(EVERYTHING, rule.name))

        assert rule.title in told
        assert f"Source: {rule.source}" in told
        assert all(verdict.because.text in told for verdict in rule.verdicts.values())
        assert all(words in told for words in rule.instead)
        for (fact, _), verdict in rule.verdicts.items():
            assert verdict.outcome != "ask" or RULES.policy.question(fact) in told


def test_every_fact_letter_stage_and_ladder_is_told() -> None:
    assert names_in(EVERYTHING) >= {
        *RULES.policy.facts,
        *LetterName,
        *RULES.stages.titles,
        *RULES.policy.queue_labels,
        *RULES.ladders.of,
    }
    for letter in LetterName:
        assert re.search(
            rf"^\| {letter} \| {'yes' if letter in NEEDS_RELEASE else 'no'} \|", TEXT, re.MULTILINE
        )


def test_the_rows_of_every_table_have_as_many_cells_as_its_head() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE)

    assert len(tables) > 30
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.met: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.met.append((tag, dict(attrs)))


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    reader = _Page()
    reader.feed(PAGE)

    assert {tag for tag, _ in reader.met}.isdisjoint({"script", "img", "iframe", "object", "form"})
    assert all(
        not (value or "").startswith(("http", "//")) for _, each in reader.met for value in each.values()
    )
    assert [each for tag, each in reader.met if tag == "th" and each.get("scope") != "col"] == []
    anchors = [each["id"] for _, each in reader.met if "id" in each]
    assert len(anchors) == len(set(anchors))


def test_the_picture_shows_every_fact_that_is_read_each_rule_disposition_and_queue_and_is_told_in_words() -> (
    None
):
    found = re.search(r"<svg.*</svg>", PAGE, re.DOTALL)
    assert found is not None
    picture = parseString(found[0]).documentElement
    assert picture is not None
    words = " ".join(
        text.firstChild.data for text in picture.getElementsByTagName("text") if text.firstChild is not None
    )

    assert picture.getAttribute("role") == "img"
    assert picture.getAttribute("aria-labelledby") == "drawn drawn-words"
    for rule in RULES.policy.rules:
        assert rule.title in words
        assert all(RULES.policy.label("fact", fact) in words for fact in rule.facts)
    assert all(each.value.replace("_", " ") in words for each in RULES.policy.dispositions.values())
    assert all(label in words for label in RULES.policy.queue_labels.values())


@pytest.mark.parametrize("name", ["agency_type", "cri_tac", "decline", "missing_facts", "scoping", "table"])
def test_one_thing_is_told_by_its_name(name: str) -> None:
    sections = about(EVERYTHING, name)

    assert 0 < len(sections) < len(EVERYTHING) // 2
