"""How many examples Hypothesis tries: few by default, all of them in CI, and where HYPOTHESIS_PROFILE is `full`."""

from __future__ import annotations

import os

from hypothesis import Phase, settings

_FULL, _QUICK = 100, 25


def load_profile() -> None:
    """Choose the profile. None has a deadline: a busy machine is not a fault."""
    settings.register_profile("full", settings.default, deadline=None, max_examples=_FULL)
    settings.register_profile("quick", settings.default, deadline=None, max_examples=_QUICK)
    # The same ones each time, and none is made smaller: it is asked only whether one fails.
    settings.register_profile(
        "mutation",
        settings.get_profile("quick"),
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
    )
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("full" if os.environ.get("CI") else "quick"))


def number(full: int) -> int:
    """How many of what the full profile tries `full` times this one tries."""
    return max(full * settings.default.max_examples // _FULL, 5)


def examples(full: int) -> settings:
    """For a test that wants another number of examples than the others."""
    return settings(max_examples=number(full))
