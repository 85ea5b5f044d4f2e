"""Is it who it says: what our own mail server found out about the sender's domain, and tricks with names.

Only what our own server wrote counts; the same header from anybody else is the sender's own word (RFC 8601, section
5). Nothing is asked of the network here, and nothing follows from it but a word to staff and the guard of a case.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from crbot.intake.lookalikes import imitates, resembled
from crbot.intake.ports import Proof
from crbot.triage.message import Person

_PROPERTY = re.compile(r"([a-z0-9-]{1,20})\s{0,3}\.\s{0,3}([a-z0-9-]{1,30})\s{0,3}=\s{0,3}([^\s;]{1,300})")
_RESULT = re.compile(r"\s*([a-z0-9-]{1,20})(?:\s{0,3}/\s{0,3}\d{1,3})?\s{0,3}=\s{0,3}([a-z]{1,20})")
_MAX_RESULTS = 30
_MAX_CHARACTERS = 8_000
_LIKE_A_DOMAIN = re.compile(
    r"(?<![\w@.-])(?:[\w-]{1,63}\.){1,5}(?:gov|us|mil|edu|org|com|net)(?![\w.-])", re.IGNORECASE
)
_LIKE_AN_ADDRESS = re.compile(r"[^\s@]@[^\s@]{1,253}\.[^\s@]")
_GOVERNMENT_INSIDE = re.compile(r"(?:^|[.-])gov(?:[.-])|gov(?:-|$)", re.IGNORECASE)
_GOVERNMENT_OF_A_COUNTRY = re.compile(r"(?:^|\.)((?:gov|gob|gouv|govt|mil)\.([a-z]{2}))$")
_OF_THIS_COUNTRY = frozenset({"as", "gu", "mp", "pr", "us", "vi"})
_LIKE_GOVERNMENT = re.compile(r"(?:^|[.-])(?:g[0оοø]v|qov|goy|govt?-us|us-govt?)(?:[.-]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Border:
    """Our own mail server, as it signs what it has found out."""

    authserv_id: str = ""  # "": what it found out is not looked at
    is_microsoft: bool = False  # Microsoft 365 writes no name: then the topmost header is taken for its own

    @property
    def is_known(self) -> bool:
        return bool(self.authserv_id) or self.is_microsoft


UNKNOWN_BORDER = Border()


@dataclass(frozen=True, slots=True)
class _Result:
    """One finding: "dkim=pass header.d=agency.gov"."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


def proof_of(sender: Person, found: Sequence[str], border: Border) -> Proof:
    """Whether our server vouches for the sender's domain. `found`: the Authentication-Results, topmost first."""
    domain = (sender.address or "").rpartition("@")[2].casefold()
    results = _ours(found, border)
    if results is None or not domain:
        return Proof.UNKNOWN
    dmarc = [each for each in results if each.method == "dmarc"]
    if any(each.result == "pass" and _is_about(each, domain) for each in dmarc):
        return Proof.PROVEN
    if any(each.result == "fail" for each in dmarc):
        return Proof.FAILED
    aligned = [each for each in results if _is_aligned(_identity(each), domain)]
    if any(each.result == "pass" for each in aligned):
        return Proof.PROVEN
    # A broken signature alone proves nothing: lists and forwarding break them.
    is_refused = any(each.method == "spf" and each.result in ("fail", "hardfail") for each in aligned)
    return Proof.FAILED if is_refused else Proof.NOT_PROVEN


def _ours(found: Sequence[str], border: Border) -> list[_Result] | None:
    """What our server found; None where it wrote nothing."""
    if border.is_microsoft and found and not _names_a_server(found[0]):
        return list(_results(found[0]))
    if not border.authserv_id:
        return None
    for line in found:
        if server_named_in(line) == border.authserv_id.casefold():
            return list(_results(line))  # the topmost one: whatever stands below may be the sender's
    return None


def server_named_in(line: str) -> str:
    """The server that an Authentication-Results says it is from, in small letters; "" where it names none."""
    first = _bare(line).partition(";")[0].split(" ")[0].casefold()
    return "" if "=" in first else first


def _names_a_server(line: str) -> bool:
    return "=" not in _bare(line).partition(";")[0]


def _bare(text: str) -> str:
    """Without comments, and without what stands in quotes: both may hold the sender's own words."""
    kept: list[str] = []
    depth, in_quotes, is_escaped = 0, False, False
    for character in text[:_MAX_CHARACTERS]:
        if is_escaped:
            is_escaped = False
        elif character == "\\" and (in_quotes or depth):
            is_escaped = True
        elif character == '"' and not depth:
            in_quotes = not in_quotes
        elif not in_quotes and character in "()":
            depth = depth + 1 if character == "(" else max(0, depth - 1)
            kept.append(" ")
        elif not in_quotes and not depth:
            kept.append(character)
    return " ".join("".join(kept).split())


def _results(text: str) -> Iterator[_Result]:
    for piece in _bare(text).casefold().split(";")[:_MAX_RESULTS]:
        told = _RESULT.match(piece)
        if told:
            properties = {f"{kind}.{name}": value for kind, name, value in _PROPERTY.findall(piece)}
            yield _Result(told[1], told[2], properties)


def _is_about(result: _Result, domain: str) -> bool:
    """A finding by DMARC is about the sender's domain; where it names another, it is about somebody else."""
    named = result.properties.get("header.from", domain).rpartition("@")[2]
    return _is_aligned(named, domain)


_IDENTITIES = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.from"),
}


def _identity(result: _Result) -> str:
    """The domain that a finding speaks for."""
    names = _IDENTITIES.get(result.method, ())
    value = next((result.properties[name] for name in names if name in result.properties), "")
    return value.rpartition("@")[2].strip("<>")


def _is_aligned(proven: str, claimed: str) -> bool:
    """The same domain, or one within the other; a bare ending such as "gov" proves nothing."""
    if "." not in proven:
        return False
    return proven == claimed or proven.endswith(f".{claimed}") or claimed.endswith(f".{proven}")


_WORDS = {
    Proof.NOT_PROVEN: "The mail is not proven to come from {}",
    Proof.FAILED: "The mail says that it comes from {}, and our mail server found that it does not",
}


def doubts_about(proof: Proof, sender: Person) -> tuple[str, ...]:
    """What staff should know of the check, in words."""
    domain = (sender.address or "").rpartition("@")[2]
    return (_WORDS[proof].format(domain),) if proof in _WORDS else ()


def doubts_about_domain(sender: Person, known: Collection[str], named: Collection[str]) -> tuple[str, ...]:
    """Where the sender's domain is taken for another at a glance: one that we know, or one that the mail itself names."""
    domain = _key(sender).rpartition("@")[2]
    other = resembled(domain, known)
    if other is not None:
        return (f"The sender's domain {domain} resembles {other}, and is another",)
    other = next((each for each in named if imitates(domain, each)), None) if domain else None
    return (f"The sender's domain {domain} resembles {other}, which the mail names",) if other else ()


def doubts_about_names(sender: Person, reply_to: Sequence[Person]) -> tuple[str, ...]:
    """What speaks against a sender by the looks of the name and address alone."""
    found = [*_name_doubts(sender), *_domain_doubts(sender)]
    elsewhere = [
        each.address for each in reply_to if each.address and each.address.casefold() != _key(sender)
    ]
    if elsewhere and sender.address:
        shown = ", ".join(elsewhere[:3])
        found.append(f"Reply-To differs from From: answers are wanted at {shown}")
    return tuple(found)


def _key(person: Person) -> str:
    return (person.address or "").casefold()


def _name_doubts(sender: Person) -> Iterator[str]:
    address, name = _key(sender), sender.name.casefold()
    if not address or address in name:
        return
    if _LIKE_AN_ADDRESS.search(name):
        yield "The sender's name is written like another address than the sender's"
        return
    domain = address.rpartition("@")[2]
    named = _LIKE_A_DOMAIN.search(name)
    if named and not _is_aligned(named[0], domain):
        yield f"The sender's name names {named[0]}, and the address is another's"


def _domain_doubts(sender: Person) -> Iterator[str]:
    domain = _key(sender).rpartition("@")[2]
    if not domain:
        return
    if not domain.isascii() or "xn--" in domain:
        yield "The sender's domain is written with letters that are no plain ones, and may look like another"
    name = domain.rpartition(".")[0]
    of_a_country = _GOVERNMENT_OF_A_COUNTRY.search(domain)
    if of_a_country:
        if of_a_country[2] not in _OF_THIS_COUNTRY:
            yield f"The sender's domain ends in .{of_a_country[1]}, which another country gives out"
    elif not domain.endswith(".gov") and (_GOVERNMENT_INSIDE.search(name) or _LIKE_GOVERNMENT.search(domain)):
        yield f"The sender's domain {domain} looks like one of the .gov domain, and is none"
