"""The whole bot on one machine with no account: servers on loopback, invented requests, a table of what came of them.

Nothing here is needed to run the bot in earnest.
"""
