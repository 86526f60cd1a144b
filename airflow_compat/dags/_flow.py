"""Creates the Prefect flow of a DAG. Each run of this flow is a run of the DAG."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from prefect import Flow
from prefect.states import Cancelled, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from .._airflow.version import AirflowVersion
from ..errors import AirflowCompatError, DagFileError, DagRunExistsError, UnsupportedFeatureError
from ..exceptions import ParamValidationError
from ._flow_run import execute_run
from ._parameters import checked_conf, conf_with_fields
from ._run import Isolation

if TYPE_CHECKING:
    from ..authoring import DAG
    from ._loading import FileSource, LoadedFile

# The number of additional threads for task runs that are not active task instances, such as those that only show a
# state.
_MORE_THREADS = 32
# The attributes of a flow that are not pickled, because the process that unpickles it loads the DAG file.
_OF_THE_FILE = ("__annotations__", "__wrapped__", "dag", "fn", "isolation", "loaded", "parameters")


class DagFlow(Flow[..., Any]):
    """A flow that runs a DAG.

    Attributes:
        dag: The DAG.
        loaded: The loaded file that defines the DAG.
        isolation: Where tasks are executed: `thread` or `process`.
    """

    dag: DAG
    loaded: LoadedFile | None
    isolation: Isolation

    def with_options(self, **options: Any) -> DagFlow:
        """Return a copy with other options, as `Flow.with_options` does.

        Raises:
            UnsupportedFeatureError: The given task runner does not run tasks in threads.
        """
        runner = options.get("task_runner")
        if runner is not None and not isinstance(runner, ThreadPoolTaskRunner):
            raise UnsupportedFeatureError(
                f"DAG {self.dag.dag_id!r} runs its tasks in threads, so it can't use a "
                f"{type(runner).__name__}. Leave out task_runner, or load the DAG with "
                "isolation='process'."
            )
        twin = object.__new__(DagFlow)
        own = {"dag": self.dag, "loaded": self.loaded, "isolation": self.isolation}
        vars(twin).update(vars(super().with_options(**options)), **own)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the flow so that another process, such as a run of `serve`, loads the DAG file itself."""
        if self.loaded is None:
            raise UnsupportedFeatureError(
                f"The flow of DAG {self.dag.dag_id!r} can't be sent to another process, because the DAG was not loaded "
                "from a file. Use dags.load_flow."
            )
        state = {name: value for name, value in vars(self).items() if name not in _OF_THE_FILE}
        return flow_of_source, (self.loaded.source, self.dag.dag_id, self.isolation), state


def flow_of_source(source: FileSource, dag_id: str, isolation: Isolation = "thread") -> DagFlow:
    """Load a DAG file in the process that unpickles a flow, and return the flow of the DAG.

    Raises:
        DagFileError: The DAG can't be loaded in this process.
    """
    loaded = source.load()
    if dag_id not in loaded.dags:
        problems = "; ".join(loaded.import_errors.values()) or "the file has no such DAG here"
        raise DagFileError(
            f"{source.path}: another process of the flow can't load DAG {dag_id!r}: {problems}. Make the DAG "
            "independent of the process that loads its file"
        )
    return make_flow(loaded.dags[dag_id], airflow_version=loaded.airflow_version, loaded=loaded, isolation=isolation)


def make_flow(
    dag: DAG,
    *,
    airflow_version: AirflowVersion,
    loaded: LoadedFile | None = None,
    isolation: Isolation = "thread",
) -> DagFlow:
    """Return the flow of a DAG.

    Args:
        dag: The DAG.
        airflow_version: "2" or "3".
        loaded: The loaded file of the DAG. The imports of the file's code must work while its tasks run. Child
            processes load this file again.
        isolation: Where tasks are executed; "process" requires `loaded`.
    """

    def run_dag(logical_date: datetime | None = None, conf: dict[str, Any] | None = {}) -> Any:  # noqa: B006 - it is never changed
        try:
            values = checked_conf(dag, conf or {})
            return execute_run(dag, logical_date, values, loaded=loaded, version=airflow_version, isolation=isolation)
        except DagRunExistsError as error:
            # The state is Cancelled instead of Failed, because another run does the work for this date.
            return Cancelled(message=str(error), data=error)
        except (AirflowCompatError, ParamValidationError) as error:
            # No error is raised, because Prefect would log its traceback, which would show only code of this package.
            return Failed(message=str(error), data=error)

    run_dag.__doc__ = dag.doc_md or dag.description
    run_dag.__annotations__.update(logical_date=datetime | None, conf=conf_with_fields(dag.params))
    runner: Any = ThreadPoolTaskRunner(max_workers=dag.max_active_tasks + _MORE_THREADS)
    flow = DagFlow(
        run_dag,
        name=dag.dag_id,
        description="\n\n".join(text for text in (dag.description, dag.doc_md) if text) or None,
        task_runner=runner,
        persist_result=True,
        log_prints=True,
    )
    flow.dag, flow.loaded, flow.isolation = dag, loaded, isolation
    return flow
