"""A run that continues after its DAG file has changed."""

from __future__ import annotations

from pathlib import Path

from dag_runs import retry, run, states_of, write

_BEFORE = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    OPEN = Path("{open}")

    with DAG("{dag_id}", schedule=None):
        @task
        def rows():
            return [1, 2]

        @task
        def old(row):
            return row

        @task
        def load(ti=None):
            if not OPEN.exists():
                ti.xcom_push("note", "closed")
                raise ValueError("closed")

        old.expand(row=rows())
        load()
"""

_AFTER = """
    from pathlib import Path
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None):
        @task
        def rows():
            return [1, 2]

        @task
        def load(ti=None):
            return ti.xcom_pull("old", map_indexes=[0, 1])

        @task
        def new():
            return "new"

        rows() >> load() >> new()
"""


def test_removed_tasks_new_tasks_and_tasks_that_are_back(unique: str, tmp_path: Path) -> None:
    names = {"dag_id": unique, "open": tmp_path / "open"}
    path = write(tmp_path, "changed", _BEFORE.format(**names))
    state = run(path)
    assert state.is_failed()

    write(tmp_path, "changed", _AFTER.format(**names))
    again = retry(path, state.state_details.flow_run_id)

    assert again.is_completed(), again.message
    result = again.result()
    assert states_of(result) == {
        "rows": "success",
        "load": "success",
        "new": "success",
        "old[0]": "removed",
        "old[1]": "removed",
    }
    assert result.xcoms["load", -1, "return_value"] == [1, 2]
    # The XComs of a try that was cleared are gone.
    assert result.xcoms.get(("load", -1, "note")) is None

    (tmp_path / "open").touch()
    write(tmp_path, "changed", _BEFORE.format(**names))
    third = retry(path, state.state_details.flow_run_id)

    assert third.is_completed(), third.message
    tries = {each.name: (each.state, each.try_number) for each in third.result().task_instances}
    assert tries == {
        "rows": ("success", 1),
        "load": ("success", 2),
        "old[0]": ("success", 2),
        "old[1]": ("success", 2),
        "new": ("removed", 1),
    }
