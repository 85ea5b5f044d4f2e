"""What Slack's refusals mean: whether a later try can help, when, and what a person can mend.

Raised towards the use cases as `DeliveryFailed`.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from crbot.intake.ports import DeliveryFailed

_TOKEN = "Slack no longer takes the token; make a new one on the app's page and set {token}"  # noqa: S105  (words)
_MENDS = {
    "channel_not_found": "Slack shows the bot no channel {channel}; invite the bot to it, or correct its id in CRBOT_SLACK__CHANNELS",
    "not_in_channel": "the bot is not in channel {channel}; invite it there with /invite",
    "is_archived": "channel {channel} is archived; unarchive it, or name another one in CRBOT_SLACK__CHANNELS",
    "missing_scope": "the app lacks the scope {needed}; add it to the app (crbot slack manifest has all) and install it again",
    "restricted_action": "the workspace lets the bot not post in channel {channel}; an administrator can allow it",
    "user_not_in_channel": "the person has left channel {channel}",
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "account_inactive": _TOKEN,
    "token_revoked": _TOKEN,
    "token_expired": _TOKEN,
    "not_allowed_token_type": "{token} holds a token of another kind; bot tokens begin with xoxb-, app-level ones with xapp-",
    "cannot_dm_bot": "the requester is a bot, which cannot be written to",
    "user_not_found": "Slack knows no such person",
    "messages_tab_disabled": "the app's Messages tab is off, so nobody can be written to; turn it on under App Home",
}
# Whatever is sent, it fails by these until a person has mended the app; nothing is given up for them.
_OURS = frozenset(
    {
        "missing_scope",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "messages_tab_disabled",
    }
)
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_REFUSED_BLOCKS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)


class Gone(DeliveryFailed):
    """The message that should change is no longer there, or no longer ours to change."""


class BlocksRefused(DeliveryFailed):
    """Slack does not take the blocks: something simpler must be sent."""


@contextmanager
def told_apart(channel: str, token: str = "CRBOT_SLACK__BOT_TOKEN") -> Iterator[None]:  # noqa: S107  (a setting's name)
    """Turn what the library raises into `DeliveryFailed`; `channel` and `token` are named in the mend."""
    try:
        yield
    except SlackApiError as error:
        raise _refused(error, channel, token) from error
    except (SlackClientError, aiohttp.ClientError, http.client.HTTPException, OSError) as error:
        raise DeliveryFailed(f"Slack can't be reached: {type(error).__name__}", permanent=False) from error


def code_of(error: SlackApiError) -> str:
    """Slack's word for what is wrong; "" where the answer was none of Slack's."""
    data = error.response.data if hasattr(error.response, "data") else error.response
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _refused(error: SlackApiError, channel: str, token: str) -> DeliveryFailed:
    code, status = code_of(error), error.response.status_code
    if code in _GONE:
        return Gone(f"the message can't be changed: {code}", permanent=True)
    if code in _REFUSED_BLOCKS:
        return BlocksRefused(f"Slack refuses the blocks: {code}", permanent=True)
    if code in _MENDS:
        needed = error.response.get("needed", "that is needed")
        mend = _MENDS[code].format(channel=channel, needed=needed, token=token)
        return DeliveryFailed(mend, permanent=True, is_ours=code in _OURS)
    said = code if re.fullmatch(r"[a-z_]+", code) else "without a word"
    return DeliveryFailed(f"Slack answers {status} {said}", permanent=False, wait=_wait(error))


def _wait(error: SlackApiError) -> timedelta | None:
    """How long Slack asks to wait; None where it doesn't say."""
    after = {name.lower(): value for name, value in error.response.headers.items()}.get("retry-after")
    value = after[0] if isinstance(after, list) else after
    try:
        return timedelta(seconds=float(value)) if value is not None else None
    except ValueError:
        return None
