"""A draft beside the rules in force, on what really comes, without any effect."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from crbot.cli import app
from crbot.config import Settings, rules_folder
from crbot.intake.repeats import DEFAULT_LIMITS
from crbot.store.engine import open_engine, open_for_reading
from crbot.store.tables import cases, inbox, outbox, record
from crbot.wiring import load_rules, open_database, shadow_report
from crbot.wiring.shadow import Shadow
from tests.mail_desk import UNKNOWN_BORDER, MailDesk, mail

THREATENED = "A lawyer of the family has sent us a notice of claim. We would like training on de-escalation. "
RULES = load_rules()


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rules by which a threatened suit fails."""
    folder = tmp_path_factory.mktemp("shadow") / "draft"
    shutil.copytree(rules_folder(None), folder)
    table = folder / "eligibility.yaml"
    text = table.read_text("utf-8")
    for old in (
        "| active, potential | flag ",
        "| none          | potential  | flag ",
        "| unknown       | active     | flag ",
    ):
        assert old in text
        text = text.replace(old, old.replace("flag", "fail"))
    table.write_text(text, "utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRBOT_DATABASE_URL", f"sqlite:///{tmp_path / 'crbot.db'}")
    return Settings()


@pytest.fixture
def desk(settings: Settings) -> Iterator[MailDesk]:
    engine = open_database(settings.database_url)
    yield MailDesk(engine, RULES, DEFAULT_LIMITS, UNKNOWN_BORDER)
    engine.dispose()


@pytest.fixture
def shadow(settings: Settings, desk: MailDesk) -> Iterator[Callable[..., Shadow]]:
    made: list[Shadow] = []

    def make(folder: Path | None = None) -> Shadow:
        made.append(Shadow(settings.model_copy(update={"rules_shadow": folder})))
        return made[-1]

    yield make
    for each in made:
        each.close()


def command(*words: str) -> str:
    result = CliRunner().invoke(app, ["rules", "shadow", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        return str(result.exception)
    return result.output


def everything(settings: Settings) -> list[object]:
    """All that is known of cases, and all that goes out."""
    engine = open_for_reading(settings.database_url)
    with engine.connect() as connection:
        found: list[object] = [
            row for table in (cases, outbox, record) for row in connection.execute(select(table)).all()
        ]
    engine.dispose()
    return found


def test_a_draft_sees_what_comes_and_changes_nothing(
    desk: MailDesk, shadow: Callable[..., Shadow], settings: Settings, draft: Path
) -> None:
    desk.hears(mail(THREATENED, "Before it ran", "a@one.example.gov"))
    beside = shadow(draft)
    (news,) = beside.look(desk.clock())
    assert news.notice.title == "A draft runs beside the rules"
    desk.hears(mail(THREATENED, "Help", "b@two.example.gov"))
    desk.hears(mail("Please send me a form.", "A question", "c@three.example"))
    before = everything(settings)

    assert beside.compare(desk.clock()) == 2
    assert beside.compare(desk.clock()) == 0
    assert everything(settings) == before
    told = shadow_report(settings)[0]
    assert told.messages == 2
    assert told.dispositions["review", "ineligible"] == 1
    assert told.changed[0].case == desk.cases()[1].number


def test_a_draft_knows_what_the_case_told_before(
    desk: MailDesk, shadow: Callable[..., Shadow], settings: Settings, draft: Path
) -> None:
    beside = shadow(draft)
    beside.look(desk.clock())
    desk.hears(mail(THREATENED, "Help", "b@two.example.gov"))
    reply = "We look forward to the training."
    desk.hears(mail(reply, "Re: Help", "b@two.example.gov", In_Reply_To=desk.letter_id()))

    assert beside.compare(desk.clock()) == 2
    told = shadow_report(settings)[0]
    assert [each.now.disposition for each in told.changed] == ["ineligible", "ineligible"]


def test_after_a_restart_it_goes_on_where_it_was(
    desk: MailDesk, shadow: Callable[..., Shadow], settings: Settings, draft: Path
) -> None:
    first = shadow(draft)
    first.look(desk.clock())
    desk.hears(mail(THREATENED, "Help", "b@two.example.gov"))
    first.compare(desk.clock())
    desk.hears(mail(THREATENED, "While it was down", "d@four.example.gov"))
    second = shadow(draft)
    second.look(desk.clock())

    assert second.compare(desk.clock()) == 1
    assert shadow_report(settings)[0].messages == 2


def test_a_draft_is_begun_looked_at_and_ended_by_commands(
    desk: MailDesk, shadow: Callable[..., Shadow], draft: Path
) -> None:
    assert "no draft has run" in command("--report")
    assert "No draft runs" in command()
    assert "Beside the rules from now on" in command(str(draft), "--by", "Jordan Lee")
    assert "by Jordan Lee" in command()
    beside = shadow()
    (news,) = beside.look(desk.clock())
    assert "put there by Jordan Lee" in news.notice.text
    assert beside.look(desk.clock()) == ()
    desk.hears(mail(THREATENED, "Help", "b@two.example.gov"))
    assert beside.compare(desk.clock()) == 1
    assert "review ineligible 1" in " ".join(command("--report").split())
    assert command("--report", "--csv").count("\n") > 1

    assert "No draft runs beside" in command("--off")
    (news,) = beside.look(desk.clock())
    assert beside.draft is None
    assert "review ineligible 1" in " ".join(command("--report").split())
    assert "three different wishes" in command(str(draft), "--off")


def test_a_broken_draft_is_told_and_what_counts_goes_on(
    desk: MailDesk, shadow: Callable[..., Shadow], tmp_path: Path, draft: Path
) -> None:
    folder = tmp_path / "drafts"
    beside = shadow(folder)
    (news,) = beside.look(desk.clock())
    assert news.notice.title == "The draft can't be used"
    assert "is no folder" in news.notice.quote
    assert beside.look(desk.clock()) == ()
    desk.hears(mail(THREATENED, "Help", "b@two.example.gov"))
    assert beside.compare(desk.clock()) == 0

    shutil.copytree(draft, folder)
    told = [news for _ in range(3) for news in beside.look(desk.clock())]
    assert [each.notice.title for each in told] == ["A draft runs beside the rules"]


def test_a_message_that_a_draft_cannot_decide_stops_nothing(
    desk: MailDesk, shadow: Callable[..., Shadow], settings: Settings, draft: Path
) -> None:
    beside = shadow(draft)
    beside.look(desk.clock())
    desk.hears(mail(THREATENED, "Help", "b@two.example.gov"))
    desk.hears(mail(THREATENED, "Help us", "d@four.example.gov"))
    engine = open_engine(settings.database_url)  # what was kept of the first can't be read any more
    with engine.begin() as connection:
        connection.execute(update(inbox).where(inbox.c.id == 1).values(channel="slack"))
    engine.dispose()

    assert beside.compare(desk.clock()) == 2
    told = shadow_report(settings)[0]
    assert (told.messages, told.unreadable) == (1, (1,))
