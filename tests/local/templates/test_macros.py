"""The macros against recordings of Airflow."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pendulum
import pytest

from airflow_compat import macros
from airflow_compat.errors import MissingPackageError, UnsupportedFeatureError
from airflow_compat.templates import render

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_templates.json").read_text())["macros"]


@pytest.mark.parametrize("call", RECORDED)
def test_macro_works_as_in_airflow(call: str) -> None:
    if "locale" in call:
        pytest.importorskip("babel")
    kind, shown = RECORDED[call]
    names = {name: getattr(macros, name) for name in macros.__all__} | {"utc": pendulum.datetime}
    if not kind.startswith("ERR"):
        value = eval(call, names)
        assert [type(value).__name__, repr(value)] == [kind, shown]
        return
    with pytest.raises(Exception, match=re.escape(shown)) as caught:
        eval(call, names)
    assert f"ERR {type(caught.value).__module__}.{type(caught.value).__name__}" == kind


def test_the_difference_to_now() -> None:
    assert macros.datetime_diff_for_humans(pendulum.now("UTC").subtract(days=2, minutes=1)) == "2 days ago"


def test_the_locale_of_the_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    dates = pytest.importorskip("babel.dates")
    monkeypatch.setattr(dates, "LC_TIME", "de")
    assert macros.ds_format_locale("2024-01-31", "%Y-%m-%d", "EEEE") == "Mittwoch"


def test_without_babel_its_macro_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "babel.dates", None)
    with pytest.raises(MissingPackageError, match="pip install babel"):
        render("{{ macros.ds_format_locale('2024-01-31', '%Y-%m-%d', 'EEEE', 'de') }}", {})


@pytest.mark.parametrize(("name", "call"), [("hive", ".max_partition('t')"), ("closest_ds_partition", "('t', ds)")])
def test_hive_s_macros_are_refused_by_name(name: str, call: str) -> None:
    with pytest.raises(UnsupportedFeatureError, match=f"macros.{name} .*user_defined_macros"):
        render(f"{{{{ macros.{name}{call} }}}}", {"ds": "2024-03-05"})


def test_unknown_macro() -> None:
    # Names with an @ are those of pytest, which rewrites the assertions of packages that have a plugin.
    assert {name for name in dir(macros) if not name.startswith(("_", "@"))} - {*macros.__all__} <= {
        "annotations",
        "Any",
        "TYPE_CHECKING",
        "MissingPackageError",
        "UnsupportedFeatureError",
    }
    with pytest.raises(AttributeError, match="pendulum"):
        macros.pendulum  # noqa: B018
