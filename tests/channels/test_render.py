"""Letters read as they should, to whomever, with whatever is filled in; a broken template is found at once."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.cases.case import Conversation
from crbot.cases.letters import FIELDS, Letter, LetterName
from crbot.channels.render import EXAMPLE, Letters, Rendered, TemplateError, example_of
from crbot.config import read_texts, templates_folder
from crbot.triage.message import Channel

TEMPLATES = read_texts(templates_folder(None), ".txt") | read_texts(templates_folder(None), ".html")
LETTERS = Letters(TEMPLATES)
EVERY_LETTER = list(itertools.product(FIELDS, Channel))

FILLED = {
    **EXAMPLE,
    "name": "Nate Bouchard",
    "questions": ["Is anybody suing over this?", "Has your chief authorized the request?"],
}


def letter(name: LetterName, /, subject: str = "UOF policy", **changes: object) -> Letter:
    made = example_of(name, Channel.EMAIL, {**FILLED, **changes})
    return replace(made, to=replace(made.to, subject=subject), case="CRI-2026-0042")


def forms(rendered: Rendered) -> list[str]:
    return [rendered.text] if rendered.html is None else [rendered.text, rendered.html]


@pytest.mark.parametrize(("name", "channel"), EVERY_LETTER)
def test_every_letter_greets_by_name_and_gives_the_telephone(name, channel):
    for text in forms(LETTERS.render(letter(name), channel)):
        assert "Nate Bouchard" in text
        assert "800-421-6770" in text


@pytest.mark.parametrize(("name", "channel"), EVERY_LETTER)
def test_no_letter_speaks_of_what_only_staff_see(name, channel):
    for text in forms(LETTERS.render(letter(name), channel)):
        assert not {"queue", "flag", "rule", "disposition", "eligible", "ineligible"} & set(
            text.casefold().split()
        )


@pytest.mark.parametrize("channel", Channel)
def test_open_questions_are_numbered_and_how_to_answer_is_told(channel):
    text = LETTERS.render(letter(LetterName.ACKNOWLEDGEMENT), channel).text

    assert "1. Is anybody suing over this?\n2. Has your chief authorized the request?\n" in text
    assert "next to the numbers" in text


@pytest.mark.parametrize("name", [LetterName.ACKNOWLEDGEMENT, LetterName.ANSWERS_NOTED])
def test_without_open_questions_none_are_announced(name):
    rendered = LETTERS.render(letter(name, questions=[]), Channel.EMAIL)

    for text in forms(rendered):
        assert "open" not in text.casefold()
        assert "How to answer" not in text


def test_no_letter_is_longer_than_a_screen():
    for name in FIELDS:
        assert len(LETTERS.render(letter(name), Channel.EMAIL).text.splitlines()) <= 32, name


def test_paragraphs_stand_apart_and_no_blank_line_stands_twice():
    for name in FIELDS:
        text = LETTERS.render(letter(name), Channel.EMAIL).text
        assert text.startswith("Hello Nate Bouchard,\n\n")
        assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("UOF policy", "Re: UOF policy [CRI-2026-0042]"),
        ("RE: Re: UOF policy [CRI-2026-0042]", "Re: UOF policy [CRI-2026-0042]"),
        ("Fwd: UOF policy CRI-2026-0042", "Re: UOF policy [CRI-2026-0042]"),
        ("", "Re: your message to the Collaborative Reform Initiative [CRI-2026-0042]"),
        ("x" * 500, f"Re: {'x' * 140} [CRI-2026-0042]"),
        ("Help\r\nBcc: all@police.example", "Re: Help Bcc: all@police.example [CRI-2026-0042]"),
    ],
)
def test_the_subject_answers_and_ends_in_the_case_number(subject, expected):
    assert LETTERS.render(letter(LetterName.ENQUIRY, subject=subject), Channel.EMAIL).subject == expected


def test_words_of_others_are_no_markup_in_html():
    html = LETTERS.render(letter(LetterName.ENQUIRY, name="<script>x</script>"), Channel.EMAIL).html

    assert html is not None
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_words_of_others_call_nobody_in_slack():
    text = LETTERS.render(letter(LetterName.ENQUIRY, name="<!channel> <@U1> & co"), Channel.SLACK).text

    assert "&lt;!channel&gt; &lt;@U1&gt; &amp; co" in text


def test_words_of_others_are_no_template():
    assert "{{ 7 * 7 }}" in LETTERS.render(letter(LetterName.ENQUIRY, name="{{ 7 * 7 }}"), Channel.EMAIL).text


@settings(max_examples=40)
@given(words=st.text())
def test_no_words_of_others_break_a_letter(words):
    """Nor can they look like a heading, an item, or anything else of ours."""
    strong = LETTERS.render(letter(LetterName.MESSAGE), Channel.EMAIL).html.count("<strong>")
    for name, channel in EVERY_LETTER:
        filled = {
            field: [words] if isinstance(value, list) else words
            for field, value in FILLED.items()
            if isinstance(value, str | list)
        }
        rendered = LETTERS.render(letter(name, subject=words, **filled), channel)
        assert rendered.text.strip()
        assert "\n" not in rendered.subject
        assert not {"\x00", "\ue000", "\ue001"} & set(rendered.text)
        if name is LetterName.MESSAGE and rendered.html:
            assert rendered.html.count("<strong>") == strong
            assert "<h2>" not in rendered.html


@pytest.mark.parametrize(
    "words",
    [
        "# What happens next",
        "- one",
        "1. Call us",
        "**big**",
        "*big*",
        "<b>big</b>",
        "\ue001# Big",
        "a\n# Big",
    ],
)
def test_words_of_others_are_shown_as_they_are_and_mark_nothing(words):
    html = LETTERS.render(letter(LetterName.MESSAGE, words=[words]), Channel.EMAIL).html

    assert html is not None
    assert [tag for tag in ("<h2>", "<li>", "<b>") if tag in html] == []


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_template_that_is_missing_is_named_with_the_mend(name):
    without = {key: text for key, text in TEMPLATES.items() if key != name}

    with pytest.raises(TemplateError, match=f"{name} is missing .*crbot init"):
        Letters(without)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "one\n{{ nmae }}",
            "decline.txt, line 2: 'nmae' is undefined; this letter has: agency, alternatives",
        ),
        ("one\ntwo\n{% if grounds %}", "decline.txt, line 3: .*endif"),
        ("{{ grounds.__class__.__mro__ }}", "decline.txt, line 1: .*unsafe"),
        ("{{ 1 / 0 }}", "decline.txt, line 1: division by zero"),
        ('{% include "other.txt" %}', "other.txt is missing"),
        ("{# nothing #}", "decline.txt gives an empty letter"),
    ],
)
def test_a_broken_template_is_named_with_its_line(text, expected):
    with pytest.raises(TemplateError, match=expected):
        Letters({**TEMPLATES, "decline.txt": text})


def test_a_template_that_breaks_only_when_nothing_is_known_is_found_too():
    with pytest.raises(TemplateError, match=r"acknowledgement\.txt, line 1"):
        Letters({**TEMPLATES, "acknowledgement.txt": "{{ questions[0].upper() }}"})


def test_a_field_that_is_not_filled_in_is_an_error_and_no_gap():
    bare = Letter(LetterName.ENQUIRY, Conversation(Channel.EMAIL, "a@b.example"))

    with pytest.raises(TemplateError, match="'name' is undefined"):
        LETTERS.render(bare, Channel.EMAIL)
