"""A small HTTP server in a thread of its own: for Slack's deliveries, and for pages about how the bot is.

What stands at an address is told by whoever starts it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aiohttp import web

_LARGEST_BYTES = 4 * 1024 * 1024  # Slack's payloads stay under 1 MB
_AT_A_TIME = 32
_SECONDS_TO_END = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]
    path: Mapping[str, str] = field(
        default_factory=dict
    )  # the parts of the address that its route leaves open


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class CannotListen(Exception):
    """The port is taken, or none of ours; the text names it."""


Handler = Callable[[Request], Response]  # may block: it runs in a thread


class HttpServer:
    """Serves handlers by method and path, as ("GET", "/healthz") or ("GET", "/cases/{number}")."""

    def __init__(self, routes: Mapping[tuple[str, str], Handler], port: int, host: str = "127.0.0.1") -> None:
        self._routes = routes
        self._host = host
        self._port = port
        self._loop = asyncio.new_event_loop()
        # One that takes its time, for a busy database, say, holds up no other.
        self._loop.set_default_executor(ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix=f"http {port}"))
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"http {port}", daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that it listens at; with port 0, the one that was free."""
        assert self._runner is not None
        port: int = self._runner.addresses[0][1]
        return port

    def start(self) -> None:
        """Listen. Raises `CannotListen`."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        except OSError as error:
            self.stop()
            where = f"port {self._port} at {self._host}"
            raise CannotListen(f"{where} can't be listened at: {error.strerror}") from error

    def stop(self) -> None:
        """Answer what was asked already, and end."""
        if not self._thread.is_alive():
            return
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_default_executor(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=_SECONDS_TO_END)
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=_LARGEST_BYTES)
        for (method, path), handler in self._routes.items():
            app.router.add_route(method, path, _served(handler))
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_SECONDS_TO_END)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner


def _served(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(asked: web.Request) -> web.Response:
        request = Request(await asked.read(), dict(asked.headers), dict(asked.query), dict(asked.match_info))
        response = await asyncio.to_thread(handler, request)
        return web.Response(status=response.status, body=response.body, headers=dict(response.headers))

    return answer
