"""The Slack app as Slack is told of it: scopes, events, command, shortcuts.

`manifest.json` beside this file is the one that counts; `deploy/slack-manifest.json` is a link to it.
What each scope is for:

- app_mentions:read, im:history: requests in a direct message or by mention;
- chat:write, im:write: cards, notices, letters, and direct conversations with those who mention the bot;
- groups:history: to look whether a card stands already in a private channel of staff, before it is posted again;
- groups:read: who is in the channels of staff, which is what makes a person staff;
- files:read: attached letters;
- files:write: the chart of the week, as a picture;
- users:read, users:read.email: who writes;
- commands: /cri, and the two shortcuts.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def manifest(url: str = "") -> dict[str, Any]:
    """The app's manifest, to be pasted where Slack asks for one when an app is made.

    `url`: where Slack reaches the bot over HTTP; "": it listens over Socket Mode.
    """
    text = resources.files(__package__).joinpath("manifest.json").read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text)
    if url:
        settings = told["settings"]
        settings["socket_mode_enabled"] = False
        settings["event_subscriptions"]["request_url"] = url
        settings["interactivity"]["request_url"] = url
        for command in told["features"]["slash_commands"]:
            command["url"] = url
    return told
