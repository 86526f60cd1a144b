"""The stand-ins that the table of names lists."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import ModuleType

import pytest

from airflow_compat._airflow.import_names import StandIn, modules
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._load_values import read_configuration, values_of_load
from airflow_compat.dags._stand_ins import dates, helpers, timezone
from airflow_compat.dags._stand_ins.timeout import timeout
from airflow_compat.exceptions import AirflowTaskTimeout


@pytest.mark.parametrize("release", ["2", "3"])
def test_each_stand_in_of_the_table_exists(release: AirflowVersion, tmp_path: Path) -> None:
    configuration = read_configuration(airflow_version=release, dag_folder=tmp_path, airflow_cfg=None)
    own = values_of_load(configuration, airflow_version=release, import_module=ModuleType)
    for names in modules(release).values():
        for entry in names.names.values():
            if isinstance(entry, StandIn) and entry in own:
                own[entry]
            elif isinstance(entry, StandIn):
                entry.resolve()


def test_days_ago_is_a_date_in_utc() -> None:
    today = timezone.utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    assert dates.days_ago(2, hour=3) == today - dt.timedelta(days=1, hours=21)


def test_dates_get_a_zone() -> None:
    naive = dt.datetime(2024, 1, 1)  # noqa: DTZ001
    assert timezone.datetime(2024, 1, 1) == timezone.parse("2024-01-01") == timezone.coerce_datetime(naive)
    assert timezone.td_format(3752) == "1h:2M:32s"
    with pytest.raises(ValueError, match="naive"):
        timezone.make_aware(timezone.utcnow())


def test_helpers_do_what_airflows_do() -> None:
    assert helpers.merge_dicts({"a": 1, "b": {"c": 1, "d": 2}}, {"b": {"c": 3}}) == {"a": 1, "b": {"c": 3, "d": 2}}
    assert list(helpers.chunks([1, 2, 3], 2)) == [[1, 2], [3]]
    assert helpers.exactly_one(1, 0, None)
    assert not helpers.at_most_one(1, 2)
    assert helpers.convert_camel_to_snake("CamelCase") == "camel_case"
    assert helpers.prune_dict({"a": None, "b": {"c": None}, "d": [1, None]}) == {"b": {}, "d": [1]}


def test_a_timeout_ends_its_block() -> None:
    def loop() -> None:
        with timeout(0.01, "too long"):
            while True:
                pass

    with pytest.raises(AirflowTaskTimeout, match="too long"):
        loop()
