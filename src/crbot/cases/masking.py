"""Takes persons and places out of a text, so that it can be shown as an example. Pure.

What is an example, and of what, is `proposals`'.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

NAME, NUMBER, ADDRESS, LINK = "[name]", "[number]", "[address]", "[link]"

_LINK = re.compile(r"(?:https?://|www\.)[^\s\[\]]+", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s\[\]<>]*@[^\s\[\]<>]*")
_WITH_DIGIT = r"[^\s\[\]]*\d[^\s\[\]]*?(?=[.,;:!?]*(?:\s|$))"
_NUMBER = re.compile(f"{_WITH_DIGIT}(?: {_WITH_DIGIT})*")
_PIECE = re.compile(r"\[(?:name|number|address|link)\]|[^\W\d_](?:[\w'’-]*\w)?")
_SENTENCE_ENDS = re.compile(r"(?:^|[.!?:\n])['\"“”‘’()\s]*$")
_SHOUTED = 0.6  # of the letters in capitals: then they tell names no more than other words
_SHORTEST = 3  # letters of a part of a name that is taken out wherever it stands
# After these a name stands, also where the writer uses no capitals.
_TITLES = frozenset(
    "chief sheriff officer deputy sergeant sgt lieutenant lt captain capt corporal cpl detective det commissioner"
    " commander major colonel marshal trooper undersheriff superintendent director mayor judge attorney mr mrs ms"
    " dr".split()
)
_ALWAYS = frozenset({"i", "i'm", "i’m", "i've", "i’ve", "i'd", "i’d", "i'll", "i’ll"})


def vocabulary_of(texts: Iterable[str]) -> frozenset[str]:
    """The words that stand in these texts in small letters, and each two of them that follow one another."""
    words: set[str] = set()
    for text in texts:
        for line in text.splitlines():
            small = [word for word in _PIECE.findall(line) if word.islower()]
            words.update(small, (f"{one} {next_}" for one, next_ in pairwise(small)))
    return frozenset(words)


def masked(text: str, names: Iterable[str], vocabulary: Collection[str]) -> str:
    """The text with names, numbers, addresses and links taken out.

    `names`: persons and agencies that are known to stand behind it. A capitalised word that is not in the vocabulary
    is taken for a name, as is what follows a title: too much is taken out rather than too little. Only a name that
    nobody knows of, in small letters and without a title, stays.
    """
    for pattern, mark in ((_LINK, LINK), (_ADDRESS, ADDRESS), (_NUMBER, NUMBER)):
        text = pattern.sub(mark, text)
    pieces = [(each.start(), each.end(), each.group()) for each in _PIECE.finditer(text)]
    known = {part.casefold() for name in names for part in _PIECE.findall(name) if len(part) >= _SHORTEST}
    taken = _names_in(text, pieces, known, vocabulary)
    shown, end = [], 0
    for place, (start, stop, word) in enumerate(pieces):
        follows_a_name = place and taken[place - 1] and text[end:start] in (" ", ", ", "-", ". ")
        if not (taken[place] and follows_a_name):
            shown += [text[end:start], NAME if taken[place] else word]
        end = stop
    return "".join((*shown, text[end:]))


def _names_in(
    text: str, pieces: Sequence[tuple[int, int, str]], known: Collection[str], vocabulary: Collection[str]
) -> list[bool]:
    """Which of the words are names."""
    letters = [each for each in text if each.isalpha()]
    is_shouted = sum(each.isupper() for each in letters) > _SHOUTED * max(len(letters), 1)
    words = [word.casefold() for _, _, word in pieces]
    taken = []
    for place, (start, _, word) in enumerate(pieces):
        folded, before = words[place], words[place - 1] if place else ""
        is_plain = folded in vocabulary or folded in _ALWAYS
        begins = bool(_SENTENCE_ENDS.search(text[max(0, start - 8) : start]))
        is_capital = word[0].isupper() and not is_shouted
        pair = f"{before} {folded}"
        taken.append(
            word[0] != "["
            and (
                (folded in known and folded not in vocabulary)
                or (folded in known and is_capital and not begins)
                or (
                    before in _TITLES
                    and folded not in _TITLES
                    and (is_capital or not is_plain)
                    and not begins
                )
                or ((is_capital or is_shouted) and not is_plain)
                or (
                    is_capital and not begins and pieces[place - 1][2][0].isupper() and pair not in vocabulary
                )
            )
        )
    return taken if is_shouted else _with_neighbours(text, pieces, words, taken)


def _with_neighbours(
    text: str, pieces: Sequence[tuple[int, int, str]], words: Sequence[str], taken: list[bool]
) -> list[bool]:
    """A capitalised word beside a name is part of it: "Will Hale", but not "Chief Hale"."""
    for place in range(len(pieces) - 2, -1, -1):
        (_, end, word), (start, _, _) = pieces[place], pieces[place + 1]
        if taken[place + 1] and word[0].isupper() and words[place] not in _TITLES and text[end:start] == " ":
            taken[place] = True
    return taken
