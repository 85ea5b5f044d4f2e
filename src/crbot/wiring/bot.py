"""The whole bot, put together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crbot.cases.case import Place
from crbot.cases.followups import plan_for
from crbot.channels.mail.mailbox import Mailbox
from crbot.channels.mail.outlet import MailOutlet
from crbot.channels.mail.reader import MailReader
from crbot.channels.slack.actions import StaffActions
from crbot.channels.slack.boards import DrawingBoards
from crbot.channels.slack.files import Files
from crbot.channels.slack.listen import Keep, Note
from crbot.channels.slack.members import Members
from crbot.channels.slack.outlet import SlackOutlet, Words
from crbot.channels.slack.people import People
from crbot.channels.slack.reader import SlackReader
from crbot.channels.slack.requesters import Requesters
from crbot.channels.slack.staff import Staff
from crbot.config import Role, Settings, SettingsError
from crbot.intake.ears import Ears
from crbot.intake.incoming import Desk
from crbot.intake.ports import Arrival, Ignored, Outlet, Reader, Received, StaffAction, Unreadable
from crbot.intake.repeats import DEFAULT_LIMITS, Limits
from crbot.store.apart import Lead
from crbot.store.store import SqlStore
from crbot.triage.message import Channel
from crbot.wiring.database import open_database, sole_user
from crbot.wiring.mail import make_mailbox, our_side, outlet_settings, sent_folder, tokens_of
from crbot.wiring.rulesets import RulesInForce
from crbot.wiring.shadow import Shadow
from crbot.wiring.slack import Listener, MakeListener, account_of, make_listener
from crbot.wiring.staff import TerminalReader, decline_in_words, why_refused
from crbot.wiring.watching import Watching, make_watching


@dataclass(frozen=True)
class Bot:
    """The bot, put together; absent are a channel without settings, and what other programs do by its role."""

    store: SqlStore
    rules: RulesInForce
    shadow: Shadow
    begun: Desk  # as it was when the bot was put together
    ears: Ears
    outlets: Mapping[Channel, Outlet]
    mailbox: Mailbox | None
    poll_seconds: float
    slack: MakeListener | None
    works: bool  # thinks, sends and follows up
    is_shared: bool  # other programs may work over the same database
    lead: Lead  # who has it reads the mailbox
    closing: tuple[Callable[[], None], ...]
    watching: Watching  # how it is, for whoever watches
    alarms: str = ""  # the mail address of staff that is written to when something of ours is broken

    @property
    def desk(self) -> Desk:
        """The desk by the rules in force; whoever works on something asks once, and ends it by the same rules."""
        current = self.rules.current
        return replace(self.begun, rules=current.rulebook, means=self.rules.means)

    def listener(self, keep: Keep, now: Callable[[], datetime], note: Note) -> Listener | None:
        """The way in from Slack, not started yet; None where Slack is off."""
        return self.slack(keep, now, note) if self.slack else None

    def close(self) -> None:
        """Let go of the database, the child process and the connections."""
        for close in self.closing:
            close()


def make_bot(settings: Settings, clock: Callable[[], datetime]) -> Bot:
    """Put the bot together. Raises `SettingsError` where a setting, a rule, a template or the database is wrong."""
    if settings.mail is None and settings.slack is None:
        raise SettingsError(
            "no channel is set up: set CRBOT_IMAP__HOST, CRBOT_SMTP__HOST and CRBOT_MAIL__ADDRESS for the mailbox, "
            "CRBOT_SLACK__BOT_TOKEN and its channels for Slack, or both"
        )
    engine = open_database(settings.database_url)
    sole = sole_user(engine, clock())
    rules, shadow = RulesInForce(settings, clock()), Shadow(settings)
    store = SqlStore(
        engine, lambda case: plan_for(case, ladders=rules.rulebook.ladders, hours=rules.rulebook.hours)
    )
    if is_alone := engine.dialect.name == "sqlite":
        store.take_over(clock())
    side = our_side(settings.mail)
    readers: dict[Channel, Reader] = {Channel.TERMINAL: TerminalReader()}
    outlets: dict[Channel, Outlet] = {}
    lead = Lead(engine, "mailbox")
    closing: list[Callable[[], None]] = [lead.close, store.close, rules.close, shadow.close, sole.release]
    mailbox, listener = None, None
    if settings.imap and settings.smtp and settings.mail:
        mailbox = make_mailbox(settings, settings.imap)
        reader = MailReader(side)
        sent = sent_folder(settings, settings.imap)
        outlet = MailOutlet(
            outlet_settings(settings.smtp, settings.mail, settings.imap),
            rules,
            clock,
            side.replies,
            tokens_of(settings, settings.smtp.auth),
            sent,
        )
        readers[Channel.EMAIL], outlets[Channel.EMAIL] = reader, outlet
        closing += [reader.close, outlet.close, mailbox.close, *([sent.close] if sent else [])]
    if settings.slack:
        account = account_of(settings.slack)
        people = People(account.web_client())
        channels = {Place(name): channel for name, channel in settings.slack.channels}
        members = Members(account.web_client(), channels)
        requesters = Requesters(
            account.web_client(), store, people.person, lambda: rules.rulebook.policy, clock
        )
        acting = StaffActions(members.among, store.case, people.person)
        staff = Staff(
            account.web_client(),
            channels,
            store,
            lambda: rules.rulebook,
            clock,
            acting,
            members,
            why_refused=lambda action: why_refused(store, action, rules.rulebook, clock(), rules.means),
            otherwise=requesters,
        )
        listener = make_listener(settings.slack, staff)
        duty = {Place(name): user for name, user in settings.slack.duty if user}
        words = Words(
            rules.label,
            lambda letter: rules.render(letter, Channel.SLACK).text,
            people.person,
            lambda case: decline_in_words(rules.rulebook.policy, rules.letters, case),
            duty,
        )
        files = Files(account, lambda arrival: store.keep((arrival,)), clock)
        readers[Channel.SLACK] = SlackReader(people, channels.values(), acting.read, files.fetch)
        outlets[Channel.SLACK] = DrawingBoards(
            SlackOutlet(account.web_client(), channels, words, fetch_late=files.fetch_late),
            staff.boards,
            requesters.boards,
        )
        closing += [staff.boards.close, requesters.boards.close]
    limits = (
        Limits(settings.mail.letters_a_day, settings.mail.cases_a_day) if settings.mail else DEFAULT_LIMITS
    )
    desk = Desk(store, _Readers(readers), rules.rulebook, side.own, clock, limits, rules.means)
    poll = settings.imap.poll_seconds if settings.imap else 0.0
    ears = Ears(outlets, None if is_alone else store)
    does = _DOES[settings.role]
    return Bot(
        store,
        rules,
        shadow,
        desk,
        ears,
        outlets if Role.WORKER in does else {},
        mailbox if Role.MAILBOX in does else None,
        poll,
        listener if Role.SLACK in does else None,
        Role.WORKER in does,
        not is_alone,
        lead,
        tuple(closing),
        make_watching(settings.http, engine, store, ears, lambda: rules.rulebook.policy, clock),
        settings.mail.alarms if settings.mail else "",
    )


_DOES = {role: {role} for role in Role} | {Role.ALL: frozenset(Role)}


class _Readers:
    """Gives each arrival to the reader of its channel."""

    def __init__(self, by_channel: Mapping[Channel, Reader]) -> None:
        self._by_channel = by_channel

    def read(self, arrival: Arrival) -> Received | StaffAction | Ignored:
        reader = self._by_channel.get(arrival.channel)
        if reader is None:
            raise Unreadable(f"It came by {arrival.channel}, and that is not set up any more.")
        return reader.read(arrival)
