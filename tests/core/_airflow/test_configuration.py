"""Airflow's configuration."""

from __future__ import annotations

import pytest

from airflow_compat._airflow.configuration import Configuration, ConfigurationError
from airflow_compat.exceptions import AirflowConfigException

FILE = """
[core]
parallelism = 8
dags_are_paused_at_creation = f  # a comment
[custom]
Url = http://$HOST/{AIRFLOW_HOME}
numbers = 1, 2
object = {"a": 1}
"""


def _conf(environ: dict[str, str] | None = None, text: str = FILE) -> Configuration:
    return Configuration(
        environ or {}, airflow_version="3", text=text, values={("core", "airflow_home"): "/opt/airflow"}
    )


def test_the_environment_comes_first_then_the_file_then_the_default() -> None:
    assert _conf({"AIRFLOW__CORE__PARALLELISM": "4"}).get("core", "parallelism") == "4"
    assert _conf().getint("core", "parallelism") == 8
    assert _conf(text="").getint("CORE", "Parallelism") == 32


def test_defaults_follow_the_release() -> None:
    assert _conf().getboolean("scheduler", "catchup_by_default") is False
    assert Configuration({}, airflow_version="2").getboolean("scheduler", "catchup_by_default") is True


def test_values_are_expanded_and_converted() -> None:
    conf = _conf({"HOST": "example.com"})
    assert conf.get("custom", "url") == "http://example.com//opt/airflow"
    assert conf.getlist("custom", "numbers") == ["1", "2"]
    assert conf.getjson("custom", "object") == {"a": 1}
    assert conf.getboolean("core", "dags_are_paused_at_creation") is False
    assert conf.getfloat("core", "dagbag_import_timeout") == 30


def test_a_missing_option_has_the_fallback_or_is_an_error() -> None:
    assert _conf().get("custom", "other", fallback=None) is None
    assert _conf().getint("custom", "other", fallback=3) == 3
    assert not _conf().has_option("custom", "other")
    with pytest.raises(AirflowConfigException, match="AIRFLOW__CUSTOM__OTHER"):
        _conf().get("custom", "other")


def test_old_places_of_options_are_read() -> None:
    assert _conf(text="[core]\ndag_concurrency = 3").getint("core", "max_active_tasks_per_dag") == 3
    assert _conf({"AIRFLOW__LOGGING__BASE_LOG_FOLDER": "/logs"}).get("core", "base_log_folder") == "/logs"


@pytest.mark.parametrize(("method", "value"), [("getint", "x"), ("getboolean", "maybe"), ("getfloat", "x")])
def test_a_wrong_value_is_an_error(method: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match="Failed to convert"):
        getattr(_conf({"AIRFLOW__A__B": value}), method)("a", "b")


def test_a_file_of_another_format_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"not an airflow\.cfg"):
        _conf(text="a = 1")


def test_a_section_has_all_its_options() -> None:
    assert _conf({"AIRFLOW__CUSTOM__X": "1"}).getsection("custom") == {
        "numbers": "1, 2", "object": '{"a": 1}', "url": "http://$HOST//opt/airflow", "x": "1",
    }  # fmt: skip
    assert _conf().getsection("nothing") is None
