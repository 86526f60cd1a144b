"""XCom in memory, by the rules of the real one, and what else `ti` and `dag_run` of a test ask for."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._airflow.run_objects import TaskInstance
from .._airflow.version import AirflowVersion
from .._airflow.xcom import NOT_SET, RETURN_KEY, UNMAPPED, Found, body_of, check_key, found_in, refusal, select
from .._airflow.xcom_values import Unkeepable, pack
from ..errors import FakeError, UnsupportedFeatureError, XComValueError

if TYPE_CHECKING:
    from .._context.mapping import Context

_Place = tuple[str, str, int]


class MemoryXComs:
    """What tasks have pushed.

    Attributes:
        pushed: What the code under test has pushed, by its key.
    """

    def __init__(self, given: Mapping[Any, Any], version: AirflowVersion) -> None:
        self.pushed: dict[str, Any] = {}
        self._version: AirflowVersion = version
        self._bodies: dict[_Place, str] = {}
        # What is kept later is newer.
        self._moments = map(float, itertools.count())
        for name, value in given.items():
            self._keep(_place(name), value)

    def push(self, task_id: str, map_index: int, key: str, value: Any) -> None:
        """Keep a value.

        Raises:
            XComValueError: XCom doesn't take it.
            UnsupportedFeatureError: The key isn't text.
        """
        self._keep((task_id, check_key(key), map_index), value)
        self.pushed[key] = value

    def pull(self, own_task_id: str, task_ids: Any, key: str | None, default: Any, asked_indexes: Any) -> Any:
        """What Airflow's `xcom_pull` gives of it."""
        wanted = check_key(key)

        def find(task_id: str | None, map_indexes: list[int] | None, *, newest_run: bool = False) -> list[Found]:
            del newest_run
            found = [
                found_in(body, name, index, wanted, 0)
                for (name, held, index), body in self._bodies.items()
                if held == wanted and task_id in (None, name) and (map_indexes is None or index in map_indexes)
            ]
            return [one for one in found if one]

        return select(
            find,
            own_task_id=own_task_id,
            task_ids=task_ids,
            map_indexes=asked_indexes,
            default=default,
            version=self._version,
        )

    def _keep(self, place: _Place, value: Any) -> None:
        try:
            body = body_of(pack(value, self._version), next(self._moments))
        except Unkeepable as refused:
            raise XComValueError(refusal(place[0], place[1], str(refused))) from None
        self._bodies[place] = body


def _place(name: Any) -> _Place:
    """Where a value of `make_context(xcom=...)` is kept.

    Raises:
        FakeError: It is no task's id, and no tuple that begins with one.
    """
    parts = (name,) if isinstance(name, str) else name
    if isinstance(parts, tuple) and 1 <= len(parts) <= 3:
        defaults: tuple[Any, ...] = (RETURN_KEY, UNMAPPED)
        task_id, key, index = parts + defaults[len(parts) - 1 :]
        if isinstance(task_id, str) and isinstance(key, str) and isinstance(index, int):
            return task_id, key, index
    raise FakeError(
        f"make_context(): {name!r} names no XCom; write the task's id for what it returned, or a tuple: "
        '("extract", "rows"), and ("extract", "rows", 0) for the first of a mapped task'
    )


@dataclass(frozen=True)
class MemoryServices:
    """What `ti` and `dag_run` of a test ask for when it is read."""

    context: Context = field(repr=False)
    xcoms: MemoryXComs = field(repr=False)

    def log_url(self) -> str:
        """A page that leads nowhere."""
        return f"http://prefect.test/runs/task-run/{self.context['task'].task_id}"

    def log(self) -> logging.Logger:
        """A plain logger."""
        return logging.getLogger("airflow_compat.testing")

    def task_instances(self, states: Iterable[str] | None) -> list[TaskInstance]:
        """The one that the context is of."""
        ti: TaskInstance = self.context["task_instance"]
        return [ti] if states is None or ti.state in set(states) else []

    def xcom_pull(self, ti: TaskInstance, arguments: Mapping[str, Any]) -> Any:
        """What the test has given, or the code has pushed.

        Raises:
            UnsupportedFeatureError: It asks for another DAG's, or another run's.
        """
        own = {"dag_id": ti.dag_id, "run_id": ti.run_id}
        for name, value in own.items():
            if arguments[name] not in (None, value):
                raise UnsupportedFeatureError(
                    f"xcom_pull({name}={arguments[name]!r}): make_context(xcom=...) has the values of one run, that of "
                    f"{value!r}; test this with a server, or give the test a `ti` of its own"
                )
        return self.xcoms.pull(
            ti.task_id,
            arguments["task_ids"],
            arguments["key"],
            arguments["default"],
            arguments.get("map_indexes", NOT_SET),
        )

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        """Keep it for the test."""
        self.xcoms.push(ti.task_id, ti.map_index, key, value)
