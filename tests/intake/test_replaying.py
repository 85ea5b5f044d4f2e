"""What was decided is decided again: by the same rules just so, by others with all that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crbot.cases.rulebook import Rulebook, parse_rules
from crbot.channels.mail.mime import OurSide
from crbot.config import read_texts, rules_folder
from crbot.intake.ports import StaffAction, Verb
from crbot.intake.repeats import DEFAULT_LIMITS
from crbot.intake.replaying import Changed, Retold, Rules, compare
from crbot.store.engine import open_engine, open_for_reading
from crbot.store.histories import Histories
from crbot.store.migrations import upgrade
from crbot.triage.decision import Disposition
from crbot.triage.difference import Aspect, differences
from crbot.wiring.replay import KeptReader
from tests.mail_desk import CHIEF, DESK, UNKNOWN_BORDER, MailDesk, mail

TEXTS = read_texts(rules_folder(None), ".yaml")
RULES = parse_rules(TEXTS)
THREATENED = "A lawyer of the family has sent us a notice of claim. "
ASKS = "We would like training for our officers on de-escalation. "


def stricter() -> Rulebook:
    """Rules by which a threatened suit fails."""
    text = TEXTS["eligibility.yaml"]
    line = next(each for each in text.splitlines() if "| active, potential | flag" in each)
    changed = line.replace("| flag ", "| fail ")
    return parse_rules({**TEXTS, "eligibility.yaml": text.replace(line, changed)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def desk(file: Path) -> Iterator[MailDesk]:
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    yield MailDesk(engine, RULES, DEFAULT_LIMITS, UNKNOWN_BORDER)
    engine.dispose()


@pytest.fixture
def retold(file: Path) -> Callable[..., Retold]:
    def retell(rules: Rulebook = RULES, since: datetime | None = None) -> Retold:
        histories = Histories(open_for_reading(f"sqlite:///{file}"))
        units = [unit for unit, _ in histories.units(since)]
        reader = KeptReader(OurSide(frozenset({DESK})))
        told = Retold()
        for history in histories.of(units):
            told += compare(history, Rules(rules), lambda: Rules(RULES), reader, since)
        histories.close()
        return told

    return retell


def reply(desk: MailDesk, text: str, sender: str = CHIEF) -> None:
    desk.hears(mail(text, subject="Re: request", sender=sender, In_Reply_To=desk.letter_id()))


def act(desk: MailDesk, verb: Verb, number: int = 0, **values: str) -> None:
    thought = desk.acts(
        StaffAction(verb, desk.cases()[number].number, "Jordan Lee", reason="they called", values=values)
    )
    assert thought is not None
    assert thought.did.startswith("acted")


def a_life(desk: MailDesk) -> None:
    """Everything that decides something about a case, and some that does not."""
    desk.hears(mail(THREATENED + ASKS + "\n\nAnn Reyes\nChief of Police\nPine Falls Police Department, Ohio"))
    reply(desk, "1. No\n2. Yes\n3. No\n4. No")
    act(desk, Verb.ASK, facts="litigation")
    reply(desk, "No, the family has dropped the matter. There is no lawsuit.")
    act(desk, Verb.CORRECT, fact="litigation", value="none")
    reply(desk, "Thank you. The family has now filed a lawsuit against the city.")
    desk.hears(mail("How do I get a copy of a report of yours?", "A question", "someone@mail.example"))
    desk.hears(mail("I am out of the office until Monday.", "Automatic reply", Auto_Submitted="auto-replied"))
    reply(desk, "I have something to add to this.", sender="stranger@elsewhere.example")
    desk.hears(mail(ASKS + "\n\nBo Lind\nSheriff of Polk County", "Training", "blind@polkcounty.example.gov"))
    act(desk, Verb.DUPLICATE, number=1, of=desk.cases()[0].number)
    reply(desk, "We take our request back.")
    act(desk, Verb.KEEP_OPEN)


def test_the_same_rules_decide_the_same_again(desk: MailDesk, retold: Callable[..., Retold]) -> None:
    a_life(desk)
    told = retold()

    assert len(desk.store.decisions()) == told.messages >= 9
    assert told.changed == ()
    assert told.unreadable == ()


def test_other_rules_change_what_they_change_and_nothing_else(
    desk: MailDesk, retold: Callable[..., Retold]
) -> None:
    a_life(desk)
    desk.hears(mail(THREATENED + ASKS, "Help", "cy@fort.example.gov"))
    told = retold(stricter())

    assert {each.case for each in told.changed} <= {case.number for case in desk.cases()}
    change = next(each for each in told.changed if each.case == desk.cases()[-1].number)
    assert (change.was.disposition, change.now.disposition) == (Disposition.REVIEW, Disposition.INELIGIBLE)
    assert change.by_draft
    assert told.dispositions["review", "ineligible"] >= 1
    aspects = [each.aspect for each in differences(change.was, change.now, RULES.label)]
    assert aspects[0] is Aspect.DISPOSITION
    assert Aspect.FINDING in aspects


def test_what_staff_settled_stands_under_other_rules_too(
    desk: MailDesk, retold: Callable[..., Retold]
) -> None:
    desk.hears(mail(THREATENED + ASKS))
    act(desk, Verb.CORRECT, fact="litigation", value="none")
    before = last(retold(stricter()))
    reply(desk, "Thank you, we are looking forward to it.")
    told = retold(stricter())

    assert before.inbox_id is not None  # only the message differs; the correction ends as it did
    assert len(told.changed) == 1
    assert last(told).points == 1


def last(told: Retold) -> Changed:
    return told.changed[-1]


def test_only_what_was_decided_since_a_day_is_counted(desk: MailDesk, retold: Callable[..., Retold]) -> None:
    desk.hears(mail(THREATENED + ASKS, "Help", "cy@fort.example.gov"))
    since = desk.clock()
    desk.hears(mail(THREATENED + ASKS + "Please call.", "Help us", "di@port.example.gov"))

    assert retold(stricter()).messages == 2
    assert retold(stricter(), since).messages == 1
    assert retold(stricter(), datetime(2030, 1, 1, tzinfo=UTC)).messages == 0


def test_reading_histories_can_write_nothing(desk: MailDesk, file: Path) -> None:
    engine = open_for_reading(f"sqlite:///{file}")
    with pytest.raises(Exception, match="readonly"), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM inbox")
    engine.dispose()
