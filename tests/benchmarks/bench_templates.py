"""Templates that were seen before, beside Jinja2's own compiled ones; and texts that are no templates."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import jinja2
import pendulum
from measure import compare

from airflow_compat import macros, templates

LOOPS = 100


def _repeated(call: Callable[[], object]) -> Callable[[], None]:
    def loop() -> None:
        for _ in range(LOOPS):
            call()

    return loop


def _values() -> dict[str, object]:
    moment = pendulum.datetime(2024, 3, 5, 6, 7, 8)
    # As many keys as Airflow's context has.
    padding = {f"key_{number}": number for number in range(25)}
    dag = SimpleNamespace(dag_id="etl", tags=("sales",), description=None)
    dates = {"logical_date": moment, "ds": "2024-03-05", "ts": moment.isoformat()}
    return {**padding, **dates, "dag": dag, "params": {"n": 9}, "rows": range(20)}


if __name__ == "__main__":
    values = _values()
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    texts = {
        "a name": "{{ ds }}",
        "some names": "DELETE FROM {{ params.n }} WHERE day = '{{ ds }}' AND ts < '{{ ts }}'",
        "attributes": "{{ dag.dag_id }} {{ dag.tags }} {{ dag.description }} {{ params.n }} {{ logical_date.year }}",
        "a call": "{{ logical_date.add(days=1).year }}",
        "a macro": "{{ macros.ds_add(ds, 7) }}",
        "a loop": "{% for row in rows %}{{ row }},{% endfor %}{{ ds }}",
        "a loop of attributes": "{% for row in rows %}{{ row.real }},{% endfor %}{{ ds }}",
    }
    for title, text in texts.items():
        compiled = environment.from_string(text, globals={"macros": macros})
        assert templates.render(text, values) == compiled.render(values)
        sides: dict[str, Callable[[], object]] = {
            "a compiled jinja2.Template": lambda compiled=compiled: compiled.render(values),
            "templates.render": lambda text=text: templates.render(text, values),
        }
        compare(f"{title}, {LOOPS} times", {k: _repeated(v) for k, v in sides.items()}, runs=150)
    for title, text in {"a short one": "SELECT 1", "JSON": '{"a": {"b": [1, 2]}}', "4 kB": "SELECT 1;\n" * 400}.items():
        call = _repeated(lambda text=text: templates.render(text, values))
        compare(f"no template, {title}, {LOOPS} times", {"templates.render": call}, runs=150)
