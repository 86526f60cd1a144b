"""Metrics: from a call of `Stats`, or a run's hook, over a thread of their own, to where they are kept."""
