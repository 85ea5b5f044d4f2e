"""The Slack account: tokens, the address of the API, and the clients made from them.

One address serves both clients, the bot's and the app-level one of Socket Mode: GovSlack and a stand-in on this
machine have addresses of their own. Where the settings come from is `crbot.config`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach one workspace."""

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    api_url: str = "https://slack.com/api/"
    timeout_seconds: int = 30

    @property
    def base_url(self) -> str:
        return self.api_url.rstrip("/") + "/"

    @property
    def is_on_this_machine(self) -> bool:
        return urlsplit(self.api_url).hostname in LOOPBACK

    def web_client(self) -> WebClient:
        """The bot's client. It tries nothing twice by itself: when to send again is the outbox's to say."""
        client = WebClient(
            token=self.bot_token, base_url=self.base_url, timeout=self.timeout_seconds, retry_handlers=[]
        )
        if self.is_on_this_machine:
            client.proxy = (
                None  # the library would send even loopback through a proxy named in the environment
            )
        return client

    def app_client(self) -> AsyncWebClient:
        """The client that opens Socket Mode connections."""
        client = AsyncWebClient(
            token=self.app_token, base_url=self.base_url, timeout=self.timeout_seconds, retry_handlers=[]
        )
        if self.is_on_this_machine:
            client.proxy = None  # the same
        return client
