"""What runs under Airflow and under the shims alike: task bodies and callbacks, as the author of a DAG writes them.

Which of the two it is, nothing here knows: what the author imports from Airflow comes in as `Imports`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Imports:
    """The names of Airflow's that the author uses: a module of exceptions, and two objects."""

    exceptions: Any
    base_notifier: Any
    get_current_context: Callable[[], Any]


@dataclass(frozen=True)
class Event:
    """What a callback saw.

    Attributes:
        exception: The name of a type, `None`, or `absent` where the context has no such key.
        marks: What others put into the context before.
        templates_dict: The value, or `absent`.
        owner: The task's, or the DAG's where the context has no task.
    """

    callback: str
    task_id: str
    map_index: int
    try_number: int
    state: str | None
    exception: str
    reason: str | None = None
    message: str | None = None
    marks: str = ""
    templates_dict: str = "absent"
    owner: str = ""


@dataclass(frozen=True)
class Records:
    """A callback that notes what it sees and marks the context, then raises if it is a broken one."""

    name: str
    broken: bool = False


@dataclass(frozen=True)
class Yields:
    """A generator that notes what it sees."""

    name: str


@dataclass(frozen=True)
class Notifies:
    """A notifier with one template field."""

    template: str


Body = Callable[[Imports, Any], object]


@dataclass(frozen=True)
class Job:
    """A task: its arguments are Airflow's own, with `Records` and `Notifies` for callbacks."""

    task_id: str
    body: Body
    arguments: Mapping[str, Any] = field(default_factory=dict)
    elements: tuple[int, ...] = ()
    after: str | None = None


@dataclass(frozen=True)
class Scenario:
    """A DAG, or a flow."""

    name: str
    jobs: tuple[Job, ...]
    default_args: Mapping[str, Any] = field(default_factory=dict)
    dag_arguments: Mapping[str, Any] = field(default_factory=dict)


class Author:
    """Makes callbacks of their descriptions, and keeps what they saw."""

    def __init__(self, imports: Imports) -> None:
        self.imports = imports
        self.events: list[dict[str, Any]] = []

    def arguments(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments, with callbacks in place of what describes them."""
        return {name: self._made(value) for name, value in written.items()}

    def _made(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._made(each) for each in value]
        if isinstance(value, Records):
            return self._recorder(value)
        if isinstance(value, Yields):
            return self._generator(value)
        if isinstance(value, Notifies):
            return self._notifier(value)
        return value

    def _recorder(self, described: Records) -> Callable[[Any], None]:
        def callback(context: Any) -> None:
            self._record(described.name, context)
            context[f"mark {described.name}"] = True
            if described.broken:
                raise RuntimeError("a callback's own mistake")

        return callback

    def _generator(self, described: Yields) -> Callable[[Any], Iterator[None]]:
        def callback(context: Any) -> Iterator[None]:
            self._record(described.name, context)
            yield

        return callback

    def _notifier(self, described: Notifies) -> Any:
        record = self._record

        class Notifier(self.imports.base_notifier):  # type: ignore[misc, name-defined]
            template_fields = ("text",)

            def __init__(self, text: str) -> None:
                super().__init__()
                self.text = text

            def notify(self, context: Any) -> None:
                record("notifier", context, self.text)

        return Notifier(described.template)

    def _record(self, name: str, context: Any, message: str | None = None) -> None:
        if "ti" not in context:
            # A DAG none of whose tasks succeeded has no task instance to tell of.
            event = Event(name, "absent", -1, 0, None, "absent", context["reason"], owner=context["dag"].owner)
            self.events.append(asdict(event))
            return
        ti = context["ti"]
        raised = context.get("exception", "absent")
        event = Event(
            callback=name,
            task_id=ti.task_id,
            map_index=ti.map_index,
            try_number=ti.try_number,
            state=getattr(ti.state, "value", ti.state),
            exception=type(raised).__name__ if isinstance(raised, BaseException) else str(raised),
            reason=context.get("reason"),
            message=message,
            marks=", ".join(key for key in context if key.startswith("mark ")),
            templates_dict=str(context.get("templates_dict")) if "templates_dict" in context else "absent",
            owner=context["task"].owner,
        )
        self.events.append(asdict(event))


def succeed(imports: Imports, element: Any) -> str:
    return "done"


def fail(imports: Imports, element: Any) -> None:
    raise ValueError("no rows")


def fail_once(imports: Imports, element: Any) -> None:
    if imports.get_current_context()["ti"].try_number == 1:
        raise ValueError("not yet")


def skip(imports: Imports, element: Any) -> None:
    raise imports.exceptions.AirflowSkipException("nothing new")


def give_up(imports: Imports, element: Any) -> None:
    raise imports.exceptions.AirflowFailException("the table is gone")


def raise_timeout(imports: Imports, element: Any) -> None:
    raise imports.exceptions.AirflowTaskTimeout("a client's own timeout")


def take_too_long(imports: Imports, element: Any) -> None:
    time.sleep(30)


def divide(imports: Imports, element: int) -> float:
    return 10 / element


def mark_and_fail_once(imports: Imports, element: Any) -> None:
    imports.get_current_context()["mark of the body"] = True
    fail_once(imports, element)


def wait_and_share(imports: Imports, element: int) -> int:
    """The second of two ends last, also where both go on at once."""
    time.sleep(element)
    return element


KINDS = ("on_execute", "on_retry", "on_failure", "on_success", "on_skipped")
EVERY = {f"{kind}_callback": Records(kind) for kind in KINDS}
LISTS = {
    f"{kind}_callback": [Records(f"{kind} 1"), Records(f"{kind} 2", broken=True), Records(f"{kind} 3")]
    for kind in KINDS
}
GENERATORS = {
    f"{kind}_callback": [Records(f"{kind} 1"), Yields(f"generator of {kind}"), Records(f"{kind} 2")] for kind in KINDS
}
TEXT = "{{ ti.task_id }} of {{ dag.dag_id }}, try {{ ti.try_number }}; the date is ds: {{ ds == logical_date | ds }}"

SCENARIOS = (
    Scenario("success", (Job("load", succeed, EVERY),)),
    Scenario("failure", (Job("load", fail, EVERY),)),
    Scenario("retry_that_succeeds", (Job("load", fail_once, {"retries": 2, **EVERY}),)),
    Scenario("retries_that_run_out", (Job("load", fail, {"retries": 2, **EVERY}),)),
    Scenario("skip", (Job("load", skip, {"retries": 2, **EVERY}),)),
    Scenario("fail_fast", (Job("load", give_up, {"retries": 2, **EVERY}),)),
    Scenario(
        "timeout",
        (Job("load", take_too_long, {"retries": 1, "execution_timeout": timedelta(seconds=0.5), **EVERY}),),
    ),
    Scenario("timeout_that_is_raised", (Job("load", raise_timeout, {"retries": 1, **EVERY}),)),
    Scenario("upstream_failed", (Job("extract", fail, EVERY), Job("load", succeed, EVERY, after="extract"))),
    Scenario("upstream_skipped", (Job("extract", skip, EVERY), Job("load", succeed, EVERY, after="extract"))),
    Scenario(
        "lists_with_a_broken_member",
        (Job("ends_well", fail_once), Job("ends_badly", fail), Job("skips", skip)),
        default_args={"retries": 1, **LISTS},
    ),
    Scenario(
        "default_args",
        (
            Job("inherits", fail),
            Job("inherits_and_succeeds", succeed),
            Job("disables", fail, {"on_failure_callback": None, "on_execute_callback": None}),
            Job("disables_with_an_empty_list", fail, {"on_failure_callback": []}),
            Job("has_its_own", fail, {"on_failure_callback": Records("own"), "retries": 0}),
            Job("has_a_list_of_its_own", fail, {"on_retry_callback": [Records("own 1"), Records("own 2")]}),
        ),
        default_args={"retries": 1, **EVERY},
    ),
    Scenario(
        "shared_notifier",
        (Job("extract", succeed), Job("load", succeed, after="extract")),
        default_args={"on_success_callback": [Notifies(TEXT), Records("after it")]},
    ),
    Scenario(
        "notifiers_of_a_failure",
        (
            Job(
                "load",
                fail,
                {
                    "retries": 1,
                    "on_retry_callback": Notifies("{{ ti.state }}"),
                    "on_failure_callback": [
                        Notifies(TEXT + ", {{ exception }}"),
                        Notifies("{{ no_such_name }}"),
                        Records("after them"),
                    ],
                },
            ),
        ),
    ),
    Scenario("mapped", (Job("share", divide, {"retries": 1, **EVERY}, elements=(5, 0, 2)),)),
    Scenario(
        "dag_success",
        (Job("extract", succeed), Job("load", succeed, after="extract")),
        dag_arguments={
            "on_success_callback": [Records("dag 1", broken=True), Notifies("{{ reason }}: " + TEXT)],
            "on_failure_callback": Records("dag, on_failure"),
        },
    ),
    Scenario(
        "dag_failure",
        (
            Job("extract", succeed),
            Job("load", fail, {"retries": 1}, after="extract"),
            Job("report", succeed, after="extract"),
        ),
        default_args={"on_failure_callback": Records("on_failure")},
        dag_arguments={
            "on_success_callback": Records("dag, on_success"),
            "on_failure_callback": [Records("dag 1", broken=True), Notifies("{{ reason }}: " + TEXT)],
        },
    ),
    Scenario("marks", (Job("load", mark_and_fail_once, {"retries": 1, **EVERY}),)),
    Scenario(
        "generators",
        (
            Job("ends_well", fail_once, {"retries": 1, **GENERATORS}),
            Job("ends_badly", fail, GENERATORS),
            Job("skips", skip, GENERATORS),
        ),
    ),
    Scenario(
        "dag_failure_with_a_generator",
        (Job("load", fail, EVERY),),
        dag_arguments={"on_failure_callback": [Yields("generator of the DAG"), Records("dag, after it")]},
    ),
    Scenario(
        "dag_success_after_a_skip",
        (Job("load", succeed, EVERY), Job("skips", skip, EVERY, after="load")),
        dag_arguments={"on_success_callback": [Records("dag 1"), Records("dag 2")]},
    ),
    Scenario(
        "dag_success_of_a_skip",
        (Job("skips", skip, EVERY),),
        dag_arguments={"on_success_callback": Records("dag")},
    ),
    Scenario(
        "dag_success_of_a_mapped_task",
        (Job("share", wait_and_share, {"on_execute_callback": Records("on_execute")}, elements=(0, 1)),),
        dag_arguments={"on_success_callback": Records("dag")},
    ),
    Scenario(
        "dag_failure_of_a_mapped_task",
        (Job("share", divide, EVERY, elements=(5, 0, 2)),),
        dag_arguments={"on_failure_callback": [Records("dag 1"), Records("dag 2")]},
    ),
    Scenario(
        "dag_failure_with_tasks_that_follow",
        (
            Job("extract", fail, EVERY),
            Job("load", succeed, EVERY, after="extract"),
            Job("report", succeed, EVERY, after="load"),
        ),
        dag_arguments={"on_failure_callback": Records("dag")},
    ),
    Scenario(
        "owners",
        (Job("load", fail, EVERY), Job("has_its_own", fail, {"owner": "finance", **EVERY})),
        default_args={"owner": "sales"},
    ),
    Scenario(
        "default_args_are_the_tasks_alone",
        (Job("load", fail),),
        default_args={"on_failure_callback": Records("on_failure"), "on_success_callback": Records("on_success")},
    ),
)
