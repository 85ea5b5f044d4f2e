"""The only place that knows which adapter is used.

It makes the parts from the settings and hands them to one another; what they do is theirs.
"""

from crbot.wiring.bot import Bot, make_bot
from crbot.wiring.database import find_agency, open_database, open_registers, upgrade_database
from crbot.wiring.folders import load_letters, load_policy, load_rules
from crbot.wiring.mail import make_mailbox, new_mail
from crbot.wiring.messages import Triaged, as_json, decide_lines, triage_mails
from crbot.wiring.slack import Listener, slack_manifest
from crbot.wiring.staff import means_of, proposals, terminal_action, why_refused
from crbot.wiring.starter import write_starter

__all__ = [
    "Bot",
    "Listener",
    "Triaged",
    "as_json",
    "decide_lines",
    "find_agency",
    "load_letters",
    "load_policy",
    "load_rules",
    "make_bot",
    "make_mailbox",
    "means_of",
    "new_mail",
    "open_database",
    "open_registers",
    "proposals",
    "slack_manifest",
    "terminal_action",
    "triage_mails",
    "upgrade_database",
    "why_refused",
    "write_starter",
]
