"""Runs a function over hostile bytes in a process of its own, with limits of time and memory.

A few hundred bytes can crash a parser and a few thousand hang one: here that costs one mail its
reading, and nothing else. Bytes go over, JSON comes back; nothing is pickled. What is parsed, and into
what, is `mime`'s.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import typing
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from crbot.intake.ports import Unreadable

T = TypeVar("T")

_LENGTH = struct.Struct(">cQ")  # what the frame is, and how many bytes follow
_ASK, _READY, _RESULT, _UNREADABLE, _FAILED = b"?", b"!", b"=", b"u", b"f"
_MAX_ANSWER_BYTES = 16_000_000
_START_SECONDS = 60.0  # a new interpreter on a busy machine
_SENT_AT_ONCE_BYTES = 1 << 16  # most mails, so that the child wakes once for them
_BYTES_A_SECOND = 10_000_000  # that are only to be handed over, taken out of base64 and hashed


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may take."""

    seconds: float = 5.0  # by the clock, and of the processor; a little more for a large mail
    memory_bytes: int = 512 * 1024 * 1024  # of addresses, the interpreter included
    readings: int = 500  # after these many a new process: what it has grown to is given back

    def seconds_for(self, size_bytes: int) -> float:
        return self.seconds + size_bytes / _BYTES_A_SECOND


class Confined(Generic[T]):
    """A function of bytes, run in a child process that lives on from one call to the next.

    The function must stand at the top of a module and name what it returns. A call raises `Unreadable`
    with what it raised, or with what became of the child, and the next call starts a new one; RuntimeError
    when none can be started.
    """

    def __init__(self, function: Callable[[bytes], T], limits: Limits = Limits()) -> None:
        self._name = f"{function.__module__}:{function.__qualname__}"
        self._adapter: TypeAdapter[T] = TypeAdapter(typing.get_type_hints(function)["return"])
        self._limits = limits
        self._child: _Child | None = None
        self._lock = threading.Lock()

    def __call__(self, raw: bytes) -> T:
        with self._lock:
            kind, answer = self._ask(raw)
        if kind == _UNREADABLE:
            raise Unreadable(answer.decode("utf-8", "replace"))
        try:
            return self._adapter.validate_json(answer)
        except ValidationError as error:
            raise Unreadable("What was read of the mail is not whole") from error

    def close(self) -> None:
        """End the child. A later call starts another."""
        with self._lock:
            self._end()

    def __enter__(self) -> Confined[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, raw: bytes) -> tuple[bytes, bytes]:
        child = self._ready_child()
        try:
            kind, answer = child.ask(raw)
        except _Dead as dead:
            self._end()
            raise Unreadable(str(dead)) from None
        except BaseException:  # Ctrl-C amid an answer: the next one would read the rest of it
            self._end()
            raise
        if kind == _FAILED:
            self._end()
            raise Unreadable(answer.decode("utf-8", "replace"))
        return kind, answer

    def _ready_child(self) -> _Child:
        if self._child is None or self._child.readings >= self._limits.readings:
            self._end()
            try:
                self._child = _Child(self._name, self._limits)
            except _Dead as dead:  # no mail's fault: none is to be called unreadable for it
                raise RuntimeError(f"the program that reads mail can't be started: {dead}") from None
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Dead(Exception):
    """The child can't answer any more; the text says why."""


class _Child:
    """The process, and the line to it."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.readings = 0
        self._limits = limits
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
                [
                    sys.executable,
                    "-m",
                    __name__,
                    name,
                    str(theirs.fileno()),
                    str(limits.memory_bytes),
                    str(limits.seconds),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a traceback could hold somebody's words
                # Nothing of our environment goes along: it holds passwords.
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "LANG": "C.UTF-8"},
                start_new_session=True,  # Ctrl-C at the terminal is for the parent to act on
            )
        self._line = ours
        # Also when nobody calls `end`, at the end of the program at the latest.
        self.end = weakref.finalize(self, _end, self._process, ours)
        self._answer(time.monotonic() + _START_SECONDS)

    def ask(self, raw: bytes) -> tuple[bytes, bytes]:
        self.readings += 1
        seconds = self._limits.seconds_for(len(raw))
        deadline = time.monotonic() + seconds
        with self._explained():
            self._line.settimeout(seconds)
            self._line.sendall(_LENGTH.pack(_ASK, len(raw)) + raw[:_SENT_AT_ONCE_BYTES])
            self._line.sendall(memoryview(raw)[_SENT_AT_ONCE_BYTES:])
        return self._answer(deadline)

    def _answer(self, deadline: float) -> tuple[bytes, bytes]:
        with self._explained():
            kind, length = _LENGTH.unpack(self._take(_LENGTH.size, deadline))
            if length > _MAX_ANSWER_BYTES:
                raise _Dead("What was read of the mail is too long")
            return kind, self._take(length, deadline)

    def _take(self, count: int, deadline: float) -> bytes:
        taken = bytearray()
        while len(taken) < count:
            self._line.settimeout(max(0.001, deadline - time.monotonic()))
            piece = self._line.recv(min(count - len(taken), 1 << 20))
            if not piece:
                raise ConnectionResetError
            taken += piece
        return bytes(taken)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what goes wrong on the line into what became of the child."""
        try:
            yield
        except TimeoutError:
            raise _Dead(f"Reading the mail took more than {self._limits.seconds:g} seconds") from None
        except OSError:
            raise _Dead(self._cause_of_death()) from None

    def _cause_of_death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        code = self._process.returncode
        if code == -signal.SIGXCPU:
            return f"Reading the mail took more than {self._limits.seconds:g} seconds of the processor"
        if code is not None and code < 0:
            return f"Reading the mail crashed the program that reads it ({signal.Signals(-code).name})"
        return "Reading the mail ended the program that reads it"


def _end(process: subprocess.Popen[bytes], line: socket.socket) -> None:
    line.close()
    process.kill()
    process.wait()


def _serve(name: str, descriptor: int, memory_bytes: int, seconds: float) -> None:
    """The child: answer until the line is closed."""
    module, _, qualified = name.partition(":")
    function: Callable[[bytes], object] = getattr(importlib.import_module(module), qualified)
    adapter: TypeAdapter[object] = TypeAdapter(typing.get_type_hints(function)["return"])
    limits = Limits(seconds, memory_bytes)
    gc.freeze()  # what is loaded stays; it is not looked through after every mail
    _limit(limits.memory_bytes)
    with socket.socket(fileno=descriptor) as line, line.makefile("rb") as stream:
        _send(line, _READY, b"")
        while header := stream.read(_LENGTH.size):
            raw = stream.read(_LENGTH.unpack(header)[1])
            _allow_processor_time(limits.seconds_for(len(raw)))
            _send(line, *_answer(function, adapter, raw))


def _answer(
    function: Callable[[bytes], object], adapter: TypeAdapter[object], raw: bytes
) -> tuple[bytes, bytes]:
    try:
        return _RESULT, adapter.dump_json(function(raw))
    except Unreadable as error:
        return _UNREADABLE, str(error).encode("utf-8", "replace")
    except MemoryError:
        return _FAILED, b"Reading the mail took more memory than is allowed"
    except Exception as error:  # noqa: BLE001  (the border of a message; the child is not trusted after it)
        return _FAILED, f"Reading the mail failed: {type(error).__name__}".encode()


def _send(line: socket.socket, kind: bytes, content: bytes) -> None:
    line.sendall(_LENGTH.pack(kind, len(content)) + content)


def _limit(memory_bytes: int) -> None:
    limits = [(resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)]
    for what, limit in limits:
        # macOS knows the limit of addresses by name only.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, limit))


def _allow_processor_time(seconds: float) -> None:
    """Let the processor work for this long from now; the parent's clock is the one that is exact."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(spent.ru_utime + spent.ru_stime + seconds) + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
