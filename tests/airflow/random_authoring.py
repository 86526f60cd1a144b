"""Random DAGs as authors could write them: groups, edges between lists, labels, setups, mapping, results."""

from __future__ import annotations

from datetime import datetime, timezone
from random import Random
from typing import Any


def random_dag(a: Any, random: Random) -> Any:
    """A DAG of the classes of `a`; the same seed gives the same steps."""
    with a.DAG("random", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)) as dag:
        nodes: list[Any] = []
        _fill(a, random, nodes, depth=0)
        for _ in range(random.randint(0, 3)):
            _connect(a, random, nodes)
    return dag


def _fill(a: Any, random: Random, nodes: list[Any], *, depth: int) -> None:
    for _ in range(random.randint(1, 5)):
        number = len(nodes)
        kind = random.choice(["task", "task", "task", "group", "mapped", "below", "edge", "setup", "function"])
        if kind == "group" and depth < 3:
            prefix = random.random() < 0.7
            with a.TaskGroup(f"g{number}", prefix_group_id=prefix, default_args={"retries": depth}) as group:
                nodes.append(group)
                _fill(a, random, nodes, depth=depth + 1)
        elif kind == "function" and depth < 2:
            _function(a, random, nodes, depth)
        elif kind == "mapped":
            values = random.choice([[1, 2], {"a": 1}])
            nodes.append(a.Op.partial(task_id=f"t{number}", env=random.choice(["x", None])).expand(cmd=values))
        elif kind == "below" and (tasks := _tasks(nodes)):
            nodes.append(a.Op(task_id=f"t{number}", cmd=[random.choice(tasks).output]))
        elif kind == "edge":
            _connect(a, random, nodes)
        elif kind == "setup":
            up = a.Op(task_id=f"s{number}").as_setup()
            down = a.Op(task_id=f"d{number}").as_teardown(setups=up)
            nodes += [up, down]
            with random.choice([up, down]):
                for step in range(random.randint(0, 3)):
                    nodes.append(a.Op(task_id=f"w{number}_{step}"))
        else:
            rule = random.choice(["all_success", "all_done", "one_failed"])
            nodes.append(a.Op(task_id=f"t{number}", trigger_rule=rule))


def _function(a: Any, random: Random, nodes: list[Any], depth: int) -> None:
    number = len(nodes)

    @a.task_group(group_id=f"f{number}")
    def work(x: Any) -> None:
        a.Op(task_id=f"i{number}", cmd=x) >> a.Op(task_id=f"j{number}")

    nodes.append(work.expand(x=[1, 2]) if random.random() < 0.5 else work(depth))


def _tasks(nodes: list[Any]) -> list[Any]:
    return [node for node in nodes if hasattr(node, "output")]


def _connect(a: Any, random: Random, nodes: list[Any]) -> None:
    # From earlier nodes to later ones, so that there is no cycle but through groups, which is as it may.
    if len(nodes) < 2:
        return
    place = random.randrange(1, len(nodes))
    early = random.sample(nodes[:place], min(place, random.randint(1, 2)))
    late = random.sample(nodes[place:], min(len(nodes) - place, random.randint(1, 2)))
    kind = random.choice(["rshift", "lshift", "label", "chain", "cross"])
    first = early if len(early) > 1 else early[0]
    second = late if len(late) > 1 else late[0]
    if kind == "label" and len(early) == 1:
        early[0] >> a.Label(f"l{place}") >> second
    elif kind == "chain" and len(early) == len(late):
        a.chain(early, late)
    elif kind == "cross":
        a.cross_downstream(early, second)
    elif kind == "lshift" and len(late) == 1:
        late[0] << first
    else:
        a.chain(*early, second) if len(early) == 1 else a.chain(first, late[0])
