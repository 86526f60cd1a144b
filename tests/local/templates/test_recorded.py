"""Templates render as in Airflow, against recordings."""

from __future__ import annotations

import ast
import json
from collections import defaultdict, namedtuple
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pendulum
import pytest
from jinja2.exceptions import SecurityError

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.errors import ConnectionNotFoundError, VariableNotFoundError
from airflow_compat.exceptions import AirflowException, AirflowNotFoundException
from airflow_compat.templates import InvalidTemplateError, literal, render

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_templates.json").read_text())
VERSIONS: dict[str, AirflowVersion] = {"2.11.0": "2", "3.3.2": "3"}

# What a template shows of an object is the object's own; these are not ours, or say less on purpose.
NOT_AS_RECORDED = {
    ("{{ dag }}", "2.11.0"): "the repr of Airflow's own class",
    ("{{ dag }}", "3.3.2"): "the repr of Airflow's own class",
    ("{{ task }}", "2.11.0"): "the repr of Airflow's own class",
    ("{{ task }}", "3.3.2"): "the repr of Airflow's own class",
    ("{{ ti }}", "2.11.0"): "the repr of Airflow's own class",
    ("{{ ti }}", "3.3.2"): "the repr of Airflow's own class",
    ("{{ task_instance.xcom_pull(task_ids=['push_ret','nope']) }}", "2.11.0"): "the repr of Airflow's own class",
    ("{{ conn.envconn }}", "2.11.0"): "our repr has the fields",
    ("{{ conn.envconn }}", "3.3.2"): "Airflow's repr has the password; ours never does",
    (
        "{{ var.value.get('nope') }}",
        "3.3.2",
    ): "Airflow gives the text NOTSET for a missing variable; here it is an error",
}

# The names of the recordings that both versions share.
NAMES = {"ds": "2024-03-05", "n": None, "o": SimpleNamespace(_x=1), "t": (1, 2), "d": {"a": 1}}


class Accessor:
    """`var.value`, `var.json` and `conn`, with access by attribute, item and `get`."""

    def __init__(self, look_up: Callable[[str], Any], missing: type[Exception]) -> None:
        self._look_up = look_up
        self._missing = missing

    def __getattr__(self, name: str) -> Any:
        try:
            return self._look_up(name)
        except LookupError:
            raise self._missing(f"{name!r} isn't defined") from None

    def get(self, name: str, *default: Any) -> Any:
        try:
            return getattr(self, name)
        except self._missing:
            if default:
                return default[0]
            raise


def airflow_context(version: str) -> dict[str, Any]:
    """The context of the recorded templates, rebuilt from the recordings."""
    recorded = {text: kinds[version] for text, kinds in RECORDED["templates"].items()}
    keys = [text[3:-3] for text in recorded if text[3:-3].isidentifier()]
    context: dict[str, Any] = {
        key: recorded[f"{{{{ {key} }}}}"][1] for key in keys if recorded[f"{{{{ {key} }}}}"][0] == "str"
    }
    moments = ("logical_date", "execution_date", "data_interval_start", "prev_start_date_success")
    for key in {*moments, "prev_data_interval_start_success", "prev_execution_date", "next_execution_date"} & {
        *context
    }:
        context[key] = pendulum.parse(context[key])
    context["data_interval_end"] = pendulum.parse(recorded["{{ data_interval_end.isoformat() }}"][1])
    run_id = context["run_id"]
    conf = {"k": "v", "n": 9}
    variables = {"plainvar": "plain value", "jsonvar": '{"a": 1, "b": [1, 2]}'}
    connections = {"envconn": Connection.from_uri("http://u:p%40ss@h.ex:80/sch?x=1&y=true", "envconn")}

    def xcom_pull(task_ids: str | list[str], key: str = "return_value") -> Any:
        pushed = {("push_ret", "return_value"): {"a": 1, "b": [1, 2]}, ("push_ret", "k"): "kv"}
        if isinstance(task_ids, list):
            return [pushed.get((task_id, key)) for task_id in task_ids]
        return pushed.get((task_ids, key))

    names = {"dag_id": "ctxdag", "run_id": run_id}
    ti = SimpleNamespace(task_id="probe", try_number=1, map_index=-1, xcom_pull=xcom_pull, **names)
    dag_run = SimpleNamespace(logical_date=context["logical_date"], conf=conf, **names)
    dag_run.run_type = recorded["{{ dag_run.run_type }}"][1]
    if version == "2.11.0":
        dag_run.external_trigger = False
        context["conf"] = SimpleNamespace(
            get=lambda section, key: {"core.dags_folder": "/airflow-probe"}[f"{section}.{key}"]
        )
        context["triggering_dataset_events"] = defaultdict(list)
    return context | {
        "dag": SimpleNamespace(dag_id="ctxdag"),
        "dag_run": dag_run,
        "task": SimpleNamespace(task_id="probe"),
        "ti": ti,
        "task_instance": ti,
        "params": {"p": "pv", "n": 9, "l": [1, 2], "k": "v"},
        "conn": Accessor(connections.__getitem__, ConnectionNotFoundError),
        "var": {
            "value": Accessor(variables.__getitem__, VariableNotFoundError),
            "json": Accessor(lambda key: json.loads(variables[key]), VariableNotFoundError),
        },
    }


def check(recorded: list[str], rendered: Callable[[], Any]) -> None:
    """Compare errors by kind, and Jinja2's own errors also by the start of their text."""
    kind, shown = recorded
    if not kind.startswith("ERR"):
        value = rendered()
        # A set shows its values in no order.
        same = value == shown or (isinstance(value, set) and value == ast.literal_eval(shown))
        assert [type(value).__name__, shown] == [kind, shown if same else repr(value)]
        return
    errors: dict[str, type[Exception]] = {
        "UndefinedError": jinja2.UndefinedError,
        "SecurityError": SecurityError,
        "TemplateSyntaxError": InvalidTemplateError,
        "TemplateAssertionError": InvalidTemplateError,
        "KeyError": KeyError,
        "AirflowRuntimeError": AirflowException,
        "AirflowNotFoundException": AirflowNotFoundException,
    }
    with pytest.raises(errors[kind.rpartition(".")[2]]) as caught:
        rendered()
    if type(caught.value) is jinja2.UndefinedError:
        # What follows the name of a class, which isn't Airflow's here.
        assert shown.rpartition("object'")[2] in str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("text", RECORDED["templates"])
def test_a_template_renders_as_in_airflow(text: str, version: str) -> None:
    filters = {"my_filter": str.upper}
    macros = {"my_macro": lambda number: number * 2}

    def rendered() -> Any:
        return render(
            text,
            airflow_context(version),
            airflow_version=VERSIONS[version],
            user_defined_macros=macros,
            user_defined_filters=filters,
        )

    if (text, version) not in NOT_AS_RECORDED:
        check(RECORDED["templates"][text][version], rendered)
        return
    with pytest.raises((AssertionError, VariableNotFoundError)):
        check(RECORDED["templates"][text][version], rendered)


def test_the_values_of_containers_are_rendered_at_any_depth() -> None:
    nested = {"list": ["{{ ds }}", 1], "t": ("{{ ds }}", None), "d": {"{{ ds }}": "{{ ds }}"}, "s": {"{{ ds }}"}}
    for recorded, version in VERSIONS.items():
        rendered = render({**nested, "none": None, "int": 3}, NAMES, airflow_version=version)
        assert repr(rendered) == RECORDED["nested"][recorded]


@pytest.mark.parametrize("text", RECORDED["text"])
def test_text_renders_as_in_airflow(text: str) -> None:
    check(RECORDED["text"][text], lambda: repr(render(text, {**NAMES, "x": [1, "2"]})))


@pytest.mark.parametrize("text", RECORDED["native"])
def test_python_values_render_as_in_airflow(text: str) -> None:
    check(RECORDED["native"][text], lambda: render(text, {**NAMES, "x": [1, "2"]}, native=True))


@pytest.mark.parametrize("value", RECORDED["values"])
def test_values_render_as_in_airflow(value: str) -> None:
    pair = namedtuple("N", "a b")  # noqa: PYI024 - as in the recording
    check(RECORDED["values"][value], lambda: render(eval(value, {"N": pair, "literal": literal}), NAMES))
