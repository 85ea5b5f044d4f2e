"""What is wrong with a setting is told by its name, with the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from crbot.config import SettingsError, load_settings, setting_names

MAIL = {
    "CRBOT_IMAP__HOST": "imap.example.gov",
    "CRBOT_IMAP__USERNAME": "desk",
    "CRBOT_SMTP__HOST": "smtp.example.gov",
    "CRBOT_MAIL__ADDRESS": "desk@example.gov",
}
SLACK = {
    "CRBOT_SLACK__BOT_TOKEN": "xoxb-1",
    "CRBOT_SLACK__APP_TOKEN": "xapp-1",
    "CRBOT_SLACK__CHANNELS__CRI_TAC": "C1",
    "CRBOT_SLACK__CHANNELS__CRITICAL_RESPONSE": "C2",
    "CRBOT_SLACK__CHANNELS__ORGANIZATIONAL_ASSESSMENT": "C3",
    "CRBOT_SLACK__CHANNELS__REVIEW": "C4",
}


@pytest.fixture(autouse=True)
def _nothing_else_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CRBOT_CONFIG", str(tmp_path / "crbot.toml"))


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_mail_and_slack_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, MAIL | SLACK)

    settings = load_settings()

    assert settings.imap is not None
    assert settings.imap.port == 993
    assert settings.slack is not None
    assert settings.slack.channels.review == "C4"


def test_a_file_holds_what_the_environment_does_not_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "crbot.toml").write_text('[mail]\naddress = "file@example.gov"\nname = "From the file"\n')
    set_all(monkeypatch, MAIL)

    settings = load_settings()

    assert settings.mail is not None
    assert (settings.mail.address, settings.mail.name) == ("desk@example.gov", "From the file")


def test_a_secret_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    set_all(monkeypatch, MAIL | {"CRBOT_IMAP__PASSWORD_FILE": str(tmp_path / "secret")})

    settings = load_settings()

    assert settings.imap is not None
    assert settings.imap.password.get_secret_value() == "hush"
    assert "hush" not in repr(settings)


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "half a mailbox": ({"CRBOT_MAIL__ADDRESS": "desk@example.gov"}, "CRBOT_IMAP__HOST"),
    "a port that is none": (MAIL | {"CRBOT_IMAP__PORT": "many"}, "CRBOT_IMAP__PORT"),
    "passwords in the clear": (MAIL | {"CRBOT_IMAP__SECURITY": "none"}, "security=ssl or starttls"),
    "a misspelt name": (MAIL | {"CRBOT_IMAP__HOTS": "x"}, "did you mean CRBOT_IMAP__HOST"),
    "a name of nothing": ({"CRBOT_ZZZZZZZZZZ": "1"}, "CRBOT_ZZZZZZZZZZ is no setting"),
    "Slack without its app token": (SLACK | {"CRBOT_SLACK__APP_TOKEN": ""}, "app_token is missing"),
    "Slack without a channel": (
        {name: value for name, value in SLACK.items() if "REVIEW" not in name},
        "CRBOT_SLACK__CHANNELS__REVIEW is missing",
    ),
    "Slack in the clear": (
        SLACK | {"CRBOT_SLACK__API_URL": "http://slack.example/"},
        "must begin with https://",
    ),
    "a secret's file that is not there": (
        {"CRBOT_SMTP__PASSWORD_FILE": "/nowhere/x"},
        "CRBOT_SMTP__PASSWORD_FILE",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_named_with_its_mend(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values, told = WRONG[wrong]
    set_all(monkeypatch, values)

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert told in str(refusal.value)


def test_a_wrong_value_is_shown_with_where_it_was_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "crbot.toml").write_text('[imap]\nhost = "imap.example.gov"\npoll_seconds = -1\n')
    set_all(monkeypatch, MAIL | {"CRBOT_IMAP__PORT": "many"})

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    told = str(refusal.value).splitlines()
    assert told[0].startswith("CRBOT_IMAP__PORT = 'many' (from the environment): ")
    assert told[1].startswith(f"CRBOT_IMAP__POLL_SECONDS = -1 (from {tmp_path / 'crbot.toml'}): ")


def test_a_secret_that_is_wrong_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "crbot.toml").write_text("[slack]\nbot_token = 12345\n")

    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert f"CRBOT_SLACK__BOT_TOKEN = (hidden) (from {tmp_path / 'crbot.toml'})" in str(refusal.value)
    assert "12345" not in str(refusal.value)


def test_a_name_that_is_misspelt_in_the_file_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "crbot.toml").write_text('[imap]\nhots = "imap.example.gov"\n')

    with pytest.raises(SettingsError, match="did you mean CRBOT_IMAP__HOST"):
        load_settings()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "crbot.toml").write_text("[mail\n")

    with pytest.raises(SettingsError, match=r"crbot\.toml"):
        load_settings()
