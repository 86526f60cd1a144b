"""DAG files are loaded with stand-ins for Airflow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from loaded_files import call, load

from airflow_compat.authoring import DAG, BaseOperator
from airflow_compat.dags import check, load_flow
from airflow_compat.dags._load_folder import load_folder
from airflow_compat.dags._loading import load_file
from airflow_compat.dags._placeholders import MissingOperatorError
from airflow_compat.errors import DagFileError, UnsupportedFeatureError


def test_dags_are_found_as_airflow_finds_them(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        from airflow.decorators import dag, task
        from airflow.models import DAG
        import factory

        in_globals = DAG("in_globals", schedule=None)
        with DAG("opened", schedule=None):
            pass
        def make(dag_id):
            with DAG(dag_id, schedule=None):
                pass
        for number in range(2):
            globals()[f"looped_{number}"] = DAG(f"looped_{number}", schedule=None)
            make(f"made_{number}")
        @dag(schedule=None)
        def decorated():
            @task
            def one(): ...
            one()
        decorated()
        def hidden():
            DAG("hidden", schedule=None)
        hidden()
        with DAG("not_registered", schedule=None, auto_register=False):
            pass
        factory.make()
        """,
        {
            "dags/factory.py": """
            from airflow import DAG
            def make():
                with DAG("of_factory", schedule=None):
                    pass
            """
        },
    )
    assert not loaded.import_errors
    found = {"in_globals", "opened", "looped_0", "looped_1", "made_0", "made_1", "decorated", "of_factory"}
    assert set(loaded.dags) == found
    assert isinstance(loaded.dags["decorated"], DAG)
    assert {dag.fileloc for dag in loaded.dags.values()} == {str(tmp_path / "dags/etl.py")}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'. Install the"),
        ("raise VariableNotFoundError('no variable x')", "no variable x"),
        ("1 / 0", "ValueError. Correct the code there"),
    ],
)
@pytest.mark.parametrize("cause", ["error", "None"])
def test_the_cause_of_an_error_is_reported(tmp_path: Path, code: str, said: str, cause: str) -> None:
    source = f"""
        from airflow import DAG
        from airflow_compat.errors import VariableNotFoundError
        try:
            try:
                {code}
            except Exception as error:
                raise KeyError("secret") from error
        except Exception as error:
            raise ValueError("secret") from {cause}
    """
    [message] = load(tmp_path, source).import_errors.values()
    assert "line 10: the code raises ValueError" in message
    assert message.endswith(said) or said in message.partition("after the error: ")[2]
    assert "secret" not in message


def test_a_missing_operator_is_a_task_that_fails(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
        import airflow.providers.ssh.operators.ssh as ssh

        class Ours(EcsRunTaskOperator):
            template_fields = (*EcsRunTaskOperator.template_fields, "mine")
            def __init__(self, *, mine, **kwargs):
                super().__init__(**kwargs)
                self.mine = mine
        with DAG("etl", schedule=None, default_args={"retries": 2}):
            first = BashOperator(task_id="first", bash_command="true")
            ecs = Ours(task_id="ecs", mine="x", cluster=first.output)
            mapped = EcsRunTaskOperator.partial(task_id="mapped", cluster="c").expand(overrides=[1, 2])
            ecs >> ssh.SSHOperator(task_id="ssh", command="ls", retries=5) >> mapped
        """,
    )
    assert not loaded.import_errors
    tasks = loaded.dags["etl"].task_dict
    assert isinstance(tasks["ecs"], BaseOperator)
    assert tasks["ecs"].upstream_task_ids == {"first"}
    assert (tasks["ecs"].retries, tasks["ssh"].retries) == (2, 5)
    assert tasks["mapped"].upstream_task_ids == {"ssh"}
    assert [(each.name, each.line) for each in loaded.missing_operators] == [
        ("airflow.providers.amazon.aws.operators.ecs.EcsRunTaskOperator", 4),
        ("airflow.providers.ssh.operators.ssh.SSHOperator", 16),
    ]
    with pytest.raises(MissingOperatorError, match=r"'ssh' uses airflow\.providers\.ssh\.operators\.ssh\.SSHOperator"):
        tasks["ssh"].execute({})


def test_other_missing_names_do_nothing_at_load_and_fail_in_tasks(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        from airflow import DAG
        from airflow.exceptions import DagRunNotFound
        from airflow.models import DagRun, TaskInstance
        from airflow.operators.python import PythonOperator
        from airflow.providers.google.cloud.hooks.gcs import GCSHook
        from airflow.providers.google.cloud.exceptions import SomeError
        from airflow.providers.cncf.kubernetes.secret import Secret
        from airflow.utils.session import create_session, provide_session

        class Hook(GCSHook):
            conn_name = GCSHook.default_conn_name
        secret = Secret("env", None, "x", "y")
        with create_session() as session:
            runs = [run for run in session.query(DagRun).filter(DagRun.dag_id == "x")]
        @provide_session
        def decorated(session=None) -> TaskInstance | None:
            return 1
        def call():
            try:
                raise SomeError("x")
            except SomeError:
                pass
            assert decorated() == 1
            return Hook().list("bucket")
        with DAG("etl", schedule=None, params={"secret": str(secret)}):
            PythonOperator(task_id="t", python_callable=call)
        """,
    )
    assert not loaded.import_errors
    assert not loaded.missing_operators
    with pytest.raises(
        UnsupportedFeatureError, match=r"airflow\.providers\.google\.cloud\.hooks\.gcs\.GCSHook was used"
    ):
        call(loaded)


def test_plugins_give_macros_and_operators(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        from airflow import DAG
        from airflow.macros.my_plugin import double
        from airflow.operators.my_plugin import MyOperator
        with DAG("etl", schedule=None):
            MyOperator(task_id="t", number=double(2))
        """,
        {
            "plugins/ours.py": """
            from airflow.models import BaseOperator
            from airflow.plugins_manager import AirflowPlugin
            from airflow.utils.decorators import apply_defaults
            class MyOperator(BaseOperator):
                @apply_defaults
                def __init__(self, number, **kwargs):
                    super().__init__(**kwargs)
                    self.number = number
            def double(number):
                return 2 * number
            class MyPlugin(AirflowPlugin):
                name = "my_plugin"
                macros = [double]
                operators = [MyOperator]
            """,
            "plugins/broken.py": "from airflow.plugins_manager import AirflowPlugin\n1 / 0",
            "plugins/json.py": "from airflow.plugins_manager import AirflowPlugin",
        },
    )
    assert not loaded.import_errors
    assert loaded.dags["etl"].task_dict["t"].number == 4
    assert loaded.plugins.macros().my_plugin.double(3) == 6
    assert loaded.plugins.macros().ds_add("2024-01-31", 1) == "2024-02-01"
    broken, hidden = (str(tmp_path / "plugins" / name) for name in ("broken.py", "json.py"))
    assert set(loaded.plugins.errors) == {broken, hidden}
    assert "line 2: the code raises ZeroDivisionError" in loaded.plugins.errors[broken]
    assert "has the same module name, 'json', and is imported instead" in loaded.plugins.errors[hidden]
    warned = {each.place for each in check(tmp_path / "dags", server=False) if each.level == "warning"}
    assert warned == {f"{broken}:2", hidden}


def test_the_configuration_is_that_of_the_given_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CUSTOM__ONE", "1")
    (tmp_path / "airflow.cfg").write_text("[custom]\ntwo = 2\n[core]\nmax_active_tasks_per_dag = 3\n")
    loaded = load(
        tmp_path,
        """
        from airflow import DAG, settings
        from airflow.configuration import conf
        with DAG("etl", schedule=None, tags=[conf.get("custom", "one"), conf.get("custom", "two")]):
            pass
        assert settings.DAGS_FOLDER == conf.get("core", "dags_folder") == __file__.rpartition("/")[0]
        """,
        airflow_cfg=tmp_path / "airflow.cfg",
    )
    assert not loaded.import_errors
    assert set(loaded.dags["etl"].tags) == {"1", "2"}
    assert loaded.dags["etl"].max_active_tasks == 3


def test_variables_are_read_at_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_compat.testing import fake_variables

    with fake_variables({"tag": "x"}):
        loaded = load(
            tmp_path,
            """
            from airflow.models import DAG, Variable
            with DAG("etl", schedule=None, tags=[Variable.get("tag"), Variable.get("other", default_var="y")]):
                pass
            """,
            airflow_version="2",
        )
    assert not loaded.import_errors
    assert set(loaded.dags["etl"].tags) == {"x", "y"}


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DagFileError, match="no such file"):
        load_file(tmp_path / "nothing.py")
    with pytest.raises(DagFileError, match="no such file or folder"):
        load_folder(tmp_path / "nothing")
    for wrong in ("", None, 3, b"dags"):
        with pytest.raises(DagFileError, match="is not a path"):
            load_folder(wrong)  # type: ignore[arg-type]


INVALID = """
    from airflow.sdk import DAG, setup, task

    with DAG("good", schedule=None):
        @task
        def one(): ...
        one()
    with DAG("looped", schedule=None):
        {tasks}
"""


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        (
            "a, b = task(task_id='a')(print)(), task(task_id='b')(print)(); a >> b >> a",
            "Cycle detected in DAG: looped. Faulty task: [ab]. Remove an edge of the cycle",
        ),
        (
            "setup(task(task_id='a')(print))() >> task(task_id='b', trigger_rule='all_done')(print)()",
            (
                "DAG 'looped': Setup tasks must be followed with trigger rule ALL_SUCCESS, but task 'b' has "
                "'all_done'. Remove its trigger rule"
            ),
        ),
    ],
)
def test_an_invalid_dag_is_an_import_error_of_its_file(tmp_path: Path, tasks: str, reason: str) -> None:
    loaded = load(tmp_path, INVALID.format(tasks=tasks))
    [(path, error)] = loaded.import_errors.items()
    assert re.fullmatch(f"{re.escape(path)}: {reason}", error)
    assert list(loaded.dags) == ["good"]
    assert load_flow(f"{path}:good").dag.dag_id == "good"
    for entrypoint in (path, f"{path}:looped"):
        with pytest.raises(DagFileError, match="looped"):
            load_flow(entrypoint)
