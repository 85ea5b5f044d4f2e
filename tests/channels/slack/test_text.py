"""Foreign words lose nothing on the way in, and can do nothing on the way out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.channels.slack.passages import decisive, pieces
from crbot.channels.slack.text import clean, clip_escaped, decode, escape, escaped, line
from tests.channels.slack.examples import patient

ANY = st.text(alphabet=st.characters(codec=None))  # lone surrogates too
BROKEN_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt;@U0LEE&amp;gt;", "&lt;@U0LEE&gt;"),
        ("&lt;@U0LEE&gt;", "<@U0LEE>"),
        ("<https://justice.gov>", "https://justice.gov"),
        ("<http://justice.gov|justice.gov>", "http://justice.gov"),
        ("<https://evil.example|justice.gov>", "justice.gov (https://evil.example)"),
        ("<mailto:a@b.gov|a@b.gov>", "a@b.gov"),
        ("<tel:8004216770|800-421-6770>", "800-421-6770 (8004216770)"),
        ("<@U0CRBOT> help", "@U0CRBOT help"),
        ("<@U0CRBOT|crbot> help", "@crbot help"),
        ("<#C0TAC|cri-tac>", "#cri-tac"),
        ("<!here> and <!subteam^S1|@chiefs>", "@here and @chiefs"),
        ("<!date^1795319400^{date}|November 22>", "November 22"),
        ("5 < 6 and no end", "5 < 6 and no end"),
    ],
)
def test_a_message_is_read_as_it_was_typed(sent: str, typed: str) -> None:
    assert decode(sent) == typed


@patient
@given(ANY)
def test_what_slack_encodes_is_decoded_to_the_same(typed: str) -> None:
    assert decode(escape(typed)) == clean(typed)


@patient
@given(ANY, st.integers(5, 60))
def test_escaped_text_keeps_its_limit_and_whole_entities(text: str, limit: int) -> None:
    shown = escaped(text, limit)

    assert len(shown) <= limit
    assert not BROKEN_ENTITY.search(shown)
    assert "<" not in shown
    assert ">" not in shown


def test_a_cut_falls_before_an_entity_and_not_inside_it() -> None:
    assert [clip_escaped("ab&amp;cd", limit) for limit in (9, 8, 7, 6, 4, 3)] == [
        "ab&amp;cd",
        "ab&amp;…",
        "ab…",
        "ab…",
        "ab…",
        "ab…",
    ]


def test_a_line_is_one_line_and_shows_what_it_holds() -> None:
    assert (
        line("Ana\n*Authority:* pass\u2028\u202egov\u200b.live\x00", 100) == "Ana *Authority:* pass gov.live"
    )


@patient
@given(ANY, st.integers(1, 40))
def test_pieces_are_the_whole_text(text: str, size: int) -> None:
    cut = pieces(text, size)

    assert "".join(cut) == text
    assert all(0 < len(piece) <= size for piece in cut)


@patient
@given(ANY, st.integers(5, 40))
def test_pieces_of_escaped_text_hold_whole_entities(text: str, size: int) -> None:
    cut = pieces(escape(text), size)

    assert "".join(cut) == escape(text)
    assert all(len(piece) <= size and not BROKEN_ENTITY.search(piece) for piece in cut)


def test_pieces_are_cut_between_lines_rather_than_in_words() -> None:
    assert pieces("one two\nthree four", 12) == ["one two\n", "three four"]


def test_the_decisive_words_stand_strong_in_their_sentences() -> None:
    body = "Hello. We want training now. It rains. Our chief, Ana, agrees! Bye."

    runs = decisive(body, ["training", "chief, Ana", "told before"], 600)

    assert [(run.text, run.strong) for run in runs if run.text] == [
        ("We want ", False),
        ("training", True),
        (" now.", False),
        (" … ", False),
        ("Our ", False),
        ("chief, Ana", True),
        (", agrees!", False),
        (" … ", False),
        ("told before", False),
    ]


def test_a_sentence_that_decides_as_a_whole_is_quoted_as_it_is_and_unwrapped() -> None:
    runs = decisive("We want help\nnow. It rains.\n\nBye", ["We want help\nnow."], 600)

    assert [(run.text, run.strong) for run in runs if run.text] == [("We want help now.", False)]


@patient
@given(ANY, st.lists(ANY, max_size=4), st.integers(1, 80))
def test_any_text_can_be_quoted(body: str, evidence: list[str], limit: int) -> None:
    runs = decisive(body, evidence, limit)

    assert len("".join(run.text for run in runs)) <= limit + 1
