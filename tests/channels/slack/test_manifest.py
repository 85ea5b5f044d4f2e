"""The app asks for what the code uses, and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from crbot.channels.slack import requests
from crbot.channels.slack.manifest import manifest

ROOT = Path(__file__).parents[3]
NEEDED_BY = {
    "app_mentions:read": "app_mention",
    "chat:write": "chat.postMessage, chat.update, chat.postEphemeral",
    "commands": "/cri",
    "files:read": "attached files",
    "files:write": "files.getUploadURLExternal and .completeUploadExternal",
    "groups:history": "conversations.history and .replies in the channels of staff",
    "groups:read": "conversations.members of the channels of staff",
    "im:history": "message.im, and conversations.history and .replies with requesters",
    "im:write": "conversations.open",
    "users:read": "users.info",
    "users:read.email": "the address in users.info",
}


def test_every_scope_has_its_use() -> None:
    assert manifest()["oauth_config"]["scopes"]["bot"] == list(NEEDED_BY)


def test_the_events_are_those_that_are_read_once_each() -> None:
    """message.channels beside app_mention would bring every mention twice."""
    assert manifest()["settings"]["event_subscriptions"]["bot_events"] == [
        "app_home_opened",
        "app_mention",
        "message.im",
    ]


def test_people_can_write_to_the_app() -> None:
    home = manifest()["features"]["app_home"]

    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]


def test_slack_takes_the_lengths() -> None:
    told = manifest()["display_information"]
    [command] = manifest()["features"]["slash_commands"]
    shortcuts = manifest()["features"]["shortcuts"]

    assert len(told["name"]) <= 35
    assert len(told["description"]) <= 140
    assert command["command"].startswith("/")
    assert len(command["command"]) <= 32
    assert len(shortcuts) <= 10
    for shortcut in shortcuts:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["callback_id"]) <= 255
        assert len(shortcut["description"]) <= 150


def test_the_shortcuts_are_those_that_are_answered() -> None:
    names = {(each["type"], each["callback_id"]) for each in manifest()["features"]["shortcuts"]}

    assert names == {("global", requests.NEW_SHORTCUT), ("message", requests.FILE_SHORTCUT)}


def test_people_find_their_requests_on_the_home_tab() -> None:
    assert manifest()["features"]["app_home"]["home_tab_enabled"]


def test_over_http_everything_comes_to_one_address() -> None:
    url = "https://cri.example.gov/slack/events"

    told = manifest(url)

    assert not told["settings"]["socket_mode_enabled"]
    assert told["settings"]["event_subscriptions"]["request_url"] == url
    assert told["settings"]["interactivity"]["request_url"] == url
    assert [command["url"] for command in told["features"]["slash_commands"]] == [url]


def test_the_file_to_deploy_is_the_one_in_the_package() -> None:
    assert json.loads((ROOT / "deploy" / "slack-manifest.json").read_text()) == manifest()
