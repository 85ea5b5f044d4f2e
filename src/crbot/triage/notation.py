"""The notation of the rules: YAML read as text alone, phrases and lines of pieces, each with file and line.

What the names in the files mean is `policy`'s; how a line is found in a message, `phrases`'.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias, TypeVar

import yaml

E_ = TypeVar("E_", bound=StrEnum)
MOST_TOLD = 100  # faults; who has more begins with the first
WIDE_GAP = 6  # words that "..." lets stand between two pieces


class PolicyError(Exception):
    """The rules can't be used; the text tells the faults, one a line, with place and mend; `faults` has all."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        more = len(self.faults) - MOST_TOLD
        told = (*self.faults[:MOST_TOLD], *([f"… and {more:,} more"] if more > 0 else ()))
        super().__init__("\n".join(told))


@dataclass(slots=True)
class Faults:
    """The faults found while the rules are read, so that all are told at once, each with file, line and column."""

    texts: Mapping[str, str] = field(default_factory=dict)  # the files, to look up the column in
    found: list[str] = field(default_factory=list)
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def add(self, where: str, what: str) -> None:
        """Add a fault at a place such as "facts.yaml:12"; the column is that of the name which `what` begins with."""
        self.found.append(f"{where}{self._column(where, what)}: {what}")

    def _column(self, where: str, what: str) -> str:
        """ ":7", counted from 1; "" where the file is not there to look at, or the place has a column already."""
        file, _, number = where.rpartition(":")
        if file not in self.texts or not number.isdecimal():
            return ""
        lines = self._lines.setdefault(file, self.texts[file].split("\n"))
        line = lines[int(number) - 1] if int(number) <= len(lines) else ""
        named = _NAMED.match(what)
        name = next(filter(None, named.groups())) if named else ""
        found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) if name else None
        return f":{(found.start() if found else len(line) - len(line.lstrip())) + 1}"

    def raise_if_any(self) -> None:
        if self.found:
            raise PolicyError(self.found)


_NAMED = re.compile(r"""'([^']+)'|"([^"]+)"|`([^`]+)`|\{([^{}]+)\}|\w+: '([^']+)'""")


class Line(NamedTuple):
    """One line of the rules and where it stands: "words/titles.yaml:12"."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Block:
    """A text in the rules, of one line or several."""

    text: str
    file: str
    first_line: int  # counted from 1

    @property
    def where(self) -> str:
        return f"{self.file}:{self.first_line}"

    def lines(self) -> Iterator[Line]:
        """The lines that say something: no empty ones, no comments."""
        for offset, raw in enumerate(self.text.split("\n")):
            text = raw.split(" #")[0].strip() if "#" in raw else raw.strip()
            if text and text[0] != "#":
                yield Line(text, f"{self.file}:{self.first_line + offset}")


@dataclass(frozen=True, slots=True)
class Section:
    """Keys with what stands under them."""

    items: Mapping[str, Tree]
    where: str
    places: Mapping[str, str]  # key -> file and line


Tree: TypeAlias = Block | Section


def read_tree(text: str, file: str, faults: Faults) -> Section:
    """Read a YAML file whose leaves are all text: `no` stays "no". An unreadable file gives an empty section."""
    empty = Section({}, f"{file}:1", {})
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else f"{file}:1:1"
        faults.add(place, f"is no YAML: {error.problem}; {_YAML_HELP}")
        return empty
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        faults.add(f"{file}:{line}:{column}", f"is no YAML: {error.reason}; take that character out")
        return empty
    except yaml.YAMLError as error:
        faults.add(f"{file}:1:1", f"is no YAML: {' '.join(str(error).split())}; {_YAML_HELP}")
        return empty
    tree = _tree(node, file, faults, set()) if node is not None else empty
    if isinstance(tree, Section):
        return tree
    faults.add(f"{file}:1", "must begin with keys, as in `title: …`")
    return empty


_YAML_HELP = (
    "a key ends with “:”, what belongs to it stands below it, indented by blanks (no tab), "
    "and a text with “: ” or “#” in it stands below `key: |`"
)


def _tree(node: yaml.Node, file: str, faults: Faults, met: set[int]) -> Tree:
    """`met` are the sections so far: one that is met again is an alias, which could be without end."""
    place = f"{file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
    if isinstance(node, yaml.ScalarNode):
        is_block = node.style in ("|", ">")
        return Block(node.value, file, node.start_mark.line + (2 if is_block else 1))
    if not isinstance(node, yaml.MappingNode) or id(node) in met:
        what = "aliases (“*name”)" if id(node) in met else "lists with “-”"
        faults.add(place, f"{what} are not used here; write one phrase a line under `key: |`")
        return Block("", file, node.start_mark.line + 1)
    met.add(id(node))
    items: dict[str, Tree] = {}
    places: dict[str, str] = {}
    for key_node, value_node in node.value:
        where = f"{file}:{key_node.start_mark.line + 1}"
        key = str(key_node.value)
        if key in items:
            faults.add(where, f"{key!r} stands here already, in {places[key]}; give it once")
        items[key], places[key] = _tree(value_node, file, faults, met), where
    return Section(items, f"{file}:{node.start_mark.line + 1}", places)


def meant(name: str, known: Iterable[str]) -> str:
    """The hint at the end of an error about a name that is not known."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(names)}"


def member(kind: type[E_], text: str, where: str, faults: Faults) -> E_:
    try:
        return kind(text)
    except ValueError:
        faults.add(
            where, f"{text!r} is no {kind.__name__.lower()}; {meant(text, [each.value for each in kind])}"
        )
        return next(iter(kind))


def check_keys(section: Section, required: Iterable[str], optional: Iterable[str], faults: Faults) -> None:
    """Add a fault for each key that is missing, and for each that nobody reads."""
    known = (*required, *optional)
    for key in required:
        if key not in section.items:
            faults.add(section.where, f"`{key}:` is missing")
    for key in section.items:
        if key not in known:
            faults.add(section.places[key], f"{key!r} is no key here; {meant(key, known)}")


def text_of(section: Section, key: str) -> str:
    """The text under a key, on one line; "" where there is none."""
    value = section.items.get(key)
    return " ".join(value.text.split()) if isinstance(value, Block) else ""


def lines_of(section: Section, key: str) -> tuple[Line, ...]:
    """The lines under a key that say something; none where there are none."""
    value = section.items.get(key)
    return tuple(value.lines()) if isinstance(value, Block) else ()


def section_of(section: Section, key: str) -> Section:
    """The keys under a key; none where there are none."""
    value = section.items.get(key)
    return value if isinstance(value, Section) else Section({}, section.where, {})


# A table


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells by column, and where it stands."""

    cells: Mapping[str, str]
    where: str

    def choices(self, column: str) -> tuple[str, ...]:
        """What a cell lists: "a, b" are two; "-" is none."""
        return tuple(
            part for each in self.cells[column].split(",") if (part := each.strip()) not in ("", "-")
        )


def read_table(
    section: Section, key: str, columns: Collection[str], faults: Faults, optional: Collection[str] = ()
) -> list[Row]:
    """Read a table drawn with bars whose first line names its columns; rows that don't fit it are left out.

    Every row has all columns but the optional ones.
    """
    lines = lines_of(section, key)
    if not lines:
        faults.add(
            section.places.get(key, section.where), f"`{key}: |` must hold a table: | {' | '.join(columns)} |"
        )
        return []
    names = _cells(lines[0])
    for name in names:
        if name not in columns:
            faults.add(lines[0].where, f"{name!r} is no column here; {meant(name, columns)}")
    missing = [name for name in columns if name not in (*names, *optional)]
    if missing:
        faults.add(lines[0].where, f"the column {', '.join(map(repr, missing))} is missing")
        return []
    rows = []
    for line in lines[1:]:
        cells = _cells(line)
        if len(cells) != len(names):
            faults.add(line.where, f"has {len(cells)} cells where the table has {len(names)} columns")
        else:
            rows.append(Row(dict(zip(names, cells, strict=True)), line.where))
    return rows


def _cells(line: Line) -> list[str]:
    return [cell.strip() for cell in line.text.strip("|").split("|")]


# A line of pieces


class Atom(NamedTuple):
    """One thing to be found: one of these phrases, or of the phrases of these lists."""

    phrases: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


class Pieces(NamedTuple):
    """Things to be found in this order in one sentence, each at most so many words after the one before."""

    atoms: tuple[Atom, ...]
    gaps: tuple[int, ...]  # one less than atoms
    line: Line


_PARTED = frozenset("{}()")
_TOKEN = re.compile(r"\.\.\.(\d*)|\{([^{}]*)\}|\(([^()]*)\)|([^{}()\s]+)")


def read_pieces(line: Line, faults: Faults) -> Pieces | None:
    """Read a line such as `{review_verb} our ... (policy | manual)`; None where it can't be read."""
    if _PARTED.isdisjoint(line.text) and "..." not in line.text:
        return Pieces((Atom((" ".join(line.text.split()),)),), (), line)
    atoms: list[Atom] = []
    gaps: list[int] = []
    words: list[str] = []
    gap = 0

    def add(atom: Atom) -> None:
        nonlocal gap
        if atoms:
            gaps.append(gap)
        atoms.append(atom)
        gap = 0

    def end_words() -> None:
        if words:
            add(Atom(phrases=(" ".join(words),)))
            words.clear()

    for match in _TOKEN.finditer(line.text):
        width, list_name, group, word = match.groups()
        if word is not None and not word.startswith("..."):
            words.append(word)
            continue
        end_words()
        if list_name is not None:
            add(Atom(lists=(list_name.strip(),)))
        elif group is not None:
            add(_alternatives(group))
        else:
            gap = int(width) if width else WIDE_GAP
    end_words()
    leftover = _TOKEN.sub("", line.text).strip()
    if leftover:
        faults.add(line.where, f"{leftover!r} is open; brackets come in pairs and stand in no other bracket")
        return None
    if not atoms or gap:
        faults.add(line.where, "begins or ends with “...”; it must begin and end with words or a {list}")
        return None
    return Pieces(tuple(atoms), tuple(gaps), line)


def read_pieces_of(block: Tree | None, faults: Faults) -> list[Pieces]:
    """The lines of a block; none where there is no block."""
    if not isinstance(block, Block):
        return []
    return [pieces for line in block.lines() if (pieces := read_pieces(line, faults)) is not None]


def _alternatives(group: str) -> Atom:
    parts = [part.strip() for part in group.split("|")]
    return Atom(
        phrases=tuple(part for part in parts if part and not part.startswith("{")),
        lists=tuple(part.strip("{} ") for part in parts if part.startswith("{")),
    )
