"""Tries the Slack app as the bot will use it: tokens, scopes, channels; posts nothing and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from crbot.channels.checkup import Check, fine, note, wrong
from crbot.channels.slack.account import Account
from crbot.channels.slack.failures import told_apart
from crbot.channels.slack.manifest import manifest
from crbot.intake.ports import DeliveryFailed

_SLACK, _CLOCK = "slack", "clock"
MOST_SKEW = timedelta(seconds=60)  # Slack refuses what is signed five minutes off


def look_at_slack(
    account: Account, channels: Mapping[str, str], now: datetime, *, over_socket: bool
) -> Iterator[Check]:
    """Log in, and see the scopes, the channels of staff and the way in. `channels`: setting → id."""
    client = account.web_client()
    try:
        with told_apart("", "CRBOT_SLACK__BOT_TOKEN"):
            answer = client.auth_test()
    except DeliveryFailed as failed:
        yield wrong(
            _SLACK, "Log in", f"{account.base_url}: {failed}", _mend_of(failed, "CRBOT_SLACK__BOT_TOKEN")
        )
        return
    yield fine(_SLACK, "Log in", f"{account.base_url} as {answer.get('user')} in {answer.get('team')}")
    yield _scopes(answer)
    for setting, channel in channels.items():
        yield _channel(client, setting, channel, str(answer.get("user_id")))
    yield (
        _way_in(account)
        if over_socket
        else note(
            _SLACK, "Hear from Slack", "over HTTP; Slack tries the Request URL itself when it is entered"
        )
    )
    yield _clock(answer, now)


def _scopes(answer: SlackResponse) -> Check:
    wanted = set(manifest()["oauth_config"]["scopes"]["bot"])
    given = {each.strip() for each in _header(answer, "x-oauth-scopes").split(",")} - {""}
    if not given:
        return note(_SLACK, "Scopes", "Slack does not tell which the app has")
    missing, needless = sorted(wanted - given), sorted(given - wanted)
    if missing:
        mend = "add them to the app (crbot slack manifest has all of them) and install it again"
        return wrong(_SLACK, "Scopes", f"the app lacks {', '.join(missing)}", mend)
    if needless:
        return note(
            _SLACK, "Scopes", f"the app has more than crbot uses: {', '.join(needless)}", "take them away"
        )
    return fine(_SLACK, "Scopes", f"all {len(wanted)}, and no other")


def _channel(client: WebClient, setting: str, channel: str, bot: str) -> Check:
    what = f"Channel of {setting}"
    try:
        with told_apart(channel):
            found: dict[str, Any] = client.conversations_info(channel=channel).get("channel") or {}
            members = client.conversations_members(channel=channel, limit=200).get("members") or []
    except DeliveryFailed as failed:
        return wrong(_SLACK, what, str(failed), _mend_of(failed, f"CRBOT_SLACK__CHANNELS__{setting.upper()}"))
    name = f"#{found.get('name', channel)}"
    if found.get("is_archived"):
        return wrong(_SLACK, what, f"{name} is archived", "unarchive it, or name another one")
    if bot not in members and not found.get("is_member"):
        return wrong(_SLACK, what, f"the bot is not in {name}", "invite it there with /invite")
    if not found.get("is_private", True):
        told = f"{name} is public: whoever joins it is staff, and everybody reads requests there"
        return wrong(_SLACK, what, told, "make it private, or name a private one")
    people = len(set(members) - {bot})
    if not people:
        return note(_SLACK, what, f"nobody but the bot is in {name}", "invite those who are to work there")
    return fine(_SLACK, what, f"{name}, with {people}{' or more' if people >= 199 else ''} members of staff")


def _way_in(account: Account) -> Check:
    """Whether Slack opens a socket for the app. It is not connected: events would come to it that it can't keep."""

    async def opened() -> bool:
        answer = await account.app_client().apps_connections_open(app_token=account.app_token)
        return bool(answer.get("url"))

    try:
        with told_apart("", "CRBOT_SLACK__APP_TOKEN"):
            is_open = asyncio.run(opened())
    except DeliveryFailed as failed:
        mend = _mend_of(failed, "CRBOT_SLACK__APP_TOKEN (xapp-…, scope connections:write)")
        return wrong(_SLACK, "Hear from Slack", str(failed), mend)
    if is_open:
        return fine(_SLACK, "Hear from Slack", "Slack opens a socket")
    return wrong(_SLACK, "Hear from Slack", "Slack opens no socket", "turn Socket Mode on, on the app's page")


def _clock(answer: SlackResponse, now: datetime) -> Check:
    try:
        theirs = parsedate_to_datetime(_header(answer, "date"))
        skew = now - theirs
    except (ValueError, TypeError):
        return note(_CLOCK, "Agree with the world", "Slack tells no time to compare with")
    told = (
        f"{abs(skew.total_seconds()):.0f} seconds {'ahead of' if skew > timedelta(0) else 'behind'} Slack's"
    )
    if abs(skew) > MOST_SKEW:
        return wrong(_CLOCK, "Agree with the world", told, "have this machine's clock set by NTP")
    return fine(_CLOCK, "Agree with the world", told)


def _header(answer: SlackResponse, name: str) -> str:
    found = {key.lower(): value for key, value in answer.headers.items()}.get(name, "")
    return str(found[0] if isinstance(found, list) else found)


def _mend_of(failed: DeliveryFailed, setting: str) -> str:
    return (
        f"look at {setting}"
        if failed.permanent
        else "look whether this machine may reach Slack, and try again"
    )
