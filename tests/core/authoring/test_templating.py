"""Template fields of operators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
from authored import Op, context_of, dag

from airflow_compat.authoring._templating import resolving
from airflow_compat.errors import DagDefinitionError


def test_fields_are_rendered_with_the_settings_of_the_dag() -> None:
    with dag(user_defined_macros={"name": "me"}, user_defined_filters={"loud": str.upper}):
        task = Op(task_id="a", cmd=["{{ ds }}", {"k": "{{ name | loud }}"}], env=5)
    task.render_template_fields(context_of(task))
    assert (task.cmd, task.env) == (["2024-01-01", {"k": "ME"}], 5)


def test_results_are_resolved_but_not_rendered() -> None:
    with dag():
        one = Op(task_id="one")
        task = Op(task_id="a", cmd=["{{ ds }}", one.output], env=one.output.map(len))
    with resolving(lambda arg: ["{{ no template }}", arg.key]):
        task.render_template_fields(context_of(task))
    assert task.cmd == ["2024-01-01", ["{{ no template }}", "return_value"]]
    assert list(task.env) == [17, 12]
    plain = Op(task_id="b", cmd=one.output)
    plain.render_template_fields(context_of(plain, results={"one": 3}))
    assert plain.cmd == 3


def test_objects_with_template_fields_are_copied() -> None:
    class Part:
        template_fields = ("text",)

        def __init__(self, text: Any) -> None:
            self.text = text

    with dag():
        one = Op(task_id="one")
        part = Part(["{{ ds }}", one.output])
        task = Op(task_id="a", cmd=part)
    # As in Airflow, results inside such objects make no edge.
    assert task.upstream_task_ids == set()
    task.render_template_fields(context_of(task, results={"one": 3}))
    assert task.cmd.text == ["2024-01-01", 3]
    assert part.text[0] == "{{ ds }}"


@pytest.mark.parametrize(("of_dag", "of_task", "expected"), [(True, None, 5), (True, False, "5"), (False, True, 5)])
def test_native_values(of_dag: bool, of_task: bool | None, expected: object) -> None:
    with dag(render_template_as_native_obj=of_dag):
        task = Op(task_id="a", cmd="{{ 2 + 3 }}", render_template_as_native_obj=of_task)
    task.render_template_fields(context_of(task))
    assert task.cmd == expected


def test_undefined_names_follow_the_dag() -> None:
    with dag():
        strict = Op(task_id="a", cmd="{{ nothing }}")
    with dag(template_undefined=jinja2.Undefined) as made:
        loose = Op(task_id="a", cmd="<{{ nothing }}>")
    with pytest.raises(jinja2.UndefinedError):
        strict.render_template_fields(context_of(strict))
    loose.render_template_fields(context_of(loose))
    assert loose.cmd == "<>"
    assert made.template_undefined is jinja2.Undefined
    assert strict.dag.template_undefined is jinja2.StrictUndefined


def test_files_are_found_in_the_folders_of_the_dag(tmp_path: Path) -> None:
    (tmp_path / "query.sql").write_text("SELECT '{{ ds }}'")
    with dag(template_searchpath=str(tmp_path)) as made:
        task = Op(task_id="a", cmd="query.sql", env=["query.sql", "plain"])
        missing = Op(task_id="b", cmd="missing.sql")
    rendered = task.prepare_for_execution()
    rendered.render_template_fields(context_of(task))
    assert (rendered.cmd, rendered.env) == ("SELECT '2024-01-01'", ["SELECT '2024-01-01'", "plain"])
    made.resolve_template_files()
    assert (task.cmd, task.env[0], missing.cmd) == ("SELECT '{{ ds }}'", "SELECT '{{ ds }}'", "missing.sql")


def test_a_field_can_be_a_function() -> None:
    with dag():
        task = Op(task_id="a", cmd=lambda context, jinja_env: context["ds"])
    task.render_template_fields(context_of(task))
    assert task.cmd == "2024-01-01"


def test_an_environment_for_own_rendering() -> None:
    with dag(user_defined_macros={"name": "me"}):
        task = Op(task_id="a")
    assert task.get_template_env().from_string("{{ name }}").render() == "me"
    assert Op(task_id="b").get_template_env().from_string("{{ 1 + 1 }}").render() == "2"


def test_a_missing_field_is_an_error() -> None:
    class Forgot(Op):
        template_fields = ("missing",)

    with dag():
        task = Forgot(task_id="a")
    with pytest.raises(DagDefinitionError, match="'missing' is configured as a template field"):
        task.render_template_fields({})
