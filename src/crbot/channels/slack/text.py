"""Foreign words on their way into and out of Slack: decoded once coming in, made harmless once going out.

Where such words stand on a card is `cards`'s; how long a field may be, `limits`'s.
"""

from __future__ import annotations

import re
from itertools import chain

ELLIPSIS = "…"

_NEVER_SHOWN = dict.fromkeys(
    chain(
        (code for code in range(0x20) if chr(code) not in "\n\t"),
        range(0x7F, 0xA0),  # the second row of control characters
        (0xAD, 0x61C, 0x180E, 0xFEFF),  # soft hyphen, Arabic mark, Mongolian separator, byte order mark
        range(0x200B, 0x2010),  # zero-width spaces and joiners, direction marks
        range(0x202A, 0x202F),  # direction overrides: they can make a line read backwards
        range(0x2060, 0x2070),
        range(0xD800, 0xE000),  # halves of a pair, which no encoding can carry
        range(0xFFF9, 0xFFFC),
        range(0xE0000, 0xE0080),  # invisible tags
    )
)
_LINE_ENDS = {0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
_SHOWN = {**_NEVER_SHOWN, **_LINE_ENDS}

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CHARACTERS = {entity: character for character, entity in _ENTITIES.items()}
LONGEST_ENTITY = max(map(len, _CHARACTERS))
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,20}")
_ENCODED = re.compile(r"<([^<>\n]*)>|&(?:amp|lt|gt);")


def is_user_id(text: str) -> bool:
    """Whether it has the form of a Slack user's id."""
    return _USER_ID.fullmatch(text) is not None


def decode(text: str) -> str:
    """The words as the person typed them, from the text of a Slack event.

    Entities are undone, links and mentions become what Slack shows for them. One pass: what looks like a
    mention only after decoding stays as typed.
    """
    return _ENCODED.sub(_decoded, text)


def _decoded(match: re.Match[str]) -> str:
    token = match[1]
    return _CHARACTERS[match[0]] if token is None else _token_in_words(token)


def _token_in_words(token: str) -> str:
    target, _, label = (_undo_entities(part) for part in token.partition("|"))
    if target.startswith(("@", "#")):
        return target[0] + (label or target[1:])
    if target.startswith("!"):
        return label or "@" + target[1:].partition("^")[0]
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return address if not label or label in address else f"{label} ({address})"


def _undo_entities(text: str) -> str:
    return re.sub(r"&(?:amp|lt|gt);", lambda match: _CHARACTERS[match[0]], text)


def clean(text: str) -> str:
    """The text without characters that hide, turn or break what is shown; lines and tabs stay."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_SHOWN)


def one_line(text: str) -> str:
    """The cleaned text in one line, so that it can't pass for a line of ours."""
    return " ".join(clean(text).split())


def clip(text: str, limit: int) -> str:
    """Plain text of at most `limit` characters; what was cut ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def escape(text: str) -> str:
    """The cleaned text for mrkdwn: it pings nobody, links nowhere and names no channel."""
    return "".join(_ENTITIES.get(character, character) for character in clean(text))


def escaped(text: str, limit: int) -> str:
    """Escaped mrkdwn of at most `limit` characters, never cut inside an entity."""
    return clip_escaped(escape(text), limit)


def clip_escaped(text: str, limit: int) -> str:
    """Cut text that is escaped already; the limits count it in this form."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    ampersand = cut.rfind("&", max(0, len(cut) - LONGEST_ENTITY))
    if ampersand >= 0 and ";" not in cut[ampersand:]:
        cut = cut[:ampersand]
    return cut.rstrip() + ELLIPSIS


def line(text: str, limit: int) -> str:
    """Foreign words for one line of mrkdwn."""
    return escaped(one_line(text), limit)
