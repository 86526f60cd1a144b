"""XCom in memory with the real rules, and the other services of a test's `ti` and `dag_run`."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._airflow.run_objects import TaskInstance
from .._airflow.version import AirflowVersion
from ..errors import FakeError, UnsupportedFeatureError, XComValueError
from ..xcom._rules import NOT_SET, RETURN_KEY, UNMAPPED, StoredXCom, body_of, check_key, found_in, refusal, select
from ..xcom._values import Unkeepable, pack

if TYPE_CHECKING:
    from ..context._lazy_dict import Context

_Place = tuple[str, str, int]


class MemoryXComs:
    """The XComs of a test.

    Attributes:
        pushed: Values that the code under test pushed, by key.
    """

    def __init__(self, given: Mapping[Any, Any], version: AirflowVersion) -> None:
        self.pushed: dict[str, Any] = {}
        self._version: AirflowVersion = version
        self._bodies: dict[_Place, str] = {}
        # Values that are pushed later get higher numbers.
        self._moments = map(float, itertools.count())
        for name, value in given.items():
            self._keep(_place(name), value)

    def push(self, task_id: str, map_index: int, key: str, value: Any) -> None:
        self._keep((task_id, check_key(key), map_index), value)
        self.pushed[key] = value

    def pull(self, own_task_id: str, task_ids: Any, key: str | None, default: Any, asked_indexes: Any) -> Any:
        wanted = check_key(key)

        def find(task_id: str | None, map_indexes: list[int] | None, *, newest_run: bool = False) -> list[StoredXCom]:
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
    """Return the task id, key and map index from a key of `make_context(xcom=...)`."""
    parts = (name,) if isinstance(name, str) else name
    if isinstance(parts, tuple) and 1 <= len(parts) <= 3:
        defaults: tuple[Any, ...] = (RETURN_KEY, UNMAPPED)
        task_id, key, index = parts + defaults[len(parts) - 1 :]
        if isinstance(task_id, str) and isinstance(key, str) and isinstance(index, int):
            return task_id, key, index
    raise FakeError(
        f"make_context(): {name!r} is not the name of an XCom. Use the task id for the task's return value, or a "
        "tuple: "
        '("extract", "rows"), and ("extract", "rows", 0) for the first of a mapped task.'
    )


@dataclass(frozen=True)
class MemoryServices:
    """Provides the XComs and logger of a test's `ti` and `dag_run`."""

    context: Context = field(repr=False)
    xcoms: MemoryXComs = field(repr=False)

    def log_url(self) -> str:
        return f"http://prefect.test/runs/task-run/{self.context['task'].task_id}"

    def log(self) -> logging.Logger:
        return logging.getLogger("airflow_compat.testing")

    def task_instances(self, states: Iterable[str] | None) -> list[TaskInstance]:
        ti: TaskInstance = self.context["task_instance"]
        return [ti] if states is None or ti.state in set(states) else []

    def xcom_pull(self, ti: TaskInstance, arguments: Mapping[str, Any]) -> Any:
        for name, value in (("dag_id", ti.dag_id), ("run_id", ti.run_id)):
            if arguments[name] not in (None, value):
                raise UnsupportedFeatureError(
                    f"xcom_pull({name}={arguments[name]!r}): make_context(xcom=...) has the values of one run, "
                    f"{value!r}. Test this call with a server, or pass your own `ti`."
                )
        return self.xcoms.pull(
            ti.task_id,
            arguments["task_ids"],
            arguments["key"],
            arguments["default"],
            arguments.get("map_indexes", NOT_SET),
        )

    def xcom_push(self, ti: TaskInstance, key: str, value: object) -> None:
        self.xcoms.push(ti.task_id, ti.map_index, key, value)
