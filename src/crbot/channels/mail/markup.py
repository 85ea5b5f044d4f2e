"""HTML → text as a person would see it; what a person would not see is kept apart.

Hidden text must feed no rule: it is how keywords are slipped to a machine past the eyes of a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_CHARACTERS = 1_000_000
MAX_NESTING = 500  # the parser takes time by the square of it
MAX_HIDDEN_CHARACTERS = 2_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_ANY_TAG = re.compile(r"<[^<>]{0,5000}>")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Elements that have no end tag, or whose end tag people leave out: they do not nest.
_OPEN_ENDED = _words(
    "area base br col dd dt embed hr img input li link meta option p param source td th tr wbr"
)
_BLOCKS = _words(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6"
    " header hr li main nav ol p pre section table tbody tfoot thead tr ul"
)
_PARAGRAPHS = _words("blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul")
_UNREAD = _words("head iframe math noscript object script style svg template title")
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_LENGTH = re.compile(r"(-?\d{0,6}(?:\.\d{0,6})?)(px|pt|em|rem|%|cm|in)?")
_HEX_COLOUR = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")
_RGB = re.compile(r"rgba?\((\d{1,3})[, ]{1,3}(\d{1,3})[, ]{1,3}(\d{1,3})[^)]{0,12}\)")
_SELECTOR = re.compile(r"([a-z0-9]{0,20})([.#])([a-z0-9_-]{1,80})", re.IGNORECASE)
_ALIKE = 10  # two colours whose parts differ by no more than this cannot be told apart

Colour = tuple[int, int, int]
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)
_LINK: Colour = (0, 0, 238)  # links have a colour of their own
_COLOURS = {"white": _WHITE, "snow": _WHITE, "black": _BLACK}


@dataclass(frozen=True, slots=True)
class Seen:
    """What an HTML text shows, and what it does not."""

    text: str
    hidden: str = ""
    is_damaged: bool = False
    is_cut: bool = False


def seen(html: str) -> Seen:
    """The text of an HTML body: blocks on lines of their own, cited blocks marked with "> ".

    A body that nests too deep for the parser loses its tags and is called damaged.
    """
    is_cut = len(html) > MAX_CHARACTERS
    html = html[:MAX_CHARACTERS].replace("\0", "")
    if _nests_too_deep(html):
        return Seen(_BLANKS.sub(" ", _ANY_TAG.sub(" ", html)), is_damaged=True, is_cut=is_cut)
    page = LexborHTMLParser(html)
    walk = _Walk(_sheet(page))
    if page.root is not None:
        walk.through(page.root)
    return Seen(walk.text(), walk.hidden_text(), is_cut=is_cut)


def _nests_too_deep(html: str) -> bool:
    depth = 0
    for tag in _TAG.finditer(html):
        if tag[2].casefold() not in _OPEN_ENDED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > MAX_NESTING:
                return True
    return False


class _State(NamedTuple):
    """What an element hands on to what it holds."""

    is_shut: bool = False  # nothing inside can be seen, whatever it says of itself
    is_invisible: bool = False  # these three an element inside can take back
    is_tiny: bool = False
    colour: Colour = _BLACK
    background: Colour | None = _WHITE  # None: painted with something that can't be told
    cited: int = 0
    keeps_blanks: bool = False

    @property
    def is_hidden(self) -> bool:
        is_lost_in_paint = self.background is not None and _are_alike(self.colour, self.background)
        return self.is_shut or self.is_invisible or self.is_tiny or is_lost_in_paint


class _Walk:
    """One pass through the tree, without recursion: a hostile page must not exhaust the stack."""

    def __init__(self, sheet: _Sheet) -> None:
        self._sheet = sheet
        self._lines: list[tuple[int, list[str]]] = [(0, [])]
        self._hidden: list[str] = []

    def through(self, root: LexborNode) -> None:
        todo: list[tuple[LexborNode | str, _State]] = [(root, _State())]
        while todo:
            node, state = todo.pop()
            if isinstance(node, str):
                self._break(node, state)
            elif node.is_text_node:
                self._write(node.text_content or "", state)
            elif node.tag and node.tag not in _UNREAD and node.is_element_node:
                todo.extend(self._opened(node, node.tag, state))

    def _opened(self, node: LexborNode, tag: str, state: _State) -> list[tuple[LexborNode | str, _State]]:
        """The element's children, in the order in which they are popped, its end first in the list."""
        inner = _inside(node, tag, state, self._sheet)
        if tag in _BLOCKS or tag == "br":
            self._break(tag, inner)
        elif tag in ("td", "th"):
            self._write(" ", state)
        if tag == "li":
            self._write("- ", inner)
        children: list[tuple[LexborNode | str, _State]] = []
        child = node.child
        while child is not None:
            children.append((child, inner))
            child = child.next
        children.reverse()
        return [(tag, state), *children] if tag in _BLOCKS else children

    def _write(self, text: str, state: _State) -> None:
        if state.is_hidden:
            self._hidden.append(text)
            return
        if not state.keeps_blanks:
            text = _BLANKS.sub(" ", text)
        first, *others = text.split("\n") if state.keeps_blanks else (text,)
        self._lines[-1][1].append(first)
        self._lines.extend((state.cited, [line]) for line in others)

    def _break(self, tag: str, state: _State) -> None:
        if state.is_hidden:
            return
        here = "".join(self._lines[-1][1]).strip()
        if here == "-" and tag != "li":  # the paragraph of a list's item goes on its line
            return
        if not here and tag != "br":
            self._lines[-1] = (state.cited, [])
        else:
            self._lines.append((state.cited, []))
        if tag in _PARAGRAPHS and len(self._lines) > 1 and "".join(self._lines[-2][1]).strip():
            self._lines.append((state.cited, []))

    def text(self) -> str:
        lines: list[str] = []
        for cited, pieces in self._lines:
            line = (
                "".join(pieces).rstrip() if cited == 0 else ("> " * cited + "".join(pieces).strip()).rstrip()
            )
            line = line[1:] if line.startswith(" ") and not line.startswith("  ") else line
            if line.strip("> ") or (lines and lines[-1].strip("> ")):
                lines.append(line)
        return "\n".join(lines).strip("\n")

    def hidden_text(self) -> str:
        return _BLANKS.sub(" ", " ".join(self._hidden)).strip()[:MAX_HIDDEN_CHARACTERS]


def _inside(node: LexborNode, tag: str, state: _State, sheet: _Sheet) -> _State:
    attributes = {name.casefold(): value or "" for name, value in node.attributes.items()}
    style = _declarations(attributes.get("style", ""))
    colour = _colour(style.get("color") or attributes.get("color", "") or attributes.get("text", ""))
    return _State(
        is_shut=state.is_shut or "hidden" in attributes or _hides(style) or sheet.hides(tag, attributes),
        is_invisible=_is_invisible(style, state.is_invisible),
        is_tiny=_is_tiny_text(style, attributes, state.is_tiny),
        colour=colour or (_LINK if tag == "a" else state.colour),
        background=_background(style, attributes, state.background) if sheet.leaves_paint_alone else None,
        cited=state.cited + (tag == "blockquote" and _is_citation(attributes, style)),
        keeps_blanks=state.keeps_blanks
        or tag in ("pre", "textarea")
        or style.get("white-space") == "pre-wrap",
    )


def _is_invisible(style: dict[str, str], inherited: bool) -> bool:
    visibility = style.get("visibility", "")
    return visibility in ("hidden", "collapse") or (inherited and visibility != "visible")


def _is_tiny_text(style: dict[str, str], attributes: dict[str, str], inherited: bool) -> bool:
    size = style.get("font-size")
    if _is_tiny(size, 1):
        return True
    # A part of nothing is nothing; any other size is a new one.
    is_new = (size is not None and not _is_relative(size)) or "size" in attributes
    return inherited and not is_new


def _background(style: dict[str, str], attributes: dict[str, str], inherited: Colour | None) -> Colour | None:
    if "background" in attributes or "background-image" in style:
        return None
    painted = style.get("background-color") or style.get("background") or attributes.get("bgcolor", "")
    if painted in ("", "transparent", "none", "inherit", "initial"):
        return inherited
    return _colour(painted) if "url(" not in painted else None


def _is_citation(attributes: dict[str, str], style: dict[str, str]) -> bool:
    named = (
        attributes.get("type", "").casefold() == "cite" or "quote" in attributes.get("class", "").casefold()
    )
    return named or "cite" in attributes or "border-left" in style


def _declarations(style: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in style[:5000].casefold().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, colon, value in pairs if colon}


def _hides(style: dict[str, str]) -> bool:
    return (
        style.get("display") == "none"
        or style.get("mso-hide") == "all"
        or style.get("color") == "transparent"
        or _is_tiny(style.get("opacity"), 0.05)
        or ("hidden" in style.get("overflow", "") and any(_is_tiny(style.get(s), 1) for s in _SIZES))
        or any((_length(style.get(offset)) or 0) <= -500 for offset in ("text-indent", "left", "top"))
        or style.get("clip", "").replace(" ", "") in ("rect(0,0,0,0)", "rect(0000)", "rect(1px,1px,1px,1px)")
    )


_SIZES = ("height", "max-height", "width", "max-width")


def _is_tiny(value: str | None, limit: float) -> bool:
    length = _length(value)
    return length is not None and length <= limit and (length == 0 or not _is_relative(value))


def _is_relative(value: str | None) -> bool:
    return bool(value) and str(value).rstrip().endswith(("em", "%", "in", "cm"))


def _length(value: str | None) -> float | None:
    match = _LENGTH.fullmatch(value.strip()) if value else None
    try:
        return float(match[1]) if match else None
    except ValueError:
        return None


def _colour(value: str) -> Colour | None:
    """A colour as red, green, blue; None where none is named that can be told."""
    value = value.strip().casefold()
    if value in _COLOURS:
        return _COLOURS[value]
    rgb = _RGB.fullmatch(value)
    if rgb:
        return int(rgb[1]), int(rgb[2]), int(rgb[3])
    match = _HEX_COLOUR.match(value)
    if not match:
        return None
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _are_alike(one: Colour, other: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _ALIKE


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What the style blocks of a page do that matters here."""

    hiding: frozenset[tuple[str, str, str]] = (
        frozenset()
    )  # simple selectors: (element or "", "." or "#", name)
    leaves_paint_alone: bool = True  # no background is painted by a rule, whose elements we don't look for

    def hides(self, tag: str, attributes: dict[str, str]) -> bool:
        if not self.hiding:
            return False
        names = [(".", name) for name in attributes.get("class", "").split()[:50]]
        names.append(("#", attributes.get("id", "")))
        return any((element, sign, name) in self.hiding for sign, name in names for element in ("", tag))


def _sheet(page: LexborHTMLParser) -> _Sheet:
    """Read the style blocks. Rules inside of @media are left out: they hide on some screens what others show."""
    hiding: set[tuple[str, str, str]] = set()
    leaves_paint_alone = True
    for block in page.css("style")[:20]:
        text = (block.text() or "")[:100_000]
        leaves_paint_alone = leaves_paint_alone and "background" not in text.casefold()
        depth, prelude = 0, ""
        for piece in re.split(r"([{}])", text):
            if piece == "{":
                depth += 1
            elif piece == "}":
                depth = max(0, depth - 1)
            elif depth == 0:
                prelude = piece
            elif depth == 1 and "@" not in prelude and _is_rule_that_hides(_declarations(piece)):
                matches = (_SELECTOR.fullmatch(each.strip()) for each in prelude.split(",")[:100])
                hiding.update((m[1].casefold(), m[2], m[3]) for m in matches if m)
    return _Sheet(frozenset(hiding), leaves_paint_alone)


def _is_rule_that_hides(style: dict[str, str]) -> bool:
    return _hides(style) or _is_invisible(style, inherited=False) or _is_tiny(style.get("font-size"), 1)
