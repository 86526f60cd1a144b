"""Replaces references to results of upstream tasks in a task instance's arguments by the values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .._airflow.graph import InstanceKey
from ..exceptions import XComNotFound
from ..xcom import RETURN_KEY, pull
from ..xcom._rules import StoredList, body_of_nothing, stored_list
from ..xcom._storage import keep, know_slots, read
from ..xcom._values import KEEPS_HOSTED
from ._context import InstanceServices
from ._records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._prefect.run_logger import Logger
    from ._run import DagRunState

_MISSING: Any = object()


class Resolver:
    """Replaces references to results of upstream tasks by the values, for one task instance."""

    def __init__(self, run: DagRunState, reader: InstanceKey) -> None:
        self._run, self._reader = run, reader
        self._services = InstanceServices(run, run.flow_run)

    def __call__(self, arg: Any) -> Any:
        """Return the value of a `PlainXComArg` (a reference to a task's result)."""
        task_id, key = arg.operator.task_id, arg.key
        indexes = self._run.progress.map_indexes_for(self._reader, task_id)
        if isinstance(indexes, int):
            value = self._pulled(task_id, key, indexes)
            if value is not _MISSING:
                return value
            if key == RETURN_KEY:
                return None
            raise XComNotFound(self._run.dag.dag_id, task_id, key)
        values = (self._pulled(task_id, key, index) for index in indexes)
        return [value for value in values if value is not _MISSING]

    def item_by_item(self, arg: Any) -> Any:
        """Return the value of a `PlainXComArg` over which a task is mapped.

        An item of a sequence is read only when it is needed.

        Each instance of a mapped task reads only its own item: if each of n instances read the whole value, they would
        read n² items.
        """
        task_id, key = arg.operator.task_id, arg.key
        indexes = self._run.progress.map_indexes_for(self._reader, task_id)
        if not isinstance(indexes, int):
            return _Results(partial(self._pulled, task_id, key), self._with_value(task_id, key, indexes))
        found = self._stored_list(task_id, key, indexes)
        return self(arg) if found is None else found

    def _pulled(self, task_id: str, key: str, map_index: int) -> Any:
        arguments = {"task_ids": task_id, "key": key, "map_indexes": map_index, "default": _MISSING}
        return self._services.pull(self._reader.task_id, self._reader.map_index, arguments, airflow_version="2")

    def _with_value(self, task_id: str, key: str, indexes: tuple[int, ...]) -> tuple[int, ...]:
        """Return those map indexes whose instances pushed a value under the key."""
        before, found = self._run.mapped_values.get((task_id, key), ((), ()))
        if before != indexes:
            records = self._run.records.latest_of(InstanceKey(task_id, index) for index in indexes)
            pushed = {each.map_index for each, record in records.items() if key in record.xcom_keys}
            found = tuple(index for index in indexes if index in pushed)
            if len(records) == len(indexes) and all(record.is_final for record in records.values()):
                self._run.mapped_values[task_id, key] = indexes, found
        return found

    def _stored_list(self, task_id: str, key: str, map_index: int) -> StoredList | None:
        place = task_id, key, map_index
        found = self._run.lists_to_map.get(place)
        if found is None:
            self._run.xcoms.refresh()
            where = self._services.address(self._reader.task_id, self._reader.map_index)
            found = stored_list(read(where, self._run.flow_run.id, task_id, map_index, key))
            upstream = InstanceKey(task_id, map_index)
            record = self._run.records.latest_of([upstream]).get(upstream)
            if found is not None and record is not None and record.is_final:
                self._run.lists_to_map[place] = found
        return found


class _Results(Sequence[Any]):
    """The results of a mapped task's instances, as a sequence. Each result is read only when its value is needed."""

    def __init__(self, read_one: Callable[[int], Any], indexes: tuple[int, ...]) -> None:
        self._read_one, self._indexes = read_one, indexes

    def __getitem__(self, index: Any) -> Any:
        chosen = self._indexes[index]
        return [self._read_one(each) for each in chosen] if isinstance(index, slice) else self._read_one(chosen)

    def __len__(self) -> int:
        return len(self._indexes)


def length_of(run: DagRunState, node_id: str, logger: Logger) -> int | None:
    """Return and record the length of a mapped task or group; None if an upstream task pushed no value."""
    known = run.records.lengths.get(node_id)
    if known is not None:
        return known
    node: Any = run.dag.task_dict.get(node_id) or run.dag.task_group_dict[node_id]
    try:
        length: int = node.expand_input.length(Resolver(run, _reader_of(run, node_id)))
    except Exception as error:  # noqa: BLE001 - the author's functions in `map` may raise anything
        logger.error("%s can't be expanded: %s: %s", node_id, type(error).__name__, error)
        return None
    run.records.write_length(node_id, length)
    return length


def _reader_of(run: DagRunState, node_id: str) -> InstanceKey:
    """Return the unexpanded instance of the mapped task, or of a task in the mapped group, which reads the values."""
    while node_id not in run.graph.tasks:
        node_id = run.graph.groups[node_id].children[0]
    return InstanceKey(node_id)


def clear_xcoms(run: DagRunState, key: InstanceKey, keys: Iterable[str], at: float) -> None:
    """Remove the XComs of an earlier try, as Airflow does before the next one."""
    address = InstanceServices(run, run.flow_run).address(key.task_id, key.map_index)
    keep(address, dict.fromkeys(keys, body_of_nothing(at)), durable=True)


def know_xcoms(run: DagRunState, records: Iterable[Record]) -> None:
    """Tell the XCom store which XComs earlier processes of this run have pushed."""
    slots = [(record.task_id, record.map_index, key) for record in records for key in record.xcom_keys]
    know_slots(run.flow_run.id, slots)


def xcoms_of(run: DagRunState) -> dict[tuple[str, int, str], Any]:
    """Return all XComs of the run by task id, map index and key."""
    found = {}
    token = KEEPS_HOSTED.set(True)
    try:
        for record in run.records.all():
            address = InstanceServices(run, run.flow_run).address(record.task_id, record.map_index)
            for key in record.xcom_keys:
                value = pull(address, record.task_id, key=key, map_indexes=record.map_index, airflow_version="2")
                found[record.task_id, record.map_index, key] = value
    finally:
        KEEPS_HOSTED.reset(token)
    return found
