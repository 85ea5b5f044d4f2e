"""A message becomes a decision. Pure: no input or output, no clock; everything is handed in.

The way in is `decide.decide`.
"""
