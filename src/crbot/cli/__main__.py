"""`python -m crbot.cli` is `crbot`."""

from crbot.cli import main

main()
