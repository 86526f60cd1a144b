"""Answers the requests of operators that an Airflow host runs for tasks of ordinary flows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..._airflow.version import AirflowVersion
from ...errors import UnsupportedFeatureError
from ...xcom._values import KEEPS_HOSTED
from .._results import RETURN_KEY
from .steps import fields_of_previous

_GROUPS = "::group::", "::endgroup::"


@dataclass(eq=False)
class FlowServices:
    """Answers the requests of one operator, which the host runs for a task of an ordinary flow.

    Attributes:
        ti: The task instance in the Airflow context.
        returned: The values that the operator has pushed as XCom `return_value`. The last of these values is the task's
            result.
    """

    ti: Any
    release: AirflowVersion
    returned: list[Any] = field(default_factory=list)

    def log(self, level: int, logger: str, text: str) -> None:
        if not text.startswith(_GROUPS):
            self.ti.log.log(level or logging.INFO, "%s", text)

    def rendered(self, fields: Mapping[str, Any]) -> None:
        """Do nothing."""

    def xcom_pull(self, *, dag_id: str | None, run_id: str | None, **arguments: Any) -> Any:
        others = {
            "dag_id": None if dag_id == self.ti.dag_id else dag_id,
            "run_id": None if run_id == self.ti.run_id else run_id,
        }
        token = KEEPS_HOSTED.set(True)
        try:
            return self.ti.xcom_pull(**arguments, **others)
        finally:
            KEEPS_HOSTED.reset(token)

    def xcom_push(self, task_id: str, map_index: int, key: str, value: Any) -> None:
        if (task_id, map_index) != (self.ti.task_id, self.ti.map_index):
            self._refuse(f"push an XCom of task {task_id!r}")
        if key == RETURN_KEY:
            self.returned.append(value)
        else:
            self.ti.xcom_push(key, value)

    def length(self, task_id: str) -> int | None:
        return None

    def map_indexes(self, task_id: str) -> int | list[int] | None:
        return None

    def previous_run(self, state: str | None) -> dict[str, Any] | None:
        return fields_of_previous(self.ti.services.flow_run, state, self.release)

    def xcom_delete(self, task_id: str, map_index: int, key: str) -> None:
        self._refuse(f"delete the XCom {key!r}")

    def task_states(self) -> dict[str, str]:
        self._refuse("read the states of other tasks")

    def keep_state(self, action: str, key: str | None, value: Any, seconds: float | None) -> Any:
        self._refuse("keep values for its next tries")

    def _refuse(self, what: str) -> NoReturn:
        raise UnsupportedFeatureError(
            f"Task {self.ti.task_id!r} of an ordinary flow can't {what} in a host. Run its DAG file with load_flow."
        )
