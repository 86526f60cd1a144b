"""`airflow-compat rewrite` and `airflow-compat explain`: replace the imports of Airflow in code."""

from __future__ import annotations

import re
import sys
from collections import Counter
from textwrap import indent

from rich.text import Text

from .. import porting
from ._options import Files, Flag, JsonFlag, Many
from ._printing import count, filled_table, new_console, print_json

_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
_STYLES = {"safe": "green", "unsafe": "yellow", "display-only": "dim"}


def rewrite(
    paths: Files,
    /,
    *,
    write: Flag = False,
    diff: Flag = False,
    statistics: Flag = False,
    unsafe: Flag = False,
    select: Many = (),
    ignore: Many = (),
    max_changes: int | None = None,
    force: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Replace imports of Airflow in Python files.

    Comments and formatting stay. Prints the changes as a diff, which `git apply` takes, and writes nothing, unless
    --write is given. Standard error lists the places that the command can't change.

    Example: airflow-compat rewrite dags plugins --statistics

    Args:
        paths: Python files and folders.
        write: Write the changed files.
        diff: Print the changes also with --write or --statistics.
        statistics: Count the findings by code in place of the diff.
        unsafe: Also make changes that may alter the code's behaviour.
        select: Apply only rules whose code starts with this text; repeat it for several.
        ignore: Leave out rules whose code starts with this text; repeat it for several.
        max_changes: The most files to change.
        force: Write even if git has uncommitted changes in the paths.
        json_: Print JSON instead of text.
    """
    made = porting.rewrite(paths, select=select, ignore=ignore, unsafe=unsafe, max_changes=max_changes)
    if write:
        made.write(force=force)
    if json_:
        print_json(_as_dict(made, written=write))
    else:
        if diff or not (write or statistics):
            print(made.diff, end="")
            sys.stdout.flush()
        if statistics:
            _print_statistics(made)
        _print_rest(made, written=write, listed=not statistics)
    return int(any(each.problem for each in made.files))


def _as_dict(made: porting.Rewrite, *, written: bool) -> dict[str, object]:
    return {
        "written": written,
        "waiting": made.waiting,
        "files": [
            {
                "path": each.path,
                "problem": each.problem,
                "fixed": [finding.as_dict() for finding in each.fixed],
                "left": [finding.as_dict() for finding in each.left],
                "diff": each.diff,
            }
            for each in made.files
        ],
    }


def _print_statistics(made: porting.Rewrite) -> None:
    fixed = Counter(finding.code for finding in made.fixed)
    left = Counter(finding.code for finding in made.left)
    rows = (("", code, porting.RULES[code].name, str(fixed[code]), str(left[code])) for code in sorted({*fixed, *left}))
    new_console().print(filled_table(("code", "rule", "fixed", "left"), rows))


def _print_rest(made: porting.Rewrite, *, written: bool, listed: bool) -> None:
    console = new_console(stderr=True)
    for each in made.files:
        if each.problem:
            console.print(Text(f"{each.path}: {each.problem}", style="red"), soft_wrap=True)
        for finding in each.left if listed else ():
            console.print(Text(str(finding), style=_STYLES[finding.tier]), soft_wrap=True)
    unsafe = sum(finding.tier == "unsafe" for finding in made.left)
    fixed = f"{count(len(made.fixed), 'finding')} {'fixed' if written else 'would be fixed'}"
    said = [f"{fixed} in {count(len(made.changed), 'file')}", f"{len(made.left)} left"]
    said += [f"{unsafe} of them with --unsafe"] if unsafe else []
    said += [f"{count(made.waiting, 'file')} more without --max-changes"] if made.waiting else []
    console.print(f"{', '.join(said)}.", soft_wrap=True)


def explain(code: str, /, *, json_: JsonFlag = False) -> None:
    """Explain a code of rewrite or assess.

    Example: airflow-compat explain AC101

    Args:
        code: The code, such as AC101.
        json_: Print JSON instead of text.
    """
    topic = porting.topic_of(code)
    if json_:
        data = {name: value for name, value in vars(topic).items() if name != "find"}
        print_json(data if isinstance(topic, porting.Rule) else {**data, "minutes": topic.minutes})
    elif isinstance(topic, porting.Rule):
        print(f"{topic.code} {topic.name} ({topic.tier})\n")
        for text in filter(None, (topic.about, topic.safety)):
            print(_LINK.sub(r"\1", text) + "\n")
        print(f"Before:\n\n{indent(topic.before, '    ')}")
        if topic.after != topic.before:
            print(f"After:\n\n{indent(topic.after, '    ')}")
    else:
        about = _LINK.sub(r"\1", topic.about)
        print(f"{topic.code} {topic.title}\n\n{about}\n")
        low, high = topic.minutes
        effort = f"{low}-{high} minutes" if high else "none"
        print(f"Effort for each occurrence, as a rule of thumb: {effort}.")
