"""Letters read as they should, to whomever, with whatever is filled in; a broken template is found at once."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crbot.cases.case import Conversation
from crbot.cases.letters import NEEDS_RELEASE, Letter, LetterName, Release
from crbot.channels.render import FIELDS, Letters, Rendered, TemplateError
from crbot.config import read_texts, templates_folder
from crbot.triage.message import Channel

TEMPLATES = read_texts(templates_folder(None), ".txt") | read_texts(templates_folder(None), ".html")
LETTERS = Letters(TEMPLATES)
EVERY_LETTER = list(itertools.product(FIELDS, Channel))

FILLED: dict[str, object] = {
    "name": "Nate Bouchard",
    "agency": "West Hadley Police Department, VT",
    "asks_for": ["a review of policies"],
    "questions": ["Is anybody suing over this?", "Has your chief authorized the request?"],
    "is_acute": False,
    "grounds": ["The programs serve law enforcement agencies only."],
    "alternatives": ["Your state's training board."],
}


def letter(name: LetterName, /, subject: str = "UOF policy", **changes: object) -> Letter:
    return Letter(
        name,
        Conversation(Channel.EMAIL, "nbouchard@westhadleyvt.example.gov", subject=subject),
        case="CRI-2026-0042",
        fields={field: {**FILLED, **changes}[field] for field in FIELDS[name]},
        release=Release("Ann", "Bob") if name in NEEDS_RELEASE else None,
    )


def forms(rendered: Rendered) -> list[str]:
    return [rendered.text] if rendered.html is None else [rendered.text, rendered.html]


@pytest.mark.parametrize(("name", "channel"), EVERY_LETTER)
def test_every_letter_greets_by_name_and_gives_the_telephone(name, channel):
    for text in forms(LETTERS.render(letter(name), channel)):
        assert "Nate Bouchard" in text
        assert "800-421-6770" in text or name is LetterName.ANSWERS_NOTED


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


def test_an_acknowledgement_is_no_longer_than_a_screen():
    text = LETTERS.render(letter(LetterName.ACKNOWLEDGEMENT), Channel.EMAIL).text

    assert len(text.splitlines()) <= 32


def test_paragraphs_stand_apart_and_no_blank_line_stands_twice():
    for name in FIELDS:
        text = LETTERS.render(letter(name), Channel.EMAIL).text
        assert text.startswith("Hello Nate Bouchard,\n\nThank you")
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
    for name, channel in EVERY_LETTER:
        changes = {field: words if field in ("name", "agency") else [words] for field in FILLED}
        rendered = LETTERS.render(letter(name, subject=words, **{**changes, "is_acute": True}), channel)
        assert rendered.text.strip()
        assert "\n" not in rendered.subject
        assert "\x00" not in rendered.text


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.split(".")[0] in set(FIELDS)])
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
    with pytest.raises(TemplateError, match=r"acknowledgement\.slack\.txt, line 1"):
        Letters({**TEMPLATES, "acknowledgement.slack.txt": "{{ questions[0].upper() }}"})


def test_a_field_that_is_not_filled_in_is_an_error_and_no_gap():
    bare = Letter(LetterName.ENQUIRY, Conversation(Channel.EMAIL, "a@b.example"))

    with pytest.raises(TemplateError, match="'name' is undefined"):
        LETTERS.render(bare, Channel.EMAIL)
