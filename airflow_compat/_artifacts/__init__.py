"""Artifacts of runs: what is shown, and in which run."""
