"""XCom's rules against what Airflow 3.3.2 and 2.11.0 did: which values a pull gives, and how a value comes back.

`data/airflow_xcom.json` has the pulls of a probe DAG, whose tasks are rebuilt here, and the values after a round trip.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import json
import pathlib
import re
import types
import uuid
import zoneinfo
from pathlib import Path
from typing import Any

import pytest

from airflow_compat._airflow.version import AirflowVersion
from airflow_compat._airflow.xcom import (
    NOT_SET,
    RETURN_KEY,
    Found,
    body_of,
    body_of_nothing,
    check_key,
    found_in,
    is_whole,
    object_name,
    select,
)
from airflow_compat._airflow.xcom_values import Unkeepable, pack
from airflow_compat.errors import UnsupportedFeatureError, XComValueError

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "airflow_xcom.json").read_text())
VERSIONS: dict[AirflowVersion, str] = {"3": "3.3.2", "2": "2.11.0"}

LAZY = "airflow.models.xcom.LazyXComSelectSequence"

# Where we differ on purpose.
DIFFERENT = {
    ("2", "pull('push_ret',key=None)"): "any key: a storage can't list the keys, so it is an error that says so",
    ("2", "pull('r_dc')"): "Airflow takes a dataclass and refuses to read it; here the push is refused",
    ("3", "pull('r_dc')"): "as above",
    ("3", "datetime.datetime(2024, 7, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))"): "Airflow loses it",
    ("2", "datetime.datetime(2024, 7, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))"): "Airflow loses it",
    ("3", "decimal.Decimal('0.12345678901234567890123')"): "Airflow keeps a Decimal as a float; here it is exact",
    ("2", "decimal.Decimal('0.12345678901234567890123')"): "as above",
}

RUN = uuid.UUID(int=7)


class Colour(enum.Enum):
    RED = 1


class Size(str, enum.Enum):
    BIG = "big"


class Level(enum.IntEnum):
    LOW = 2


NT = collections.namedtuple("NT", "a b")  # noqa: PYI024 - as the probe has it

NAMES = {
    "NT": NT,
    "Colour": Colour,
    "Level": Level,
    "Size": Size,
    "collections": collections,
    "datetime": dt,
    "decimal": decimal,
    "pathlib": pathlib,
    "types": types,
    "uuid": uuid,
    "zoneinfo": zoneinfo,
}

# The probe DAG: what its tasks returned, in their order.
RETURNED: dict[str, Any] = {
    "push_ret": {"a": 1, "b": [1, 2]},
    "push_k": "pk",
    "mapped": [10, 20, 30],
    "ret_none": None,
    "r_tuple": (1, (2, 3)),
    "r_set": {1, 2},
    "r_dt": dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
    "r_dec": decimal.Decimal("1.1"),
    "r_nested": {"t": (1, 2), "d": {"x": dt.datetime(2024, 1, 1)}},  # noqa: DTZ001 - as the probe has it
    "r_bytes": b"x",
    "r_obj": object(),
    "r_intkey": {1: "a"},
    "r_df": types.SimpleNamespace(),  # a DataFrame, where pyarrow is absent
    "r_path": pathlib.PurePosixPath("/a"),
    "r_td": dt.timedelta(seconds=5),
    "r_enum": Colour.RED,
    "r_uuid": uuid.UUID(int=1),
    "r_nan": float("nan"),
    "multi": {"a": 1, "b": "z"},
}


def _probe(version: AirflowVersion) -> list[tuple[str, str, int, int, str]]:
    """What the probe DAG's tasks kept: run, task, map index, key, text."""
    kept: list[tuple[int, str, int, str, Any]] = [(1, "prior", -1, RETURN_KEY, "prior")]
    kept += [(1, "push_ret", -1, RETURN_KEY, RETURNED["push_ret"]), (0, "push_ret", -1, "k", "kv")]
    for task_id, value in RETURNED.items():
        values = list(enumerate(value)) if task_id == "mapped" else [(-1, value)]
        kept += [(0, task_id, index, RETURN_KEY, one) for index, one in values]
    kept += [(0, "multi", -1, key, value) for key, value in RETURNED["multi"].items()]
    texts = []
    for at, (run, task_id, index, key, value) in enumerate(kept):
        try:
            text = body_of_nothing(at) if value is None else body_of(pack(value, version), at)
        except Unkeepable:
            continue
        texts.append((run, task_id, index, key, text))
    return texts


def _puller(version: AirflowVersion) -> Any:
    texts = _probe(version)

    def pull(
        task_ids: Any = None,
        *,
        dag_id: str = "own",
        key: Any = RETURN_KEY,
        include_prior_dates: bool = False,
        map_indexes: Any = NOT_SET,
        default: Any = None,
    ) -> Any:
        wanted = check_key(key)

        def find(task_id: str | None, indexes: list[int] | None, *, newest_run: bool = False) -> list[Found]:
            found = [
                found_in(text, name, index, held, run)
                for run, name, index, held, text in texts
                if held == wanted
                and dag_id == "own"
                and task_id in (None, name)
                and (indexes is None or index in indexes)
                and (include_prior_dates or run == 0)
            ]
            there = [one for one in found if one]
            newest = min((one.run for one in there), default=0)
            return [one for one in there if not newest_run or one.run == newest]

        return select(
            find, own_task_id="puller", task_ids=task_ids, map_indexes=map_indexes, default=default, version=version
        )

    return pull


def _shown(text: str) -> str:
    """A repr, whichever class its time zone has."""
    zone = r"(?:Timezone\(|zoneinfo\.ZoneInfo\(key=)'([^']+)'\)|datetime\.timezone\.(utc)"
    return re.sub(zone, lambda found: found[1] or found[2].upper(), text)


def _cases(kind: str) -> list[Any]:
    return [
        pytest.param(version, case, answers[full], id=f"{version}-{case}")
        for version, full in VERSIONS.items()
        for case, answers in RECORDED[kind].items()
    ]


@pytest.mark.parametrize(("version", "case", "answer"), _cases("pulls"))
def test_a_pull_gives_what_airflow_gave(version: AirflowVersion, case: str, answer: dict[str, str]) -> None:
    names = {"pull": _puller(version), "zz": "zz", "list": list, "range": range}
    try:
        pulled = eval(case, names)
    except UnsupportedFeatureError:
        assert "error" in answer or (version, case) in DIFFERENT
        return
    if (version, case) in DIFFERENT:
        assert pulled is None
        return
    if answer.get("type") == LAZY:
        assert isinstance(pulled, list)
        assert len(pulled) == int(re.findall(r"\d+", answer["repr"])[0])
        return
    assert _shown(repr(pulled)) == _shown(answer["repr"])


@pytest.mark.parametrize(("version", "case", "answer"), _cases("values"))
def test_a_value_comes_back_as_from_airflow(version: AirflowVersion, case: str, answer: dict[str, str]) -> None:
    value = eval(case, dict(NAMES))
    try:
        packed = pack(value, version)
    except Unkeepable:
        assert "error" in answer
        return
    found = found_in(body_of(packed, 1.5), "t", -1, "k", 0)
    assert found
    if (version, case) in DIFFERENT:
        assert found.load() == value
        return
    assert "error" not in answer
    assert _shown(repr(found.load())) == _shown(answer["repr"])


def test_the_differences_are_cases() -> None:
    assert {case for _, case in DIFFERENT} <= {*RECORDED["pulls"], *RECORDED["values"]}
    assert len(RECORDED["pulls"]) > 40
    assert len(RECORDED["values"]) > 50


def test_several_tasks_and_indexes() -> None:
    three, two = _puller("3"), _puller("2")
    assert three(["push_k", "nope"], map_indexes=-1, default="d") == ["pk", "d"]
    assert three("nope", map_indexes=-1, default="d") == "d"
    assert three(["mapped", "nope"], map_indexes=[1, 5], default=0) == [20, 0, 0, 0]
    assert three("push_ret", include_prior_dates=True, map_indexes=-1) == RETURNED["push_ret"]
    assert two(["push_k", "mapped"], map_indexes=[2, -1]) == ["pk", 30]
    assert two("mapped", map_indexes=range(2, -1, -1)) == [30, 20, 10]
    assert two([], default="d") == []
    assert two(["nope"], default="d") == []
    # The latest that was pushed is a mapped task's: then it is all of that key, of whichever task.
    assert two(map_indexes=2) == 30


def test_each_pull_gives_a_value_of_its_own() -> None:
    pull = _puller("3")
    pull("push_ret")["b"].append(3)
    assert pull("push_ret") == {"a": 1, "b": [1, 2]}


def test_what_is_refused_says_where_and_not_what() -> None:
    with pytest.raises(Unkeepable, match=r"it holds a bytes at \['rows'\]\[1\]\['raw'\]"):
        pack({"rows": [1, {"raw": b"quartz-Tern"}]}, "3")
    itself: list[Any] = []
    itself.append([itself])
    with pytest.raises(Unkeepable, match="holds itself"):
        pack(itself, "2")
    refused = found_in(body_of_nothing(1.5, "it is a bytes"), "extract", -1, "rows", 0)
    assert refused
    with pytest.raises(XComValueError, match="XCom 'rows' of task 'extract' can't be kept: it is a bytes"):
        refused.load()
    assert isinstance(XComValueError(""), TypeError)


def test_a_zone_that_this_machine_does_not_know() -> None:
    text = '{"at": 1, "value": {"~": "datetime", "v": "2024-07-01T00:00:00+02:00", "z": "Mars/Phobos"}}\n'
    found = found_in(text, "t", -1, "k", 0)
    assert found
    assert found.load().isoformat() == "2024-07-01T00:00:00+02:00"


@pytest.mark.parametrize("name", ["int64", "uint8", "float32", "bool_"])
def test_numbers_of_numpy(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    value = getattr(numpy, name)(1)
    found = found_in(body_of(pack([value], "3"), 1.5), "t", -1, "k", 0)
    assert found
    assert type(found.load()[0]) is type(value)
    assert found.load() == [value]


def test_names_are_safe_and_tell_all_apart() -> None:
    parts = ["a", "A/b", "a~b", "..", "ü" * 250, "ü" * 249, "x" * 512, "group.task", "100%", "\ud800"]
    names = {object_name(RUN, task_id, index, key) for task_id in parts for key in parts for index in (-1, 0)}
    assert len(names) == 2 * len(parts) ** 2
    for name in names:
        prefix, run, last = name.split("/")
        assert (prefix, run) == ("xcom", str(RUN))
        assert last.isascii()
        assert len(last) < 255


def test_a_key_is_text() -> None:
    for key in ("", 5, None):
        with pytest.raises(UnsupportedFeatureError, match=f"XCom key {key!r}"):
            check_key(key)


def test_half_a_text_is_told() -> None:
    body = body_of(pack({"a": {"b": "}\n"}}, "3"), 1.5)
    assert is_whole(body)
    assert not any(is_whole(body[:length]) for length in range(len(body)))
