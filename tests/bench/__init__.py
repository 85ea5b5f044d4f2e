"""What the work costs, each figure beside the least that the same work can cost. Run: python -m tests.bench."""
