"""A Slack of our own for tests: Socket Mode and the Web API, and able to misbehave as the real one does.

Written from the documented protocol; it says nothing about how messages look.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

Json = dict[str, Any]
T = TypeVar("T")

DEADLINE = 10.0


@dataclass(frozen=True)
class Answer:
    """What a call is answered instead of the usual; `body` None closes the connection without a word."""

    status: int = 200
    body: Json | str | None = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    is_done_first: bool = False  # the call takes effect, and only its answer is lost

    @classmethod
    def error(cls, code: str, **more: Any) -> Answer:
        return cls(body={"ok": False, "error": code, **more})


def until(what: str, is_so: Callable[[], T], deadline: float = DEADLINE) -> T:
    """Wait for something to be so; fails the test when it is not in time."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if found := is_so():
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {deadline} s: {what}")


class SlackPeer:
    """Runs in a thread of its own; its methods may be called from the test's."""

    def __init__(self, port: int = 0) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.messages: dict[str, list[Json]] = {}  # channel -> messages as posted, oldest first
        self.acks: dict[str, list[Json]] = {}
        self.acks_at: dict[str, float] = {}  # when the first of them came, by the steady clock
        self.connections: dict[str, web.WebSocketResponse] = {}
        self.answers_pings = True
        self.greets = True
        self.views: dict[str, Json] = {}  # by id, as they stand
        self.homes: dict[str, Json] = {}  # by user
        self.members: dict[str, list[str]] = {}  # channel -> users
        self.responses: list[Json] = []  # to the address that a command or a click came with
        self.files: dict[str, Answer] = {}  # what can be downloaded, by name
        self.downloads: list[tuple[str, str]] = []  # name, and the token that was shown
        self.port = port
        self.uploads: dict[str, bytes] = {}  # by the file's id
        self._uploading: dict[str, str] = {}  # names, by the file's id
        self._planned: list[tuple[str, Answer]] = []
        self._tickets: set[str] = set()
        self._triggers: set[str] = set()
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    # --- life ---------------------------------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    def start(self) -> SlackPeer:
        self._thread.start()
        self._in_loop(self._serve())
        return self

    def stop(self) -> None:
        assert self._runner is not None
        self._in_loop(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.add_routes([web.post("/api/{method}", self._api), web.get("/link/", self._link)])
        app.add_routes([web.get("/files/{name}", self._file), web.post("/files/{name}", self._upload)])
        app.add_routes([web.post("/respond", self._respond)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(DEADLINE)

    # --- the Web API --------------------------------------------------------------------------------------------

    def plan(self, method: str, *answers: Answer) -> None:
        """Answer the next calls of a method in this way."""
        self._planned += [(method, answer) for answer in answers]

    def called(self, method: str) -> list[Json]:
        return [body for name, body in self.calls if name == method]

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await _body_of(request)
        self.calls.append((method, body))
        planned = next((each for each in self._planned if each[0] == method), None)
        if planned is None:
            return web.json_response(self._usual(method, body, request))
        self._planned.remove(planned)
        answer = planned[1]
        if answer.is_done_first:
            self._usual(method, body, request)
        if answer.body is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(answer.body, str):
            return web.Response(text=answer.body, status=answer.status, headers=answer.headers)
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)

    def _usual(self, method: str, body: Json, request: web.Request) -> Json:
        match method:
            case "apps.connections.open":
                return self._ticket(request.headers.get("Authorization", ""))
            case "chat.postMessage":
                return self._posted(body)
            case "chat.update":
                return self._updated(body)
            case "chat.postEphemeral":
                return {"ok": True, "message_ts": self.ts()}
            case "chat.getPermalink":
                return {
                    "ok": True,
                    "permalink": f"https://cri.example.gov/{body['channel']}/{body['message_ts']}",
                }
            case "files.getUploadURLExternal":
                self._uploading[f"F{next(self._numbers):06d}"] = str(body["filename"])
                file = next(reversed(self._uploading))
                return {"ok": True, "file_id": file, "upload_url": self.file_url(file)}
            case "files.completeUploadExternal":
                return self._shared(body)
            case "conversations.open":
                return {"ok": True, "channel": {"id": "D" + str(body["users"])[1:]}}
            case "conversations.history":
                latest = str(body.get("latest") or "~")
                top = [
                    each
                    for each in self.messages.get(body["channel"], [])
                    if not each.get("thread_ts") and each["ts"] < latest
                ]
                return {"ok": True, "messages": top[::-1]}
            case "conversations.replies":
                return self._replies(body)
            case "conversations.members":
                return self._listed(body)
            case "views.open" | "views.push":
                return self._opened(body)
            case "views.update":
                self.views[str(body["view_id"])] = body["view"]
                return {"ok": True, "view": {"id": body["view_id"]}}
            case "views.publish":
                self.homes[str(body["user_id"])] = body["view"]
                return {"ok": True, "view": {"id": "V0HOME"}}
            case "users.info":
                profile = {"real_name": "Chief Ana Rivera", "email": "arivera@springfieldpd.example.gov"}
                return {"ok": True, "user": {"id": body["user"], "profile": profile}}
        return {"ok": False, "error": "unknown_method"}

    def _listed(self, body: Json) -> Json:
        """Two members a page."""
        if body["channel"] not in self.members:
            return {"ok": False, "error": "channel_not_found"}
        start, users = int(body.get("cursor") or 0), self.members[body["channel"]]
        more = str(start + 2) if len(users) > start + 2 else ""
        return {
            "ok": True,
            "members": users[start : start + 2],
            "response_metadata": {"next_cursor": more},
        }

    @property
    def response_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/respond"

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        self.responses.append(await request.json())
        return web.Response(text="ok")

    def _opened(self, body: Json) -> Json:
        """A trigger is good once; that it is good for three seconds, a test looks at by the time of the call."""
        trigger = str(body["trigger_id"])
        if trigger in self._triggers:
            return {"ok": False, "error": "exchanged_trigger_id"}
        self._triggers.add(trigger)
        view_id = f"V{next(self._numbers):06d}"
        self.views[view_id] = body["view"]
        return {"ok": True, "view": {"id": view_id}}

    def _ticket(self, authorization: str) -> Json:
        if not authorization.startswith("Bearer xapp-"):
            return {"ok": False, "error": "not_allowed_token_type"}
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return {"ok": True, "url": f"ws://127.0.0.1:{self.port}/link/?ticket={ticket}"}

    def _posted(self, body: Json) -> Json:
        channel = "D" + body["channel"][1:] if body["channel"].startswith("U") else body["channel"]
        message = {**body, "ts": self.ts()}
        self.messages.setdefault(channel, []).append(message)
        return {"ok": True, "channel": channel, "ts": message["ts"]}

    def _shared(self, body: Json) -> Json:
        """A file that was uploaded stands in its channel."""
        files = [{**each, "name": self._uploading[each["id"]]} for each in body["files"]]
        self._posted({"channel": body["channel_id"], "text": "", "files": files})
        return {"ok": True, "files": files}

    def _updated(self, body: Json) -> Json:
        for message in self.messages.get(body["channel"], []):
            if message["ts"] == body["ts"]:
                message.update(body)
                return {"ok": True, "ts": body["ts"], "channel": body["channel"]}
        return {"ok": False, "error": "message_not_found"}

    def _replies(self, body: Json) -> Json:
        """Two messages a page, so that whoever reads must turn pages."""
        thread = [
            each
            for each in self.messages.get(body["channel"], [])
            if body["ts"] in (each["ts"], each.get("thread_ts"))
        ]
        start = int(body.get("cursor") or 0)
        more = str(start + 2) if len(thread) > start + 2 else ""
        return {"ok": True, "messages": thread[start : start + 2], "response_metadata": {"next_cursor": more}}

    def ts(self) -> str:
        return f"1795319400.{next(self._numbers):06d}"

    # --- files ----------------------------------------------------------------------------------------------------

    def file_url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/files/{name}"

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.downloads.append((name, request.headers.get("Authorization", "")))
        answer = self.files.get(name, Answer(404))
        if answer.body is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(body=str(answer.body).encode(), status=answer.status, headers=answer.headers)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        self.uploads[request.match_info["name"]] = await request.read()
        return web.Response(text="OK")

    # --- Socket Mode ----------------------------------------------------------------------------------------------

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        name = f"connection {next(self._numbers)}"
        self.connections[name] = socket
        try:
            if self.greets:
                await socket.send_json({"type": "hello", "num_connections": len(self.connections)})
            await self._hear(socket)
        finally:
            self.connections.pop(name, None)
        return socket

    async def _hear(self, socket: web.WebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is WSMsgType.PING and self.answers_pings:
                await socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                ack = json.loads(frame.data)
                self.acks.setdefault(ack["envelope_id"], []).append(ack)
                self.acks_at.setdefault(ack["envelope_id"], time.monotonic())

    def connected(self, besides: str = "") -> str:
        """The name of the newest connection, waited for."""
        return until(
            "a connection", lambda: next((name for name in reversed(self.connections) if name != besides), "")
        )

    def deliver(self, kind: str, payload: Json, connection: str = "", retry: int = 0) -> str:
        """Hand an envelope over; returns its id, by which it is acknowledged."""
        envelope = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
            **(
                {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
                if kind == "events_api"
                else {}
            ),
        }
        socket = self.connections[connection or self.connected()]
        self._in_loop(socket.send_json(envelope))
        return envelope["envelope_id"]

    def acknowledged(self, envelope: str) -> Json:
        return until("an acknowledgement", lambda: self.acks.get(envelope))[0]

    def disconnect(self, connection: str, reason: str = "refresh_requested") -> None:
        self._in_loop(self.connections[connection].send_json({"type": "disconnect", "reason": reason}))

    def reset(self, connection: str) -> None:
        """Break the line without a word."""

        async def abort() -> None:
            request = self.connections[connection]._req
            assert request is not None
            assert request.transport is not None
            request.transport.abort()

        self._in_loop(abort())


@contextmanager
def slack_peer() -> Iterator[SlackPeer]:
    peer = SlackPeer().start()
    try:
        yield peer
    finally:
        peer.stop()


async def _body_of(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    form = {name: str(value) for name, value in (await request.post()).items()}
    return {name: json.loads(value) if value[:1] in "[{" else value for name, value in form.items()}


# --- payloads as Slack sends them -----------------------------------------------------------------------------------


def event_payload(event: Json, event_id: str = "Ev0000001") -> Json:
    return {
        "token": "verification",
        "team_id": "T0CRI",
        "api_app_id": "A0CRBOT",
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1795319400,
        "authorizations": [{"team_id": "T0CRI", "user_id": "U0CRBOT", "is_bot": True}],
        "event": event,
    }


def direct_message(text: str, ts: str = "1795319400.000100", **more: Any) -> Json:
    return {
        "type": "message",
        "user": "U0RIVERA",
        "text": text,
        "ts": ts,
        "event_ts": ts,
        "channel": "D0RIVERA",
        "channel_type": "im",
        "team": "T0CRI",
        "client_msg_id": "0b1c",
        **more,
    }


def click_payload(action_id: str, value: str, channel: str = "C0CR", user: str = "U0LEE") -> Json:
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "staff.lee", "team_id": "T0CRI"},
        "api_app_id": "A0CRBOT",
        "container": {"type": "message", "message_ts": "1795319400.000200", "channel_id": channel},
        "trigger_id": "1.2.3",
        "team": {"id": "T0CRI", "domain": "cri"},
        "channel": {"id": channel, "name": "critical-response"},
        "message": {"type": "message", "ts": "1795319400.000200", "text": "…"},
        "response_url": "https://hooks.slack.example/actions/1",
        "actions": [
            {
                "type": "button",
                "action_id": action_id,
                "block_id": "act:CRI-2026-0042:r7",
                "text": {"type": "plain_text", "text": "Claim"},
                "value": value,
                "action_ts": "1795319410.000000",
            }
        ],
    }


def form_payload(view: Json, values: Json, user: str = "U0RIVERA") -> Json:
    """A form as it is sent: `values` holds for each field a text, an option's value, or a list of these."""
    return {
        "type": "view_submission",
        "user": {"id": user, "team_id": "T0CRI"},
        "trigger_id": "7.8.9",
        "view": {
            "type": "modal",
            "id": "V0ANSWERS",
            "root_view_id": "V0ROOT",
            "hash": "1795319400.abc",
            **view,
            "state": {"values": {block: {"value": _state_of(value)} for block, value in values.items()}},
        },
    }


def _state_of(value: Any) -> Json:
    if isinstance(value, list):
        return {"type": "multi_static_select", "selected_options": [{"value": each} for each in value]}
    if isinstance(value, tuple):
        [chosen] = value
        return {"type": "radio_buttons", "selected_option": {"value": chosen} if chosen else None}
    return {"type": "plain_text_input", "value": value}


def slash_payload(text: str) -> Json:
    return {
        "command": "/cri",
        "text": text,
        "user_id": "U0RIVERA",
        "channel_id": "D0RIVERA",
        "trigger_id": "4.5.6",
    }
