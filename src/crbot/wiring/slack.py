"""Slack, from the settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from crbot.channels.slack.account import Account
from crbot.channels.slack.atonce import AtOnce
from crbot.channels.slack.deliveries import SlackDeliveries
from crbot.channels.slack.listen import Keep, Note, SlackListener
from crbot.channels.slack.manifest import manifest
from crbot.config import SlackMode, SlackSettings


class Listener(Protocol):
    """A way in from Slack."""

    @property
    def last_envelope_at(self) -> datetime | None: ...
    @property
    def trouble(self) -> str: ...
    def is_connected(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


MakeListener = Callable[[Keep, Callable[[], datetime], Note], Listener]


def slack_manifest(url: str = "") -> str:
    """The Slack app's manifest, as JSON. `url`: see `manifest`."""
    return json.dumps(manifest(url), indent=2)


def account_of(slack: SlackSettings) -> Account:
    return Account(slack.bot_token.get_secret_value(), slack.app_token.get_secret_value(), slack.api_url)


def make_listener(slack: SlackSettings, at_once: AtOnce) -> MakeListener:
    if slack.mode is SlackMode.SOCKET:
        return partial(SlackListener, account_of(slack), at_once=at_once)
    secret = slack.signing_secret.get_secret_value()
    return partial(
        SlackDeliveries,
        account_of(slack),
        signing_secret=secret,
        port=slack.port,
        host=slack.host,
        at_once=at_once,
    )
