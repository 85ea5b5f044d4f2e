"""Listens to Slack over Socket Mode: every envelope is kept before it is acknowledged.

What an envelope means is `reader`'s; the other way in, over HTTP, is `deliveries`'.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import aiohttp
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.socket_mode.aiohttp import SocketModeHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from crbot.channels.slack.account import Account
from crbot.channels.slack.failures import told_apart
from crbot.channels.slack.reader import is_from_a_bot
from crbot.intake.ports import Arrival, DeliveryFailed
from crbot.triage.message import Channel

Keep = Callable[[Arrival], None]
Clock = Callable[[], datetime]
Note = Callable[[str], None]  # tells whoever runs the bot how the connection is

HELP = (
    "Write to me in a direct message, in your own words: which agency you are with, what happened, "
    "what help is wanted. A person of the program reads every request."
)

_PING_SECONDS = 3.0  # finds a dead line in about 5 s; the library's 10 take about 19
_CONNECT_SECONDS = 15.0
_CLOSE_SECONDS = 2.0
_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 20.0  # how long the library may try to connect again before all is begun anew
_PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

# The libraries write whole payloads, people's words among them, at the finer levels.
_library_log = logging.getLogger(f"{__name__}.library")
_library_log.setLevel(logging.WARNING)


def bolt_app(account: Account, keep: Keep, now: Clock, signing_secret: str = "") -> App:
    """A Bolt app that only keeps. Where `keep` raises there is no acknowledgement, and Slack delivers again.

    The keeping stands before Bolt's authorization: that asks Slack who we are, and where Slack can't say, Bolt
    would acknowledge what it never handed on. For requests over HTTP the signature is checked before it.
    """

    def keep_first(body: dict[str, Any], next_: Callable[[], BoltResponse]) -> BoltResponse:
        if body.get("type") == "url_verification":
            return next_()
        if not is_from_a_bot(body.get("event") or {}):
            keep(arrival_of(body, now()))
        return BoltResponse(status=200, body=HELP if "command" in body else "")

    return App(
        client=account.web_client(),
        signing_secret=signing_secret,
        token_verification_enabled=False,
        before_authorize=keep_first,
        logger=_library_log,
    )


def arrival_of(body: Mapping[str, Any], received_at: datetime) -> Arrival:
    """The envelope's payload under its own key, which is the same however often it is delivered."""
    raw = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    return Arrival(Channel.SLACK, _key(body, raw), raw, received_at)


def _key(body: Mapping[str, Any], raw: bytes) -> str:
    if event_id := body.get("event_id"):
        return f"slack:{event_id}"
    if body.get("type") == "block_actions" and body.get("actions"):
        return "slack:click:" + ":".join(_of_click(body, body["actions"][0]))
    if trigger := body.get("trigger_id"):
        return f"slack:trigger:{trigger}"
    return f"slack:sha256:{hashlib.sha256(raw).hexdigest()}"


def _of_click(body: Mapping[str, Any], action: Mapping[str, Any]) -> Iterator[str]:
    container = body.get("container") or {}
    yield str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    yield str((body.get("message") or {}).get("ts") or container.get("message_ts") or "")
    yield str(action.get("action_id", ""))
    yield str(action.get("value", ""))
    yield str((body.get("user") or {}).get("id", ""))
    yield str(action.get("action_ts", ""))


class SlackListener:
    """Holds the connection in a thread of its own, and makes it again when it breaks.

    `note` is told in words when the connection stands and when it fails; never an address or anybody's words.
    """

    def __init__(
        self,
        account: Account,
        keep: Keep,
        now: Clock,
        note: Note,
        pauses_seconds: tuple[float, ...] = _PAUSES_SECONDS,
    ) -> None:
        self._account = account
        self._keep = keep
        self._now = now
        self._note = note
        self._pauses_seconds = pauses_seconds
        self._last_envelope_at: datetime | None = None
        self._is_connected = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-listener", daemon=True)

    @property
    def last_envelope_at(self) -> datetime | None:
        """When Slack last handed something in; a connection that stands and is silent looks healthy otherwise."""
        return self._last_envelope_at

    def is_connected(self) -> bool:
        return self._is_connected

    def start(self) -> None:
        """Begin to listen; returns at once, also where Slack can't be reached."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End the connection, with what is being kept kept."""
        if self._loop and self._listening and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._listening.cancel)
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening = asyncio.ensure_future(self._stay_connected())
        self._ready.set()
        await asyncio.wait({self._listening})
        self._is_connected = False

    async def _stay_connected(self) -> None:
        app = bolt_app(self._account, self._keep_in_time, self._now)
        failures = 0
        while True:
            try:
                await self._hold_connection(app)
                failures, wait, why = 0, 0.0, "the line is dead"
            except DeliveryFailed as failure:
                failures += 1
                wait, why = failure.wait.total_seconds() if failure.wait else 0.0, str(failure)
            except Exception as error:  # noqa: BLE001  (whatever it is, a bot that is deaf for good is worse)
                failures += 1
                wait, why = 0.0, type(error).__name__
            pause = max(wait, self._pauses_seconds[min(failures, len(self._pauses_seconds)) - 1])
            self._note(f"no connection to Slack: {why}; next try in {pause:g} s")
            await asyncio.sleep(pause)

    async def _hold_connection(self, app: App) -> None:
        """Connect, and stay until the connection is past mending. Raises `DeliveryFailed` where there is none."""
        handler = SocketModeHandler(
            app,
            self._account.app_token,
            logger=_library_log,
            web_client=self._account.app_client(),
            ping_interval=_PING_SECONDS,
        )
        client = handler.client
        client.proxy = client.web_client.proxy
        try:
            with told_apart("", token="CRBOT_SLACK__APP_TOKEN"):  # noqa: S106  (a setting's name)
                # Asked for here: the library would try the same address again and again, which is good only once.
                client.wss_uri = (await client.web_client.apps_connections_open(app_token=client.app_token))[
                    "url"
                ]
                await asyncio.wait_for(client.connect(), _CONNECT_SECONDS)  # type: ignore[no-untyped-call]  # the library's
            self._note("connected to Slack")
            await self._watch(client)
        finally:
            self._is_connected = False
            await _close(client)

    async def _watch(self, client: SocketModeClient) -> None:
        """Return when the library has not mended a broken connection for a while."""
        now = asyncio.get_running_loop().time
        stood_at = now()
        while now() - stood_at < _PATIENCE_SECONDS:
            self._is_connected = await client.is_connected()
            if self._is_connected:
                stood_at = now()
            await asyncio.sleep(_LOOK_SECONDS)

    def _keep_in_time(self, arrival: Arrival) -> None:
        self._last_envelope_at = arrival.received_at
        self._keep(arrival)


async def _close(client: SocketModeClient) -> None:
    """Close without waiting long for a peer that may be dead."""
    try:
        await asyncio.wait_for(client.close(), _CLOSE_SECONDS)  # type: ignore[no-untyped-call]  # the library's
    except (TimeoutError, aiohttp.ClientError, OSError):
        await client.aiohttp_client_session.close()
