"""What the DAG files of a folder share while they are loaded."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ._airflow_modules import AirflowModules
from ._import_modules import Importer
from ._imports import Imports
from ._load_values import definition_settings, read_configuration, values_of_load
from ._plugins import Plugins
from ._search_path import SearchPath
from ._shared_modules import SharedModules

if TYPE_CHECKING:
    from ._loading import FileSource


def digest(path: str) -> str:
    """Return a short hash of a path, which is used in names of modules."""
    return sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:8]


class Surroundings:
    """What the files of a folder share: Airflow's configuration and modules, the plugins, and the helper modules.

    Attributes:
        settings: The values of Airflow's options that set defaults of DAGs and tasks.
        prefix: The prefix of the names of modules that files of the folder can share.
        importer: Imports the modules of plugins.
    """

    def __init__(self, source: FileSource, where: SearchPath, *, is_shared: bool) -> None:
        self.configuration = read_configuration(
            airflow_version=source.airflow_version, dag_folder=where.dag_folder, airflow_cfg=source.airflow_cfg
        )
        self.settings = definition_settings(self.configuration)
        own = values_of_load(self.configuration, airflow_version=source.airflow_version, import_module=self._import)
        self.plugins = Plugins([Path(each) for each in where.common if Path(each).name == "plugins"], self._import)
        self.airflow = AirflowModules(source.airflow_version, own=own, plugin_module=self.plugins.module)
        self.prefix = f"dag_folder_{digest(str(where.dag_folder))}"
        self.shared = SharedModules(self.prefix, where.common) if is_shared else None
        self.importer: Importer | None = self.shared

    def _import(self, name: str) -> ModuleType:
        assert self.importer is not None
        return self.importer.import_module(name)

    def begin(self, file: Imports) -> None:
        """Prepare the shared modules before a file is loaded."""
        self.airflow.missing = {}
        if self.shared is None:
            self.importer = file
        else:
            self.shared.begin(file)
