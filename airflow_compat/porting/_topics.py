"""All codes: those of the rules, and those of the kinds of problems."""

from __future__ import annotations

from ..errors import RewriteError
from ._causes import CAUSES, Cause
from ._rule import Rule
from ._rules import RULES


def topic_of(code: str) -> Rule | Cause:
    """Return the rule or the kind of problem that has a code.

    Raises:
        RewriteError: The code does not exist.
    """
    codes: dict[str, Rule | Cause] = {**RULES, **CAUSES}
    if code.upper() not in codes:
        raise RewriteError(f"No rule or problem has the code {code!r}. The codes are {', '.join(codes)}")
    return codes[code.upper()]
