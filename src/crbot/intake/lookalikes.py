"""Names of domains that are taken for one another at a glance: other letters, one letter off, another ending.

Whose domain is compared with which, and what staff are told of it, is its users' to say.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import TypeVar

Key = TypeVar("Key", int, str)

_SHORTEST = 8  # shorter names are too often one letter apart by chance
_SHORTEST_AGENCY = 6

# Letters, and pairs of them, that are taken for one another.
_LOOKS_LIKE = (
    ("rn", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("0", "o"),
    ("1", "l"),
    ("i", "l"),
    ("5", "s"),
    ("-", ""),
)
# Letters of other scripts that look like plain ones.
_OTHER_LETTERS = str.maketrans(
    "аԁеһіјкӏмпорԛгсѕтуѵԝхьαβεηικνορτυχωɑɡıոսօłøđ",
    "adehijklmnopqrcstyvwxbabenikvoptuxwaginuolod",
)
_OFFICIAL = (".gov", ".mil")
# Words of agencies' names that stand in no domain, or in the domain of every one.
_OF_EVERY_AGENCY = frozenset(
    "and at borough campus city college commission constable county department dept district division bureau for force "
    "highway law marshal metropolitan municipal of office parish patrol police public safety school sheriff sheriffs "
    "state the town township transit tribal tribe troopers university village".split()
)


def resembled(domain: str, others: Collection[str]) -> str | None:
    """The other domain that this one resembles without being it or a part of it; None where it resembles none."""
    alike = (other for other in sorted(others) if other and _is_alike(domain, other))
    return next(alike, None) if domain and not any(_is_within(domain, other) for other in others) else None


class Lookalikes:
    """Many domains that one is compared with at once: `resembled` without going through them all.

    What is one step apart shares what is left when a letter is taken out; what has the same shape, its shape.
    """

    def __init__(self, domains: Iterable[str]) -> None:
        self._domains = frozenset(filter(None, domains))
        self._within = self._domains | {above for each in self._domains for above in _above(each)}
        self._by_shape: dict[str, tuple[str, ...]] = {}
        self._by_whole: dict[str, tuple[str, ...]] = {}
        self._by_rest: dict[int, tuple[str, ...]] = {}  # by hash: it is looked at again what is found by it
        for each in sorted(self._domains):
            _put(self._by_shape, _shape(each), each)
            whole = _seen(each.replace(".", ""))
            if len(whole) >= _SHORTEST:
                _put(self._by_whole, whole, each)
            if len(each) >= _SHORTEST:
                for rest in _with_one_out(each):
                    _put(self._by_rest, hash(rest), each)

    def of(self, domain: str) -> str | None:
        """The domain that this one resembles without being it or a part of it; None where it resembles none."""
        if not domain or domain in self._within or any(each in self._domains for each in _above(domain)):
            return None
        return next((each for each in sorted(self._near(domain)) if _is_alike(domain, each)), None)

    def _near(self, domain: str) -> set[str]:
        shape = _shape(domain)
        near = {*self._by_shape.get(shape, ())}
        for end in range(_SHORTEST, len(shape) + 1):
            near.update(self._by_whole.get(shape[:end], ()))
        for rest in _with_one_out(domain):
            near.update(self._by_rest.get(hash(rest), ()))
        return near


def _put(drawers: dict[Key, tuple[str, ...]], key: Key, domain: str) -> None:
    drawers[key] = (*drawers.get(key, ()), domain)


def _above(domain: str) -> list[str]:
    """The domains that one lies in, but for the last label alone."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)]


def _with_one_out(name: str) -> set[str]:
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}


NO_LOOKALIKES = Lookalikes(())


def imitates(domain: str, named: str) -> bool:
    """A domain is written like one that a text names: by its letters, or in place of an official one.

    Agencies often have a domain for mail and one for their pages that differ in the ending alone; that is no sign.
    """
    if _is_within(domain, named) or not _is_alike(domain, named):
        return False
    is_other_ending = domain.rpartition(".")[0] == named.rpartition(".")[0]
    return not is_other_ending or (named.endswith(_OFFICIAL) and not domain.endswith(_OFFICIAL))


def imitates_name(domain: str, agency: str) -> bool:
    """A domain holds an agency's name in other letters than the agency's own."""
    words = _plain(agency.replace("'", "").replace("’", "")).split()
    name = "".join(word for word in words if word not in _OF_EVERY_AGENCY)
    if len(name) < _SHORTEST_AGENCY or not name.isascii():
        return False
    shown = domain.rpartition(".")[0]
    written = shown.replace("-", "").replace(".", "")
    parts = {*shown.replace(".", "-").split("-"), written}
    return name not in written and (
        _seen(name) in _shape(domain) or any(_is_one_step_apart(name, part) for part in parts)
    )


def _is_within(domain: str, other: str) -> bool:
    return domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}")


def _is_alike(one: str, other: str) -> bool:
    if not one or not other or one == other:
        return False
    whole = _seen(other.replace(".", ""))
    return (
        _shape(one) == _shape(other)
        or _is_one_step_apart(one, other)
        # pine-falls.gov written as pine-falls-gov.com, or as pine-falls.gov.example.com
        or ("." in other and len(whole) >= _SHORTEST and _shape(one).startswith(whole))
    )


@lru_cache(maxsize=2_000)
def _shape(domain: str) -> str:
    """What stands before the last dot, which is often swapped, as it is seen at a glance."""
    return _seen(_readable(domain).rpartition(".")[0].replace(".", ""))


def _seen(name: str) -> str:
    for written, seen in _LOOKS_LIKE:
        name = name.replace(written, seen)
    return name


def _readable(domain: str) -> str:
    """With the letters that a reader sees, and those of other scripts and with marks as the plain ones they look like."""
    labels = (_decoded(label) for label in domain.casefold().split("."))
    return _without_marks(".".join(labels)).translate(_OTHER_LETTERS)


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except ValueError:
        return label


def _without_marks(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def _plain(text: str) -> str:
    return "".join(each if each.isalnum() else " " for each in _without_marks(text.casefold()))


def _is_one_step_apart(one: str, other: str) -> bool:
    """One letter more, fewer or other, or two neighbours swapped."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _SHORTEST:
        return False
    shorter, longer = sorted((one, other), key=len)
    start = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    is_same_length = len(shorter) == len(longer)
    is_swapped = is_same_length and shorter[start : start + 2] == longer[start : start + 2][::-1]
    if is_swapped and shorter[start + 2 :] == longer[start + 2 :]:
        return True
    return shorter[start + is_same_length :] == longer[start + 1 :]
