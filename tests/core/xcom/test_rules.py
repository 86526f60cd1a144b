"""XCom's rules against Airflow 3.3.2 and 2.11.0: which values a pull returns, and how values come back.

`data/airflow_xcom.json` has the pulls of a probe DAG, whose tasks are rebuilt here, and values after a round trip.
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
from airflow_compat.authoring import Asset, AssetAlias, Dataset
from airflow_compat.errors import UnsupportedFeatureError, XComValueError
from airflow_compat.xcom._rules import (
    NOT_SET,
    RETURN_KEY,
    StoredXCom,
    body_of,
    body_of_nothing,
    check_key,
    found_in,
    is_nothing,
    is_whole,
    object_name,
    refusal,
    select,
)
from airflow_compat.xcom._values import Unkeepable, pack, unpack

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_xcom.json").read_text())
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
    """The XComs of the probe DAG: run, task, map index, key, text."""
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

        def find(task_id: str | None, indexes: list[int] | None, *, newest_run: bool = False) -> list[StoredXCom]:
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
    """Return a repr that is equal for all time zone classes."""
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
def test_value_comes_back_as_in_airflow(version: AirflowVersion, case: str, answer: dict[str, str]) -> None:
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


def test_each_listed_difference_is_a_case() -> None:
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


def test_each_pull_returns_a_new_object() -> None:
    pull = _puller("3")
    pull("push_ret")["b"].append(3)
    assert pull("push_ret") == {"a": 1, "b": [1, 2]}


def test_refusal_names_the_place_but_not_the_value() -> None:
    with pytest.raises(Unkeepable, match=r"the value holds a bytes at \['rows'\]\[1\]\['raw'\]"):
        pack({"rows": [1, {"raw": b"quartz-Tern"}]}, "3")
    itself: list[Any] = []
    itself.append([itself])
    with pytest.raises(Unkeepable, match="contains itself"):
        pack(itself, "2")
    refused = found_in(body_of_nothing(1.5, "it is a bytes"), "extract", -1, "rows", 0)
    assert refused
    with pytest.raises(XComValueError, match="XCom 'rows' of task 'extract' can't be stored: it is a bytes"):
        refused.load()
    assert isinstance(XComValueError(""), TypeError)


def test_a_refusal_names_only_what_the_author_can_do() -> None:
    assert "as an argument" in refusal("extract", "rows", "it is a bytes")
    assert "argument" not in refusal("extract", "rows", "it is a bytes", takes_arguments=False)


def test_only_the_text_of_a_returned_none_is_nothing() -> None:
    assert is_nothing(body_of_nothing(1.5))
    for body in (body_of_nothing(1.5, "it is a bytes"), body_of(pack(None, "3"), 1.5), body_of('{"nothing": true}', 1)):
        assert not is_nothing(body)


def test_unknown_time_zone() -> None:
    text = '{"at": 1, "value": {"~": "datetime", "v": "2024-07-01T00:00:00+02:00", "z": "Mars/Phobos"}}\n'
    found = found_in(text, "t", -1, "k", 0)
    assert found
    assert found.load().isoformat() == "2024-07-01T00:00:00+02:00"


@pytest.mark.parametrize(("zone", "name"), [("Europe/Berlin", "Europe/Berlin"), (2, "+02:00")])
def test_dates_of_pendulum_keep_their_time_zone(zone: str | int, name: str) -> None:
    pendulum = pytest.importorskip("pendulum")
    moment = pendulum.datetime(2024, 7, 1, tz=zone)
    found = unpack(json.loads(pack(moment, "3")))
    assert (type(found), found, found.timezone_name) == (type(moment), moment, name)


@pytest.mark.parametrize("name", ["int64", "uint8", "float32", "bool_"])
def test_numbers_of_numpy(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    value = getattr(numpy, name)(1)
    found = found_in(body_of(pack([value], "3"), 1.5), "t", -1, "k", 0)
    assert found
    assert type(found.load()[0]) is type(value)
    assert found.load() == [value]


def test_storage_name_shortens_parts_above_100_characters() -> None:
    run = uuid.UUID(int=1)
    assert object_name(run, "load", -1, "x" * 100) == f"xcom/{run}/load~-1~{'x' * 100}"
    name = object_name(run, "load", -1, "x" * 101)
    assert re.fullmatch(f"xcom/{run}/load~-1~x{{60}}~[0-9a-f]{{32}}", name)


def test_storage_names_are_safe_and_unique() -> None:
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


def test_half_written_text_is_detected() -> None:
    body = body_of(pack({"a": {"b": "}\n"}}, "3"), 1.5)
    assert is_whole(body)
    assert not any(is_whole(body[:length]) for length in range(len(body)))


@pytest.mark.parametrize("version", ["2", "3"])
def test_assets_are_kept(version: Any) -> None:
    values = [Asset("name", "s3://bucket/a", group="g", extra={"k": 1}), Dataset("s3://bucket/b"), AssetAlias("alias")]
    found = unpack(json.loads(pack(values, version)))
    assert [type(each) for each in found] == [Asset, Dataset, AssetAlias]
    assert found == values
    assert (found[0].name, found[0].group, found[0].extra) == ("name", "g", {"k": 1})
