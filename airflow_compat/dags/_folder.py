"""The flows of a file or folder with DAGs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike

from .._airflow.version import AirflowVersion
from ..deployments._names import attribute_name
from ..errors import DagFileError
from ..hosting import AirflowHost
from ._airflow_modules import Missing
from ._flow import DagFlow, make_flow
from ._load_folder import LoadedFolder, load_folder
from ._run import Isolation


class DagFlows(Mapping[str, DagFlow]):
    """Flows by dag_id.

    Attributes:
        import_errors: For each file that can't be loaded, the reason.
        missing_operators: The operators without a stand-in, each with the file and line that uses it. Without an
            Airflow host, tasks with operators that have no stand-in fail.
    """

    def __init__(self, loaded: LoadedFolder, isolation: Isolation) -> None:
        self.import_errors: Mapping[str, str] = loaded.import_errors
        self.missing_operators: tuple[Missing, ...] = loaded.missing_operators
        self._flows = {
            dag_id: make_flow(file.dags[dag_id], airflow_version=file.airflow_version, loaded=file, isolation=isolation)
            for dag_id, file in loaded.file_of.items()
        }

    @property
    def attributes(self) -> dict[str, DagFlow]:
        """The flows, with names that are valid as attributes of a module and in entrypoints of `prefect deploy`.

        In these names, `__dot__` and `__dash__` replace the dots and dashes of the dag_id, as in `team__dot__etl`.

        Raises:
            DagFileError: Two dag_ids would have the same name.
        """
        names: dict[str, str] = {}
        for dag_id in self:
            other = names.setdefault(attribute_name(dag_id), dag_id)
            if other != dag_id:
                raise DagFileError(
                    f"The flows of DAGs {other!r} and {dag_id!r} have the same name, {attribute_name(dag_id)!r}. "
                    "Rename one of the DAGs."
                )
        return {name: self[dag_id] for name, dag_id in names.items()}

    def __getitem__(self, dag_id: str) -> DagFlow:
        return self._flows[dag_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flows)

    def __len__(self) -> int:
        return len(self._flows)

    def __repr__(self) -> str:
        return f"<DagFlows: {', '.join(self._flows)}>"


def flows_of(
    path: str | PathLike[str],
    *,
    airflow_version: AirflowVersion,
    search_path: Iterable[str | PathLike[str]],
    isolation: Isolation = "thread",
    host: AirflowHost | None = None,
) -> DagFlows:
    """Return the flows of all DAGs in a file or folder; see `dags.load_flows`."""
    loaded = load_folder(path, airflow_version=airflow_version, search_path=search_path, host=host)
    return DagFlows(loaded, isolation)
