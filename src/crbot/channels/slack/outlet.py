"""Brings into Slack what is due: letters to requesters, cards and notices to staff, a word to one person.

How it looks is `cards`'s; when it is due, and what follows a failure, the use cases'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from slack_sdk import WebClient

from crbot.cases.case import Case, Place
from crbot.cases.chart import Chart
from crbot.cases.letters import Letter
from crbot.cases.respond import Label, LateFile, Notice, Whisper
from crbot.channels.slack import cards, letters
from crbot.channels.slack.blocks import Payload
from crbot.channels.slack.failures import BlocksRefused
from crbot.channels.slack.people import Profile, with_names
from crbot.channels.slack.posting import Pace, Posting, Spot, part_of
from crbot.channels.slack.text import line
from crbot.intake.ports import DeliveryFailed, Drawing, Outgoing, Receipt

WHISPER = 3000  # characters


@dataclass(frozen=True, slots=True)
class Words:
    """What is needed to put values into words."""

    label: Label  # facts, as the rules name them
    letter: Callable[[Letter], str]  # a letter's text, from its template
    profile: Profile  # people, as Slack names them
    decline: Callable[[Case], str] = lambda case: (
        ""
    )  # the letter that waits for its release, as it would go out
    duty: Mapping[Place, str] = field(default_factory=dict)  # whom escalations call, by channel: user ids


class SlackOutlet:
    """Sends by Slack's Web API; fits `crbot.intake.ports.Outlet`."""

    def __init__(
        self,
        client: WebClient,
        channels: Mapping[Place, str],
        words: Words,
        pace: Pace | None = None,
        fetch_late: Callable[[LateFile], None] | None = None,
    ) -> None:
        """`fetch_late` tries again to bring a file in; raises `DeliveryFailed`."""
        self._fetch_late = fetch_late
        self._pace = pace or Pace()
        self._slack = Posting(client, self._pace)
        self._channels = channels
        self._words = words

    def lane(self, outgoing: Outgoing) -> str:
        """The channel, which is a lane of its own: Slack counts by channels."""
        match outgoing.what:
            case Drawing(place=place):
                return self._channels[place]
            case Whisper(channel=channel):
                return channel
            case Letter(to=to):
                return to.address
            case Notice(place=place):
                return self._channels[place]
            case LateFile():
                return "files"

    def deliver(self, outgoing: Outgoing) -> Receipt:
        """Send it, or what of it did not go out in an earlier try. Raises `DeliveryFailed`, `NotYet`."""
        self._pace.check(self.lane(outgoing))
        try:
            return self._deliver(outgoing)
        except DeliveryFailed as failure:
            if failure.permanent and isinstance(outgoing.what, Drawing | Notice):
                # A channel of staff: whatever is wrong with it, a person can mend, and no card is lost meanwhile.
                raise DeliveryFailed(str(failure), permanent=True, is_ours=True) from failure
            raise

    def _deliver(self, outgoing: Outgoing) -> Receipt:
        match outgoing.what:
            case Drawing() as drawing:
                return Receipt(self._draw(outgoing, self._named(drawing)).identity)
            case Whisper() as whisper:
                text = line(with_names(whisper.text, self._words.profile), WHISPER)
                return Receipt(self._slack.whisper(whisper.channel, whisper.to, text).identity)
            case LateFile() as late:
                if self._fetch_late is None:
                    raise DeliveryFailed("files are not kept here", permanent=True)
                self._fetch_late(late)
                return Receipt("")
            case Notice(shown=str(identity)) as notice if identity:
                self._show_settled(outgoing, notice)
                return Receipt(identity)
            case Letter() | Notice() as message:
                found = self._standing_message(outgoing, message) if outgoing.attempts > 1 else None
                spot = found or self._send(outgoing, message)
                if isinstance(message, Notice) and message.chart:
                    self._show_chart(outgoing, message.chart, spot)
                return Receipt(spot.identity)

    def _show_settled(self, outgoing: Outgoing, notice: Notice) -> None:
        """A notice changed in place; where it is gone, there is nothing to press any more."""
        settled = replace(notice, settled=with_names(notice.settled, self._words.profile))
        payload = cards.notice(f"notice:{_digest(outgoing)}", settled)
        self._slack.update(self._spot(notice.place, notice.shown), payload, outgoing.key)

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        """Find a letter or notice where it would stand.

        None for a card, which looks for itself when it is delivered, and for a whisper, which nobody can see
        again. Raises `DeliveryFailed` where Slack can't be asked now: then nothing should be sent either.
        """
        if not isinstance(outgoing.what, Letter | Notice) or _is_changed_in_place(outgoing.what):
            return None
        found = self._standing_message(outgoing, outgoing.what)
        has_picture = isinstance(outgoing.what, Notice) and outgoing.what.chart is not None
        if found is None or (has_picture and not self._is_shown(outgoing, found)):
            return None
        return Receipt(found.identity)

    def _standing_message(self, outgoing: Outgoing, message: Letter | Notice) -> Spot | None:
        channel, thread, payload = self._addressed(outgoing, message)
        return self._find(channel, part_of(payload), thread)

    def _send(self, outgoing: Outgoing, message: Letter | Notice) -> Spot:
        channel, thread, payload = self._addressed(outgoing, message)
        posted = self._slack.post(channel, payload, outgoing.key, thread)
        if isinstance(message, Letter):
            self._settle(message, posted, thread)
        return posted

    def _show_chart(self, outgoing: Outgoing, chart: Chart, spot: Spot) -> None:
        """The chart as a picture below its notice, once. What Slack refuses for good is told in the notice's thread:
        its words are out already."""
        if self._is_shown(outgoing, spot):
            return
        from crbot.channels.charts import png  # the library that draws takes a second to load

        try:
            told = f"{chart.title}: {chart.in_words}"
            self._slack.upload(spot.channel, _picture(outgoing), png(chart), chart.title, told)
        except DeliveryFailed as failure:
            if not failure.permanent:
                raise
            why = cards.log_line(f"nochart:{_digest(outgoing)}", f"The chart can't be shown: {failure}.")
            self._slack.post(spot.channel, why, outgoing.key, thread=spot.ts)

    def _is_shown(self, outgoing: Outgoing, spot: Spot) -> bool:
        return outgoing.attempts > 1 and self._slack.has_file(spot.channel, _picture(outgoing))

    def _settle(self, letter: Letter, posted: Spot, thread: str) -> None:
        """Take the buttons from earlier letters that this one leaves nothing to do. The letter is out already,
        so a failure here is nobody's trouble: an old button is answered by what holds now."""
        begins = letters.settled_by(letter)
        if not begins:
            return
        try:
            for spot, shown in self._slack.with_blocks(posted.channel, begins, thread):
                left = letters.without_buttons(shown, begins) if spot != posted else None
                if left is not None:
                    self._slack.replace_blocks(spot, shown, left)
        except DeliveryFailed:
            return

    def _addressed(self, outgoing: Outgoing, message: Letter | Notice) -> tuple[str, str, Payload]:
        """Channel, thread and payload of a letter or notice."""
        match message:
            case Letter(to=to):
                words = self._words.letter(message)
                payload = letters.letter(f"letter:{_digest(outgoing)}", message, words)
                return to.address, to.thread, payload
            case Notice():
                duty = self._words.duty.get(message.place, "") if message.calls_duty else ""
                payload = cards.notice(f"notice:{_digest(outgoing)}", message, duty)
                return self._channels[message.place], "", payload

    # --- cards --------------------------------------------------------------------------------------------------

    def _draw(self, outgoing: Outgoing, drawing: Drawing) -> Spot:
        """Bring the card up to date, post into its thread what is not there yet, strike out cards elsewhere.

        Each step looks at what stands in Slack, so that the whole can be repeated after a failure in between.
        """
        standing = self._standing(outgoing, drawing)
        spot = self._redrawn(outgoing, drawing, standing) if standing else None
        seen = self._seen(drawing, spot) if spot else frozenset[str]()
        spot = spot or self._drawn_anew(outgoing, drawing)
        for payload in self._beside(outgoing, drawing):
            if part_of(payload) not in seen:
                self._slack.post(spot.channel, payload, outgoing.key, thread=spot.ts)
        for place, old in drawing.posted.items():
            if place is not drawing.place:
                self._strike_out(outgoing, drawing, self._spot(place, old), spot)
        return spot

    def _standing(self, outgoing: Outgoing, drawing: Drawing) -> Spot | None:
        """Where the case's card stands in its channel: as recorded; or as found, where one could be there."""
        if drawing.place in drawing.posted:
            return self._spot(drawing.place, drawing.posted[drawing.place])
        if outgoing.attempts > 1 or drawing.case.revision > 1:
            return self._find(self._channels[drawing.place], f"card:{drawing.case.number}")
        return None

    def _redrawn(self, outgoing: Outgoing, drawing: Drawing, spot: Spot) -> Spot | None:
        """The card changed in place; None where somebody deleted it."""
        card = self._card(drawing)
        try:
            is_there = self._slack.update(spot, card, outgoing.key)
        except BlocksRefused:
            is_there = self._slack.update(spot, cards.minimal(drawing.case), outgoing.key)
        return spot if is_there else None

    def _card(self, drawing: Drawing) -> Payload:
        case = drawing.case
        return cards.card(drawing, self._words.label, self._words.decline(case) if case.draft else "")

    def _drawn_anew(self, outgoing: Outgoing, drawing: Drawing) -> Spot:
        channel = self._channels[drawing.place]
        try:
            return self._slack.post(channel, self._card(drawing), outgoing.key)
        except BlocksRefused:
            return self._slack.post(channel, cards.minimal(drawing.case), outgoing.key)

    def _beside(self, outgoing: Outgoing, drawing: Drawing) -> Iterator[Payload]:
        """What belongs into the card's thread: the message's full text, and what happened."""
        yield from _full_text(drawing)
        if drawing.log:
            yield cards.log_line(f"log:{_digest(outgoing)}", drawing.log, drawing.calls)

    def _strike_out(self, outgoing: Outgoing, drawing: Drawing, old: Spot, new: Spot) -> None:
        """Leave a pointer to the new card. Where Slack refuses it for good (the old channel is archived, say)
        the case is in its place all the same, and a click on the old card is told that it has changed."""
        try:
            link = self._slack.permalink(new)
            pointer = cards.moved(drawing.case, self._words.label, drawing.place, link)
            self._slack.update(old, pointer, outgoing.key)
        except DeliveryFailed as failure:
            if not failure.permanent:
                raise

    def _named(self, drawing: Drawing) -> Drawing:
        """The drawing with people's names in place of their ids in what is said of them."""
        profile = self._words.profile
        case = replace(drawing.case, outcome=with_names(drawing.case.outcome, profile))
        return replace(drawing, case=case, log=with_names(drawing.log, profile))

    def _spot(self, place: Place, recorded: str) -> Spot:
        """A recorded card: "<channel>:<ts>" or the ts alone."""
        channel, _, ts = recorded.rpartition(":")
        return Spot(channel or self._channels[place], ts)

    # --- looking before sending again -----------------------------------------------------------------------------

    def _find(self, channel: str, part: str, thread: str = "") -> Spot | None:
        """Where it stands already; None also where the bot may not read, which no later try mends."""
        try:
            return self._slack.find(channel, part, thread)
        except DeliveryFailed as failure:
            if failure.permanent:
                return None
            raise

    def _seen(self, drawing: Drawing, spot: Spot) -> frozenset[str]:
        """What stands in the card's thread. Where the bot may not read, the full text counts as there:
        it would else be told again at every change."""
        try:
            return self._slack.parts_in_thread(spot)
        except DeliveryFailed as failure:
            if failure.permanent:
                return frozenset(part_of(piece) for piece in _full_text(drawing))
            raise


def _full_text(drawing: Drawing) -> list[Payload]:
    return cards.thread_pieces(drawing.case.number, drawing.message_id, drawing.body)


def _digest(outgoing: Outgoing) -> str:
    """The outgoing key in few characters, for the id of a block."""
    return hashlib.sha256(outgoing.key.encode()).hexdigest()[:20]


def _picture(outgoing: Outgoing) -> str:
    """The name of a notice's picture, by which it is found again."""
    return f"chart-{_digest(outgoing)}.png"


def _is_changed_in_place(message: Letter | Notice) -> bool:
    return isinstance(message, Notice) and bool(message.shown)
