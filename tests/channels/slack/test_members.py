"""Who is staff is asked of Slack at most once a minute, and not guessed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crbot.cases.case import Place
from crbot.channels.slack.account import Account
from crbot.channels.slack.members import Members
from crbot.intake.ports import DeliveryFailed
from tests.slack_peer import Answer, SlackPeer, slack_peer

CHANNELS = {Place.CRI_TAC: "C0TAC", Place.REVIEW: "C0REV"}


@pytest.fixture
def peer() -> Iterator[SlackPeer]:
    with slack_peer() as running:
        running.members = {"C0TAC": ["U0LEE", "U0ORTIZ", "U0KIM", "U0DIAZ", "U0CRBOT"], "C0REV": ["U0LEE"]}
        yield running


class Watch:
    """A steady clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def members(peer: SlackPeer, watch: Watch) -> Members:
    return Members(Account("xoxb-1", api_url=peer.api_url).web_client(), CHANNELS, watch)


def test_members_are_found_on_every_page(peer: SlackPeer) -> None:
    who = members(peer, Watch())

    assert who.among("U0LEE", CHANNELS) == {Place.CRI_TAC, Place.REVIEW}
    assert who.among("U0CRBOT", CHANNELS) == {Place.CRI_TAC}
    assert who.among("U0RIVERA", CHANNELS) == frozenset()


def test_slack_is_asked_once_a_minute(peer: SlackPeer) -> None:
    watch = Watch()
    who = members(peer, watch)

    for watch.now in (0.0, 10.0, 59.0):
        assert who.among("U0LEE", {Place.REVIEW})
    assert len(peer.called("conversations.members")) == 1

    peer.members["C0REV"] = []
    watch.now = 61.0
    assert who.among("U0LEE", {Place.REVIEW}) == frozenset()


def test_where_slack_cannot_be_asked_nobody_is_taken_for_staff(peer: SlackPeer) -> None:
    peer.plan("conversations.members", Answer(500, "oops"), Answer(500, "oops"))

    with pytest.raises(DeliveryFailed):
        members(peer, Watch()).among("U0LEE", CHANNELS)


def test_what_is_known_is_enough_where_one_channel_cannot_be_asked(peer: SlackPeer) -> None:
    del peer.members["C0TAC"]

    assert members(peer, Watch()).among("U0LEE", CHANNELS) == {Place.REVIEW}
