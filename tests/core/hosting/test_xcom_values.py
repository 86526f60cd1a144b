"""XComs between Airflow's JSON and Python's objects."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pendulum
import pytest

from airflow_compat.errors import XComValueError
from airflow_compat.hosting._xcom_values import from_airflow, to_airflow
from airflow_compat.xcom._rules import body_of, found_in
from airflow_compat.xcom._values import KEEPS_HOSTED, HostedValue, pack

FRAME = {"__classname__": "pandas.core.frame.DataFrame", "__version__": 1, "__data__": "00"}
# As `airflow.sdk.serde` of 3.3 and `airflow.serialization.serde` of 2.11 write it.
MOMENT = {
    "__classname__": "datetime.datetime",
    "__version__": 2,
    "__data__": {
        "timestamp": 1704164400.0,
        "tz": {
            "__classname__": "builtins.tuple",
            "__version__": 1,
            "__data__": ["UTC", "pendulum.tz.timezone.Timezone", 1, True],
        },
    },
}


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"a": [1, 2.5, "x", True, None]},
        {"nested": ({1, 2}, frozenset({3}), (4, (5,)))},
        date(2024, 1, 2),
        timedelta(days=1, seconds=2),
        Decimal("1.5"),
        UUID(int=7),
        datetime(2024, 1, 2, 3, tzinfo=timezone.utc),
        datetime(2024, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))),
        pendulum.datetime(2024, 1, 2, tz="Europe/Berlin"),
    ],
)
def test_a_value_comes_back(value: Any) -> None:
    found = from_airflow(to_airflow(value))

    assert found == value
    assert type(found) is type(value)


def test_the_zone_of_a_date_comes_back() -> None:
    found = from_airflow(to_airflow(pendulum.datetime(2024, 7, 2, tz="Europe/Berlin")))

    assert found.timezone_name == "Europe/Berlin"
    assert from_airflow(MOMENT) == datetime(2024, 1, 2, 3, tzinfo=timezone.utc)
    assert to_airflow(datetime(2024, 1, 2, 3, tzinfo=timezone.utc)) == MOMENT


def test_a_value_of_airflows_own_stays_for_tasks_in_the_host() -> None:
    value = from_airflow({"frame": FRAME})
    stored: Any = found_in(body_of(pack(value, "3"), 0.0), "load", -1, "return_value", 0)
    token = KEEPS_HOSTED.set(True)
    try:
        kept = stored.load()
    finally:
        KEEPS_HOSTED.reset(token)

    assert isinstance(kept["frame"], HostedValue)
    assert to_airflow(kept) == {"frame": FRAME}
    with pytest.raises(XComValueError, match=r"a pandas\.core\.frame\.DataFrame, which Airflow alone can read"):
        stored.load()


def test_a_form_of_a_later_release_stays_as_it_is() -> None:
    later = {"__classname__": "datetime.datetime", "__version__": 9, "__data__": "2024"}

    assert to_airflow(from_airflow([later])) == [later]
