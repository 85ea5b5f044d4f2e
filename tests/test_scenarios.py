"""Conversations from the first word to the last, as program staff would tell them: `scenarios/*.toml`.

Each step is a message or a staff action (`does`, with its values under `set`, to the first case or to the one whose
place is told in `case`); what is named beside it must come of it: the decision, the open questions, the letters that
go out, the channel where staff see the card, words of the card's thread (`tells`), why it was refused (`refused`), and
of the case afterwards its stage, the version of the plan that is approved, and which one a message was added to (`in`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from crbot import wiring
from crbot.cases.case import Conversation
from crbot.cases.letters import Letter
from crbot.cases.respond import Notice, Whisper
from crbot.cases.rulebook import Rulebook
from crbot.channels.mail.mime import OurSide, received
from crbot.intake.due import send_due
from crbot.intake.incoming import Desk, Thought, think
from crbot.intake.ports import Arrival, Drawing, Ignored, Outgoing, Received, StaffAction, Verb
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.triage.message import Channel, Message, Person
from tests.fakes import Clock, Outlet, Reader

OWN = frozenset({"cri-intake@cops.example.gov"})
SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.toml"))


class Stage:
    """The desk with its store, and a world that takes what it sends."""

    def __init__(self, rules: Rulebook) -> None:
        self._engine = open_engine("sqlite://")
        upgrade(self._engine)
        self.store = SqlStore(self._engine)
        self.clock = Clock()
        self._waiting: dict[str, StaffAction | Received] = {}
        self.desk = Desk(self.store, Reader(self._read), rules, OWN, self.clock)
        self.outlet = Outlet()
        self.cases: list[str] = []  # in the order in which they were opened
        self._count = 0

    def close(self) -> None:
        self._engine.dispose()

    def play(self, step: dict[str, Any]) -> tuple[Thought, list[Outgoing]]:
        """Let one step happen; returns what was thought of it and what was sent because of it."""
        self._count += 1
        self.store.keep([self._arrival(step)])
        thought = think(self.desk)
        assert thought is not None
        if thought.case and thought.case not in self.cases:
            self.cases.append(thought.case)
        before = len(self.outlet.delivered)
        for channel in (Channel.EMAIL, Channel.SLACK):
            while send_due(self.store, channel, self.outlet, self.clock):
                pass
        return thought, self.outlet.delivered[before:]

    def _arrival(self, step: dict[str, Any]) -> Arrival:
        key = f"step:{self._count}"
        if "staff" in step:
            held = [each.what.held for each in self.outlet.delivered if isinstance(each.what, Notice)]
            self._waiting[key] = StaffAction(
                Verb(step["does"]),
                self.case_of(step),
                step["staff"],
                reason=step.get("reason", ""),
                values=self._values(step) | ({"message": str(held[-1])} if held else {}),
                seen_in="C0STAFF",
            )
            return Arrival(Channel.TERMINAL, key, b"{}", self.clock())
        if step.get("via") == "slack":
            self._waiting[key] = self._slack(step)
            return Arrival(Channel.SLACK, key, b"{}", self.clock())
        return Arrival(Channel.EMAIL, key, self._mail(step), self.clock())

    def case_of(self, step: dict[str, Any]) -> str:
        """The case that a step is about."""
        return self.cases[step.get("case", 1) - 1]

    def _values(self, step: dict[str, Any]) -> dict[str, str]:
        values = dict(step.get("set", {}))
        if "of" in values:
            values["of"] = self.cases[values["of"] - 1]
        return values

    def _read(self, arrival: Arrival) -> Received | StaffAction | Ignored:
        return self._waiting.pop(arrival.key, None) or received(arrival.raw, OurSide(OWN))

    def _mail(self, step: dict[str, Any]) -> bytes:
        mail = EmailMessage()
        mail["From"] = step["from"]
        mail["To"] = "cri-intake@cops.example.gov"
        mail["Subject"] = step.get("subject", "Re: your request")
        mail["Message-ID"] = f"<step{self._count}@world.example>"
        if "answers" in step:
            mail["In-Reply-To"] = self._sent(step["answers"])
        for name, value in step.get("headers", {}).items():
            mail[name] = value
        mail.set_content(step["text"].lstrip("\n"))
        return mail.as_bytes()

    def _sent(self, letter: str) -> str:
        key = next(
            each.key
            for each in reversed(self.outlet.delivered)
            if isinstance(each.what, Letter) and each.what.name == letter
        )
        return f"<{key}@desk.example.gov>"

    def _slack(self, step: dict[str, Any]) -> Received:
        name, address = parseaddr(step["from"])
        sender = Person(name, address)
        message = Message(Channel.SLACK, sender, step["text"].strip())
        direct = (
            f"D0{address.partition('@')[0].upper()}"  # everybody has a conversation of their own with the bot
        )
        where = Conversation(Channel.SLACK, direct, "17.1", person=sender)
        return Received(message, f"{direct}:17.1", where, refers_to=(f"{direct}:17.1",))


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def stage(rules: Rulebook) -> Iterator[Stage]:
    stage = Stage(rules)
    yield stage
    stage.close()


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_scenario(file: Path, stage: Stage) -> None:
    scenario = tomllib.loads(file.read_text(encoding="utf-8"))
    for position, step in enumerate(scenario["step"], 1):
        thought, sent = stage.play(step)
        came = _came_of(stage, step, thought, sent)
        unknown = step.keys() - came.keys() - _ASKED
        assert not unknown, f"{scenario['title']}: step {position} tells of {unknown}"
        wanted = {name: step[name] for name in came if name in step}
        assert wanted == {name: came[name] for name in wanted}, f"{scenario['title']}: step {position}"


_ASKED = {"from", "subject", "text", "answers", "headers", "via", "staff", "does", "reason", "set", "case"}


def _came_of(stage: Stage, step: dict[str, Any], thought: Thought, sent: list[Outgoing]) -> dict[str, Any]:
    case = stage.store.case(stage.case_of(step)) if stage.cases else None
    decision = thought.decision
    logs = [each.what.log for each in sent if isinstance(each.what, Drawing) and each.what.log]
    whispers = [each.what.text for each in sent if isinstance(each.what, Whisper)]
    return {
        "kind": decision.kind.value if decision else None,
        "disposition": decision.disposition.value if decision else None,
        "queue": decision.queue.value if decision and decision.queue else None,
        "asks": [question.fact for question in decision.questions] if decision else None,
        "letters": [each.what.name.value for each in sent if isinstance(each.what, Letter)],
        "notices": [each.what.title for each in sent if isinstance(each.what, Notice)],
        "card": next((each.what.place.value for each in sent if isinstance(each.what, Drawing)), None),
        "log": logs,
        "tells": _holding(step.get("tells", ""), logs),
        "refused": _holding(step.get("refused", ""), whispers),
        "stage": case.stage.value if case else None,
        "now": case.decision.disposition.value if case else None,
        "approved": case.plan.approved if case and case.plan else 0,
        "in": stage.cases.index(thought.case) + 1 if thought.case else None,
    }


def _holding(words: str, texts: list[str]) -> str:
    """The words, where a text holds them; else all texts, for the error."""
    return words if any(words in text for text in texts) else " / ".join(texts)
