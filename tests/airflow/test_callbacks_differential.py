"""The same task bodies and callbacks under real Airflow and under the shims: who is called, when, and with what.

`nox -s airflow` makes an environment with Prefect beside Airflow's, and names its Python in the environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from callback_scenarios import SCENARIOS
from real_airflow import MAJOR

VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
HERE = Path(__file__).parent
NAMES = [scenario.name for scenario in SCENARIOS]

Event = dict[str, Any]

pytestmark = [
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python that has Prefect and the shims"),
]


class Found(NamedTuple):
    """Where the two sides differ: in a field of an event, or in whether there is one, which is the field `called`."""

    scenario: str
    who: str
    callback: str
    field: str
    airflow: object
    shims: object


@dataclass(frozen=True)
class Known:
    """A difference that there is to be, and why.

    Attributes:
        why: The reason.
        differs: Fields, each with its value in Airflow and that in the shims.
        scenario: The scenarios that it is in, by the beginning of their names.
        callback: The callbacks that it is in, by the beginning of their names.
        release: The only release that it is in.
    """

    why: str
    differs: tuple[tuple[str, object, object], ...]
    scenario: str = ""
    callback: str = ""
    release: str = MAJOR

    def explains(self, found: Found) -> bool:
        return (
            found[3:] in self.differs
            and found.scenario.startswith(self.scenario)
            and found.callback.startswith(self.callback)
        )


KNOWN = (
    Known(
        "The timeout is Prefect's own, and so is what it raises.",
        (("exception", "AirflowTaskTimeout", "TaskRunTimeoutError"),),
        scenario="timeout",
    ),
    Known(
        "A task after a skipped one runs in Prefect, and gets None: that is its rule, not the callbacks'.",
        (("called", False, True),),
        scenario="upstream_skipped",
    ),
    Known(
        "Airflow renders a notifier in place, so that all tasks that share it send the first one's text.",
        (
            (
                "message",
                "extract of shared_notifier, try 1; the date is ds: True",
                "load of shared_notifier, try 1; the date is ds: True",
            ),
        ),
        scenario="shared_notifier",
    ),
    Known(
        "A DAG's callbacks have no exception in Airflow; a flow's have the one that it failed of.",
        (("exception", "absent", "ValueError"), ("exception", "absent", "ZeroDivisionError")),
        scenario="dag_failure",
    ),
    Known(
        "Airflow calls a generator of a DAG without running its body; the shims run it.",
        (("called", False, True),),
        scenario="dag_failure_with_a_generator",
        callback="generator of the DAG",
    ),
    Known(
        "2.11 calls the generators of tasks in the same way.",
        (("called", False, True),),
        scenario="generators",
        callback="generator of ",
        release="2",
    ),
    Known(
        "3.x calls a DAG's callbacks without a task instance where no task succeeded; the shims' is the flow's.",
        (("task_id", "absent", "dag_success_of_a_skip"), ("try_number", 0, 1)),
        scenario="dag_success_of_a_skip",
        release="3",
    ),
    Known(
        "Under 2.11's dag.test() a task that runs is still scheduled; under a scheduler it is running.",
        (("state", "scheduled", "running"),),
        callback="on_execute",
        release="2",
    ),
    Known(
        "2.11 gives a DAG's callbacks the last task instance in its table; 3.x and the shims the one that counts.",
        (
            ("task_id", "report", "load"),
            ("task_id", "report", "extract"),
            ("task_id", "skips", "load"),
            ("task_id", "skips", "dag_success_of_a_skip"),
            ("map_index", 2, 1),
            ("try_number", 1, 2),
            ("try_number", 0, 1),
            ("state", "success", "failed"),
            ("state", "skipped", "success"),
            ("state", "upstream_failed", "failed"),
            (
                "message",
                "task_failure: report of dag_failure, try 1; the date is ds: True",
                "task_failure: load of dag_failure, try 2; the date is ds: True",
            ),
        ),
        scenario="dag_",
        release="2",
    ),
    Known(
        "A state's text in 3.x is the name of a Python object; the shims' is the word that 2.11 has too.",
        (("message", "TaskInstanceState.UP_FOR_RETRY", "up_for_retry"),),
        release="3",
    ),
    Known(
        "3.x leaves out the task instance's state in a DAG's callbacks.",
        (("state", None, "success"), ("state", None, "failed")),
        scenario="dag_",
        release="3",
    ),
    Known(
        "Under 3.x's dag.test() a DAG's notifiers fail: the DAG in their context is one that can't render.",
        (("called", False, True),),
        scenario="dag_",
        callback="notifier",
        release="3",
    ),
)


@pytest.fixture(scope="module")
def airflow_events(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Event]]:
    return _events_of(sys.executable, "airflow_side.py", tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="module")
def shims_events(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Event]]:
    return _events_of(os.environ[VARIABLE], "prefect_side.py", tmp_path_factory.mktemp("shims"), MAJOR)


def _events_of(python: str, script: str, home: Path, *arguments: str) -> dict[str, list[Event]]:
    command = [python, str(HERE / script), str(home), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{script}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return json.loads((home / "events.json").read_text())  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_callbacks_are_called_with_the_same(
    name: str, airflow_events: dict[str, list[Event]], shims_events: dict[str, list[Event]]
) -> None:
    assert airflow_events[name], "nothing was called under Airflow"
    found = _differences(name, airflow_events[name], shims_events[name])
    assert [each for each in found if not any(known.explains(each) for known in _known())] == []


def test_every_known_difference_is_still_there(
    airflow_events: dict[str, list[Event]], shims_events: dict[str, list[Event]]
) -> None:
    found = [each for name in NAMES for each in _differences(name, airflow_events[name], shims_events[name])]
    for known in _known():
        explained = {each[3:] for each in found if known.explains(each)}
        assert explained == set(known.differs), known.why


def _known() -> list[Known]:
    return [known for known in KNOWN if known.release == MAJOR]


def _differences(scenario: str, airflow: list[Event], shims: list[Event]) -> Iterator[Found]:
    """Task by task, since the order between tasks is nobody's promise."""
    theirs, ours = _by_task(airflow), _by_task(shims)
    for who in sorted({*theirs, *ours}):
        a, b = theirs[who], ours[who]
        for call in sorted({*a} ^ {*b}):
            yield Found(scenario, who, call[0], "called", call in a, call in b)
        both = [call for call in a if call in b]
        order = [call for call in b if call in a]
        if both != order:
            yield Found(scenario, who, "all", "order", both, order)
        for call in both:
            for field, value in a[call].items():
                if b[call][field] != value:
                    yield Found(scenario, who, call[0], field, value, b[call][field])


def _by_task(events: list[Event]) -> defaultdict[str, dict[tuple[str, int], Event]]:
    """The events of each task instance, and of the DAG, in order: by callback, and which call of it this is."""
    grouped: defaultdict[str, dict[tuple[str, int], Event]] = defaultdict(dict)
    for event in events:
        calls = grouped["the DAG" if event["reason"] else f"{event['task_id']}[{event['map_index']}]"]
        calls[event["callback"], sum(event["callback"] == name for name, _ in calls)] = event
    return grouped
