"""The commands. What they do is elsewhere; here they are only named, explained, and led to it."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crbot.intake.verbs import VALUES, Verb

if TYPE_CHECKING:  # what is imported below is imported when it is used: `crbot --help` answers at once
    from crbot import wiring
    from crbot.channels.mail.mailbox import Preview
    from crbot.store.store import SqlStore
    from crbot.triage.policy import Policy
    from crbot.triage.register import Agency
    from crbot.triage.usage import Labelled

app = typer.Typer(
    name="crbot",
    help="The intake desk of the Collaborative Reform Initiative.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
rules_app = typer.Typer(help="Check and test the rules.", no_args_is_help=True)
letters_app = typer.Typer(help="Look at the letters.", no_args_is_help=True)
cases_app = typer.Typer(help="Look at cases.", no_args_is_help=True)
db_app = typer.Typer(help="Care for the database.", no_args_is_help=True)
slack_app = typer.Typer(help="What Slack needs to know of the bot.", no_args_is_help=True)
agencies_app = typer.Typer(help="The register of agencies.", no_args_is_help=True)
app.add_typer(agencies_app, name="agencies")
app.add_typer(rules_app, name="rules")
app.add_typer(letters_app, name="letters")
app.add_typer(cases_app, name="cases")
app.add_typer(db_app, name="db")
app.add_typer(slack_app, name="slack")

RulesFolder = Annotated[Path | None, typer.Option("--rules", help="folder of rules; else the one in force")]


class _Failure(Exception):
    """Something is wrong with the input or the world; the text says what, where, and the mend."""


def main() -> None:
    """Run a command. Exits 0 when it is done, 1 when something is wrong, 2 on wrong usage."""
    from crbot.config import SettingsError

    try:
        app()
    except (_Failure, SettingsError) as failure:
        print(f"crbot: {failure}", file=sys.stderr)  # noqa: T201  (the error's way out)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def triage(
    files: Annotated[
        list[Path] | None, typer.Argument(help=".eml files, folders, mboxes, or - for standard input")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON Lines for programs, one object a message")
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="read labelled lines on standard input, answer each")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="every fact with its cue and its context")
    ] = False,
    rules: RulesFolder = None,
) -> None:
    """Decide about messages and show why. Needs no account, database or network.

    Example: crbot triage mail.eml
    """
    from crbot import wiring

    if jsonl == bool(files):
        raise typer.BadParameter("name files, folders or mboxes, or - for standard input; or --jsonl alone")
    policy = wiring.load_policy(rules)
    if jsonl:
        for line in wiring.decide_lines(sys.stdin.buffer, policy):
            print(line, flush=True)  # noqa: T201  (the output)
        return
    _show_triaged(wiring.triage_mails(_mails(files or []), policy), policy, as_json=as_json, explain=explain)


def _show_triaged(
    all_triaged: Iterable[wiring.Triaged], policy: Policy, *, as_json: bool, explain: bool
) -> None:
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal

    console = Console()
    failures = 0
    for triaged in all_triaged:
        failures += triaged.decision is None
        if as_json:
            print(wiring.as_json(triaged, policy), flush=True)  # noqa: T201  (the output)
        elif triaged.decision is None:
            print(f"{triaged.name}: {triaged.trouble}")  # noqa: T201  (the same)
        else:
            terminal.show(console, triaged.name, triaged.decision, policy.label)
            if explain:
                terminal.show_explanation(console, triaged.decision)
    if failures:
        raise _Failure(f"{failures} of the messages could not be read; see above")


def _mails(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    from crbot.channels.mail.files import mails_from, mails_in

    for file in files:
        try:
            yield from mails_from(sys.stdin.buffer) if str(file) == "-" else mails_in(file)
        except OSError as error:
            raise _Failure(f"{file} can't be read: {error.strerror or error}") from None


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="handle what is waiting, and end")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="show which mails would be read, and end; changes nothing in the mailbox"
        ),
    ] = False,
) -> None:
    """Run the bot: mailbox, Slack, letters. Settings come from CRBOT_… variables and crbot.toml.

    SIGTERM finishes what is at hand and stops within 10 seconds.

    Example: CRBOT_CONFIG=/etc/crbot/crbot.toml crbot run
    """
    from crbot import wiring, worker
    from crbot.channels.http import CannotListen
    from crbot.channels.mail.mailbox import MailboxAway
    from crbot.config import load_settings

    settings = load_settings()
    worker.start_log(settings.log)
    try:
        if dry_run:
            _show_new_mail(wiring.new_mail(settings))
            return
        bot = wiring.make_bot(settings, clock=worker.now)
        if not once:
            worker.Worker(bot).run()
            return
        try:
            worker.run_once(bot)
        finally:
            bot.close()
    except MailboxAway as away:
        raise _Failure(f"{away}; nothing is lost, run it again when the mailbox is back") from None
    except CannotListen as error:
        raise _Failure(f"{error}; free it, or set CRBOT_SLACK__PORT and CRBOT_SLACK__HOST") from None


def _show_new_mail(mails: Iterable[Preview]) -> None:
    count = 0
    for mail in mails:
        count += 1
        came = f"{mail.came_at:%Y-%m-%d %H:%M}" if mail.came_at else "no date"
        typer.echo(f"{mail.uid:>8}  {came:16}  {mail.size_bytes:>10,} B  {mail.sender}  |  {mail.subject}")
    typer.echo(f"{count} mail{'' if count == 1 else 's'} would be read; nothing was kept, moved or sent")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="end after the table of decisions")] = False,
) -> None:
    """Run the whole bot on this machine with no account: its own mailbox and Slack stand-in, example requests."""
    from crbot.demo.demo import run_demo

    run_demo(stay=not once)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="where to write; must be empty or new")]) -> None:
    """Write rules and templates to edit, an example crbot.toml and the Slack manifest into a folder.

    Example: crbot init /etc/crbot
    """
    from crbot import wiring

    for written in wiring.write_starter(folder):
        typer.echo(f"wrote {written}")
    typer.echo(f"Next: fill in {folder / 'crbot.toml'}, then: CRBOT_CONFIG={folder / 'crbot.toml'} crbot run")


@rules_app.command("check")
def rules_check(
    folder: Annotated[Path | None, typer.Argument(help="else the rules in force")] = None,
) -> None:
    """Validate a folder of rules: every error with file, line, and what to write instead."""
    from crbot import wiring

    policy = wiring.load_policy(folder)
    typer.echo(f"The rules are valid: version {policy.version.version}, sha256 {policy.version.sha256}")


@rules_app.command("test")
def rules_test(folder: Annotated[Path | None, typer.Argument(help="else the rules in force")] = None) -> None:
    """Run the examples that stand in the rules."""
    from crbot import wiring
    from crbot.triage.examples import run_examples

    failures = run_examples(wiring.load_policy(folder))
    for failure in failures:
        typer.echo(str(failure))
    if failures:
        raise _Failure(f"{len(failures)} of the examples come out differently; see above")
    typer.echo("All examples come out as they should")


@rules_app.command("proposals")
def rules_proposals(
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines for programs")] = False,
    rules: RulesFolder = None,
) -> None:
    """List what staff corrected and disputed, as examples for the rules; persons and places are taken out.

    Read each before you use it: a name in small letters that nobody knows of may have stayed.
    """
    import json

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings

    folder = rules or load_settings().rules
    label = wiring.load_policy(folder).label
    with _store() as store:
        found = list(wiring.proposals(store, folder))
    for proposal in found:
        if as_json:
            typer.echo(json.dumps(asdict(proposal), ensure_ascii=False, default=str))
        else:
            typer.echo(terminal.proposal(proposal, label))
    if not found and not as_json:
        typer.echo("Staff have corrected and disputed nothing")


@rules_app.command("report")
def rules_report(
    corpus: Annotated[
        list[Path] | None,
        typer.Argument(help="labelled messages, one a line; else the examples in the rules"),
    ] = None,
    rules: RulesFolder = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="every line, for a spreadsheet")] = False,
) -> None:
    """Show what each line of the cues did over labelled messages: met, decided, decided wrongly, or never used.

    Example: crbot rules report tests/labelled/first-author.jsonl
    """
    from rich.console import Console

    from crbot import wiring
    from crbot.channels.usage import show_uses, uses_as_csv
    from crbot.triage.usage import examples_of, uses

    policy = wiring.load_policy(rules)
    labelled = list(_labelled(corpus, policy) if corpus else examples_of(policy))
    used = uses(labelled, policy)
    if as_csv:
        print(uses_as_csv(used), end="")  # noqa: T201  (the output)
        return
    show_uses(Console(), used, len(labelled))


def _labelled(files: Iterable[Path], policy: Policy) -> Iterator[Labelled]:
    from crbot.channels.lines import read_labelled

    for file in files:
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from read_labelled(lines, policy)
        except OSError as error:
            raise _Failure(f"{file} can't be read: {error.strerror or error}") from None
        except ValueError as error:
            raise _Failure(f"{file}, {error}; mend the line or take it out") from None


@cases_app.command("list")
def cases_list(limit: Annotated[int, typer.Option(help="how many, newest first")] = 50) -> None:
    """List cases, the newest first."""
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings

    policy = wiring.load_policy(load_settings().rules)
    with _store() as store:
        terminal.show_cases(Console(), (asdict(line) for line in store.list_cases(limit)), policy.label)


@cases_app.command("show")
def cases_show(number: Annotated[str, typer.Argument(help="CRI-2026-0042")]) -> None:
    """Show one case: the decision with its evidence, and the record."""
    from rich.console import Console

    from crbot import wiring
    from crbot.channels import terminal
    from crbot.config import load_settings

    policy = wiring.load_policy(load_settings().rules)
    with _store() as store:
        case = store.case(number)
        if case is None:
            raise _Failure(f"there is no case {number}; crbot cases list shows those there are")
        console = Console()
        terminal.show(console, f"{case.number} · {case.agency} · {case.stage}", case.decision, policy.label)
        terminal.show_record(console, store.record_of(number))


@app.command()
def act(
    case: Annotated[str, typer.Argument(help="CRI-2026-0042")],
    action: Annotated[Verb, typer.Argument(help="what to do")],
    by: Annotated[str, typer.Option(help="who does it, as the record and letters shall say")],
    reason: Annotated[str, typer.Option(help="why; some actions need it")] = "",
    values: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, once for each value that the action takes")
    ] = None,
    queue: Annotated[str, typer.Option(help="the same as --set queue=…")] = "",
    message: Annotated[str, typer.Option(help="the same as --set message=…")] = "",
) -> None:
    """Do what staff do in Slack, for the day that Slack is down.

    Which values an action takes is told when one is wrong.

    Example: crbot act CRI-2026-0042 ask --by "Jordan Lee" --set facts=litigation --set text="Thank you for the call."
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.intake.ports import StaffAction

    told = [
        *(values or ()),
        *([f"queue={queue}"] if queue else ()),
        *([f"message={message}"] if message else ()),
    ]
    wanted = StaffAction(action, case, by, reason=reason, values=_values(action, told))
    with _store() as store:
        if action not in _WITHOUT_CASE:
            rules = wiring.load_rules(load_settings().rules)
            refusal = wiring.why_refused(store, wanted, rules, worker.now())
            if refusal:
                raise _Failure(f"{refusal} Nothing was done.")
        store.keep([wiring.terminal_action(wanted, worker.now())])
    typer.echo("Kept. A running crbot carries it out at once; else: crbot run --once")


_WITHOUT_CASE = frozenset(
    {Verb.ADD_HELD, Verb.OPEN_HELD, Verb.RETRY}
)  # what they do is found out in the store


def _values(action: Verb, told: Iterable[str]) -> dict[str, str]:

    known = VALUES.get(action, {})
    pairs = [each.partition("=") for each in told]
    for name, sign, _ in pairs:
        if not sign or name not in known:
            takes = "\n".join(f"  --set {each}=…  {holds}" for each, holds in known.items())
            raise typer.BadParameter(f"{name!r} is no value of {action}; it takes\n{takes or '  none'}")
    return {name: value for name, _, value in pairs}


@letters_app.command("preview")
def letters_preview(
    names: Annotated[list[str] | None, typer.Argument(help="letters; else all")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="write a page, or into a folder a page for each letter")
    ] = None,
    templates: Annotated[Path | None, typer.Option(help="folder of templates; else those in force")] = None,
) -> None:
    """Show letters with example data, as they go out by mail and by Slack.

    Example: crbot letters preview decline --html decline.html
    """
    from crbot import wiring
    from crbot.cases.letters import FIELDS, LetterName
    from crbot.channels import preview
    from crbot.config import load_settings

    unknown = [name for name in names or () if name not in {each.value for each in FIELDS}]
    if unknown:
        raise _Failure(f"{unknown[0]!r} is no letter; there are {', '.join(FIELDS)}")
    letters = wiring.load_letters(templates or load_settings().templates)
    chosen = tuple(LetterName(name) for name in names or ()) or tuple(FIELDS)
    shown = preview.preview(letters, chosen)
    if html is None:
        typer.echo(preview.as_text(shown))
    elif html.is_dir():
        for each in shown:
            _write(preview.as_page([each]), html / f"{each.name}.html")
    else:
        _write(preview.as_page(shown), html)


@app.command()
def pause(
    reason: Annotated[str, typer.Option(help="why, as staff and the record shall see it")] = "",
    by: Annotated[str, typer.Option(help="who does it; else the user of this computer")] = "",
    off: Annotated[bool, typer.Option("--off", help="let everything go on")] = False,
    status: Annotated[bool, typer.Option("--status", help="tell how it stands, and change nothing")] = False,
) -> None:
    """Hold back everything automatic: no letter leaves and nobody is reminded, until --off.

    Messages are still read, and cases and cards go on. It holds at once, also for a crbot that is running, and pulls
    itself when the clock jumps by more than a day or a backup was put back.

    Example: crbot pause --reason "The mail server sends everything twice" --by "Jordan Lee"
    """
    from crbot import worker
    from crbot.intake import brake

    if off + status > 1 or (reason and (off or status)):
        raise typer.BadParameter("--reason, --off and --status are three different wishes; name one")
    who, now = by or getpass.getuser(), worker.now()
    with _store() as store:
        if off and not brake.release(store, who, now):
            typer.echo("Nothing was paused.")
            return
        is_new = not (off or status) and brake.pull(store, who, reason or "No reason was given", now)
        pulled, waiting = store.brake(), store.letters_waiting()
    if pulled is None:
        typer.echo("Going on: letters and reminders go out.")
        return
    since = f"{pulled.at:%Y-%m-%d %H:%M} UTC by {pulled.by}: {pulled.reason}"
    letters = f"{waiting} letter{'' if waiting == 1 else 's'} wait{'s' if waiting == 1 else ''}"
    typer.echo(
        f"{'Paused' if is_new else 'Paused since'} {since}. {letters}; let them go with: crbot pause --off"
    )


@app.command()
def digest(
    post: Annotated[bool, typer.Option("--post", help="show it in the review channel too")] = False,
) -> None:
    """Print the week at a glance: new, waiting, overdue, calls, unclaimed. The review channel has it every Monday.

    Example: crbot digest --post
    """
    from crbot import wiring, worker
    from crbot.config import load_settings
    from crbot.intake import weekly

    now, rules = worker.now(), wiring.load_rules(load_settings().rules)
    with _store() as store:
        told = weekly.digest(store.all_cases(), rules, now)
        if post:
            store.post(weekly.notice_of(told), f"digest:{now.isoformat()}", now)
    typer.echo("\n\n".join(filter(None, (told.summary, told.text))))


class SitesForm(StrEnum):
    """The forms of the list of sites."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


@app.command()
def sites(
    form: Annotated[SitesForm, typer.Option("--format", help="how the list is written")] = SitesForm.TEXT,
    output: Annotated[Path | None, typer.Option(help="file to write; else standard output")] = None,
) -> None:
    """Print the public list of sites: only what staff marked public, closed ones apart.

    Example: crbot sites --format html --output sites.html
    """
    from crbot import wiring, worker
    from crbot.cases.sites import list_sites
    from crbot.channels import tidings
    from crbot.config import load_settings

    policy = wiring.load_policy(load_settings().rules)
    with _store() as store:
        listed = list_sites(store.all_cases(), policy.label)
    match form:
        case SitesForm.TEXT:
            written = tidings.sites_as_text(listed)
        case SitesForm.JSON:
            written = tidings.sites_as_json(listed)
        case SitesForm.CSV:
            written = tidings.sites_as_csv(listed)
        case SitesForm.HTML:
            written = tidings.sites_as_page(listed, worker.now())
    _write(written, output)


@app.command()
def report(
    since: Annotated[
        datetime | None, typer.Option(help="first day, as 2026-01-31; else 13 weeks ago")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="last day; else today")] = None,
    output: Annotated[Path | None, typer.Option(help="file to write; else standard output")] = None,
) -> None:
    """Write a page with the figures and charts of a period: requests, first contact, rules, questions, follow-ups.

    Example: crbot report --since 2026-01-01 --until 2026-03-31 --output first-quarter.html
    """
    from crbot import wiring, worker
    from crbot.cases.figures import figures_of
    from crbot.channels import tidings
    from crbot.config import load_settings

    now = worker.now()
    end = (until or now).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC) + timedelta(days=1)
    begin = since.replace(tzinfo=UTC) if since else end - timedelta(weeks=13)
    if begin >= end:
        raise typer.BadParameter("the first day must not lie behind the last")
    policy = wiring.load_policy(load_settings().rules)
    with _store() as store:
        figures = figures_of(tuple(store.all_cases()), store.events(begin), begin, end, policy.label)
    _write(tidings.report_as_page(figures, now), output)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _Failure(f"{output} can't be written: {error.strerror or error}") from None
    typer.echo(f"wrote {output}")


@agencies_app.command("import")
def agencies_import(
    file: Annotated[
        Path, typer.Argument(help="CISA's list of .gov domains, the FBI's of agencies, or one's own")
    ],
    by: Annotated[str, typer.Option(help="who takes it in, as the versions shall say")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would change, and change nothing")
    ] = False,
) -> None:
    """Take a list of agencies into the register; it counts in place of the same list before it.

    A running crbot takes it over when it is started again. A list of your own is a CSV with the columns
    name, state, type, domain, county, ori, head, address; name and state are needed.

    Example: crbot agencies import current-full.csv --dry-run
    """
    from crbot import wiring, worker
    from crbot.channels.agencies import RegisterError, difference, read_agencies
    from crbot.config import load_settings

    try:
        read = read_agencies(file.read_bytes(), str(file))
    except OSError as error:
        raise _Failure(f"{file} can't be read: {error.strerror or error}") from None
    except RegisterError as error:
        raise _Failure(f"nothing was taken in:\n{error}") from None
    with wiring.open_registers(load_settings()) as lists:
        told = difference(lists.of(read.source), read.agencies)
        typer.echo(f"{read.source}: {len(read.agencies):,} agencies")
        for what, agencies in (("new", told.added), ("gone", told.removed), ("changed", told.changed)):
            typer.echo(f"  {len(agencies):>7,} {what}" + _examples(agencies))
        if dry_run:
            typer.echo("Nothing was changed")
            return
        lists.add(read.source, read.agencies, by or getpass.getuser(), worker.now())
    typer.echo("Taken in")


def _examples(agencies: Sequence[Agency | tuple[Agency, Agency]]) -> str:
    """The first few of them, by name."""
    names = [each[1].name if isinstance(each, tuple) else each.name for each in agencies[:3]]
    more = ", …" if len(agencies) > len(names) else ""
    return f": {', '.join(names)}{more}" if names else ""


@agencies_app.command("find")
def agencies_find(
    name: Annotated[str, typer.Argument(help="as somebody might write it")],
    state: Annotated[str, typer.Option(help="postal code, as OH")] = "",
    domain: Annotated[str, typer.Option(help="that the mail comes from")] = "",
) -> None:
    """Show which agency a name means, how sure that is, and why.

    Example: crbot agencies find "Springfield PD" --state OH
    """
    from crbot import wiring
    from crbot.config import load_settings

    match = wiring.find_agency(load_settings(), name, state.upper(), domain.casefold())
    for each in match.candidates:
        agency = each.agency
        told = ", ".join(filter(None, (agency.name, agency.state, agency.type, agency.domain)))
        typer.echo(f"{each.score:.2f}  {told}  ({each.why})")
    if not match.candidates:
        raise _Failure(f"the register has no agency that {name!r} could mean")
    typer.echo(
        f"That is {match.agency.name}" if match.agency else "It could be any of these; more is needed to tell"
    )


@agencies_app.command("versions")
def agencies_versions() -> None:
    """List the lists that were taken in, the newest first; of each kind the newest counts."""
    from crbot import wiring
    from crbot.config import load_settings

    with wiring.open_registers(load_settings()) as lists:
        for version in lists.versions():
            typer.echo(
                f"{version.made_at:%Y-%m-%d %H:%M}  {version.count:>7,}  {version.source}  ({version.by})"
            )


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the schema of this crbot; an empty one is filled."""
    from crbot import wiring
    from crbot.config import load_settings
    from crbot.store.migrations import newest_schema

    wiring.upgrade_database(load_settings())
    typer.echo(f"The database has schema {newest_schema()}")


@contextmanager
def _store() -> Iterator[SqlStore]:
    """The store that the settings name."""
    from crbot import wiring
    from crbot.config import load_settings
    from crbot.store.store import SqlStore

    store = SqlStore(wiring.open_database(load_settings().database_url))
    try:
        yield store
    finally:
        store.close()


@slack_app.command("manifest")
def slack_manifest() -> None:
    """Print the app manifest to paste at api.slack.com/apps."""
    from crbot import wiring

    typer.echo(wiring.slack_manifest())


if __name__ == "__main__":
    main()
