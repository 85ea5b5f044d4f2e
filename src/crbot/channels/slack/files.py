"""Brings in the files that are attached to messages on Slack, within limits, and keeps each as it came.

Which files a message has is `reader`'s; that a file belongs to a message is told in the case's record.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient

from crbot.cases.respond import LateFile
from crbot.channels.slack.account import LOOPBACK, Account
from crbot.channels.slack.failures import told_apart
from crbot.channels.slack.text import one_line
from crbot.intake.ports import Arrival, DeliveryFailed, File
from crbot.triage.message import Channel

MOST_FILES = 10  # of one message
LARGEST_BYTES = 25 * 1024 * 1024
_ALL_SECONDS = 30.0  # for the files of one message: the others wait meanwhile
_ONE_SECONDS = 10.0  # without a word from the other side
_TRIES = 3
_CHUNK = 64 * 1024
_PREFIX, _LATE = "slack:file:", "slack:late:"
_THERE = "it is still in the conversation in Slack"

Keep = Callable[[Arrival], object]
Listed = Mapping[str, Any]  # a file, as Slack's payloads name it


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of the files of a message."""

    files: tuple[File, ...] = ()
    doubts: tuple[str, ...] = ()  # what could not be brought in, and why, for staff
    later: tuple[tuple[Listed, str], ...] = ()  # what may be had later, each with its doubt


class Files:
    """Brings files in with the bot's token, which is shown to Slack's own hosts alone."""

    def __init__(
        self,
        account: Account,
        keep: Keep,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token = account.bot_token
        self._client: WebClient = account.web_client()
        self._api = urlsplit(account.base_url)
        self._is_here = account.is_on_this_machine
        self._keep = keep
        self._now = now
        self._monotonic = monotonic
        proxies: dict[str, str] | None = {} if account.is_on_this_machine else None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _StayHere())

    def fetch(self, listed: Sequence[Listed]) -> Fetched:
        """Bring in and keep what is attached; a file that can't be had stops nothing, and is named."""
        ends = self._monotonic() + _ALL_SECONDS
        files, doubts, later = [], [], []
        for each in listed[:MOST_FILES]:
            try:
                files.append(self._kept(each, ends))
            except _CannotFetch as failure:
                rest = _THERE if failure.is_for_good else "it is tried again"
                yet = "" if failure.is_for_good else " yet"
                doubts.append(f"The attached file “{name_of(each)}” is not kept{yet}: {failure}; {rest}")
                if not failure.is_for_good:
                    later.append((each, doubts[-1]))
        if len(listed) > MOST_FILES:
            doubts.append(
                f"{len(listed)} files are attached, and {MOST_FILES} of them are kept; the others are still there"
            )
        return Fetched(tuple(files), tuple(doubts), tuple(later))

    def fetch_late(self, late: LateFile) -> None:
        """Try again to bring a file in; that it is kept is an arrival of its own. Raises `DeliveryFailed`."""
        try:
            file = self._kept(late.listed, self._monotonic() + _ALL_SECONDS)
        except _CannotFetch as failure:
            raise DeliveryFailed(str(failure), permanent=failure.is_for_good) from failure
        told = {**asdict(file), "message": late.message, "doubt": late.doubt}
        key = f"{_LATE}{late.listed.get('id')}:{file.sha256[:16]}"
        self._keep(Arrival(Channel.SLACK, key, json.dumps(told).encode(), self._now()))

    def _kept(self, listed: Listed, ends: float) -> File:
        """The file, brought in and kept. Raises `_CannotFetch`."""
        file = self._told_of(listed)
        raw = self._bytes_of(file, ends)
        sha256 = hashlib.sha256(raw).hexdigest()
        key = f"{_PREFIX}{file.get('id')}:{sha256[:16]}"
        self._keep(Arrival(Channel.SLACK, key, raw, self._now()))
        return File(name_of(file), len(raw), sha256)

    def _bytes_of(self, file: Listed, ends: float) -> bytes:
        if int(file.get("size") or 0) > LARGEST_BYTES:
            raise _CannotFetch(_TOO_LARGE)
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        if not self._is_slacks(url):
            raise _CannotFetch("Slack does not hold it itself")
        for left in reversed(range(_TRIES)):
            try:
                return self._download(url, ends)
            except (OSError, http.client.HTTPException) as error:
                if not left or self._monotonic() >= ends:
                    why = f"Slack can't be reached ({type(error).__name__})"
                    raise _CannotFetch(why, is_for_good=False) from error
        raise AssertionError("the last try returns or raises")

    def _told_of(self, file: Listed) -> Listed:
        """The file with what is to be known of it: of one from another workspace, Slack must be asked."""
        if file.get("file_access") != "check_file_info":
            return file
        try:
            with told_apart(""):
                return dict(self._client.files_info(file=str(file["id"]))["file"])
        except DeliveryFailed as failure:
            raise _CannotFetch(str(failure), is_for_good=failure.permanent) from failure

    def _is_slacks(self, url: str) -> bool:
        """The API's own host or one below it, asked for in the same way."""
        asked = urlsplit(url)
        host, own = asked.hostname or "", self._api.hostname or ""
        if self._is_here and host in LOOPBACK:
            return asked.scheme == self._api.scheme
        return asked.scheme == self._api.scheme and (host == own or host.endswith(f".{own}"))

    def _download(self, url: str, ends: float) -> bytes:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310  (`_is_slacks`)
        try:
            with self._opener.open(request, timeout=_ONE_SECONDS) as answer:
                return b"".join(self._chunks(answer, ends))
        except urllib.error.HTTPError as error:
            why = _REFUSED.get(error.code, f"Slack answers {error.code}")
            raise _CannotFetch(why, is_for_good=error.code == _GONE) from error

    def _chunks(self, answer: http.client.HTTPResponse, ends: float) -> Iterator[bytes]:
        size = 0
        while chunk := answer.read(_CHUNK):
            size += len(chunk)
            if size > LARGEST_BYTES:
                raise _CannotFetch(_TOO_LARGE)
            if self._monotonic() > ends:
                raise _CannotFetch("it took too long", is_for_good=False)
            yield chunk


def leave(listed: Sequence[Listed]) -> Fetched:
    """Bring nothing in: for where files can't be kept."""
    return Fetched(
        doubts=tuple(f"The attached file “{name_of(file)}” is not kept; {_THERE}" for file in listed)
    )


class _CannotFetch(Exception):
    """A file can't be brought in; the text says why. `is_for_good`: no later try can help."""

    def __init__(self, why: str, *, is_for_good: bool = True) -> None:
        super().__init__(why)
        self.is_for_good = is_for_good


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows nowhere: Slack leads to its page for logging in who may not have a file."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_TOO_LARGE = f"it is larger than {LARGEST_BYTES // (1024 * 1024)} MB"
_NOT_OURS = "Slack does not show it to the app; look whether the app has the scope files:read"
_GONE = 404
_REFUSED = {
    301: _NOT_OURS,
    302: _NOT_OURS,
    303: _NOT_OURS,
    307: _NOT_OURS,
    401: _NOT_OURS,
    403: _NOT_OURS,
    _GONE: "it is gone",
}


def is_file(arrival: Arrival) -> bool:
    """Whether an arrival is a file that was brought in, and not a payload of Slack's."""
    return arrival.key.startswith(_PREFIX)


def is_late(arrival: Arrival) -> bool:
    """Whether an arrival tells that a file was brought in after its message."""
    return arrival.key.startswith(_LATE)


def name_of(file: Listed) -> str:
    return (
        one_line(str(file.get("name") or file.get("title") or file.get("id") or ""))
        or "a file without a name"
    )
