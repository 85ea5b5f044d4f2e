"""Slack over HTTP: every delivery is checked by its signature and its age, and kept before it is answered.

What a delivery means is `reader`'s; the other way in, Socket Mode, is `listen`'s.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from slack_bolt import App, BoltRequest

from crbot.channels.http import Handler, HttpServer, Request, Response
from crbot.channels.slack.account import Account
from crbot.channels.slack.atonce import AtOnce, keep_all
from crbot.channels.slack.listen import Clock, Keep, Note, bolt_app

PATH = "/slack/events"  # one address for events, clicks, forms and commands


class SlackDeliveries:
    """Fits the worker as `listen.SlackListener` does: starts, stops, tells how it is."""

    def __init__(
        self,
        account: Account,
        keep: Keep,
        now: Clock,
        note: Note,
        signing_secret: str,
        port: int,
        host: str,
        at_once: AtOnce = keep_all,
    ) -> None:
        self._now = now
        self._note = note
        self._last_envelope_at: datetime | None = None
        app = bolt_app(account, keep, now, signing_secret, at_once)
        self._server = HttpServer({("POST", PATH): self._handler(app)}, port, host)
        self._is_listening = False

    @property
    def last_envelope_at(self) -> datetime | None:
        """When Slack last handed something in."""
        return self._last_envelope_at

    @property
    def trouble(self) -> str:
        """Always "": a port that can't be listened at ends the program at its start."""
        return ""

    @property
    def port(self) -> int:
        return self._server.port

    def is_connected(self) -> bool:
        return self._is_listening

    def start(self) -> None:
        """Begin to listen. Raises `CannotListen`."""
        self._server.start()
        self._is_listening = True
        self._note(f"listening to Slack at port {self.port}, {PATH}")

    def stop(self) -> None:
        self._is_listening = False
        self._server.stop()

    def _handler(self, app: App) -> Handler:
        def handle(request: Request) -> Response:
            asked = BoltRequest(
                body=request.body.decode("utf-8", "replace"),
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
            )
            told = app.dispatch(asked)
            if told.status != HTTPStatus.UNAUTHORIZED:
                self._last_envelope_at = self._now()
            headers = {name: ", ".join(values) for name, values in told.headers.items()}
            return Response(told.status, told.body.encode(), headers)

        return handle
