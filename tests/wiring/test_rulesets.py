"""Which rules count, from when on, and how a running bot takes others over."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from crbot.cli import app
from crbot.config import Settings, SettingsError, rules_folder, templates_folder
from crbot.store.rulesets import Role
from crbot.store.store import open_engine
from crbot.store.tables import ruleset_files
from crbot.triage.decision import RulesVersion
from crbot.wiring import checked, open_database, open_rulesets, rules_in_force, rules_of
from crbot.wiring.rulesets import News, RulesInForce, Watched, load_folder

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder of rules and templates to edit."""
    shutil.copytree(rules_folder(None), tmp_path / "rules")
    shutil.copytree(templates_folder(None), tmp_path / "templates")
    return tmp_path


@pytest.fixture
def settings(house: Path) -> Settings:
    settings = Settings(
        database_url=f"sqlite:///{house / 'crbot.db'}", rules=house / "rules", templates=house / "templates"
    )
    open_database(settings.database_url).dispose()
    return settings


@pytest.fixture
def in_force(settings: Settings) -> Iterator[RulesInForce]:
    rules = RulesInForce(settings, NOW)
    yield rules
    rules.close()


def rename(folder: Path, version: str) -> None:
    """Another version, which is nothing but a name."""
    about = folder / "about.yaml"
    lines = about.read_text("utf-8").splitlines()
    named = [f"version: {version}" if line.startswith("version:") else line for line in lines]
    about.write_text("\n".join(named) + "\n", "utf-8")


def publish(settings: Settings, folder: Path, by: str = "Jordan Lee") -> str:
    loaded = checked(folder)
    with open_rulesets(settings) as kept:
        kept.publish(Role.LIVE, loaded.version, loaded.texts, by, "counsel wants it", NOW)
    return loaded.version.sha256


def looks(rules: RulesInForce, times: int = 2) -> list[News]:
    return [news for _ in range(times) for news in rules.look(NOW)]


def version_of(rules: RulesInForce) -> str:
    return rules.rulebook.policy.version.version


def test_without_a_publication_the_folder_counts(in_force: RulesInForce, settings: Settings) -> None:
    assert in_force.rulebook.policy.version == load_folder(rules_folder(settings.rules)).version
    assert looks(in_force) == []


def test_a_change_of_the_folder_is_taken_once_it_has_settled(in_force: RulesInForce, house: Path) -> None:
    rename(house / "rules", "of the house")

    assert in_force.look(NOW) == ()  # somebody may still be writing
    (news,) = in_force.look(NOW)
    assert news.notice.title == "Other rules are in force"
    assert "of the house" in news.notice.text
    assert version_of(in_force) == "of the house"
    assert looks(in_force) == []


def test_what_is_published_counts_before_the_folder(
    in_force: RulesInForce, settings: Settings, house: Path
) -> None:
    shutil.copytree(house / "rules", house / "draft")
    rename(house / "draft", "published")
    publish(settings, house / "draft")

    (news,) = in_force.look(NOW)
    assert "Jordan Lee: counsel wants it" in news.notice.text
    assert version_of(in_force) == "published"
    rename(house / "rules", "edited later")
    assert looks(in_force) == []
    assert version_of(in_force) == "published"


def test_what_was_published_while_nobody_ran_is_told_at_the_next_start(
    settings: Settings, house: Path
) -> None:
    publish(settings, house / "rules")
    rules = RulesInForce(settings, NOW)

    (news,) = looks(rules)
    assert "Jordan Lee: counsel wants it" in news.notice.text
    rules.close()


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def empty(folder: Path) -> None:
    remove(folder)
    folder.mkdir()


def spoil(name: str, old: str, new: str) -> Callable[[Path], None]:
    def break_it(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return break_it


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "it is gone": (remove, "is no folder"),
    "it is empty": (empty, "holds no .yaml file"),
    "a file is missing": (lambda folder: (folder / "routing.yaml").unlink(), "routing.yaml"),
    "a file is no UTF-8": (lambda folder: (folder / "facts.yaml").write_bytes(b"\xff\xfe\x00"), "is not UTF-8"),
    "a file is no YAML": (spoil("about.yaml", "title:", "title: ["), "is no YAML"),
    "a file is half written": (lambda folder: (folder / "facts.yaml").write_text("facts:\n  agen"), "facts.yaml"),
    "an outcome is misspelt": (spoil("eligibility.yaml", "| flag ", "| flga "), "'flga' is no outcome"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", BROKEN)
def test_a_broken_folder_is_not_taken_and_staff_are_told_once_and_once_when_it_is_over(
    in_force: RulesInForce, house: Path, trouble: str
) -> None:
    before = in_force.rulebook
    break_it, told = BROKEN[trouble]
    break_it(house / "rules")

    (news,) = looks(in_force, times=4)
    assert news.notice.title == "The rules in the folder can't be used"
    assert told in news.notice.quote
    assert in_force.rulebook is before

    shutil.rmtree(house / "rules", ignore_errors=True)
    shutil.copytree(rules_folder(None), house / "rules")
    (news,) = looks(in_force, times=4)
    assert news.notice.title == "The rules in the folder can be used again"
    assert in_force.rulebook.policy.version == before.policy.version


def test_a_template_that_does_not_compile_leaves_the_letters_as_they_are(
    in_force: RulesInForce, house: Path
) -> None:
    subject = house / "templates" / "subject.txt"
    words = subject.read_text("utf-8")
    subject.write_text("{% if %}", "utf-8")

    (news,) = looks(in_force, times=4)
    assert news.notice.title == "The templates in the folder can't be used"
    assert "subject.txt, line 1" in news.notice.quote

    subject.write_text(words, "utf-8")
    (news,) = looks(in_force, times=4)
    assert news.notice.title == "The letters have changed"


def test_a_publication_that_this_program_cannot_read_changes_nothing(
    in_force: RulesInForce, settings: Settings
) -> None:
    before = in_force.rulebook
    with open_rulesets(settings) as kept:
        later = RulesVersion("of a later crbot", "f" * 64)
        kept.publish(Role.LIVE, later, {"about.yaml": "aim: more"}, "Jordan Lee", "from afar", NOW)

    (news,) = looks(in_force)
    assert news.notice.title == "The published rules can't be used"
    assert "routing.yaml" in news.notice.quote
    assert in_force.rulebook is before


def test_a_folder_that_cannot_be_used_ends_the_start_with_all_that_is_wrong(
    settings: Settings, house: Path
) -> None:
    (house / "rules" / "routing.yaml").unlink()

    with pytest.raises(SettingsError, match=r"routing\.yaml"):
        RulesInForce(settings, NOW)


def test_a_decision_finds_the_very_rules_of_its_day(settings: Settings, house: Path) -> None:
    old = publish(settings, house / "rules")
    rename(house / "rules", "of the house")
    new = publish(settings, house / "rules")
    shutil.rmtree(house / "rules")

    then, now = rules_of(settings, old), rules_of(settings, new)
    assert then is not None
    assert now is not None
    assert then.policy.version.sha256 == old
    assert now.policy.version.version == "of the house"
    assert rules_of(settings, "0" * 64) is None


def test_a_folder_that_was_in_force_is_kept_without_being_published(settings: Settings) -> None:
    RulesInForce(settings, NOW).close()

    assert rules_of(settings, load_folder(rules_folder(None)).version.sha256) is not None


def test_a_file_that_did_not_change_is_kept_once(settings: Settings, house: Path) -> None:
    files = len(load_folder(house / "rules").texts)
    for version in ("one", "two", "three"):
        rename(house / "rules", version)
        publish(settings, house / "rules")

    engine = open_engine(settings.database_url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(ruleset_files)) == files + 2
    engine.dispose()


def test_rules_whose_examples_fail_are_not_published(settings: Settings, house: Path) -> None:
    spoil("eligibility.yaml", "| flag ", "| pass ")(house / "rules")

    with pytest.raises(SettingsError, match="come out differently"):
        checked(house / "rules")


def test_a_look_at_a_folder_that_did_not_change_reads_nothing(house: Path) -> None:
    read: list[Path] = []
    watched = Watched(house / "rules", ".yaml", read.append)
    for _ in range(3):
        assert not watched.look()
    rename(house / "rules", "another")

    assert [watched.look(), watched.look(), watched.look()] == [False, True, False]
    assert len(read) == 2


# The commands


@pytest.fixture
def command(settings: Settings, house: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(house)
    monkeypatch.setenv("CRBOT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CRBOT_RULES", str(house / "rules"))

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["rules", *words], catch_exceptions=True)
        if result.exception and not isinstance(result.exception, SystemExit):
            return str(result.exception)
        return result.output

    return run


def test_rules_are_published_and_rolled_back_by_one_command_each(
    command: Callable[..., str], settings: Settings, house: Path
) -> None:
    shutil.copytree(house / "rules", house / "draft")
    rename(house / "draft", "two")
    rename(house / "rules", "one")
    assert "Nothing was published yet" in command("versions")
    assert "nothing to go back to" in command("rollback")

    assert "Published as 1: version one" in command(
        "publish", "rules", "--by", "Jordan Lee", "--reason", "begin"
    )
    assert "nothing else was published before" in command("rollback")
    assert "Published as 2: version two" in command(
        "publish", "draft", "--by", "Jordan Lee", "--reason", "more"
    )
    assert rules_in_force(settings).policy.version.version == "two"
    assert "Published as 3: version one" in command("rollback", "--by", "Sam Ortiz")
    assert rules_in_force(settings).policy.version.version == "one"
    assert "Published as 4: version two" in command("rollback", "--to", "2")
    assert "there is no version '99'" in command("rollback", "--to", "99")
    assert "what the folder holds" in command("rollback", "--to", "folder")
    shown = command("versions")
    assert [name in shown for name in ("Jordan Lee", "Sam Ortiz", "begin", "the folder")] == [True] * 4


def test_a_broken_folder_is_not_published(
    command: Callable[..., str], settings: Settings, house: Path
) -> None:
    spoil("eligibility.yaml", "| flag ", "| flga ")(house / "rules")

    assert "'flga' is no outcome" in command("publish", "rules", "--reason", "more")
    assert "write why" in command("publish", "rules", "--reason", " ")
    assert "Nothing was published yet" in command("versions")


def test_what_decides_otherwise_than_was_signed_is_not_published(
    command: Callable[..., str], settings: Settings, house: Path
) -> None:
    spoil("signed-table.csv", "not_authorized,-,-,-,-,-,-,-,fail", "not_authorized,-,-,-,-,-,-,-,flag")(
        house / "rules"
    )

    assert "nobody has signed that" in command("publish", "rules", "--reason", "more")
    assert "Nothing was published yet" in command("versions")
