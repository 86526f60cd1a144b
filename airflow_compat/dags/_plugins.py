"""The plugins in the folder `plugins`: their macros, and their operators as in Airflow 1.10."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from ._import_errors import described
from ._stand_ins.plugins import AirflowPlugin

_KINDS = ("macros", "operators", "sensors", "hooks")


class Plugins:
    """The plugins for one DAG file. The files of the plugins run when a name of a plugin is needed for the first time.

    Attributes:
        errors: For each file that can't be loaded: the place in the code and the reason. The dict is complete after
            `load`.
    """

    def __init__(self, folders: Iterable[Path], import_module: Callable[[str], ModuleType]) -> None:
        self._folders, self._import = [*folders], import_module
        self._modules: dict[str, ModuleType] | None = None
        self.errors: dict[str, str] = {}

    def load(self) -> None:
        """Run the files of the plugins, unless they have already run."""
        self._all()

    def module(self, name: str) -> ModuleType | None:
        """Return a module that a plugin adds to Airflow's modules, such as `airflow.macros.my_plugin`."""
        kind = name.removeprefix("airflow.").partition(".")[0]
        return self._all().get(name) if kind in _KINDS else None

    def macros(self) -> Any:
        """Return `macros` for templates: Airflow's macros, and each plugin's macros under the plugin's name."""
        from .. import macros

        prefix = "airflow.macros."
        own = {name.removeprefix(prefix): module for name, module in self._all().items() if name.startswith(prefix)}
        return SimpleNamespace(**{name: getattr(macros, name) for name in macros.__all__}, **own) if own else macros

    def _all(self) -> Mapping[str, ModuleType]:
        if self._modules is None:
            # `_modules` is set before the plugins' files run, because these files may themselves import names of
            # plugins.
            self._modules = {}
            for plugin in self._found():
                for kind in _KINDS:
                    if members := getattr(plugin, kind, None):
                        module = ModuleType(f"airflow.{kind}.{plugin.name}")
                        vars(module).update({getattr(each, "__name__", str(each)): each for each in members})
                        self._modules[module.__name__] = module
        return self._modules

    def _found(self) -> Iterator[type[AirflowPlugin]]:
        for folder in self._folders:
            for file in sorted(folder.rglob("*.py")):
                name = ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
                try:
                    if b"AirflowPlugin" not in file.read_bytes():
                        continue
                    module = self._import(name)
                except Exception as exc:  # noqa: BLE001 - as in Airflow, a broken plugin does not stop the others
                    self.errors[str(file)] = described(exc, str(file))
                    continue
                path = getattr(module, "__file__", None)
                if path != str(file):
                    other = path or "a module of Python"
                    hidden = f"{other} has the same module name, {name!r}, and is imported instead"
                    self.errors[str(file)] = f"{file}: {hidden}. Rename the plugin's file"
                    continue
                for value in list(vars(module).values()):
                    if isinstance(value, type) and issubclass(value, AirflowPlugin) and value.name:
                        yield value
