"""The three things that happen: a message arrives, a person decides, time passes.

No input or output of its own: what is needed from outside is handed in as the ports name it.
"""
