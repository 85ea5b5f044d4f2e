"""Letter + template → subject and text.

The words stand in `templates/`, for staff to edit; every template is tried with awkward values when it is
loaded, so that a broken one is found then and not when a chief is waiting. Sending is the outlets'.
"""

from __future__ import annotations

import itertools
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jinja2 import FunctionLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from crbot.cases.case import Conversation
from crbot.cases.letters import NEEDS_RELEASE, Letter, LetterName, Release
from crbot.channels.mail.charsets import clean_line
from crbot.triage.message import Channel

MAX_SUBJECT_CHARACTERS = 200
_MAX_QUOTED_SUBJECT_CHARACTERS = 140  # the case number has to stand behind it


class TemplateError(Exception):
    """A template is missing or wrong; the text names file, line and mend."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in words. Slack has no subject; HTML goes with mail alone."""

    subject: str
    text: str
    html: str | None


_EXAMPLE_WORDS = (
    "A “name” & <b>more</b> <!channel> {{ 7 * 7 }} {% if %} *x* _y_ `z` \\ \u202e\x00\r\nBcc: a@b.example"
)
_FULL: dict[str, object] = {
    "name": _EXAMPLE_WORDS,
    "agency": _EXAMPLE_WORDS,
    "asks_for": [_EXAMPLE_WORDS] * 3,
    "questions": [_EXAMPLE_WORDS] * 8,
    "is_acute": True,
    "grounds": [_EXAMPLE_WORDS] * 3,
    "alternatives": [_EXAMPLE_WORDS] * 3,
}
_EMPTY: dict[str, object] = {
    "name": "",
    "agency": "",
    "asks_for": [],
    "questions": [],
    "is_acute": False,
    "grounds": [],
    "alternatives": [],
}
_OF_A_CASE = ("name", "agency", "asks_for", "questions", "is_acute")
# Letters that can be written; the others are named, and have no words yet.
FIELDS: Mapping[LetterName, tuple[str, ...]] = {
    LetterName.ACKNOWLEDGEMENT: _OF_A_CASE,
    LetterName.ANSWERS_NOTED: _OF_A_CASE,
    LetterName.ENQUIRY: ("name",),
    LetterName.GRANT_ENQUIRY: ("name",),
    LetterName.COMPLAINT: ("name",),
    LetterName.DECLINE: ("name", "agency", "grounds", "alternatives"),
}


class Letters:
    """All letters, ready to be filled in.

    `templates` maps names of files to their text. Raises `TemplateError` when one is missing or wrong.
    """

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._templates = dict(templates)
        self._plain = self._environment(_visible)
        self._mrkdwn = self._environment(_escaped_for_slack)
        self._html = self._environment(_visible, autoescape=True)
        for name, channel in itertools.product(FIELDS, Channel):
            for fields in (_FULL, _EMPTY):
                self._try(_example(name, channel, fields), channel)

    def render(self, letter: Letter, channel: Channel) -> Rendered:
        """Put a letter into words. Raises `TemplateError`, for instance where a field is missing."""
        values = {**letter.fields, "case": letter.case, "subject": _quotable(letter.to.subject)}
        if channel is Channel.SLACK:
            return Rendered("", _tidied(self._filled(self._mrkdwn, f"{letter.name}.slack.txt", values)), None)
        subject = clean_line(self._filled(self._plain, f"{letter.name}.subject.txt", values))
        text = _tidied(self._filled(self._plain, f"{letter.name}.txt", values))
        html = self._filled(self._html, f"{letter.name}.html", values)
        return Rendered(subject[:MAX_SUBJECT_CHARACTERS], text, html)

    def _try(self, letter: Letter, channel: Channel) -> None:
        rendered = self.render(letter, channel)
        suffix = "slack.txt" if channel is Channel.SLACK else "txt"
        if not rendered.text.strip():
            raise TemplateError(f"{letter.name}.{suffix} gives an empty letter; write what is to be said")
        if channel is Channel.EMAIL and not rendered.subject:
            raise TemplateError(f"{letter.name}.subject.txt gives an empty subject; write one line")

    def _filled(self, environment: SandboxedEnvironment, name: str, values: Mapping[str, object]) -> str:
        try:
            return environment.get_template(name).render(values)
        except TemplateNotFound as error:
            raise TemplateError(
                f"{error.name} is missing among the templates; write it, or take the one that came with crbot"
                " (crbot init DIR makes a copy)"
            ) from error
        except TemplateSyntaxError as error:
            raise TemplateError(
                f"{error.name or name}, line {error.lineno}: {error.message}; mend that line"
            ) from error
        except Exception as error:
            # A template is a program that staff write: it may fail in any way, and is to be named.
            has = ", ".join(sorted(values))
            raise TemplateError(f"{self._where(error, name)}: {error}; this letter has: {has}") from error

    def _where(self, error: Exception, name: str) -> str:
        """File and line in the templates where it went wrong."""
        frames = [
            (frame.filename, frame.lineno)
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename in self._templates
        ]
        return f"{frames[-1][0]}, line {frames[-1][1]}" if frames else name

    def _environment(
        self, finalize: Callable[[object], object], *, autoescape: bool = False
    ) -> SandboxedEnvironment:
        return SandboxedEnvironment(
            loader=FunctionLoader(self._source),
            undefined=StrictUndefined,
            autoescape=autoescape,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,  # an included piece ends its line
        )

    def _source(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        text = self._templates.get(name)
        return None if text is None else (text, name, lambda: True)


def _example(name: LetterName, channel: Channel, values: Mapping[str, object]) -> Letter:
    return Letter(
        name,
        Conversation(channel, "someone@example.gov", subject=str(values["name"])),
        case="CRI-2026-0042" if values["name"] else None,
        fields={field: values[field] for field in FIELDS[name]},
        release=Release(by="one", drafted_by="another") if name in NEEDS_RELEASE else None,
    )


def _visible(value: object) -> object:
    """What a value is shown as: one line, without characters that nobody sees, so that it can imitate nothing."""
    return clean_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _escaped_for_slack(value: object) -> object:
    """So that no word of somebody's can call a person or a channel."""
    shown = _visible(value)
    if not isinstance(shown, str):
        return shown
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_ANSWER_MARK = re.compile(r"(?:(?:re|aw|fwd?)[ \t]{0,3}:[ \t]{0,3})+", re.IGNORECASE)
_CASE_MARK = re.compile(r"[ \t]{0,3}\[?\bCRI-\d{4}-\d{4,7}\b\]?", re.IGNORECASE)


def _quotable(subject: str) -> str:
    """The subject as it may stand in an answer's: without the marks that the answer sets itself."""
    bare = clean_line(_CASE_MARK.sub("", clean_line(subject)))
    marks = _ANSWER_MARK.match(bare)
    return (bare[marks.end() :] if marks else bare)[:_MAX_QUOTED_SUBJECT_CHARACTERS].strip()


_MANY_LINE_ENDS = re.compile(r"\n{3,}")


def _tidied(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _MANY_LINE_ENDS.sub("\n\n", lines).strip("\n") + "\n"
