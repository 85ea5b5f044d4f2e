"""The Slack app as Slack is told of it: scopes, events, command.

`manifest.json` beside this file is the one that counts; `deploy/slack-manifest.json` is a link to it.
What each scope is for:

- app_mentions:read, im:history: requests in a direct message or by mention;
- chat:write, im:write: cards, notices, letters, and direct conversations with those who mention the bot;
- groups:history: to look whether a card stands already in a private channel of staff, before it is posted again;
- files:read: the names of attached letters;
- users:read, users:read.email: who writes;
- commands: /cri.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def manifest() -> dict[str, Any]:
    """The app's manifest, to be pasted where Slack asks for one when an app is made."""
    text = resources.files(__package__).joinpath("manifest.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
