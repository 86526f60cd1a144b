"""Templates beyond the recordings: lazy context, files, a DAG's own names, errors, threads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.ext import Extension

from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.errors import AirflowCompatError, UnsupportedFeatureError
from airflow_compat.templates import InvalidTemplateError, TemplateFileNotFoundError, literal, render

NAMES = {"ds": "2024-03-05"}


class Reads(Mapping[str, Any]):
    """A context that records which keys were read, and refuses some."""

    def __init__(self, values: dict[str, Any], refused: tuple[str, ...] = ()) -> None:
        self.values_ = values
        self.refused = refused
        self.read: list[str] = []

    def __getitem__(self, key: str) -> Any:
        if key in self.refused:
            raise UnsupportedFeatureError(f"context[{key!r}] has no counterpart")
        value = self.values_[key]
        self.read.append(key)
        return value() if callable(value) else value

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("all keys are asked for")

    def __len__(self) -> int:
        raise AssertionError("all keys are asked for")


def test_subclasses_become_plain_and_other_values_are_unchanged() -> None:
    class Text(str):
        __slots__ = ()

    thing = object()
    assert type(render(Text("plain"), {})) is str
    assert type(render(defaultdict(list, a="{{ ds }}"), NAMES)) is dict
    assert render([thing, Path], {})[0] is thing


def test_an_object_with_template_fields_is_rendered_in_a_copy() -> None:
    class Operator:
        template_fields = ("sql", "empty", "inner")

        def __init__(self) -> None:
            self.sql = ["{{ ds }}"]
            self.other = "{{ ds }}"
            self.empty = None
            self.inner = self

    operator = Operator()
    rendered = render({"op": operator, "class": Operator}, NAMES)
    assert (rendered["op"].sql, rendered["op"].other) == (["2024-03-05"], "{{ ds }}")
    assert operator.sql == ["{{ ds }}"]
    assert rendered["op"].inner is operator
    assert rendered["class"] is Operator


def test_each_name_of_a_template_is_read_once() -> None:
    context = Reads({"ds": lambda: "2024-03-05", "ti": lambda: pytest.fail("read"), "rows": lambda: [1, 2]})
    assert render("{{ ds }} {% for row in rows %}{{ row }}{{ ds }},{% endfor %}", context).endswith("2024-03-05,")
    assert sorted(context.read) == ["ds", "rows"]
    render(["SELECT 1", {"ds": 5}], context)
    assert len(context.read) == 2


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    "text", ["{{ conf }}", "{{ conf.x }}", "{{ conf | default('x') }}", "{% if conf is defined %}{% endif %}"]
)
def test_error_for_a_refused_name_reaches_the_caller(text: str, native: bool) -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"context\['conf'\] has no counterpart"):
        render(text, Reads({}, refused=("conf",)), native=native)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("text", ["{{ ti.xcom_pull('a') }}", "{{ ti['xcom_pull'] | default('x') }}"])
def test_refused_attribute_is_an_error_even_in_a_lenient_dag(text: str, native: bool) -> None:
    class Strict:
        def __getattr__(self, name: str) -> Any:
            raise UnsupportedFeatureError(f"ti.{name} has no counterpart")

    for options in (None, {"undefined": jinja2.Undefined}):
        with pytest.raises(UnsupportedFeatureError, match=r"ti.xcom_pull has no counterpart"):
            render(text, {"ti": Strict()}, native=native, jinja_environment_kwargs=options)


def test_key_error_of_a_value_is_not_an_undefined_name() -> None:
    class Lazy(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            return super().__getitem__(key)()

    context = Lazy(run_id=lambda: {}["dag_run"])
    with pytest.raises(KeyError, match="dag_run"):
        render("{{ run_id | default('x') }}", context)
    assert render("{{ other | default('x') }}", context) == "x"


def test_undefined_value_is_an_error_in_native_mode() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'zz' is undefined"):
        render("{{ zz }}", {}, native=True)


@pytest.mark.parametrize(
    ("version", "name", "shown"),
    [
        ("3", "execution_date", r"Airflow 3 has no such name\. Write 'logical_date'"),
        ("3", "test_mode", r"Airflow 3 has no such name\.$"),
        ("2", "triggering_asset_events", r"Airflow 2 has no such name\. Write 'triggering_dataset_events'"),
        ("2", "execution_date", "'execution_date' is undefined$"),
    ],
)
def test_name_of_the_other_version_has_its_own_error(version: AirflowVersion, name: str, shown: str) -> None:
    with pytest.raises(jinja2.UndefinedError, match=shown):
        render(f"{{{{ {name} }}}}", {}, airflow_version=version)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of template files; both have `load.sql`."""
    first, second = tmp_path / "dags", tmp_path / "sql"
    (second / "parts").mkdir(parents=True)
    first.mkdir()
    (first / "load.sql").write_text("A {{ ds }}\n{% include 'parts/where.sql' %}\n")
    (second / "load.sql").write_text("the second folder's\n")
    (second / "parts" / "where.sql").write_text("B {{ ds }} {{ x }}\n\n")
    (second / "bad.sql").write_text("B\n{{ ds \n")
    (second / "lib.j2").write_text("{% macro m(a) %}[{{ a }} {{ um }}]{% endmacro %}")
    (second / "with.j2").write_text("{% macro m() %}[{{ ds }}]{% endmacro %}")
    (second / "base.j2").write_text("base {% block b %}{{ ds }}{% endblock %}")
    return first, second


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("load.sql", "A 2024-03-05\nB 2024-03-05 5\n"),
        ("parts/where.sql", "B 2024-03-05 5\n"),
        ("/parts/where.sql", "B 2024-03-05 5\n"),
        ("load.sql ", "load.sql "),
        ("{% include 'none.sql' ignore missing %}.", "."),
        ("{% import 'lib.j2' as lib %}{{ lib.m(ds) }}", "[2024-03-05 3]"),
        ("{% from 'with.j2' import m with context %}{{ m() }}", "[2024-03-05]"),
        ("{% extends 'base.j2' %}{% block b %}x{{ super() }}{% endblock %}", "base x2024-03-05"),
        ("{% for x in [1, 2] %}{% include 'parts/where.sql' %}{% endfor %}", "B 2024-03-05 1\nB 2024-03-05 2\n"),
    ],
)
def test_files_are_rendered_as_in_airflow(folders: tuple[Path, Path], text: str, rendered: str) -> None:
    context = Reads({"ds": "2024-03-05", "x": 5})
    options = {"search_path": folders, "template_ext": (".sql",), "user_defined_macros": {"um": 3}}
    assert render([text], context, **options) == [rendered]


def test_changed_file_is_read_again(folders: tuple[Path, Path]) -> None:
    second = folders[1]
    assert render("load.sql", NAMES, search_path=second, template_ext=[".sql"]) == "the second folder's"
    (second / "load.sql").write_text("changed at {{ ds }}, and longer")
    # A file system's clock may tick too rarely for two writes.
    os.utime(second / "load.sql", (1, 1))
    assert (
        render("load.sql", NAMES, search_path=str(second), template_ext=".sql") == "changed at 2024-03-05, and longer"
    )


def test_text_is_a_file_only_with_a_given_ending(folders: tuple[Path, Path]) -> None:
    assert render("see load.sql", NAMES, search_path=folders) == "see load.sql"
    assert render(literal("load.sql"), NAMES, search_path=folders, template_ext=(".sql",)) == "load.sql"


@pytest.mark.parametrize("text", ["none.sql", "../sql/load.sql", "{% include 'none.sql' %}"])
def test_missing_file_names_the_searched_folders(folders: tuple[Path, Path], text: str) -> None:
    with pytest.raises(TemplateFileNotFoundError) as caught:
        render(text, NAMES, search_path=folders, template_ext=(".sql",))
    assert f"is in none of '{folders[0]}', '{folders[1]}'" in str(caught.value)
    assert isinstance(caught.value, AirflowCompatError)
    assert isinstance(caught.value, jinja2.TemplateNotFound)
    with pytest.raises(
        TemplateFileNotFoundError, match=r"can't be found without search_path\. Add the file's folder to search_path"
    ):
        render(text, NAMES, template_ext=(".sql",))


def test_a_file_that_cannot_be_parsed_is_named(folders: tuple[Path, Path]) -> None:
    for text in ("bad.sql", "{% include 'bad.sql' %}"):
        with pytest.raises(InvalidTemplateError) as caught:
            render(text, NAMES, search_path=folders, template_ext=(".sql",))
        assert str(caught.value).startswith(f"Template file '{folders[1] / 'bad.sql'}', line 2: unexpected end")


def test_macros_and_filters_of_a_dag() -> None:
    macros = {"ds": "macro", "table": "sales", "limits": {"rows": 5}}
    filters = {"ds": lambda value: f"<{value}>"}
    text = "{{ ds }} {{ table }} {{ limits.rows }} {{ 1 | ds }}"
    assert render(text, NAMES, user_defined_macros=macros, user_defined_filters=filters) == "2024-03-05 sales 5 <1>"
    macros["table"] = "stock"
    assert "stock" in render(text, NAMES, user_defined_macros=macros, user_defined_filters=filters)
    assert render("{{ macros.ds_add(ds, 1) }}", Reads({"ds": "2024-03-05"}, refused=("macros",))) == "2024-03-06"
    assert render("{{ macros }}", {"macros": "the context's"}) == "the context's"


def test_options_of_jinja2() -> None:
    options = {"variable_start_string": "<<", "variable_end_string": ">>"}
    assert render("{{ ds }} << ds >>", NAMES, jinja_environment_kwargs=options) == "{{ ds }} 2024-03-05"
    assert render("plain\n", NAMES, jinja_environment_kwargs={"keep_trailing_newline": True}) == "plain\n"
    assert render("{{ zz }}.", NAMES, jinja_environment_kwargs={"undefined": jinja2.Undefined}) == "."


def test_repeated_text_is_compiled_once() -> None:
    seen = []

    class Counting(Extension):
        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            seen.append(source)
            return source

    options = {"extensions": [Counting]}
    for day in ("05", "06", "07"):
        assert render("{{ ds }}!", {"ds": day}, jinja_environment_kwargs=options) == f"{day}!"
    assert seen == ["{{ ds }}!"]


def test_concurrent_threads_render_their_own_values() -> None:
    def work(number: int) -> list[str]:
        text = f"{{% for row in rows %}}{{{{ row }}}}-{{{{ ds }}}},{{% endfor %}}{number % 7}"
        return [render(text, {"ds": number, "rows": [1, 2]}) for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        for number, texts in enumerate(pool.map(work, range(64))):
            assert set(texts) == {f"1-{number},2-{number},{number % 7}"}


def test_a_template_that_cannot_be_parsed() -> None:
    text = "SELECT *\nFROM a_table_with_a_rather_long_name\nWHERE password = '{{ password' "
    with pytest.raises(InvalidTemplateError) as caught:
        render(text, {"password": "quartz-Tern"})
    assert str(caught.value).startswith("Template 'SELECT * FROM a_table_with_a_rather_long...', line 3: ")
    assert isinstance(caught.value, jinja2.TemplateSyntaxError)
    assert "quartz" not in str(caught.value)
    with pytest.raises(InvalidTemplateError, match=r"No filter named 'nope'\. Pass the filter in user_defined_filters"):
        render("{{ ds | nope }}", NAMES)


def test_the_error_of_a_template_within_a_template_names_the_inner_one() -> None:
    inner = {"inner": lambda: render("{% inner %}", {})}
    with pytest.raises(InvalidTemplateError, match=r"Template '{% inner %}'"):
        render("{{ inner() }}", {}, user_defined_macros=inner)


def test_import_needs_no_prefect() -> None:
    check = "import sys, airflow_compat.templates; print({'prefect', 'babel', 'yaml'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
