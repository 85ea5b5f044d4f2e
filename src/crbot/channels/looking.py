"""Cases to look at in a browser: the list, and one case with the words that decided, marked where they stand.

Nothing can be changed there; that is Slack's, or `crbot act`'s. Who may look is told by a token.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from itertools import pairwise
from typing import Any, Protocol

from crbot.cases.case import Case
from crbot.cases.followups import FollowUp
from crbot.channels.http import Handler, Request, Response
from crbot.channels.pages import page

Label = Callable[[str, str], str]  # (fact, value) -> words for people
_COOKIE = "crbot"
_LISTED = 500
_MOST_MARKS = 200  # of one message


class Cases(Protocol):
    """What is looked at."""

    def newest(self, limit: int) -> Sequence[Case]: ...
    def case(self, number: str) -> Case | None: ...
    def words_of(self, number: str) -> tuple[str, ...]: ...
    def record_of(self, number: str) -> tuple[Mapping[str, Any], ...]: ...
    def follow_ups_of(self, case: Case) -> tuple[FollowUp, ...]: ...


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a message; where it is evidence, what it tells."""

    text: str
    tells: str = ""
    told: str = ""  # … of it, what ends here


def marked(text: str, evidence: Iterable[tuple[str, str]]) -> list[Run]:
    """A text in pieces: those that are evidence (words, what they tell) with what they tell."""
    spans: list[tuple[int, int, str]] = []
    for words, tells in evidence:
        start = text.find(words) if words.strip() else -1
        if start >= 0 and len(spans) < _MOST_MARKS:
            spans.append((start, start + len(words), tells))
    edges = sorted({0, len(text), *(each for start, end, _ in spans for each in (start, end))})
    return [
        Run(
            text[start:end],
            _joined(told for a, b, told in spans if a < end and start < b),
            _joined(told for _, b, told in spans if b == end),
        )
        for start, end in pairwise(edges)
    ]


def _joined(told: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(told))


def case_page(case: Case, cases: Cases, label: Label, as_of: datetime) -> str:
    """All that is known of a case."""
    evidence = list(_evidence(case, label))
    return page(
        "case",
        case=case,
        decision=case.decision,
        findings=[_finding(each, label) for each in case.decision.findings],
        facts=list(_facts(case, label)),
        messages=[marked(text, evidence) for text in cases.words_of(case.number)],
        follow_ups=cases.follow_ups_of(case),
        record=[
            (line["at"], line["what"], line["by"], _detail(line)) for line in cases.record_of(case.number)
        ],
        label=label,
        as_of=as_of,
    )


def cases_page(cases: Cases, label: Label, as_of: datetime) -> str:
    """The newest cases, one a row."""
    return page("cases", cases=cases.newest(_LISTED), label=label, as_of=as_of)


def _evidence(case: Case, label: Label) -> Iterator[tuple[str, str]]:
    for statement in case.decision.facts.statements.values():
        told = ", ".join(label(statement.fact, value) for value in statement.values)
        for each in statement.evidence:
            yield each.text, f"{label('fact', statement.fact)}: {told}"


def _facts(case: Case, label: Label) -> Iterator[dict[str, object]]:
    for statement in case.decision.facts.statements.values():
        corrected = case.corrections.get(statement.fact)
        if statement.values and statement.values != ("unknown",):
            yield {
                "title": label("fact", statement.fact),
                "values": [label(statement.fact, value) for value in statement.values],
                "quotes": list(dict.fromkeys(each.text for each in statement.evidence)),
                "rules": list(dict.fromkeys(each.rule for each in statement.evidence if each.rule)),
                "corrected": f"corrected by {corrected.by}: {corrected.reason}" if corrected else "",
            }


def _finding(finding: Any, label: Label) -> dict[str, object]:
    return {
        "outcome": finding.outcome.value,
        "title": finding.title,
        "because": finding.because,
        "told": [
            f"{label('fact', fact)}: {', '.join(label(fact, value) for value in values) or 'none'}"
            for fact, values in finding.values
        ],
        "quotes": list(dict.fromkeys(each.text for each in finding.evidence)),
    }


def _detail(line: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in line["detail"].items() if value and key != "rules")


def pages(
    cases: Cases, label: Label, token: str, now: Callable[[], datetime]
) -> dict[tuple[str, str], Handler]:
    """The addresses. Whoever comes with `?token=…` or the header "Authorization: Bearer …" may look."""

    def listed(request: Request) -> Response:
        return _html(cases_page(cases, label, now()))

    def shown(request: Request) -> Response:
        case = cases.case(request.path.get("number", ""))
        if case is None:
            return _html(page("nothing", told="There is no such case."), HTTPStatus.NOT_FOUND)
        return _html(case_page(case, cases, label, now()))

    return {
        ("GET", "/cases"): _guarded(listed, token),
        ("GET", "/cases/{number}"): _guarded(shown, token),
    }


def _guarded(handler: Handler, token: str) -> Handler:
    def guarded(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if _is(token, request.query.get("token", "")):
            # The token stays in no address that is shown, copied or logged.
            cookie = f"{_COOKIE}={token}; Path=/cases; HttpOnly; SameSite=Strict; Max-Age=28800"
            return Response(HTTPStatus.SEE_OTHER, b"", {"Location": _place_of(request), "Set-Cookie": cookie})
        if _is(token, headers.get("authorization", "").removeprefix("Bearer ")) or _is(
            token, _cookie(headers.get("cookie", ""))
        ):
            return handler(request)
        told = "Come with the token: /cases?token=…, as CRBOT_HTTP__TOKEN has it."
        return _html(page("nothing", told=told), HTTPStatus.UNAUTHORIZED)

    return guarded


def _place_of(request: Request) -> str:
    number = request.path.get("number")
    return f"/cases/{number}" if number and number.replace("-", "").isalnum() else "/cases"


def _is(token: str, told: str) -> bool:
    return bool(token) and hmac.compare_digest(token.encode(), told.encode("utf-8", "replace"))


def _cookie(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get(_COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


def _html(text: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    return Response(status, text.encode(), headers)
