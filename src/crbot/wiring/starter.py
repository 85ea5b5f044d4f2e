"""A folder to begin with: settings filled in as far as they were told, rules and letters to edit, the Slack manifest."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crbot.config import SettingsError, SlackChannels, rules_folder, templates_folder
from crbot.wiring.slack import slack_manifest

CHANNELS = tuple(SlackChannels.model_fields)
_NOBODYS = "agency.example.gov"  # stands where nothing was told


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of the desk when its settings are first written; "" for what is still to be filled in."""

    address: str = ""  # of the desk
    imap_host: str = ""
    smtp_host: str = ""
    username: str = ""  # of the mailbox; else the address
    database_url: str = ""  # else a file in the folder
    channels: Mapping[str, str] = field(default_factory=dict)  # of Slack, by setting


def write_starter(folder: Path, told: Told) -> tuple[Path, ...]:
    """Write everything into the folder; returns what was written.

    Raises `SettingsError` where the folder holds something already, or can't be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise SettingsError(f"{folder} is not empty; name a new folder, nothing is overwritten")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(rules_folder(None), folder / "rules")
        shutil.copytree(templates_folder(None), folder / "templates")
        (folder / "crbot.toml").write_text("\n".join(_settings(folder.absolute(), told)), encoding="utf-8")
        secret = folder / ".env"
        secret.touch(mode=0o600)
        secret.write_text("\n".join(_secrets(told)), encoding="utf-8")
        (folder / "slack-manifest.json").write_text(slack_manifest() + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{folder} can't be written: {error.strerror}; name another folder") from None
    names = ("crbot.toml", ".env", "rules", "templates", "slack-manifest.json")
    return tuple(folder / name for name in names)


def _settings(folder: Path, told: Told) -> Iterator[str]:
    yield "# Settings of crbot. Every one can be set in the environment instead: smtp.host is CRBOT_SMTP__HOST."
    yield "# Secrets are better kept out of this file: they stand in .env, or each in a file of its own"
    yield "# (CRBOT_IMAP__PASSWORD_FILE=/path/to/secret)."
    yield ""
    file = folder / "crbot.db"
    yield f"database_url = {_quoted(told.database_url or f'sqlite:///{file}')}"
    yield f"rules = {_quoted(str(folder / 'rules'))}"
    yield f"templates = {_quoted(str(folder / 'templates'))}"
    yield ""
    address = told.address or f"cri-intake@{_NOBODYS}"
    domain = address.rpartition("@")[2]
    mark = "" if told.address else "# "
    yield "# --- the mailbox that requests arrive in, and the server that letters leave by"
    yield f"{mark}[mail]"
    yield f"{mark}address = {_quoted(address)}"
    for name, host in (("imap", told.imap_host), ("smtp", told.smtp_host)):
        yield f"{mark}[{name}]"
        yield f"{mark}host = {_quoted(host or f'{name}.{domain}')}"
        yield f"{mark}username = {_quoted(told.username or address)}"
    yield ""
    mark = "" if told.channels else "# "
    yield "# --- Slack: the private channels of staff, by id; whoever is a member is staff"
    yield f"{mark}[slack.channels]"
    for name in CHANNELS:
        yield f"{mark}{name} = {_quoted(told.channels.get(name, 'C0123456789'))}"
    yield ""


def _secrets(told: Told) -> Iterator[str]:
    yield "# Secrets of crbot; nobody else may read this file. systemd reads it as EnvironmentFile, a shell by: set -a; . .env"
    mark = "" if told.address else "#"
    yield f"{mark}CRBOT_IMAP__PASSWORD="
    yield f"{mark}CRBOT_SMTP__PASSWORD="
    yield "# Answers then come to the desk's address with +CASE-SIGNATURE, where the mail server delivers such addresses."
    yield f"#CRBOT_MAIL__REPLY_KEY={secrets.token_urlsafe(32)}"
    mark = "" if told.channels else "#"
    yield f"{mark}CRBOT_SLACK__BOT_TOKEN="
    yield f"{mark}CRBOT_SLACK__APP_TOKEN="
    yield ""


def _quoted(text: str) -> str:
    """As TOML writes text."""
    return json.dumps(text, ensure_ascii=False)
