"""Listens to Slack over Socket Mode: every envelope is kept before it is acknowledged.

What an envelope means is `reader`'s; the other way in, over HTTP, is `deliveries`'.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from datetime import datetime
from typing import Any

import aiohttp
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.socket_mode.aiohttp import SocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import run_bolt_app
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from crbot.channels.slack.account import Account
from crbot.channels.slack.atonce import AtOnce, Reply, keep_all, logged
from crbot.channels.slack.failures import told_apart
from crbot.channels.slack.reader import is_from_a_bot
from crbot.intake.ports import Arrival, DeliveryFailed
from crbot.triage.message import Channel

Keep = Callable[[Arrival], None]
Clock = Callable[[], datetime]
Note = Callable[[str], None]  # tells whoever runs the bot how the connection is

_KEPT_SECONDS = 2.2  # Slack waits for three
_AT_A_TIME = 16
_PRESS_AGAIN = "We could not save this just now. Please press the button again in a moment."
_PING_SECONDS = 3.0  # finds a dead line in about 5 s; the library's 10 take about 19
_CONNECT_SECONDS = 15.0
_CLOSE_SECONDS = 2.0
_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 20.0  # how long a connection may be broken, or not greeted, before all is begun anew
_PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

# The libraries write whole payloads, people's words among them, at the finer levels.
_library_log = logging.getLogger(f"{__name__}.library")
_library_log.setLevel(logging.WARNING)


def bolt_app(
    account: Account, keep: Keep, now: Clock, signing_secret: str = "", at_once: AtOnce = keep_all
) -> App:
    """A Bolt app that keeps, and answers what Slack waits for. Where `keep` raises, or takes so long that Slack would
    give up, there is no acknowledgement, and Slack delivers again.

    This stands before Bolt's authorization: that asks Slack who we are, and where Slack can't say, Bolt would
    acknowledge what it never handed on. For requests over HTTP the signature is checked before it.
    """
    keeping = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="slack-keep")
    answering = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="slack-answer")

    def keep_first(body: dict[str, Any], next_: Callable[[], BoltResponse]) -> BoltResponse:
        if body.get("type") == "url_verification":
            return next_()
        if is_from_a_bot(body.get("event") or {}):
            return BoltResponse(status=200)
        reply = at_once(body) or _KEPT
        if reply.is_kept:
            try:
                keeping.submit(keep, arrival_of(body, now())).result(_KEPT_SECONDS)
            except TooLate:
                # It is kept all the same, when the database has time; if not, it comes again.
                return _too_late(body)
        if reply.then is not None:
            answering.submit(logged, reply.then)
        return BoltResponse(status=200, body=reply.says)

    return App(
        client=account.web_client(),
        signing_secret=signing_secret,
        token_verification_enabled=False,
        before_authorize=keep_first,
        logger=_library_log,
    )


_KEPT = Reply(is_kept=True)


def _too_late(body: Mapping[str, Any]) -> BoltResponse:
    """No acknowledgement; but who has just filled in a form is told, and keeps what was written."""
    is_form = body.get("type") == "view_submission"
    blocks = body["view"].get("blocks", []) if is_form else []
    fields = [block["block_id"] for block in blocks if block["type"] == "input"]
    if not fields:
        return BoltResponse(status=503)
    return BoltResponse(status=200, body={"response_action": "errors", "errors": {fields[0]: _PRESS_AGAIN}})


def arrival_of(body: Mapping[str, Any], received_at: datetime) -> Arrival:
    """The envelope's payload under its own key, which is the same however often it is delivered."""
    raw = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    return Arrival(Channel.SLACK, _key(body, raw), raw, received_at)


def _key(body: Mapping[str, Any], raw: bytes) -> str:
    if event_id := body.get("event_id"):
        return f"slack:{event_id}"
    if body.get("type") == "view_submission" and (view := body.get("view")):
        # Sent twice, a form has one effect, also where the answer to the first was lost.
        return f"slack:form:{view.get('root_view_id') or view.get('id')}"
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
        at_once: AtOnce = keep_all,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._at_once = at_once
        self._account = account
        self._keep = keep
        self._now = now
        self._note = note
        self._pauses_seconds = pauses_seconds
        self._last_envelope_at: datetime | None = None
        self._is_connected = False
        self._trouble = ""
        self._greeted: object = None  # the session in which Slack has greeted
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-listener", daemon=True)

    @property
    def last_envelope_at(self) -> datetime | None:
        """When Slack last handed something in; a connection that stands and is silent looks healthy otherwise."""
        return self._last_envelope_at

    @property
    def trouble(self) -> str:
        """Why there is no connection, with the mend where a person can mend it; "" while there is one."""
        return self._trouble

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
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * _AT_A_TIME))
        app = bolt_app(self._account, self._keep, self._now, at_once=self._at_once)
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
            self._trouble = why
            pause = max(wait, self._pauses_seconds[min(failures, len(self._pauses_seconds)) - 1])
            self._note(f"no connection to Slack: {why}; next try in {pause:g} s")
            await asyncio.sleep(pause)

    async def _hold_connection(self, app: App) -> None:
        """Connect, and stay until the connection is past mending. Raises `DeliveryFailed` where there is none."""
        handler = _BesideTheLoop(
            app,
            self._account.app_token,
            logger=_library_log,
            web_client=self._account.app_client(),
            ping_interval=_PING_SECONDS,
        )
        client = handler.client
        client.message_listeners.append(self._hear)
        client.proxy = client.web_client.proxy
        try:
            with told_apart("", token="CRBOT_SLACK__APP_TOKEN"):  # noqa: S106  (a setting's name)
                # Asked for here: the library would try the same address again and again, which is good only once.
                client.wss_uri = (await client.web_client.apps_connections_open(app_token=client.app_token))[
                    "url"
                ]
                await asyncio.wait_for(client.connect(), _CONNECT_SECONDS)  # type: ignore[no-untyped-call]  # the library's
            await self._watch(client)
        finally:
            self._is_connected = False
            await _close(client)

    async def _hear(self, client: Any, message: Mapping[str, Any], _: str | None = None) -> None:
        """Slack greets once a connection works; a line that only stands, brings nothing."""
        if message.get("type") == "hello":
            self._greeted = client.current_session
        elif "envelope_id" in message:
            self._last_envelope_at = self._now()

    async def _watch(self, client: SocketModeClient) -> None:
        """Return when the library has not mended a broken connection for a while, or nobody greets."""
        now = asyncio.get_running_loop().time
        stood_at, is_told = now(), False
        while now() - stood_at < self._patience_seconds:
            is_greeted = self._greeted is not None and self._greeted is client.current_session
            self._is_connected = is_greeted and await client.is_connected()
            if self._is_connected:
                stood_at, self._trouble = now(), ""
                if not is_told:
                    self._note("connected to Slack")
                    is_told = True
            await asyncio.sleep(_LOOK_SECONDS)


class _BesideTheLoop(SocketModeHandler):
    """Runs Bolt in threads, so that an envelope whose keeping takes its time holds up no other."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # so is the library's
        began = time.time()
        response = await asyncio.to_thread(run_bolt_app, self.app, req)
        await send_async_response(client, req, response, began)


async def _close(client: SocketModeClient) -> None:
    """Close without waiting long for a peer that may be dead."""
    try:
        await asyncio.wait_for(client.close(), _CLOSE_SECONDS)  # type: ignore[no-untyped-call]  # the library's
    except (TimeoutError, aiohttp.ClientError, OSError):
        await client.aiohttp_client_session.close()
