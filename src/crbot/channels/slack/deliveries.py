"""Slack over HTTP: every delivery is checked by its signature and its age, and kept before it is answered.

What a delivery means is `reader`'s; the other way in, Socket Mode, is `listen`'s.
"""

from __future__ import annotations

from datetime import datetime

from slack_bolt import BoltRequest

from crbot.channels.http import Handler, HttpServer, Request, Response
from crbot.channels.slack.account import Account
from crbot.channels.slack.listen import Clock, Keep, Note, bolt_app
from crbot.intake.ports import Arrival

PATH = "/slack/events"  # one address for events, clicks, forms and commands


class SlackDeliveries:
    """Fits the worker as `listen.SlackListener` does: starts, stops, tells how it is."""

    def __init__(
        self, account: Account, keep: Keep, now: Clock, note: Note, signing_secret: str, port: int, host: str
    ) -> None:
        self._keep = keep
        self._note = note
        self._last_envelope_at: datetime | None = None
        self._server = HttpServer({("POST", PATH): self._handler(account, now, signing_secret)}, port, host)
        self._is_listening = False

    @property
    def last_envelope_at(self) -> datetime | None:
        """When Slack last handed something in."""
        return self._last_envelope_at

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

    def _handler(self, account: Account, now: Clock, signing_secret: str) -> Handler:
        app = bolt_app(account, self._keep_in_time, now, signing_secret)

        def handle(request: Request) -> Response:
            asked = BoltRequest(
                body=request.body.decode("utf-8", "replace"),
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
            )
            told = app.dispatch(asked)
            headers = {name: ", ".join(values) for name, values in told.headers.items()}
            return Response(told.status, told.body.encode(), headers)

        return handle

    def _keep_in_time(self, arrival: Arrival) -> None:
        self._last_envelope_at = arrival.received_at
        self._keep(arrival)
