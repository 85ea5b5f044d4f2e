"""The few marks of a letter's template → plain text, HTML, Slack's mrkdwn.

Which marks there are is told in `templates/layout.txt`; what a letter says, in the other templates. What was filled
in stands between two guards and is never read as a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from html import escape
from itertools import groupby

_OPEN, _CLOSE = "\ue000", "\ue001"  # of Unicode's private use; taken out of what is filled in
_PIECE = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}|(\\*\\*)")
_MARK = re.compile(r"(?P<heading># +)|(?P<item>- +)|(?P<numbered>\d{1,2}\. +)")


def guarded(text: str) -> str:
    """Text that was filled in, kept from being read as a mark; it has to be one line."""
    return f"{_OPEN}{text.replace(_OPEN, '').replace(_CLOSE, '')}{_CLOSE}"


def unguarded(text: str) -> str:
    """The same text for where there are no marks: a subject."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


class Kind(Enum):
    """What a block of a letter is."""

    HEADING = auto()
    ITEMS = auto()
    NUMBERED = auto()
    PARAGRAPH = auto()


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that look alike."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a list, or a paragraph, line by line."""

    kind: Kind
    lines: tuple[tuple[Run, ...], ...]
    numbers: tuple[str, ...] = ()  # of a numbered list


def read_marks(text: str) -> tuple[Block, ...]:
    """Read a filled-in template into its blocks. Every character is kept but for the marks and outer blanks."""
    lines = [_line(line.strip()) for line in text.splitlines()]
    blocks: list[Block] = []
    for kind, group in groupby(lines, key=lambda line: line[0]):
        several = list(group)
        if kind is None:
            continue
        if kind is Kind.HEADING:
            blocks += [Block(kind, (runs,)) for _, runs, _ in several]
        else:
            numbers = tuple(number for _, _, number in several if number)
            blocks.append(Block(kind, tuple(runs for _, runs, _ in several), numbers))
    return tuple(blocks)


def _line(line: str) -> tuple[Kind | None, tuple[Run, ...], str]:
    """What a line is, its runs, and its number in a list."""
    if not unguarded(line).strip():
        return None, (), ""
    mark = _MARK.match(line)
    kind = _KIND_OF[mark.lastgroup] if mark and mark.lastgroup else Kind.PARAGRAPH
    runs = tuple(_runs(line[mark.end() :] if mark else line))
    return kind, runs, mark.group().strip(" .") if mark and kind is Kind.NUMBERED else ""


_KIND_OF = {"heading": Kind.HEADING, "item": Kind.ITEMS, "numbered": Kind.NUMBERED}


def _runs(line: str) -> Iterator[Run]:
    is_strong, end = False, 0
    for piece in _PIECE.finditer(line):
        if piece.start() > end:
            yield Run(line[end : piece.start()], is_strong)
        if piece.group(2):
            is_strong = not is_strong
        elif piece.group(1):
            yield Run(piece.group(1), is_strong)
        end = piece.end()
    if end < len(line):
        yield Run(line[end:], is_strong)


def as_text(blocks: Sequence[Block]) -> str:
    """Plain text: headings in capitals, no line longer or shorter than it was written."""
    return _joined(blocks, [_as_text(block) for block in blocks])


def _as_text(block: Block) -> str:
    lines = ["".join(run.text for run in line) for line in block.lines]
    if block.kind is Kind.HEADING:
        return lines[0].upper()
    return "\n".join(f"{lead}{line}" for lead, line in zip(_leads(block, "- "), lines, strict=True))


def as_mrkdwn(blocks: Sequence[Block]) -> str:
    """Slack's mrkdwn; what was filled in can call nobody and link nowhere."""
    return _joined(blocks, [_as_mrkdwn(block) for block in blocks])


def _as_mrkdwn(block: Block) -> str:
    if block.kind is Kind.HEADING:
        return f"*{escape(''.join(run.text for run in block.lines[0]), quote=False)}*"
    lines = ["".join(_mrkdwn_run(run) for run in line) for line in block.lines]
    return "\n".join(f"{lead}{line}" for lead, line in zip(_leads(block, "• "), lines, strict=True))


def _mrkdwn_run(run: Run) -> str:
    text = escape(run.text, quote=False)
    return f"*{text}*" if run.strong and text.strip() else text


def _joined(blocks: Sequence[Block], texts: Sequence[str]) -> str:
    """A heading stands right above what it heads; everything else stands apart."""
    ends = ["\n" if block.kind is Kind.HEADING else "\n\n" for block in blocks]
    return "".join(text + end for text, end in zip(texts, ends, strict=True)).strip("\n") + "\n"


def _leads(block: Block, bullet: str) -> list[str]:
    match block.kind:
        case Kind.NUMBERED:
            return [f"{number}. " for number in block.numbers]
        case Kind.ITEMS:
            return [bullet] * len(block.lines)
        case _:
            return [""] * len(block.lines)


def as_html(blocks: Sequence[Block]) -> str:
    """HTML for the layout to stand in, everything escaped."""
    return "\n".join(_as_html(block) for block in blocks)


def _as_html(block: Block) -> str:
    lines = ["".join(_html_run(run) for run in line) for line in block.lines]
    match block.kind:
        case Kind.HEADING:
            return f"<h2>{lines[0]}</h2>"
        case Kind.PARAGRAPH:
            return f"<p>{'<br>'.join(lines)}</p>"
        case _:
            tag = "ol" if block.kind is Kind.NUMBERED else "ul"
            return f"<{tag}>{''.join(f'<li>{line}</li>' for line in lines)}</{tag}>"


def _html_run(run: Run) -> str:
    text = escape(run.text, quote=False)
    return f"<strong>{text}</strong>" if run.strong else text
