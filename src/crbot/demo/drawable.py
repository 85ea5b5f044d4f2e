"""Stands between crbot and the Slack stand-in, whose page leaves rich text and encoded characters undrawn.

What crbot sends is Slack's; only the demo's page needs it in simpler blocks. No part of the bot itself.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")
_LOOKALIKES = {"&lt;": "‹", "&gt;": "›", "&amp;": "&"}  # the page would take the real ones for a mention
_UNPARSED = str.maketrans({"<": "‹", ">": "›", "*": "∗", "~": "∼", "`": "ʼ"})
_SECONDS = 10


def drawable(payload: dict[str, Any]) -> dict[str, Any]:
    """A message, or a view, as the stand-in's page can show it."""
    drawn = dict(payload)
    if isinstance(payload.get("view"), dict):
        drawn["view"] = drawable(payload["view"])
    if isinstance(payload.get("blocks"), list):
        drawn["blocks"] = [_block(block) for block in payload["blocks"]]
    if isinstance(payload.get("text"), str):
        drawn["text"] = _words(payload["text"])
    return drawn


def _block(block: dict[str, Any]) -> dict[str, Any]:
    if block.get("type") == "rich_text":
        text = "".join(_run(run) for part in block["elements"] for run in part["elements"])
        quoted = "\n".join(f"> {line}" for line in text.split("\n"))
        return {"type": "section", "block_id": block["block_id"], "text": {"type": "mrkdwn", "text": quoted}}
    return {key: _inside(value) for key, value in block.items()}


def _inside(value: Any) -> Any:
    match value:
        case {"type": "mrkdwn", "text": str(text)}:
            return {**value, "text": _words(text)}
        case list():
            return [_inside(each) for each in value]
        case _:
            return value


def _run(run: dict[str, Any]) -> str:
    """Words in which nothing is parsed, put so that the page finds nothing to parse."""
    text = str(run["text"]).translate(_UNPARSED)
    if not run.get("style", {}).get("bold"):
        return text
    return "\n".join(f"*{line}*" if line.strip() else line for line in text.split("\n"))


def _words(text: str) -> str:
    text = _DATE.sub(r"\1", text)
    for entity, lookalike in _LOOKALIKES.items():
        text = text.replace(entity, lookalike)
    return text


class DrawableApi:
    """The Web API of the stand-in, with messages made drawable on their way in."""

    def __init__(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _forwarder(port))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    def start(self) -> DrawableApi:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _forwarder(port: int) -> type[BaseHTTPRequestHandler]:
    class Forwarder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get_content_type() == "application/json":
                body = json.dumps(drawable(json.loads(body))).encode()
            self._pass_on(body)

        def _pass_on(self, body: bytes) -> None:
            stand_in = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
            kept = {
                name: self.headers[name] for name in ("Content-Type", "Authorization") if name in self.headers
            }
            try:
                stand_in.request("POST", self.path, body, kept)
                answer = stand_in.getresponse()
                answered = answer.read()
            finally:
                stand_in.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
            """Say nothing: the demo's window is for what the bot does."""

    return Forwarder
