"""The words of the rules: word lists and cues, with the sentences that try them.

How a line is written is `notation`'s; how it is found in a message, `phrases`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crbot.triage.notation import (
    Block,
    Faults,
    Line,
    Pieces,
    Section,
    Tree,
    check_keys,
    meant,
    read_pieces_of,
    read_tree,
    section_of,
    text_of,
)
from crbot.triage.phrases import Phrases, Words


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of the rules' own, and the values that it must betray."""

    values: tuple[str, ...]  # none: it must betray nothing
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class CueFile:
    """The cues of one fact."""

    fact: str
    title: str
    source: str
    values: tuple[str, ...]
    where: Mapping[str, str]  # value -> file and line
    over: Mapping[str, tuple[str, ...]]  # value -> values that don't count where its own words tell it
    examples: tuple[Example, ...]
    names: Mapping[str, Mapping[str, str]]  # group, or "" for `phrases` -> the names of its cues -> the value
    pieces: Mapping[str, Sequence[Pieces]]  # "fact:value", "fact:value:block" or "fact:not" -> its lines

    def lines(self) -> Iterator[tuple[str, Line]]:
        """The lines, each with the name of its cue, as they stand in the file."""
        return ((cue, each.line) for cue, pieces in self.pieces.items() for each in pieces)


# Blocks of cues that a value may have beside `phrases`, for facts that tell what is wanted: cues that count only
# where something is asked for; only where nothing else is found; only with the thing that "it" stands for in a
# sentence before, and those things; only in the items of a list.
GROUPS = ("wanted", "weak", "back", "thing", "listed")


@dataclass(frozen=True, slots=True)
class WordLists:
    """The word lists: those that are looked for in every message, and those that single words are held against."""

    lists: Mapping[str, Sequence[Line]]
    sets: Mapping[str, Sequence[Line]]


def read_words(files: Mapping[str, str], faults: Faults) -> WordLists:
    """The word lists of `words/*.yaml`, under `lists` and under `sets`, each phrase with its place."""
    raw: dict[str, list[Line]] = {}
    groups: dict[str, list[str]] = {"lists": [], "sets": []}
    for file, text in files.items():
        if not file.startswith("words/"):
            continue
        tree = read_tree(text, file, faults)
        check_keys(tree, required=("title", "source"), optional=tuple(groups), faults=faults)
        for group, names in groups.items():
            section = section_of(tree, group)
            for name, block in section.items.items():
                if name in raw:
                    faults.add(
                        section.places[name],
                        f"a list {name!r} stands elsewhere already; give it another name",
                    )
                raw[name] = list(block.lines()) if isinstance(block, Block) else []
                names.append(name)
    whole: dict[str, Sequence[Line]] = {}
    for name in raw:
        _fill(name, raw, whole, (), faults)
    return WordLists(*({name: whole[name] for name in names} for names in groups.values()))


def _fill(
    name: str,
    raw: Mapping[str, list[Line]],
    whole: dict[str, Sequence[Line]],
    above: tuple[str, ...],
    faults: Faults,
) -> None:
    """The phrases of a list, with those of the lists that it includes by a line `{other}`; each phrase once."""
    if name in whole:
        return
    lines: dict[str, Line] = {}
    for line in raw[name]:
        if not line.text.startswith("{"):
            lines.setdefault(line.text, line)
            continue
        other = line.text.strip("{} ")
        if other not in raw:
            faults.add(line.where, f"{{{other}}} is no list of words; {meant(other, raw)}")
        elif other in (*above, name):
            chain = " → ".join((*(*above, name)[(*above, name).index(other) :], other))
            faults.add(line.where, f"{{{other}}} includes itself: {chain}; take one of these lines out")
        else:
            _fill(other, raw, whole, (*above, name), faults)
            for each in whole[other]:
                lines.setdefault(each.text, each)
    whole[name] = list(lines.values())


def read_cues(files: Mapping[str, str], faults: Faults) -> tuple[dict[str, CueFile], dict[str, list[Pieces]]]:
    """The cues of `cues/*.yaml`: the files by fact, and the lines by "fact:value" or "fact:value:block"."""
    cue_files: dict[str, CueFile] = {}
    every: dict[str, list[Pieces]] = {}
    for file, text in files.items():
        if not file.startswith("cues/"):
            continue
        tree = read_tree(text, file, faults)
        check_keys(
            tree, required=("fact", "title", "source", "cues", "examples"), optional=("not",), faults=faults
        )
        fact, values = text_of(tree, "fact"), section_of(tree, "cues")
        lines: dict[str, list[Pieces]] = {}
        for value, entry in values.items.items():
            if not isinstance(entry, Section):
                faults.add(values.places[value], "has no `phrases: |` below it")
                continue
            check_keys(entry, required=("phrases",), optional=("not", "over", *GROUPS), faults=faults)
            lines[f"{fact}:{value}"] = read_pieces_of(entry.items.get("phrases"), faults)
            for block in ("not", *GROUPS):
                lines[f"{fact}:{value}:{block}"] = read_pieces_of(entry.items.get(block), faults)
        lines[f"{fact}:not"] = read_pieces_of(tree.items.get("not"), faults)
        cue_files[fact] = CueFile(
            fact,
            text_of(tree, "title"),
            text_of(tree, "source"),
            tuple(values.items),
            values.places,
            {value: _over(entry, values, faults) for value, entry in values.items.items()},
            tuple(read_examples(tree.items.get("examples"), values.items, faults)),
            {
                group: {f"{fact}:{value}{group and ':'}{group}": value for value in values.items}
                for group in ("", *GROUPS)
            },
            lines,
        )
        every |= lines
    return cue_files, every


def _over(entry: Tree, values: Section, faults: Faults) -> tuple[str, ...]:
    """The values named after `over:`."""
    told = text_of(entry, "over") if isinstance(entry, Section) else ""
    names = tuple(name.strip() for name in told.split(",") if name.strip())
    for name in names:
        if name not in values.items and isinstance(entry, Section):
            faults.add(entry.places["over"], f"{name!r} is no value here; {meant(name, values.items)}")
    return names


def read_examples(block: Tree | None, values: Iterable[str], faults: Faults) -> Iterable[Example]:
    """Lines `value, value | sentence`; "-" for no value."""
    known = (*values, "unknown", "none")
    for line in block.lines() if isinstance(block, Block) else ():
        told, bar, sentence = line.text.partition("|")
        names = tuple(name.strip() for name in told.split(",") if name.strip() not in ("", "-"))
        if not bar:
            faults.add(line.where, "an example is written `value | sentence`")
        for name in names:
            if name not in known:
                faults.add(line.where, f"{name!r} is no value here; {meant(name, known)}")
        yield Example(names, sentence.strip(), line.where)


def words_of(words: WordLists, phrases: Phrases) -> Words:
    return Words({**words.lists, **words.sets}, phrases)
