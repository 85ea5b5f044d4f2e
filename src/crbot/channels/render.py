"""Letter + template → subject and text.

The words stand in `templates/`, for staff to edit; every template is tried with awkward values when it is
loaded, so that a broken one is found then and not when a chief is waiting. Sending is the outlets'.
"""

from __future__ import annotations

import itertools
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from jinja2 import FunctionLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from crbot.cases.case import Conversation
from crbot.cases.letters import FIELDS, NEEDS_RELEASE, Letter, LetterName, Release, Unreleased
from crbot.channels.mail.charsets import clean_line
from crbot.channels.marks import as_html, as_mrkdwn, as_text, guarded, read_marks, unguarded
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


class Renderer(Protocol):
    """Puts letters into words."""

    def render(self, letter: Letter, channel: Channel) -> Rendered:
        """Raises `TemplateError`."""


class Letters:
    """All letters, ready to be filled in.

    `templates` maps names of files to their text. Raises `TemplateError` when one is missing or wrong.
    """

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._templates = dict(templates)
        self._words = self._environment(_shown)
        self._page = self._environment(lambda value: value, autoescape=True)
        for name, channel, trial in itertools.product(FIELDS, Channel, TRIALS):
            self._try(example_of(name, channel, trial), channel)

    def render(self, letter: Letter | Unreleased, channel: Channel) -> Rendered:
        """Put a letter into words. Raises `TemplateError`, for instance where a field is missing."""
        values = _values(letter, channel)
        blocks = read_marks(self._filled(self._words, "layout.txt", values))
        if channel is Channel.SLACK:
            return Rendered("", as_mrkdwn(blocks), None)
        subject = clean_line(unguarded(self._filled(self._words, "subject.txt", values)))
        page = {"letter": Markup(as_html(blocks)), "subject": subject}  # noqa: S704  (escaped, run by run)
        html = self._filled(self._page, "layout.html", page)
        return Rendered(subject[:MAX_SUBJECT_CHARACTERS], as_text(blocks), html)

    def _try(self, letter: Letter, channel: Channel) -> None:
        rendered = self.render(letter, channel)
        if not self._filled(self._words, f"{letter.name}.txt", _values(letter, channel)).strip():
            raise TemplateError(f"{letter.name}.txt gives an empty letter; write what is to be said")
        if channel is Channel.EMAIL and not rendered.subject:
            raise TemplateError("subject.txt gives an empty subject; write one line")

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


# What a letter may be filled in with: plausible values for the preview, and for trying the templates the worst and
# the least that can come.
EXAMPLE: Mapping[str, object] = {
    "name": "Chief Ann Reyes",
    "agency": "Ashford Police Department, OH",
    "asks_for": ["After-action review", "Training"],
    "questions": [
        "Is there an open investigation of your agency, or of the matter that your request is about?",
        "Is the matter, or any part of it, the subject of a lawsuit now? Is a suit expected or threatened?",
    ],
    "is_acute": False,
    "requester": "Lt. Dana Moss (dmoss@ashford.example.gov)",
    "until": "March 16, 2026",
    "answered": 1,
    "asked": 3,
    "words": ["We spoke on the telephone this morning. Thank you for taking the time."],
    "by": "Jordan Lee",
    "step": 1,
    "version": 2,
    "assistance": ["A review of the response to the events of May 3, and a training for supervisors."],
    "experts": [
        "A retired chief with experience in mass demonstrations, and a trainer in crisis intervention."
    ],
    "staff": ["Jordan Lee, program manager"],
    "milestones": ["Visit on site in June; draft of the report in September."],
    "documents": ["Policies on mass demonstrations, after-action notes, training records of two years."],
    "slots": [
        "Tuesday, March 10, 2026 at 2:00 pm EDT",
        "Wednesday, March 11, 2026 at 9:30 am EDT",
        "Friday, March 13, 2026 at 10:00 am EDT",
    ],
    "round": 1,
    "when": "Tuesday, March 10, 2026 at 2:00 pm EDT",
    "minutes": 30,
    "where": "We call you at 614-555-0142",
    "is_cancelled": False,
    "is_over": False,
    "what": "Nothing is heard from Slack. The bot has no connection; it tries again by itself.",
    "ending": "closed",
    "link": "https://cops.usdoj.gov/collaborativereform",
    "grounds": ["Agencies of this kind can't request assistance."],
    "alternatives": [
        "The COPS Office publishes its reports and training material for everybody at cops.usdoj.gov."
    ],
}
_HOSTILE = "A “name” & <b>more</b> <!channel> {{ 7 * 7 }} {% if %} *x* _y_ `z` \\ \u202e\x00\r\n# B\r\nBcc: a@b.example"


def _worst(value: object) -> object:
    if isinstance(value, bool):
        return True
    if isinstance(value, list):
        return [_HOSTILE] * 8
    return _HOSTILE if isinstance(value, str) else value


TRIALS: tuple[Mapping[str, object], ...] = (
    {name: _worst(value) for name, value in EXAMPLE.items()},
    {name: type(value)() for name, value in EXAMPLE.items()},
)


def example_of(name: LetterName, channel: Channel, values: Mapping[str, object] = EXAMPLE) -> Letter:
    """A letter as it could go out, filled in with these values."""
    where = Conversation(channel, "areyes@ashford.example.gov", subject="Request for assistance")
    return Letter(
        name,
        where if values.get("name") else replace(where, subject=""),
        case="CRI-2026-0042" if values.get("name") else None,
        fields={field: values[field] for field in FIELDS[name]},
        release=Release(by="Jordan Lee", drafted_by="Sam Ortiz") if name in NEEDS_RELEASE else None,
    )


def _values(letter: Letter | Unreleased, channel: Channel) -> dict[str, object]:
    """What the templates of a letter may name."""
    return {
        **letter.fields,
        "letter": f"{letter.name}.txt",  # what `layout.txt` stands around
        "case": letter.case,
        "subject": _quotable(letter.to.subject),
        "on_slack": channel is Channel.SLACK,
    }


def _shown(value: object) -> object:
    """What a value is shown as: one line, without characters that nobody sees, so that it can imitate nothing."""
    return guarded(clean_line(value)) if isinstance(value, str) else value


_ANSWER_MARK = re.compile(r"(?:(?:re|aw|fwd?)[ \t]{0,3}:[ \t]{0,3})+", re.IGNORECASE)
_CASE_MARK = re.compile(r"[ \t]{0,3}\[?\bCRI-\d{4}-\d{4,7}\b\]?", re.IGNORECASE)


def _quotable(subject: str) -> str:
    """The subject as it may stand in an answer's: without the marks that the answer sets itself."""
    bare = clean_line(_CASE_MARK.sub("", clean_line(subject)))
    marks = _ANSWER_MARK.match(bare)
    return (bare[marks.end() :] if marks else bare)[:_MAX_QUOTED_SUBJECT_CHARACTERS].strip()
