"""`partial`, `expand` and `expand_kwargs` of operators, and the operators of their instances."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from authored import Op, dag, edges

from airflow_compat.authoring import MappedOperator, XComArg
from airflow_compat.authoring._current import collecting
from airflow_compat.errors import DagDefinitionError, MappingError


def resolver(**results: Any) -> Any:
    return lambda arg: results[arg.operator.task_id]


def test_an_instance_per_combination_the_last_argument_fastest() -> None:
    with dag():
        task = Op.partial(task_id="a").expand(cmd=[1, 2], env={"x": 10, "y": 20, "z": 30})
    given = task.expand_input
    assert given.literal_length() == given.length(resolver()) == 6
    assert given.references() == []
    rows = [given.row(index, resolver()) for index in range(6)]
    assert [row["cmd"] for row in rows] == [1, 1, 1, 2, 2, 2]
    assert [row["env"] for row in rows[:3]] == [("x", 10), ("y", 20), ("z", 30)]


def test_an_instance_reads_only_its_own_item() -> None:
    class Items(list[Any]):
        read = 0

        def __getitem__(self, index: Any) -> Any:
            self.read += 1
            return super().__getitem__(index)

    class ItemByItem:
        def __init__(self, items: Items) -> None:
            self.items = items

        def item_by_item(self, arg: XComArg) -> Any:
            return self.items

    with dag():
        one = Op(task_id="one")
        plain = Op.partial(task_id="a").expand(cmd=one.output)
        rows = Op.partial(task_id="b").expand_kwargs(one.output.map(lambda item: {"cmd": item}))
        joined = Op.partial(task_id="c").expand(cmd=one.output.concat(one.output))
        pairs = Op.partial(task_id="d").expand(cmd=one.output.zip(one.output))
    for task, row, read in [(plain, 7, 1), (rows, 7, 1), (joined, 7, 1), (pairs, (7, 7), 2)]:
        resolve: Any = ItemByItem(Items(range(100)))
        assert task.expand_input.row(7, resolve) == {"cmd": row}
        assert resolve.items.read == read


def test_results_are_resolved() -> None:
    with dag() as made:
        one, two = Op(task_id="one"), Op(task_id="two")
        task = Op.partial(task_id="a", env=two.output).expand(cmd=one.output)
        rows = Op.partial(task_id="b").expand_kwargs(one.output)
        mixed = Op.partial(task_id="c").expand_kwargs([two.output, {"cmd": 5}])
    assert edges(made) == ["one > a", "one > b", "two > a", "two > c"]
    assert task.expand_input.literal_length() is None
    assert task.expand_input.references() == [one]
    assert list(task.iter_mapped_dependencies()) == [one]
    assert list(one.iter_mapped_dependants()) == [task, rows]
    assert task.expand_input.length(resolver(one=[7, 8])) == 2
    assert task.expand_input.row(1, resolver(one={"x": 1, "y": 2})) == {"cmd": ("y", 2)}
    assert rows.expand_input.row(0, resolver(one=[{"cmd": 3}])) == {"cmd": 3}
    assert mixed.expand_input.literal_length() == mixed.expand_input.length(resolver()) == 2
    assert mixed.expand_input.row(0, resolver(two={"env": 1})) == {"env": 1}


@pytest.mark.parametrize("result", [5, "text", None, b"bytes"])
def test_a_result_that_is_no_list_is_refused(result: object) -> None:
    with dag():
        one = Op(task_id="one")
        task = Op.partial(task_id="a").expand(cmd=one.output)
        rows = Op.partial(task_id="b").expand_kwargs(one.output)
    with pytest.raises(MappingError, match="can't map over"):
        task.expand_input.length(resolver(one=result))
    with pytest.raises(MappingError, match="expects a list"):
        rows.expand_input.length(resolver(one=result))


@pytest.mark.parametrize("row", [5, [1], {1: 2}])
def test_a_row_that_is_no_dict_of_arguments_is_refused(row: object) -> None:
    with dag():
        rows = Op.partial(task_id="b").expand_kwargs(Op(task_id="one").output)
    with pytest.raises(MappingError):
        rows.expand_input.row(0, resolver(one=[row]))


def test_an_empty_result_has_no_row() -> None:
    with dag():
        task = Op.partial(task_id="a").expand(cmd=Op(task_id="one").output)
    assert task.expand_input.length(resolver(one=[])) == 0
    with pytest.raises(MappingError, match="length 0"):
        task.expand_input.row(0, resolver(one=[]))


def test_an_unmapped_operator_has_all_of_the_task_but_is_none_of_the_dag() -> None:
    with dag(default_args={"retries": 2, "env": "default"}, params={"p": 1}) as made:
        one = Op(task_id="one")
        task = Op.partial(task_id="a", pool="p", params={"q": 2}).expand(cmd=one.output)
        task >> Op(task_id="end")
    operator = task.unmap({"cmd": 5, "params": {"q": 3}})
    assert type(operator) is Op
    assert (operator.task_id, operator.cmd, operator.env, operator.retries, operator.pool) == (
        "a",
        5,
        "default",
        2,
        "p",
    )
    assert operator.params.dump() == {"p": 1, "q": 3}
    assert (operator.upstream_task_ids, operator.downstream_task_ids) == ({"one"}, {"end"})
    assert operator.dag is made
    assert made.get_task("a") is task
    assert operator.unmap() is operator


def test_expand_kwargs_may_not_repeat_arguments_of_partial_unless_it_is_not_strict() -> None:
    with dag():
        strict = Op.partial(task_id="a", cmd=1).expand_kwargs([{"cmd": 2}])
        loose = Op.partial(task_id="b", cmd=1).expand_kwargs([{"cmd": 2}], strict=False)
    with pytest.raises(DagDefinitionError, match="already specified argument: cmd"):
        strict.unmap({"cmd": 2})
    assert loose.unmap({"cmd": 2}).cmd == 2


@pytest.mark.parametrize(
    "wrong",
    [
        lambda one: Op.partial(task_id="a").expand(),
        lambda one: Op.partial(task_id="a").expand(cmd="text"),
        lambda one: Op.partial(task_id="a").expand(colour=[1]),
        lambda one: Op.partial(task_id="a", cmd=1).expand(cmd=[1]),
        lambda one: Op.partial(task_id="a").expand(retries=[1]),
        lambda one: Op.partial(task_id="a").expand(cmd=one.output["key"]),
        lambda one: Op.partial(task_id="a").expand_kwargs(5),
        lambda one: Op.partial(task_id="a").expand_kwargs([5]),
        lambda one: Op.partial(task_id="a", colour=1),
        lambda one: Op.partial(task_id="a", task_concurrency=1),
        lambda one: Op.partial(task_id="a", pool_slots=0),
        lambda one: one.partial(task_id="a"),
    ],
)
def test_wrong_mappings_are_refused(wrong: Any) -> None:
    with dag():
        one = Op(task_id="one")
        with pytest.raises((DagDefinitionError, MappingError)):
            wrong(one)
    gc.collect()


def test_a_partial_that_is_never_expanded_warns() -> None:
    with dag():
        partial = Op.partial(task_id="a")
        assert "Op.partial(" in repr(partial)
        with pytest.warns(UserWarning, match="Task 'a' was never mapped"):
            del partial


def test_arguments_of_partial_are_attributes() -> None:
    with dag():
        task = Op.partial(task_id="a", retries=3, trigger_rule="all_done", weight_rule="absolute").expand(cmd=[1])
        task.pool = "other"
        task.as_setup()
    assert isinstance(task, MappedOperator)
    assert (task.retries, str(task.trigger_rule), task.priority_weight_total) == (3, "all_done", 1)
    assert task.partial_kwargs["pool"] == "other"
    assert task.unmap({"cmd": 1}).is_setup


def test_own_defaults_of_a_class_hold_for_mapped_tasks_in_airflow_3() -> None:
    class Patient(Op):
        def __init__(self, *, retries: int = 7, **kwargs: Any) -> None:
            super().__init__(retries=retries, **kwargs)

    for release, retries in (("2", 0), ("3", 7)):
        with collecting(release), dag():  # type: ignore[arg-type]
            assert Patient.partial(task_id="a").expand(cmd=[1]).retries == retries


def test_results_can_be_mapped_zipped_and_joined() -> None:
    with dag() as made:
        one, two = Op(task_id="one"), Op(task_id="two")
        args = {
            "map": one.output.map(str).map(len),
            "zip": one.output.zip(two.output),
            "longest": one.output.zip(two.output, fillvalue="-"),
            "concat": one.output.concat(two.output).concat(one.output),
        }
        for name, arg in args.items():
            Op(task_id=name, cmd=arg)
    resolve = resolver(one=[1, 20, 300], two={"x": 1, "y": 2})
    values = {name: arg.resolve_with(resolve) for name, arg in args.items() if name != "zip"}
    assert list(values["map"]) == [1, 2, 3]
    assert list(values["longest"]) == [(1, "-"), (20, "-"), (300, "-")]
    assert list(values["concat"]) == [1, 20, 300, "x", "y", 1, 20, 300]
    assert (values["concat"][3], values["concat"][-1], len(values["concat"])) == ("x", 300, 8)
    assert len(args["zip"].resolve_with(resolve)) == 2
    assert made.get_task("zip").upstream_task_ids == {"one", "two"}
    with pytest.raises(MappingError, match="XCom map expects sequence or dict, not int"):
        args["map"].resolve_with(resolver(one=5))
    with pytest.raises(IndexError):
        values["concat"][8]


def test_a_reference_shows_itself_as_a_template() -> None:
    with dag():
        one = Op(task_id="one")
    assert str(XComArg(one)) == "{{ task_instance.xcom_pull(task_ids='one', dag_id='d', key='return_value') }}"
    assert repr(one.output["k"].operator.output.map(str)) == "XComArg(<Task(Op): one>).map(str)"
    assert one.output == one.output
    assert len({one.output, one.output["k"]}) == 2


def test_a_result_cannot_be_unpacked_or_transformed_by_key() -> None:
    with dag():
        one = Op(task_id="one")
    with pytest.raises(TypeError, match=r"not iterable while the DAG is defined\. Use expand"):
        _first, _second = one.output
    with pytest.raises(ValueError, match="only supports str lookup"):
        one.output[0]
    for method in ("map", "zip", "concat"):
        with pytest.raises(DagDefinitionError, match=rf"{method}\(\) was called on the XCom 'key'"):
            getattr(one.output["key"], method)(str)


def test_callbacks_of_a_partial_are_lists_since_airflow_3() -> None:
    def alert(context: Any) -> None: ...

    for release, expected in (("3", [alert]), ("2", alert)):
        with collecting(release), dag():
            task = Op.partial(task_id="a", on_failure_callback=alert).expand(cmd=[1])
        assert task.partial_kwargs["on_failure_callback"] == expected
