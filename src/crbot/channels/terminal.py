"""A decision for people at a terminal: what, why, by which words.

What a decision holds is `crbot.triage.decision`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crbot.cases.case import Case
from crbot.cases.proposals import Proposal
from crbot.channels.checkup import Check, Health
from crbot.triage.decision import Decision, Disposition, Finding, Outcome
from crbot.triage.facts import Evidence, Statement

Label = Callable[[str, str], str]  # (fact, value) -> words for people

_STYLE = {Outcome.PASS: "green", Outcome.ASK: "yellow", Outcome.FLAG: "dark_orange", Outcome.FAIL: "red"}
_SENTENCE = {
    Disposition.ELIGIBLE: "eligible",
    Disposition.NEEDS_INFORMATION: "needs information",
    Disposition.REVIEW: "review: a person must decide",
    Disposition.INELIGIBLE: "ineligible: goes to a person, nothing is declined by itself",
    Disposition.NOT_A_REQUEST: "not a request",
}


def show(console: Console, name: str, decision: Decision, label: Label) -> None:
    """Print a decision: what it is, the findings with evidence and source, open questions, why this queue."""
    parts: list[RenderableType] = [_head(decision, label)]
    if decision.findings:
        parts += [Text("\nEligibility rules", style="bold"), _findings(decision.findings, label)]
    if decision.questions:
        parts += [Text("\nStill to ask", style="bold"), _numbered(each.text for each in decision.questions)]
    if decision.kind.is_case:
        parts += [Text("\nFacts", style="bold"), _facts(decision, label)]
    parts.append(Text(f"\nrules {decision.rules.version} ({decision.rules.sha256[:12]})", style="dim"))
    console.print(Panel(Group(*parts), title=Text(name), title_align="left", border_style="dim"))


def show_explanation(console: Console, decision: Decision) -> None:
    """Print every fact with its sentence, the cue and the context that decided, and the mentions that lost."""
    for statement in decision.facts.statements.values():
        console.print(Text(f"{statement.fact}: {', '.join(statement.values) or 'none'}", style="bold"))
        for evidence in statement.evidence:
            console.print(Padding(_explained(evidence), (0, 0, 0, 2)))
        for evidence in statement.lost:
            console.print(
                Padding(Text("read, did not decide: ", style="dim") + _explained(evidence), (0, 0, 0, 2))
            )


_MARKS = {Health.FINE: ("ok  ", "green"), Health.NOTE: ("note", "yellow"), Health.WRONG: ("MEND", "bold red")}


def show_check(console: Console, check: Check) -> None:
    """Print what one part was found to be, and below it the mend."""
    mark, style = _MARKS[check.health]
    line = Text.assemble((mark, style), f"  {check.part:<11} ", (check.what, "bold"), f"  {check.told}")
    console.print(line, soft_wrap=True)
    if check.mend:
        console.print(Text(f"{'':19}→ {check.mend}", style=style), soft_wrap=True)


def show_cases(console: Console, cases: Iterable[Mapping[str, Any]], label: Label) -> None:
    """Print cases, one a line; each gives number, agency, stage, queue, disposition, owner and opened_at."""
    table = Table("Case", "Agency", "Stage", "Queue", "Disposition", "Owner", "Opened")
    for case in cases:
        table.add_row(
            case["number"],
            Text(case["agency"]),
            case["stage"].replace("_", " "),
            label("queue", case["queue"]),
            case["disposition"].replace("_", " "),
            Text(case["owner"] or "–"),
            case["opened_at"].strftime("%Y-%m-%d %H:%M"),
        )
    console.print(table)


def show_persons(console: Console, case: Case) -> None:
    """Print who has to do with a case and how sure that is, whether its head confirmed it, and what it looks like."""
    if case.parties:
        console.print(Text("Persons", style="bold"))
        table = Table.grid(padding=(0, 2))
        for party in case.parties:
            who = " ".join(filter(None, (party.name, f"<{party.address}>" if party.address else "")))
            learned = Text(f"{party.learned}: {party.surety}", style="dim")
            table.add_row(f"  {party.role}", Text(who), Text(party.agency), learned)
        console.print(table)
    for told in filter(None, (case.vouched_for, *(f"Looks like {each.in_words}" for each in case.alike))):
        console.print(Text(f"  {_one_line(told, 400)}"))


def show_record(console: Console, lines: Iterable[Mapping[str, Any]]) -> None:
    """Print a case's record, oldest first."""
    console.print(Text("Record", style="bold"))
    for line in lines:
        at = line["at"].strftime("%Y-%m-%d %H:%M")
        detail = ", ".join(
            f"{key}: {value}" for key, value in line["detail"].items() if value and key != "rules"
        )
        console.print(Text(f"  {at}  {line['what']} by {line['by']}") + Text(f"  {detail}", style="dim"))


def show_versions(
    console: Console, versions: Iterable[tuple[int, datetime, str, str | None, str, str]]
) -> None:
    """Print which rules counted when; of each its number, moment, version, SHA-256, who published it and why."""
    table = Table("No.", "Since (UTC)", "Version", "SHA-256", "By", "Reason")
    for number, at, version, sha256, by, reason in versions:
        known = (Text(version), sha256[:12]) if sha256 else ("the folder", "")
        table.add_row(str(number), at.strftime("%Y-%m-%d %H:%M"), *known, Text(by), Text(reason))
    console.print(table)


def _head(decision: Decision, label: Label) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(
        "Kind", Text(decision.kind.value.replace("_", " "), style="bold"), _reason(decision.kind_reason.text)
    )
    table.add_row("Disposition", Text(_SENTENCE[decision.disposition], style="bold"), Text())
    if decision.queue is not None:
        queue = Text(label("queue", decision.queue.value), style="bold")
        table.add_row("Queue", queue, _reason(decision.queue_reason.text, decision.queue_reason.rule))
    return table


def _reason(text: str, rule: str = "") -> Text:
    return Text(f"{text}  {rule}" if rule else text, style="dim")


def _findings(findings: Iterable[Finding], label: Label) -> Table:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        outcome = Text(f"  {finding.outcome.value.upper()}", style=f"bold {_STYLE[finding.outcome]}")
        table.add_row(outcome, Text(finding.title))
        table.add_row("", Text(_read_by(finding, label)))
        for quote in dict.fromkeys(_one_line(each.text) for each in finding.evidence):
            table.add_row("", Text(f"“{quote}”", style="italic"))
        table.add_row("", Text(f"{finding.because.text} Source: {finding.because.source}", style="dim"))
    return table


def _read_by(finding: Finding, label: Label) -> str:
    return "; ".join(
        f"{label('fact', fact)}: {', '.join(label(fact, value) for value in told) or 'none'}"
        for fact, told in finding.values
    )


def _numbered(texts: Iterable[str]) -> Table:
    table = Table.grid(padding=(0, 1))
    for number, text in enumerate(texts, 1):
        table.add_row(f"  {number}.", Text(text))
    return table


def _facts(decision: Decision, label: Label) -> Table:
    table = Table.grid(padding=(0, 2))
    for statement in decision.facts.statements.values():
        if statement.values and statement.values != ("unknown",):
            table.add_row(f"  {label('fact', statement.fact)}", _values(statement, label), _quotes(statement))
    return table


def _values(statement: Statement, label: Label) -> Text:
    return Text(", ".join(label(statement.fact, value) for value in statement.values), style="bold")


def _quotes(statement: Statement) -> Text:
    quotes = list(dict.fromkeys(_one_line(each.text) for each in statement.evidence))
    return Text(" … ".join(f"“{quote}”" for quote in quotes[:2]), style="italic dim")


def _explained(evidence: Evidence) -> Text:
    quote = Text(f"“{_one_line(evidence.text)}”", style="italic")
    cue = Text(f"  {evidence.cue} ({evidence.rule})" if evidence.cue else "", style="cyan")
    return quote + cue + Text(f"  {evidence.context}" if evidence.context else "", style="yellow")


def _one_line(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def proposal(each: Proposal, label: Label) -> str:
    """What staff corrected or disputed, in lines."""
    read = ", ".join(label(each.fact, value) for value in each.read) or "nothing"
    should = ", ".join(label(each.fact, value) for value in each.should) or "not this"
    lines = [
        f"{label('fact', each.fact)}: read as {read}, staff say {should} ({each.case}, {each.at:%Y-%m-%d})",
        f"  because: {each.reason}",
    ]
    if each.text:
        lines += [f"  example: {each.example}"]
    if each.rule:
        lines += [f"  cue: “{each.cue}” ({each.rule})"]
    return "\n".join(lines) + "\n"
