"""The house rules for messages that a program can check. `python tests/messages.py` prints all messages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from messages import PACKAGE, Message, messages

MESSAGES = messages()

_CODE = re.compile(r"`[^`]*`|\{[^{}]*\}|'[^']*'")
_HARD_WORDS = re.compile(
    r"\b(mend|mended|nobody|somebody|whoever|whatever|thereof|hence|whilst|bear|stands for|told of|for ever|the very|"
    r"come to|let in)\b",
    re.IGNORECASE,
)
RULES = {
    "at most two sentences": lambda text: len(re.findall(r"[.!?](?=\s+[A-Z`'{]|\s*$)", text.rstrip(".!?"))) <= 1,
    "no hard words": lambda text: not _HARD_WORDS.search(text),
    "not: X is no Y": lambda text: not re.search(r"(?<!there )\b(is|are|was) no\b(?! longer)", text),
}


def _prose(message: Message) -> str:
    """The message without code and values."""
    return _CODE.sub("X", message.text)


@pytest.mark.parametrize("rule", RULES)
def test_messages_follow_the_house_rules(rule: str) -> None:
    broken = [f"{each.file}:{each.line}: {each.text}" for each in MESSAGES if not RULES[rule](_prose(each))]
    assert not broken, f"{len(broken)} messages:\n" + "\n".join(broken)


def test_messages_of_each_kind_are_collected(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        '"""A docstring is not a message."""\n'
        'HELP = "a constant is shown"\n'
        "def f(name, logger, console):\n"
        '    logger.warning("a %s in a log", name)\n'
        '    console.print(f"printed {name} times")\n'
        '    text = f"a part {name}; " + "and its end"\n'
        "    if name:\n"
        '        raise ValueError(f"{name!r} is wrong; " "correct it")\n'
        '    return "a returned problem" if name else ""\n'
    )
    assert [message.text for message in messages([path])] == [
        "a constant is shown",
        "a %s in a log",
        "printed {name} times",
        "a part {name}; and its end",
        "{name} is wrong; correct it",
        "a returned problem",
    ]


def test_each_raised_text_is_collected() -> None:
    texts = {(message.file, message.line) for message in MESSAGES}
    missing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                literal = [each for each in node.exc.args if isinstance(each, (ast.Constant, ast.JoinedStr))]
                shown = [each for each in literal if len(ast.unparse(each).split()) > 4]
                file = str(path.relative_to(PACKAGE))
                missing += [f"{file}:{each.lineno}" for each in shown if (file, each.lineno) not in texts]
    assert not missing
