"""The demo's page shows cards as Slack would, though it draws less."""

from __future__ import annotations

from crbot.channels.slack import blocks
from crbot.channels.slack.blocks import Run
from crbot.demo.drawable import drawable


def test_a_quote_is_drawn_behind_a_bar_and_nothing_in_it_is_parsed() -> None:
    quote = blocks.quote("q", [Run("*We* ask\n"), Run("for <!here>", strong=True)])

    assert drawable({"blocks": [quote]})["blocks"] == [
        {
            "type": "section",
            "block_id": "q",
            "text": {"type": "mrkdwn", "text": "> ∗We∗ ask\n> *for ‹!here›*"},
        }
    ]


def test_encoded_characters_and_times_are_drawn() -> None:
    context = blocks.context("c", "a &amp; b &lt;c&gt; <!date^1795319400^{time}|03:50 UTC> <@U0LEE>")

    drawn = drawable({"text": "a &amp; b", "blocks": [context, blocks.header("h", "R&D &amp;")]})

    assert drawn["text"] == "a & b"
    assert drawn["blocks"][0]["elements"][0]["text"] == "a & b ‹c› 03:50 UTC <@U0LEE>"
    assert drawn["blocks"][1]["text"]["text"] == "R&D &amp;"


def test_what_is_no_message_passes_as_it_is() -> None:
    assert drawable({"users": "U0LEE"}) == {"users": "U0LEE"}
