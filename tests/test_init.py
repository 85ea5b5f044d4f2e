"""`crbot init`: a folder that can be filled in, checked and run."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crbot.cli import app
from crbot.config import SettingsError, load_settings
from crbot.wiring.starter import CHANNELS, Told, write_starter

ADDRESS = "response.center@cri.example.gov"
ALL_CHANNELS = {name: f"C0{number}" for number, name in enumerate(CHANNELS)}


def test_what_was_told_stands_in_the_settings_and_they_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "desk"
    write_starter(folder, Told(ADDRESS, "imap.example.gov", "smtp.example.gov", channels=ALL_CHANNELS))
    monkeypatch.setenv("CRBOT_CONFIG", str(folder / "crbot.toml"))
    monkeypatch.setenv("CRBOT_SLACK__BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("CRBOT_SLACK__APP_TOKEN", "xapp-1")

    settings = load_settings()

    assert settings.mail is not None and settings.imap is not None and settings.slack is not None  # noqa: PT018
    assert (settings.mail.address, settings.imap.username) == (ADDRESS, ADDRESS)
    assert settings.imap.host == "imap.example.gov"
    assert settings.slack.channels.model_dump() == ALL_CHANNELS
    assert settings.rules == folder / "rules"


def test_what_was_not_told_is_off_and_shown_as_an_example(tmp_path: Path) -> None:
    write_starter(tmp_path / "desk", Told())

    text = (tmp_path / "desk" / "crbot.toml").read_text("utf-8")

    assert tomllib.loads(text).keys() == {"database_url", "rules", "templates"}
    assert "# [imap]" in text


def test_only_its_owner_can_read_the_secrets(tmp_path: Path) -> None:
    write_starter(tmp_path / "desk", Told(ADDRESS))

    assert stat.S_IMODE((tmp_path / "desk" / ".env").stat().st_mode) == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    with pytest.raises(SettingsError, match="is not empty"):
        write_starter(tmp_path, Told())

    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_text_that_toml_would_misread_is_quoted(tmp_path: Path) -> None:
    hostile = 'a"\\b\n@example.gov'

    write_starter(tmp_path / "desk", Told(hostile))

    assert tomllib.loads((tmp_path / "desk" / "crbot.toml").read_text("utf-8"))["mail"]["address"] == hostile


def test_it_asks_for_what_it_needs(tmp_path: Path) -> None:
    answers = f"{ADDRESS}\n\n\n\nC1\nC2\nC3\nC4\n"

    done = CliRunner().invoke(app, ["init", str(tmp_path / "desk"), "--ask"], input=answers)

    settings = tomllib.loads((tmp_path / "desk" / "crbot.toml").read_text("utf-8"))
    assert done.exit_code == 0, done.output
    assert settings["imap"] == {"host": "imap.cri.example.gov", "username": ADDRESS}
    assert list(settings["slack"]["channels"].values()) == ["C1", "C2", "C3", "C4"]
    assert "crbot doctor" in done.output


def test_a_channel_of_another_name_is_refused_with_the_names(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["init", str(tmp_path / "desk"), "--no-ask", "--channel", "tac=C1"])

    assert done.exit_code == 2
    assert "organizational_assessment" in done.output
