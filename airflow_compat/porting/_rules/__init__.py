"""The rules of the rewriter, one module each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from ...errors import RewriteError
from .._rule import Rule
from . import ac101, ac102, ac103, ac104, ac105, ac107, ac108, ac201, ac202, ac203, ac204, ac205, ac206, ac207, ac301

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        module.RULE.code: module.RULE
        for module in (
            ac101,
            ac102,
            ac103,
            ac104,
            ac105,
            ac107,
            ac108,
            ac201,
            ac202,
            ac203,
            ac204,
            ac205,
            ac206,
            ac207,
            ac301,
        )
    }
)
"""All rules by their codes."""


def chosen_rules(select: Collection[str], ignore: Collection[str]) -> tuple[Rule, ...]:
    """Return the rules of these codes. A prefix such as `AC1` selects all codes that start with it.

    Args:
        select: The codes; empty for all.
        ignore: Codes to leave out.

    Raises:
        RewriteError: No rule has such a code.
    """
    for code in (*select, *ignore):
        if not code or not any(each.startswith(code) for each in RULES):
            raise RewriteError(f"No rule has the code {code!r}. The codes are {', '.join(RULES)}")
    return tuple(
        rule
        for code, rule in RULES.items()
        if (not select or code.startswith(tuple(select))) and not (ignore and code.startswith(tuple(ignore)))
    )
