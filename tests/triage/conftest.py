"""The rules that come with crbot, parsed once."""

from __future__ import annotations

from pathlib import Path

import pytest

from crbot.config import read_texts
from crbot.triage.policy import Policy, parse

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture(scope="session")
def rule_files() -> dict[str, str]:
    return read_texts(RULES, ".yaml")


@pytest.fixture(scope="session")
def policy(rule_files: dict[str, str]) -> Policy:
    return parse(rule_files)
