"""The mailbox on its IMAP server: what is new in it, moved when it is kept, and word when more comes.

Nothing is decided here, and nothing is marked as seen: people read the same mailbox. When to look again,
and how long to pause when the server is away, is the worker's.
"""

from __future__ import annotations

import imaplib
import io
import select
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Event
from typing import Any

import structlog
from imapclient import DELETED, IMAPClient

from crbot.channels.mail.imap import Account, ImapLine
from crbot.channels.mail.imap import MailboxAway as MailboxAway
from crbot.channels.mail.mime import identity_and_content_of, sender_and_subject_of
from crbot.channels.mail.security import Security
from crbot.channels.mail.tokens import TokenSource
from crbot.intake.ports import Arrival
from crbot.triage.message import Channel

log = structlog.get_logger()

# Of the keys of arrivals, those under which nothing is kept.
Unknown = Callable[[Collection[str]], Collection[str]]

BATCH_MESSAGES = 50  # gives nearly all of the speed that larger batches would
BATCH_BYTES = 32_000_000
WHOLE_BYTES = 8_000_000  # a larger mail is fetched piece by piece
PIECE_BYTES = 4_000_000
# Of a mail that is larger than is taken in: headers and words stand at its beginning.
EXCERPT_BYTES = 1_000_000
UIDS_PER_PREVIEW = 500
UIDS_PER_SEARCH = 50_000  # imaplib takes no answer of more than a million bytes
FULL_LOOK_SECONDS = 600.0  # servers do pass over single messages
IDLE_SECONDS = 480.0  # servers and routers drop a silent line after nine minutes or more
_PREVIEWED = "BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)]"
_LISTEN_SECONDS = 0.5  # how soon a wait notices that it is to stop


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Where the mailbox is, and how it is read."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Security = Security.SSL
    folder: str = "INBOX"
    done_folder: str = ""  # where a kept mail is moved; "": it stays
    trouble_folder: str = ""  # where one is moved that can't be read; "": it stays
    timeout: float = 30.0  # seconds that the server may take for one answer
    max_message_bytes: int = 150_000_000
    since: date | None = None  # what came earlier is left alone
    is_read_only: bool = False  # nothing is moved, no folder is made
    poll: float = 60.0  # seconds between two looks where the server can't call

    @property
    def account(self) -> Account:
        return Account(self.host, self.port, self.username, self.password, self.security, self.timeout)


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail that would be taken in."""

    uid: int
    came_at: datetime | None
    size_bytes: int
    sender: str
    subject: str


class Mailbox:
    """One folder, over one connection that lives on. For one thread.

    Every method may raise `MailboxAway`; the next call of `arrivals` then connects anew.
    """

    def __init__(self, settings: MailboxSettings, tokens: TokenSource | None = None) -> None:
        self._settings = settings
        self._line = ImapLine(settings.account, tokens)
        self._uid_validity = 0
        self._looked_at = 0  # UID up to which all is kept
        self._to_move: dict[int, str] = {}  # asked for and not done yet: the server went away in between
        self._last_full_look = float("-inf")

    def connect(self) -> None:
        """Log in and open the folder. Does nothing where that is done."""
        if self._line.is_open:
            return
        settings = self._settings
        with self._line.explained("can't be reached"):
            client = self._line.open()
            if not settings.is_read_only:
                for name in {settings.done_folder, settings.trouble_folder} - {"", settings.folder}:
                    self._line.make_folder(name)
            chosen = client.select_folder(settings.folder, readonly=settings.is_read_only)
            self._note_uid_validity(int(chosen[b"UIDVALIDITY"]))
        self._last_full_look = float("-inf")

    def close(self) -> None:
        """Log out; what happens then no longer matters."""
        self._line.close()

    def arrivals(self, now: datetime, unknown: Unknown) -> Iterator[tuple[Arrival, ...]]:
        """What lies in the folder and is not kept yet, oldest first, in batches; large mails come last, each alone.

        `unknown` tells of keys which of them were never kept; `now` stands in for a missing date. Nothing is
        remembered here but that: what was handed out and not kept is handed out again at the next call.
        """
        self.connect()
        self._move_what_is_left()
        large: dict[int, int] = {}
        limit = min(WHOLE_BYTES, self._settings.max_message_bytes)
        for uids in _in_batches(self._new_uids(unknown), BATCH_MESSAGES):
            sizes = self._sizes(uids)
            large |= {uid: size for uid, size in sizes.items() if size > limit}
            for group in _in_groups([uid for uid in sizes if uid not in large], sizes):
                yield from self._arrived(group, now)
        # A line that breaks amid one of them keeps nothing else back.
        for uid, size in large.items():
            yield from self._arrived_in_pieces(uid, size, now)

    def preview(self, unknown: Unknown) -> Iterator[Preview]:
        """What `arrivals` would hand out, oldest first, without fetching it. Changes nothing."""
        self.connect()
        for uids in _in_batches(self._new_uids(unknown), UIDS_PER_PREVIEW):
            told = self._fetch(uids, ["RFC822.SIZE", "INTERNALDATE", _PREVIEWED])
            for uid in sorted(told):
                fields = next(
                    (each for name, each in told[uid].items() if name.startswith(b"BODY[HEADER")), b""
                )
                date, size = told[uid].get(b"INTERNALDATE"), int(told[uid].get(b"RFC822.SIZE", 0))
                sender, subject = sender_and_subject_of(fields or b"")
                yield Preview(uid, date.astimezone(UTC) if date else None, size, sender, subject)

    def move_done(self, keys: Iterable[str]) -> None:
        """Move mails that are kept, named by the keys of their arrivals. Those that are gone are gone."""
        self._move(keys, self._settings.done_folder)

    def move_trouble(self, keys: Iterable[str]) -> None:
        """Move mails that can't be read, as long as they lie where they came."""
        self._move(keys, self._settings.trouble_folder)

    def wait(self, seconds: float, stop: Event) -> bool:
        """Wait until the server tells of a change, at most this long; True when it did.

        Ends early, with False, when `stop` is set. Without IDLE it only waits, no longer than `poll`.
        """
        self.connect()
        client = self._line.client
        with self._line.explained("went away"):
            if not client.has_capability("IDLE"):
                stop.wait(min(seconds, self._settings.poll))
                return False
            # What came since the last look is told now, before IDLE: else it would wait for the next call.
            _, told = client.noop()
            if _tells_of_mail(told):
                return True
            client.idle()
            called = self._listen(client, min(seconds, IDLE_SECONDS), stop)
            _, told = client.idle_done()
            return called or _tells_of_mail(told)

    def _listen(self, client: IMAPClient, seconds: float, stop: Event) -> bool:
        """Wait for bytes, and read none: imapclient's own `idle_check` breaks on half a line, and spins on a dead one."""
        line = client.socket()
        poll = select.poll()
        poll.register(line, select.POLLIN)
        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            has_decrypted = isinstance(line, ssl.SSLSocket) and line.pending() > 0
            if has_decrypted or poll.poll(min(left, _LISTEN_SECONDS) * 1000):
                return True
        return False

    def _note_uid_validity(self, uid_validity: int) -> None:
        if uid_validity != self._uid_validity:  # the server counts anew: nothing that was noted holds
            self._uid_validity = uid_validity
            self._looked_at = 0
            self._to_move.clear()

    def _new_uids(self, unknown: Unknown) -> list[int]:
        """Those that were never kept: after the newest that was looked at, and now and then among the older too."""
        is_full = time.monotonic() - self._last_full_look >= FULL_LOOK_SECONDS
        uids = self._uids_from(1 if is_full else self._looked_at + 1)
        new = sorted(_uid_of(key) for key in unknown([f"{self._key_prefix}{uid}" for uid in uids]))
        # Up to the first that is new all is kept; it itself is looked at again until it is, too.
        self._looked_at = max(self._looked_at, new[0] - 1 if new else max(uids, default=0))
        if is_full:
            self._last_full_look = time.monotonic()
        return new

    def _uids_from(self, first: int) -> list[int]:
        client = self._line.client
        with self._line.explained("went away"):
            client.noop()  # a search right after a delivery may else give the old list
            status = client.folder_status(self._settings.folder, ["MESSAGES", "UIDNEXT", "UIDVALIDITY"])
            if int(status[b"UIDVALIDITY"]) != self._uid_validity:
                raise MailboxAway(f"{self._settings.host}: the folder was made anew; it is opened again")
            found: set[int] = set()
            for start, end in _ranges(first, int(status[b"UIDNEXT"]), int(status[b"MESSAGES"])):
                found.update(client.search(["UID", f"{start}:{end}", *self._since()]))
            # A server may also give the last message, however old.
            return sorted(uid for uid in found if uid >= first)

    def _since(self) -> list[object]:
        return ["SINCE", self._settings.since] if self._settings.since else []

    def _sizes(self, uids: list[int]) -> dict[int, int]:
        """How large they are, as far as they still are there, in bytes; some servers know it only roughly."""
        told = self._fetch(uids, ["RFC822.SIZE"])
        return {uid: int(told[uid][b"RFC822.SIZE"]) for uid in uids if b"RFC822.SIZE" in told.get(uid, {})}

    def _arrived(self, uids: list[int], now: datetime) -> Iterator[tuple[Arrival, ...]]:
        answers = self._fetch(uids, ["INTERNALDATE", "BODY.PEEK[]"])
        arrivals = [
            self._arrival(uid, answers[uid][b"BODY[]"], answers[uid].get(b"INTERNALDATE") or now)
            for uid in uids
            if answers.get(uid, {}).get(b"BODY[]") is not None  # None: expunged between the two questions
        ]
        if arrivals:
            yield tuple(arrivals)

    def _arrived_in_pieces(self, uid: int, size: int, now: datetime) -> Iterator[tuple[Arrival, ...]]:
        limit = self._settings.max_message_bytes
        came_at = self._fetch([uid], ["INTERNALDATE"]).get(uid, {}).get(b"INTERNALDATE") or now
        raw = self._gathered(uid, size, limit + 1 if size <= limit else min(EXCERPT_BYTES, limit))
        if raw:
            yield (self._arrival(uid, raw, came_at, is_excerpt=size > limit),)

    def _gathered(self, uid: int, size: int, most: int) -> bytes:
        """A mail put together from pieces, at most so many bytes of it; b"" where it is gone meanwhile."""
        whole = io.BytesIO()  # gives its bytes without copying them
        while (here := whole.tell()) < most:
            asked = min(PIECE_BYTES, most - here)
            told = self._fetch([uid], [f"BODY.PEEK[]<{here}.{asked}>"]).get(uid, {})
            piece = told.get(f"BODY[]<{here}>".encode())
            if piece is None and here < size:
                return b""
            whole.write(piece or b"")
            if not piece or (len(piece) < asked and whole.tell() >= size):
                break
        return whole.getvalue()

    def _arrival(self, uid: int, raw: bytes, came_at: datetime, *, is_excerpt: bool = False) -> Arrival:
        limit = self._settings.max_message_bytes
        identity, content = identity_and_content_of(raw)
        return Arrival(
            channel=Channel.EMAIL,
            key=f"{self._key_prefix}{uid}",
            raw=raw[:limit],
            received_at=came_at.astimezone(UTC),
            identity=identity,
            content=content,
            excerpt=is_excerpt or len(raw) > limit,  # it was larger than the server had told
        )

    @property
    def _key_prefix(self) -> str:
        settings = self._settings
        return f"imap:{settings.username}@{settings.host}/{settings.folder}:{self._uid_validity}:"

    def _fetch(self, uids: list[int], what: list[str]) -> dict[int, dict[bytes, Any]]:
        """What the server tells of these; one that it fails to give does not keep the others back."""
        client = self._line.client
        with self._line.explained("went away"):
            try:
                return dict(client.fetch(uids, what))
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                if len(uids) > 1:
                    return {uid: told for each in uids for uid, told in self._fetch([each], what).items()}
                log.warning(
                    "the mail server does not give a message", folder=self._settings.folder, uid=uids[0]
                )
                return {}

    def _move(self, keys: Iterable[str], folder: str) -> None:
        if not folder or self._settings.is_read_only:
            return
        prefix = self._key_prefix
        self._to_move.update({_uid_of(key): folder for key in keys if key.startswith(prefix)})
        self.connect()
        self._move_what_is_left()

    def _move_what_is_left(self) -> None:
        """Do the moves that were asked for. Doing one again does no harm."""
        client = self._line.client
        for folder in dict.fromkeys(self._to_move.values()):
            asked = sorted(uid for uid, target in self._to_move.items() if target == folder)
            for uids in _in_batches(asked, BATCH_MESSAGES):
                with self._line.explained(f"doesn't move mail to {folder}"):
                    _move(client, uids, self._line.on_server(folder))
                for uid in uids:
                    del self._to_move[uid]


def _uid_of(key: str) -> int:
    return int(key.rpartition(":")[2])


def _in_batches(uids: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def _in_groups(uids: Collection[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """Cut so that no group weighs more than `BATCH_BYTES`, unless it is a single message."""
    group: list[int] = []
    weight = 0
    for uid in uids:
        if group and weight + sizes[uid] > BATCH_BYTES:
            yield group
            group, weight = [], 0
        group.append(uid)
        weight += sizes[uid]
    if group:
        yield group


def _tells_of_mail(told: Iterable[tuple[Any, ...]]) -> bool:
    return any(len(line) > 1 and line[1] in (b"EXISTS", b"RECENT") for line in told)


def _ranges(first: int, after_last: int, messages: int) -> Iterator[tuple[int, int | str]]:
    """What to ask for at once: everything, unless the answer could be too long for one line."""
    if messages <= UIDS_PER_SEARCH:
        yield first, "*"
        return
    for start in range(first, after_last, UIDS_PER_SEARCH):
        yield start, min(start + UIDS_PER_SEARCH, after_last) - 1


def _move(client: IMAPClient, uids: list[int], folder: str) -> None:
    if client.has_capability("MOVE"):
        client.move(uids, folder)
    elif client.has_capability("UIDPLUS"):
        present = client.search(["UID", ",".join(map(str, uids))])
        if present:
            client.copy(present, folder)
            client.add_flags(present, [DELETED], silent=True)
            client.uid_expunge(present)
    # Else it stays: a bare EXPUNGE would take along what others have marked in the same mailbox.
