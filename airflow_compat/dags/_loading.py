"""Load a DAG file: run it with stand-ins for Airflow, and find its DAGs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from .._airflow.configuration import Configuration
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import DagFileError, HostError
from ._airflow_modules import Missing
from ._finder import answering
from ._import_errors import described, problem_of_dag
from ._imports import Imports
from ._interpreter_state import restored
from ._placeholders import loading
from ._plugins import Plugins
from ._search_path import SearchPath, search_path_of
from ._sources import compiled, zipped_modules
from ._surroundings import Surroundings, digest
from ._time_limit import time_limit

if TYPE_CHECKING:
    from ..authoring import DAG
    from ..hosting import AirflowHost

_RUNNING: ContextVar[frozenset[str]] = ContextVar("airflow_compat_loading", default=frozenset())
"""The paths of the files that are being loaded in the current context."""


@dataclass(frozen=True)
class FileSource:
    """The path of a DAG file and the options for loading it; see `load_file`.

    The paths are absolute, so that other processes find them.
    """

    path: Path
    airflow_version: AirflowVersion
    search_path: tuple[str, ...]
    dag_folder: Path | None
    airflow_cfg: str | None
    timeout: float | None
    host: AirflowHost | None = None

    def load(self) -> LoadedFile:
        """Run the file."""
        return load_file(
            self.path,
            airflow_version=self.airflow_version,
            search_path=self.search_path,
            dag_folder=self.dag_folder,
            airflow_cfg=self.airflow_cfg,
            timeout=self.timeout,
            host=self.host,
        )


@dataclass(frozen=True)
class LoadedFile:
    """A DAG file after its code has run.

    Attributes:
        path: The file.
        source: The path and options, with which the file can be loaded again.
        airflow_version: The Airflow release for which the file was loaded.
        dags: The valid DAGs by their ids; empty if the file can't be loaded.
        import_errors: By file: the reason why the file or one of its DAGs can't be loaded. For a zip file, each file
            inside can have its own reason.
        missing: Airflow's names that the file and its modules use, but that have no stand-in.
        configuration: Airflow's configuration for the file.
        plugins: The plugins in the folder `plugins` next to the DAG folder.
        why_hosted: Empty, unless an Airflow host has loaded the file; then the reason why this process can't load the
            file.
    """

    path: Path
    source: FileSource
    airflow_version: AirflowVersion
    dags: Mapping[str, DAG]
    import_errors: Mapping[str, str]
    missing: tuple[Missing, ...]
    configuration: Configuration
    plugins: Plugins
    why_hosted: str
    _imports: Imports = field(repr=False)

    @property
    def missing_operators(self) -> tuple[Missing, ...]:
        """Those names without a stand-in that are operators or sensors. A task with such an operator fails."""
        return tuple(each for each in self.missing if each.is_operator)

    def active(self) -> AbstractContextManager[None]:
        """In a `with` block, let installed packages and `importlib` import stand-ins for Airflow's modules."""
        return answering(self._imports)


def load_file(
    path: str | os.PathLike[str],
    *,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | os.PathLike[str]] = (),
    dag_folder: str | os.PathLike[str] | None = None,
    airflow_cfg: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    host: AirflowHost | None = None,
) -> LoadedFile:
    """Run a DAG file, and return its DAGs or the reason why it can't be loaded.

    Args:
        path: A Python file, or a zip file with Python files.
        airflow_version: The release that the file is written for.
        search_path: Further folders from which the file can import modules. The DAG folder, and `plugins`, `config` and
            `include` next to it, are always searched.
        dag_folder: The DAG folder. By default, the nearest folder called `dags` that contains the file, or the file's
            own folder.
        airflow_cfg: An `airflow.cfg`; by default, `$AIRFLOW_CONFIG` or the one in `$AIRFLOW_HOME`.
        timeout: The time limit in seconds; by default, `[core] dagbag_import_timeout`, which is 30. 0 sets no limit.
        host: The Airflow host in which those tasks run whose code needs real Airflow.

    Raises:
        DagFileError: The file does not exist, or `airflow_cfg` can't be read.
    """
    loader = Loader(
        airflow_version=airflow_version,
        search_path=search_path,
        dag_folder=dag_folder,
        airflow_cfg=airflow_cfg,
        timeout=timeout,
        host=host,
    )
    return loader.load(path)


class Loader:
    """Loads DAG files.

    `load_file` describes the arguments. If the DAG folder is given, its files share the helper modules that they
    import.
    """

    def __init__(
        self,
        *,
        airflow_version: AirflowVersion,
        search_path: Iterable[str | os.PathLike[str]],
        dag_folder: str | os.PathLike[str] | None,
        airflow_cfg: str | os.PathLike[str] | None,
        timeout: float | None,
        host: AirflowHost | None,
    ) -> None:
        self._release, self._timeout, self._host = airflow_version, timeout, host
        self._search_path = tuple(map(os.path.abspath, search_path))
        self._dag_folder = Path(dag_folder).absolute() if dag_folder else None
        self._airflow_cfg = os.path.abspath(airflow_cfg) if airflow_cfg else None  # noqa: PTH100 - `Path` keeps ".."
        self._surroundings: Surroundings | None = None

    def load(self, path: str | os.PathLike[str]) -> LoadedFile:
        """Run a DAG file, and return its DAGs or the reason why it can't be loaded; see `load_file`."""
        file = Path(path)
        if not file.exists():
            raise DagFileError(f"{file}: no such file. Pass the path of a DAG file")
        source = FileSource(
            file.absolute(),
            self._release,
            self._search_path,
            self._dag_folder,
            self._airflow_cfg,
            self._timeout,
            self._host,
        )
        where = search_path_of(file, dag_folder=self._dag_folder, given=self._search_path)
        is_shared = self._dag_folder is not None and file.suffix != ".zip"
        surroundings = (self._surroundings if is_shared else None) or Surroundings(source, where, is_shared=is_shared)
        if is_shared:
            self._surroundings = surroundings
        return _Load(source, file, where, surroundings).run()


class _Load:
    """Loads one file."""

    def __init__(self, source: FileSource, file: Path, where: SearchPath, surroundings: Surroundings) -> None:
        self._source, self._file, self._where, self._surroundings = source, file, where, surroundings
        seconds = source.timeout
        self._timeout = (
            surroundings.configuration.getfloat("core", "dagbag_import_timeout") if seconds is None else seconds
        )

    def run(self) -> LoadedFile:
        surroundings = self._surroundings
        shared, airflow = surroundings.shared, surroundings.airflow
        while True:
            imports = Imports(
                prefix=f"dag_file_{digest(str(self._file.absolute()))}_{self._file.stem}",
                airflow=airflow,
                folders=self._where.folders,
                ancestors=self._where.ancestors,
                shared=shared,
            )
            surroundings.begin(imports)
            dags, errors = self._run(imports)
            missing: Iterable[Missing] = airflow.missing.values()
            if shared is None:
                imports.show_as(surroundings.prefix)
                break
            # A file without DAGs is not loaded again, because nothing uses the changed modules. A file that exceeded
            # the time limit has no DAGs.
            if shared.end(imports, missing) or not dags:
                missing = (*missing, *shared.missing_of(imports))
                break
        why_hosted = ""
        if errors and not dags:
            imports.forget()
            if self._source.host is not None and self._file.suffix != ".zip":
                dags, errors, why_hosted = self._load_in_host(errors)
        return LoadedFile(
            path=self._file,
            source=self._source,
            airflow_version=self._source.airflow_version,
            dags=MappingProxyType(dags),
            import_errors=MappingProxyType(errors),
            missing=() if why_hosted else _first_uses(missing),
            configuration=surroundings.configuration,
            plugins=surroundings.plugins,
            why_hosted=why_hosted,
            _imports=imports,
        )

    def _run(self, imports: Imports) -> tuple[dict[str, DAG], dict[str, str]]:
        """Run the file, and return its DAGs and errors."""
        from ..authoring._current import collecting

        errors: dict[str, str] = {}
        dags: dict[str, DAG] = {}
        paths = zipped_modules(self._file) if self._file.suffix == ".zip" else [str(self._file.absolute())]
        with loading(), answering(imports), restored(imports):
            for path in paths:
                with collecting(self._source.airflow_version, settings=self._surroundings.settings) as found:
                    module, problem = self._run_module(imports, path)
                try:
                    for dag_id, dag in _by_id(module, found.registered).items() if module else ():
                        dag.fileloc = path
                        if wrong := problem_of_dag(dag):
                            problem = wrong
                        else:
                            dags[dag_id] = dag
                except Exception as exc:  # noqa: BLE001 - properties of the file's own DAG classes
                    problem = described(exc, path, timeout=self._timeout)
                if problem:
                    errors[path] = problem
        return dags, errors

    def _run_module(self, imports: Imports, path: str) -> tuple[ModuleType | None, str]:
        name = Path(path).stem if self._file.suffix == ".zip" else imports.prefix
        if path in _RUNNING.get():
            return None, f"{path}: its code loads the file itself. Move that code to a file outside of the DAG folder"
        token = _RUNNING.set(_RUNNING.get() | {path})
        try:
            with time_limit(self._timeout):
                return imports.run(name, path, compiled(path)), ""
        except KeyboardInterrupt:
            raise
        except BaseException as exc:  # noqa: BLE001 - whatever the file raises, `sys.exit` too
            return None, described(exc, path, timeout=self._timeout)
        finally:
            _RUNNING.reset(token)

    def _load_in_host(self, errors: dict[str, str]) -> tuple[dict[str, DAG], dict[str, str], str]:
        """Load the file in the host.

        Return the file's DAGs, the errors, and the reason why this process can't load the file.
        """
        from ._hosted.files import load_in_host, with_why_not

        [(path, problem)] = errors.items()
        try:
            return *load_in_host(self._source), problem
        except HostError as error:
            return {}, {path: with_why_not(problem, error)}, ""


def _first_uses(missing: Iterable[Missing]) -> tuple[Missing, ...]:
    found: dict[str, Missing] = {}
    for each in missing:
        found.setdefault(each.name, each)
    return tuple(found.values())


def _by_id(module: ModuleType, registered: Iterable[DAG]) -> dict[str, DAG]:
    from ..authoring import DAG

    in_globals = [each for each in vars(module).values() if isinstance(each, DAG)]
    return {dag.dag_id: dag for dag in [*registered, *in_globals]}
