"""Every letter with example data, as people get it: as text in a terminal, or on a page.

How a letter is put into words is `render`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crbot.cases.letters import FIELDS, NEEDS_RELEASE, LetterName
from crbot.channels.pages import page
from crbot.channels.render import Letters, Rendered, example_of
from crbot.triage.message import Channel


@dataclass(frozen=True, slots=True)
class Preview:
    """One letter as it goes out by mail and by Slack."""

    name: str
    needs_release: bool
    mail: Rendered
    slack: str


def preview(letters: Letters, names: Iterable[LetterName] = tuple(FIELDS)) -> list[Preview]:
    """The letters with example data."""
    return [
        Preview(
            name.value,
            name in NEEDS_RELEASE,
            letters.render(example_of(name, Channel.EMAIL), Channel.EMAIL),
            letters.render(example_of(name, Channel.SLACK), Channel.SLACK).text,
        )
        for name in names
    ]


def as_text(shown: Iterable[Preview]) -> str:
    """One letter under the other, by mail and by Slack."""
    return "\n".join(
        f"{f' {each.name} ':=^78}\n{'A person must release this letter.' if each.needs_release else ''}\n"
        f"{' by mail ':-^78}\nSubject: {each.mail.subject}\n\n{each.mail.text}\n"
        f"{' by Slack ':-^78}\n{each.slack}"
        for each in shown
    )


def as_page(shown: Iterable[Preview]) -> str:
    """A page with all of them: the mail as HTML and as text, and what goes by Slack."""
    return page("letters", letters=list(shown))
