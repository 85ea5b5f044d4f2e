"""The only place that knows which adapter is used.

It makes the parts from the settings and hands them to one another; what they do is theirs.
"""

from crbot.wiring.bot import Bot, make_bot
from crbot.wiring.database import find_agency, open_database, open_registers, upgrade_database
from crbot.wiring.folders import load_letters, load_policy, load_rules, write_starter
from crbot.wiring.mail import make_mailbox, new_mail
from crbot.wiring.messages import Triaged, as_json, decide_lines, triage_mails
from crbot.wiring.replay import replay
from crbot.wiring.rulesets import checked, name_of, open_rulesets, rules_again, rules_in_force, rules_of
from crbot.wiring.shadow import shadow_report
from crbot.wiring.slack import Listener, slack_manifest
from crbot.wiring.staff import proposals, terminal_action, why_refused

__all__ = [
    "Bot",
    "Listener",
    "Triaged",
    "as_json",
    "checked",
    "decide_lines",
    "find_agency",
    "load_letters",
    "load_policy",
    "load_rules",
    "make_bot",
    "make_mailbox",
    "name_of",
    "new_mail",
    "open_database",
    "open_registers",
    "open_rulesets",
    "proposals",
    "replay",
    "rules_again",
    "rules_in_force",
    "rules_of",
    "shadow_report",
    "slack_manifest",
    "terminal_action",
    "triage_mails",
    "upgrade_database",
    "why_refused",
    "write_starter",
]
