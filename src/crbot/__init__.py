"""crbot: the intake desk of the Collaborative Reform Initiative."""
