"""Cuts foreign text for a card: the sentences that decided, and the whole in pieces.

What is a fact and what its evidence, the triage knows; this only finds the words again and shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from crbot.channels.slack.blocks import Run
from crbot.channels.slack.text import ELLIPSIS, LONGEST_ENTITY, clean, clip, one_line

_SENTENCE_ENDS = re.compile(r"[.!?][\"”’)]*\s+|\n+")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
_GAP = f" {ELLIPSIS} "


def decisive(body: str, evidence: Iterable[str], limit: int) -> list[Run]:
    """The sentences of `body` that hold a piece of evidence, which stands strong where it is only a part.

    Evidence that is not in `body` (an earlier message told it, or the subject) stands by itself. Where there is
    none at all, the body's beginning is returned. At most about `limit` characters.
    """
    body = _unwrapped(body)
    wanted = list(dict.fromkeys(words for each in evidence if (words := one_line(each))))
    if not wanted:
        return [Run(clip(body.strip(), limit))]
    spans = sorted((start, start + len(words)) for words in wanted if (start := body.find(words)) >= 0)
    runs = _sentences_around(body, _joined(spans))
    for words in (words for words in wanted if words not in body):
        runs += [Run(_GAP), Run(words)] if runs else [Run(words)]
    return _clipped(runs, limit)


def _unwrapped(body: str) -> str:
    """One line for each paragraph: a mail breaks its lines anywhere."""
    return "\n".join(one_line(paragraph) for paragraph in _PARAGRAPHS.split(clean(body)))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans without overlaps."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _sentences_around(body: str, spans: Sequence[tuple[int, int]]) -> list[Run]:
    """The sentences that a span touches, with a gap where others lie between."""
    runs: list[Run] = []
    shown_to: int | None = None
    for begin, end in _sentences(body):
        inside = [(max(a, begin), min(b, end)) for a, b in spans if a < end and b > begin]
        if not inside:
            continue
        if shown_to is not None and shown_to != begin:
            runs.append(Run(_GAP))
        runs += _marked(body, begin, end, inside)
        shown_to = end
    return runs


def _sentences(body: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for match in _SENTENCE_ENDS.finditer(body):
        yield begin, match.end()
        begin = match.end()
    yield begin, len(body)


def _marked(body: str, begin: int, end: int, spans: Sequence[tuple[int, int]]) -> Iterator[Run]:
    """A sentence in runs, strong inside the spans; plain where they are all of it."""
    if sum(stop - start for start, stop in spans) >= len(body[begin:end].strip()):
        spans = ()
    for start, stop in spans:
        yield Run(body[begin:start])
        yield Run(body[start:stop], strong=True)
        begin = stop
    yield Run(body[begin:end].rstrip())


def _clipped(runs: Iterable[Run], limit: int) -> list[Run]:
    left = limit
    kept: list[Run] = []
    for run in runs:
        if left <= 0:
            return [*kept, Run(ELLIPSIS)]
        kept.append(Run(clip(run.text, left), run.strong))
        left -= len(run.text)
    return kept


def pieces(text: str, size: int) -> list[str]:
    """The text cut into pieces of at most `size` characters, at a line's or word's end where there is one.

    Together they are the text. Where it is escaped, no entity is cut, if `size` holds one.
    """
    cut: list[str] = []
    start = 0
    while len(text) - start > size:
        end = _break(text, start, start + size)
        cut.append(text[start:end])
        start = end
    return [*cut, text[start:]] if text[start:] else cut


def _break(text: str, start: int, end: int) -> int:
    """Where to cut before `end`: after the last line end or space in the second half, else before an entity."""
    for separator in ("\n\n", "\n", " "):
        at = text.rfind(separator, (start + end) // 2, end)
        if at >= 0:
            return min(at + len(separator), end)
    ampersand = text.rfind("&", max(start + 1, end - LONGEST_ENTITY + 1), end)
    return ampersand if ampersand >= 0 and ";" not in text[ampersand:end] else end
