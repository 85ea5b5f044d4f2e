"""What Slack waits three seconds for: the answer to a form, a command, a click that opens something.

Everything else is kept and worked on in its turn. Who answers what is told by `requesters` for those who ask.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetDone
from dataclasses import dataclass, field
from typing import Any

from slack_sdk import WebClient

from crbot.channels.slack.blocks import Payload, section
from crbot.channels.slack.failures import told_apart
from crbot.intake.ports import DeliveryFailed

_DRAWN_SECONDS = 1.2  # then a form is opened that says so: what opens it is good for three seconds
_log = logging.getLogger(__name__)

Envelope = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to an envelope, and what is done besides."""

    says: Payload | str = field(default="")  # a `response_action`, or the text of a command's answer
    is_kept: bool = False  # it has an effect, and must not be lost
    then: Callable[[], None] | None = None  # done after the acknowledgement; whoever wants it, asks again


AtOnce = Callable[[Envelope], Reply | None]  # None: nothing is answered, it is kept


def keep_all(_: Envelope) -> Reply | None:
    """Answers nothing."""
    return None


class Forms:
    """Opens forms in time, however long what they show is looked up."""

    def __init__(self, client: WebClient, drawn_seconds: float = _DRAWN_SECONDS) -> None:
        self._client = client
        self._drawn_seconds = drawn_seconds
        self._drawing = ThreadPoolExecutor(4, thread_name_prefix="slack-forms")

    def open(self, trigger_id: str, draw: Callable[[], Payload]) -> None:
        """Open what `draw` gives; a form that says to wait, where that takes its time. Raises `DeliveryFailed`."""
        drawn = self._drawing.submit(draw)
        try:
            view = drawn.result(self._drawn_seconds)
        except NotYetDone:
            self._open_late(trigger_id, drawn)
            return
        with told_apart(""):
            self._client.views_open(trigger_id=trigger_id, view=view)

    def _open_late(self, trigger_id: str, drawn: Future[Payload]) -> None:
        with told_apart(""):
            opened = self._client.views_open(trigger_id=trigger_id, view=_WAIT)
            self._client.views_update(view_id=opened["view"]["id"], view=drawn.result())


def logged(then: Callable[[], None]) -> None:
    """Do it; what goes wrong is in the log, and whoever wants it presses again."""
    try:
        then()
    except DeliveryFailed as failure:
        _log.warning("Slack could not be answered: %s", failure)
    except Exception as error:  # noqa: BLE001  (it may be anything, and ends no thread)
        _log.warning("Slack could not be answered: it broke the program: %s", type(error).__name__)


_WAIT: Payload = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "One moment"},
    "close": {"type": "plain_text", "text": "Cancel"},
    "blocks": [section("wait", "One moment, please: this is being looked up.")],
}
