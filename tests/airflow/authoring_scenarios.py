"""DAGs as authors write them, for the classes of any Airflow: `a` has them under Airflow's names.

Each scenario returns a DAG, or raises what the classes raise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

SCENARIOS: dict[str, Callable[[Any], Any]] = {}
DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)


def scenario(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    SCENARIOS[build.__name__] = build
    return build


def operator_of(base: Any) -> Any:
    """An operator as teams write them."""

    class Operator(base):
        template_fields = ("cmd", "env")
        template_ext = (".sql",)
        ui_color = "#abc"

        def __init__(self, *, cmd: Any = None, env: Any = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.cmd, self.env = cmd, env

        def execute(self, context: Any) -> Any:
            return self.cmd

    return Operator


def _dag(a: Any, **arguments: Any) -> Any:
    return a.DAG("d", **{"schedule": None, "start_date": DAY, **arguments})


@scenario
def edges(a: Any) -> Any:
    with _dag(a) as dag:
        one, two, three, four = (a.Op(task_id=name) for name in ("one", "two", "three", "four"))
        one >> [two, three] >> four
        four << one
        three.set_upstream([two])
        two.set_downstream(four)
    return dag


@scenario
def chains(a: Any) -> Any:
    with _dag(a) as dag:
        ops = [a.Op(task_id=f"t{n}") for n in range(9)]
        a.chain(ops[0], [ops[1], ops[2]], [ops[3], ops[4]], ops[5])
        a.chain_linear(ops[5], [ops[6], ops[7]], ops[8])
        a.cross_downstream([ops[1], ops[2]], [ops[6], ops[7]])
        a.chain(ops[0], a.Label("x"), ops[8])
    return dag


@scenario
def chain_of_unequal_lists(a: Any) -> Any:
    with _dag(a):
        ops = [a.Op(task_id=f"t{n}") for n in range(5)]
        a.chain([ops[0], ops[1]], [ops[2], ops[3], ops[4]])


@scenario
def chain_linear_of_nothing(a: Any) -> Any:
    with _dag(a):
        a.chain_linear(a.Op(task_id="t"))


@scenario
def labels(a: Any) -> Any:
    with _dag(a) as dag:
        one, two, three = (a.Op(task_id=name) for name in ("one", "two", "three"))
        one >> a.Label("yes") >> [two, three]
        one << a.Label("back") << a.Op(task_id="zero")
        with a.TaskGroup("g") as group:
            a.Op(task_id="x") >> a.Label("inside") >> a.Op(task_id="y")
        two >> a.Label("to group") >> group
        group >> a.Label("from group") >> a.Op(task_id="end")
        with a.TaskGroup("h") as other:
            a.Op(task_id="z")
        group >> a.Label("between") >> other
    return dag


@scenario
def label_between_tasks_of_groups(a: Any) -> Any:
    with _dag(a) as dag:
        with a.TaskGroup("g"):
            inner = a.Op(task_id="x")
            a.Op(task_id="w")
        with a.TaskGroup("h"):
            other = a.Op(task_id="y")
        inner >> a.Label("far") >> other
    return dag


@scenario
def nested_groups(a: Any) -> Any:
    with _dag(a, default_args={"retries": 1, "owner": "dag"}) as dag:
        start = a.Op(task_id="start")
        with a.TaskGroup("outer", default_args={"retries": 2, "queue": "q"}, tooltip="t") as outer:
            first = a.Op(task_id="first")
            with a.TaskGroup("inner", prefix_group_id=False, default_args={"retries": 3}) as inner:
                a.Op(task_id="in1") >> a.Op(task_id="in2", retries=4)
            with a.TaskGroup("deep") as deep:
                a.Op(task_id="d1", default_args={"retries": 9, "pool": "p"})
            first >> inner >> deep
        start >> outer >> a.Op(task_id="end")
    return dag


@scenario
def groups_in_a_row(a: Any) -> Any:
    with _dag(a) as dag:
        groups = []
        for n in range(3):
            with a.TaskGroup(f"g{n}") as group:
                a.Op(task_id="a") >> [a.Op(task_id="b"), a.Op(task_id="c")]
            groups.append(group)
        a.chain(*groups)
        groups[0] >> groups[2]
    return dag


@scenario
def empty_group_between(a: Any) -> Any:
    with _dag(a) as dag:
        one, two = a.Op(task_id="one"), a.Op(task_id="two")
        with a.TaskGroup("empty") as empty:
            pass
        one >> empty >> two
    return dag


@scenario
def group_suffixes(a: Any) -> Any:
    with _dag(a) as dag:
        for _ in range(3):
            with a.TaskGroup("g", add_suffix_on_collision=True):
                a.Op(task_id="t")
    return dag


@scenario
def same_group_twice(a: Any) -> Any:
    with _dag(a):
        for _ in range(2):
            with a.TaskGroup("g"):
                a.Op(task_id="t")


@scenario
def same_name_at_two_levels(a: Any) -> Any:
    with _dag(a) as dag:
        with a.TaskGroup("b"):
            a.Op(task_id="x")
        with a.TaskGroup("a"), a.TaskGroup("b"):
            a.Op(task_id="x")
    return dag


@scenario
def same_task_twice(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="t")
        a.Op(task_id="t")


@scenario
def task_named_as_group(a: Any) -> Any:
    with _dag(a):
        with a.TaskGroup("t"):
            a.Op(task_id="x")
        a.Op(task_id="t")


@scenario
def without_a_with_block(a: Any) -> Any:
    dag = _dag(a)
    one = a.Op(task_id="one", dag=dag)
    two = a.Op(task_id="two")
    one >> two
    group = a.TaskGroup("g", dag=dag)
    a.Op(task_id="three", dag=dag, task_group=group)
    return dag


@scenario
def edge_without_a_dag(a: Any) -> Any:
    a.Op(task_id="one") >> a.Op(task_id="two")


@scenario
def edge_between_dags(a: Any) -> Any:
    with _dag(a):
        one = a.Op(task_id="one")
    with a.DAG("e", schedule=None):
        one >> a.Op(task_id="two")


@scenario
def positional_argument(a: Any) -> Any:
    with _dag(a):
        a.Op("one")


@scenario
def unknown_argument(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one", colour="red")


@scenario
def missing_argument(a: Any) -> Any:
    class Strict(a.Op):
        def __init__(self, *, must: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.must = must

    with _dag(a, default_args={"other": 1}):
        Strict(task_id="one")


@scenario
def argument_from_defaults(a: Any) -> Any:
    class Strict(a.Op):
        def __init__(self, *, must: Any, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.cmd = must

    with _dag(
        a, default_args={"must": 7, "cmd": "from defaults", "start_date": datetime(2024, 3, 1, tzinfo=timezone.utc)}
    ) as dag:
        Strict(task_id="one")
        a.Op(task_id="two", start_date=datetime(2023, 1, 1, tzinfo=timezone.utc))
    return dag


@scenario
def wrong_types(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one", queue=5)


@scenario
def retries_as_text(a: Any) -> Any:
    with _dag(a, default_args={"retries": "3", "retry_delay": 60}) as dag:
        a.Op(task_id="one", retry_delay=30.5, max_retry_delay=90)
    return dag


@scenario
def retries_as_words(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one", retries="three")


@scenario
def invalid_ids(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one two")


@scenario
def invalid_group_id(a: Any) -> Any:
    with _dag(a), a.TaskGroup("a.b"):
        pass


@scenario
def invalid_trigger_rule(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one", trigger_rule="sometimes")


@scenario
def old_trigger_rules(a: Any) -> Any:
    with _dag(a) as dag:
        a.Op(task_id="one", trigger_rule="dummy")
        a.Op(task_id="two", trigger_rule="none_failed_or_skipped")
    return dag


@scenario
def newest_trigger_rule(a: Any) -> Any:
    with _dag(a) as dag:
        a.Op(task_id="one", trigger_rule="all_done_min_one_success")
    return dag


@scenario
def common_arguments(a: Any) -> Any:
    with _dag(a, end_date=datetime(2025, 1, 1, tzinfo=timezone.utc)) as dag:
        a.Op(
            task_id="one",
            wait_for_downstream=True,
            priority_weight=5,
            weight_rule="upstream",
            pool="p",
            pool_slots=2,
            execution_timeout=timedelta(seconds=5),
            do_xcom_push=False,
            trigger_rule="all_done",
            max_active_tis_per_dag=3,
            outlets=[1],
            inlets=2,
            task_display_name="One",
            doc_md="text",
            end_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
        )
    return dag


@scenario
def no_pool_slots(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one", pool_slots=0)


@scenario
def task_concurrency(a: Any) -> Any:
    with _dag(a) as dag:
        a.Op(task_id="one", task_concurrency=2)
    return dag


@scenario
def xcom_args(a: Any) -> Any:
    with _dag(a) as dag:
        one = a.Op(task_id="one")
        a.Op(task_id="two", cmd=one.output)
        a.Op(task_id="three", cmd={"x": [one.output["key"], ("y",)]}, env=f"{one.output}")
        late = a.Op(task_id="late")
        late.cmd = one.output.map(str)
        zero = a.Op(task_id="zero")
        a.Op(task_id="zipped", cmd=one.output.zip(zero.output, fillvalue=1).map(len))
        a.Op(task_id="joined", cmd=zero.output.concat(one.output))
        one.output >> a.Op(task_id="below")
        [zero.output, one.output] >> a.Op(task_id="end")
    return dag


@scenario
def unpacking_a_result(a: Any) -> Any:
    with _dag(a):
        _first, _second = a.Op(task_id="one").output


@scenario
def map_of_a_key(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one").output["key"].map(str)


@scenario
def mapping(a: Any) -> Any:
    with _dag(a, default_args={"retries": 2, "owner": "me"}, params={"p": 1}) as dag:
        one = a.Op(task_id="one")
        a.Op.partial(task_id="literal", env="e", pool="p").expand(cmd=[1, 2, 3])
        a.Op.partial(task_id="product", params={"q": 2}).expand(cmd=[1, 2], env={"a": 1, "b": 2})
        a.Op.partial(task_id="over", trigger_rule="all_done", env=one.output).expand(cmd=one.output)
        a.Op.partial(task_id="rows").expand_kwargs([{"cmd": 1}, {"cmd": 2, "env": 3}])
        a.Op.partial(task_id="late_rows").expand_kwargs(one.output.map(dict))
        with a.TaskGroup("g", default_args={"retries": 5}):
            a.Op.partial(task_id="in_group").expand(cmd=one.output.zip(one.output)) >> a.Op(task_id="end")
    return dag


@scenario
def mapping_nothing(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="one").expand()


@scenario
def mapping_text(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="one").expand(cmd="text")


@scenario
def mapping_an_unknown_argument(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="one").expand(colour=[1])


@scenario
def mapping_an_argument_twice(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="one", cmd=1).expand(cmd=[1])


@scenario
def mapping_a_base_argument(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="one").expand(retries=[1])


@scenario
def mapping_a_pool(a: Any) -> Any:
    with _dag(a) as dag:
        a.Op.partial(task_id="one").expand(pool=["p"])
    return dag


@scenario
def partial_of_an_unknown_argument(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="one", colour=1)


@scenario
def partial_of_a_task(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one").partial(task_id="two")


@scenario
def mapping_over_a_key(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="two").expand(cmd=a.Op(task_id="one").output["key"])


@scenario
def rows_of_numbers(a: Any) -> Any:
    with _dag(a):
        a.Op.partial(task_id="two").expand_kwargs([1])


@scenario
def own_default_of_a_subclass(a: Any) -> Any:
    class Patient(a.Op):
        def __init__(self, *, retries: int = 7, pool: str = "own", **kwargs: Any) -> None:
            super().__init__(retries=retries, pool=pool, **kwargs)

    with _dag(a) as dag:
        Patient(task_id="one")
        Patient.partial(task_id="two").expand(cmd=[1])
    return dag


@scenario
def task_group_functions(a: Any) -> Any:
    with _dag(a) as dag:

        @a.task_group(default_args={"retries": 4})
        def work(x: Any) -> Any:
            """Explains the work."""
            return a.Op(task_id="a", cmd=x) >> a.Op(task_id="b")

        @a.task_group
        def silent() -> None:
            a.Op(task_id="c")

        work(1) >> work(2) >> silent() >> work.override(group_id="other")(3)
    return dag


@scenario
def mapped_group(a: Any) -> Any:
    with _dag(a) as dag:
        one = a.Op(task_id="one")

        @a.task_group
        def work(x: Any, y: Any = 0) -> None:
            a.Op(task_id="a", cmd=x) >> a.Op(task_id="b", env=y)

        work.partial(y=1).expand(x=one.output) >> a.Op(task_id="end")
        work.expand(x=[1, 2], y=[3])
        work.expand_kwargs([{"x": 1, "y": 2}])
    return dag


@scenario
def mapped_groups_nested(a: Any) -> Any:
    with _dag(a) as dag:
        one = a.Op(task_id="one")

        @a.task_group
        def inner(y: Any) -> None:
            a.Op(task_id="a", cmd=y)

        @a.task_group
        def outer(x: Any) -> None:
            a.Op(task_id="b", cmd=x)
            inner.expand(y=[1, 2])

        outer.expand(x=one.output)
    return dag


@scenario
def mapped_group_over_an_argument(a: Any) -> Any:
    with _dag(a) as dag:

        @a.task_group
        def inner(y: Any) -> None:
            a.Op(task_id="a", cmd=y)

        @a.task_group
        def outer(x: Any) -> None:
            inner.expand(y=x)

        outer.expand(x=[[1], [2]])
    return dag


@scenario
def mapped_task_in_a_mapped_group(a: Any) -> Any:
    with _dag(a):

        @a.task_group
        def work(x: Any) -> None:
            a.Op.partial(task_id="a").expand(cmd=x)

        work.expand(x=[[1], [2]])


@scenario
def mapped_group_with_always(a: Any) -> Any:
    with _dag(a):

        @a.task_group
        def work(x: Any) -> None:
            a.Op(task_id="a", cmd=x, trigger_rule="always")

        work.expand(x=[1]) >> a.Op(task_id="end")


@scenario
def unknown_argument_of_a_group(a: Any) -> Any:
    with _dag(a):

        @a.task_group
        def work(x: Any) -> None:
            a.Op(task_id="a", cmd=x)

        work.expand(z=[1])


@scenario
def setups_and_teardowns(a: Any) -> Any:
    with _dag(a) as dag:
        up, work, down, end = (a.Op(task_id=name) for name in ("up", "work", "down", "end"))
        up.as_setup() >> work >> down.as_teardown(setups=up, on_failure_fail_dagrun=True) >> end
        with a.TaskGroup("g") as group:
            s = a.Op(task_id="s").as_setup()
            w = a.Op(task_id="w")
            s >> w >> a.Op(task_id="t").as_teardown(setups=s)
        group >> a.Op(task_id="after")
        mapped = a.Op.partial(task_id="m").expand(cmd=[1])
        mapped >> a.Op.partial(task_id="n").expand(cmd=[1]).as_teardown(setups=mapped)
    return dag


@scenario
def setup_blocks(a: Any) -> Any:
    with _dag(a) as dag:
        s1, s2, s3 = (a.Op(task_id=f"s{n}").as_setup() for n in range(3))
        t1, t2 = a.Op(task_id="t1").as_teardown(setups=s1), a.Op(task_id="t2").as_teardown(setups=s2)
        with t1:
            a.Op(task_id="w1") >> a.Op(task_id="w2")
            with t2:
                a.Op(task_id="w3")
            a.Op(task_id="w4")
        free = a.Op(task_id="free")
        with s3 as block:
            block.add_task(free)
            a.Op(task_id="w5").output >> a.Op(task_id="w6")
    return dag


@scenario
def mixed_setup_blocks(a: Any) -> Any:
    with _dag(a) as dag:
        s1, s2 = (a.Op(task_id=f"s{n}").as_setup() for n in range(2))
        t1, t2 = a.Op(task_id="t1").as_teardown(setups=s1), a.Op(task_id="t2").as_teardown(setups=s2)
        with s1:
            a.Op(task_id="w0")
            with t2:
                a.Op(task_id="w1")
            a.Op(task_id="w3")
        with t1:
            a.Op(task_id="w4")
            with s2:
                a.Op(task_id="w5")
    return dag


@scenario
def block_of_a_plain_task(a: Any) -> Any:
    with _dag(a), a.Op(task_id="one"):
        pass


@scenario
def setup_that_is_a_teardown(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one").as_setup().as_teardown()


@scenario
def failing_dagrun_without_teardown(a: Any) -> Any:
    with _dag(a):
        a.Op(task_id="one").on_failure_fail_dagrun = True


@scenario
def params(a: Any) -> Any:
    with _dag(
        a, params={"x": 1, "y": a.Param("a", type="string", enum=["a", "b"])}, default_args={"params": {"z": 3}}
    ) as dag:
        a.Op(task_id="one", params={"x": 5, "w": a.Param(2.5, "text", type="number")})
        a.Op(task_id="two", default_args={"params": {"v": 6}})
    return dag


@scenario
def param_without_default_and_a_schedule(a: Any) -> Any:
    _dag(a, schedule="@daily", params={"x": a.Param(type="string")})


@scenario
def param_without_default(a: Any) -> Any:
    return _dag(a, params={"x": a.Param(type="string")})


@scenario
def param_that_is_no_json(a: Any) -> Any:
    return _dag(a, params={"x": a.Param({1, 2})})


@scenario
def param_of_another_type(a: Any) -> Any:
    a.Param(1, type="string").resolve()


@scenario
def dag_function(a: Any) -> Any:
    @a.dag(schedule=None, start_date=DAY, params={"y": 2}, tags=["t"])
    def build(x: Any = 1, text: str = "a") -> None:
        """Explains the DAG."""
        a.Op(task_id="one", cmd=x, env=text)

    return build(text="b")


@scenario
def dag_function_without_an_argument(a: Any) -> Any:
    @a.dag(schedule=None)
    def build(x: Any) -> None:
        a.Op(task_id="one", cmd=x)

    build()


@scenario
def named_dag_function(a: Any) -> Any:
    @a.dag("named", schedule=None, start_date=DAY)
    def build() -> None:
        a.Op(task_id="one")

    return build()


@scenario
def bare_dag_function(a: Any) -> Any:
    @a.dag
    def build() -> None:
        a.Op(task_id="one")

    return build()


@scenario
def dag_arguments(a: Any) -> Any:
    return a.DAG(
        "d",
        description="text",
        schedule="0 6 * * *",
        start_date=datetime(2024, 1, 1),  # noqa: DTZ001 - in the default zone
        end_date=datetime(2024, 2, 1, tzinfo=timezone(timedelta(hours=2))),
        max_active_tasks=3,
        max_active_runs=2,
        dagrun_timeout=timedelta(hours=1),
        tags=["a", "b"],
        catchup=False,
        template_searchpath="/tmp",
        owner_links={"me": "mailto:a@b.c"},
        doc_md="text",
        is_paused_upon_creation=True,
    )


@scenario
def dag_defaults(a: Any) -> Any:
    return a.DAG("d", start_date=DAY)


@scenario
def dates_in_default_args(a: Any) -> Any:
    with a.DAG(
        "d", schedule="@daily", default_args={"start_date": "2024-05-01", "end_date": "2024-06-01T12:00:00"}
    ) as dag:
        a.Op(task_id="one")
    return dag


@scenario
def schedule_interval(a: Any) -> Any:
    return a.DAG("d", schedule_interval="@daily", start_date=DAY)


@scenario
def concurrency(a: Any) -> Any:
    return a.DAG("d", schedule=None, concurrency=4)


@scenario
def fail_stop(a: Any) -> Any:
    with _dag(a, fail_stop=True) as dag:
        a.Op(task_id="one")
    return dag


@scenario
def fail_stop_with_another_rule(a: Any) -> Any:
    with _dag(a, fail_stop=True):
        a.Op(task_id="one", trigger_rule="all_done")


@scenario
def fail_fast_with_another_rule(a: Any) -> Any:
    with _dag(a, fail_fast=True):
        a.Op(task_id="one", trigger_rule="all_done")


@scenario
def unknown_dag_argument(a: Any) -> Any:
    return _dag(a, colour="red")


@scenario
def invalid_dag_id(a: Any) -> Any:
    return a.DAG("a b", schedule=None)


@scenario
def wrong_type_of_a_dag_argument(a: Any) -> Any:
    return _dag(a, max_active_runs="3")


@scenario
def long_tag(a: Any) -> Any:
    return _dag(a, tags=["x" * 101])


@scenario
def wrong_owner_link(a: Any) -> Any:
    return _dag(a, owner_links={"me": "nothing"})


@scenario
def schedule_without_a_start(a: Any) -> Any:
    return a.DAG("d", schedule="@daily")


@scenario
def catchup_without_a_start(a: Any) -> Any:
    return a.DAG("d", schedule="@daily", catchup=True)


@scenario
def continuous_with_many_runs(a: Any) -> Any:
    return a.DAG("d", schedule="@continuous", start_date=DAY, max_active_runs=2)


@scenario
def continuous(a: Any) -> Any:
    return a.DAG("d", schedule="@continuous", start_date=DAY, max_active_runs=1)


@scenario
def strange_schedule(a: Any) -> Any:
    return a.DAG("d", schedule=5, start_date=DAY)


@scenario
def cycle(a: Any) -> Any:
    with _dag(a) as dag:
        one, two, three = (a.Op(task_id=name) for name in ("one", "two", "three"))
        one >> two >> three >> two
    a.check_cycle(dag)


@scenario
def task_below_a_setup_with_another_rule(a: Any) -> Any:
    with _dag(a) as dag:
        a.Op(task_id="up").as_setup() >> a.Op(task_id="one", trigger_rule="all_done")
    dag.validate_setup_teardown()


@scenario
def unknown_task(a: Any) -> Any:
    _dag(a).get_task("one")


@scenario
def sensor(a: Any) -> Any:
    class Sensor(a.BaseSensorOperator):
        template_fields = ()

        def poke(self, context: Any) -> bool:
            return True

    with _dag(a) as dag:
        Sensor(task_id="one", poke_interval=timedelta(seconds=5), timeout=7, max_wait=9)
        Sensor(task_id="two", mode="reschedule")
    return dag


@scenario
def sensor_with_a_wrong_mode(a: Any) -> Any:
    with _dag(a):
        a.BaseSensorOperator(task_id="one", mode="sometimes")


@scenario
def sensor_with_both_fails(a: Any) -> Any:
    with _dag(a):
        a.BaseSensorOperator(task_id="one", soft_fail=True, never_fail=True)


@scenario
def sensor_with_a_negative_interval(a: Any) -> Any:
    with _dag(a):
        a.BaseSensorOperator(task_id="one", poke_interval=-1)
