"""Operators that call a function in a virtual environment that they create."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..authoring import BaseBranchOperator
from ..exceptions import AirflowException
from ..variables import Variable
from .hooks import PackageIndexHook
from .other_python import OtherPythonOperator
from .python import Context, PythonOperator

_MARKER = "install_complete_marker.json"


class PythonVirtualenvOperator(OtherPythonOperator):
    """Calls a function in a virtual environment, which is made with uv if it is installed, else with venv and pip.

    Args:
        requirements: Packages to install, or the name of a file that ends with `.txt`.
        python_version: The version of Python, such as `3.11`. Defaults to the Python version of the current process.
        system_site_packages: Whether the environment can import the packages of the base Python.
        pip_install_options: Options of `pip install`.
        index_urls: The URLs of package indexes.
        index_urls_from_connection_ids: The ids of connections that contain URLs of package indexes.
        venv_cache_path: A folder in which environments are cached for later runs.
        kwargs: Arguments of `OtherPythonOperator`.
    """

    template_fields: Sequence[str] = (
        "requirements",
        "index_urls",
        "index_urls_from_connection_ids",
        "venv_cache_path",
        *PythonOperator.template_fields,
    )
    template_ext: Sequence[str] = (".txt",)

    def __init__(
        self,
        *,
        requirements: Iterable[str] | str | None = None,
        python_version: str | None = None,
        system_site_packages: bool = True,
        pip_install_options: list[str] | None = None,
        index_urls: Collection[str] | str | None = None,
        index_urls_from_connection_ids: Collection[str] | str | None = None,
        venv_cache_path: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if python_version is not None and not isinstance(python_version, str):
            raise AirflowException("Passing non-string types (e.g. int or float) as python_version not supported")
        if (
            python_version
            and python_version[0] != str(sys.version_info.major)
            and (kwargs.get("op_args") or kwargs.get("op_kwargs"))
        ):
            raise AirflowException(
                "Passing op_args or op_kwargs is not supported across different Python major versions for "
                "PythonVirtualenvOperator. Please use string_args."
            )
        self.requirements: list[str] = _listed(requirements) or []
        self.python_version = python_version
        self.system_site_packages = system_site_packages
        self.pip_install_options = pip_install_options
        self.index_urls = _listed(index_urls)
        self.index_urls_from_connection_ids: list[str] | None = _listed(index_urls_from_connection_ids)
        self.venv_cache_path = venv_cache_path
        super().__init__(**kwargs)

    def execute_callable(self) -> Any:
        if self.index_urls_from_connection_ids:
            found = [PackageIndexHook(each).get_connection_url() for each in self.index_urls_from_connection_ids]
            self.index_urls = [*(self.index_urls or ()), *found]
        if self.venv_cache_path:
            return self.run_in(str(self._cached(Path(self.venv_cache_path)) / "bin" / "python"))
        with TemporaryDirectory(prefix="venv") as folder:
            self._make(Path(folder))
            return self.run_in(str(Path(folder, "bin", "python")))

    def _packages(self) -> list[str]:
        packages = [str(each) for each in self.requirements]
        needed = self.serializer != "pickle" and not self.system_site_packages and self.serializer not in packages
        return sorted([*packages, self.serializer] if needed else packages)

    def _make(self, folder: Path) -> None:
        requirements = folder / "requirements.txt"
        requirements.write_text("\n".join(self._packages()))
        python = f"python{self.python_version}" if self.python_version else sys.executable
        site = ["--system-site-packages"] if self.system_site_packages else []
        env = dict(os.environ)
        if shutil.which("uv"):
            if self.index_urls:
                env |= {"UV_DEFAULT_INDEX": self.index_urls[0]}
                env |= {"UV_INDEX": " ".join(self.index_urls[1:])} if self.index_urls[1:] else {}
            self._run(["uv", "venv", "--allow-existing", "--seed", "--python", python, *site, str(folder)], env)
            install = ["uv", "pip", "install", "--python", str(folder / "bin" / "python")]
        else:
            if self.index_urls is not None:
                (folder / "pip.conf").write_text(_pip_configuration(self.index_urls))
            self._run([python, "-m", "venv", *site, str(folder)], env)
            install = [str(folder / "bin" / "python"), "-m", "pip", "install"]
        if self._packages():
            self._run([*install, *(self.pip_install_options or ()), "-r", str(requirements)], env)

    def _run(self, command: list[str], env: dict[str, str]) -> None:
        code = self.subprocess_hook.run_command(command, env=env).exit_code
        if code:
            raise subprocess.CalledProcessError(code, command)

    def _cached(self, parent: Path) -> Path:
        """Return the cached environment; the first task that needs this environment creates it."""
        text = json.dumps(
            {
                "requirements_list": self._packages(),
                "pip_install_options": self.pip_install_options,
                "index_urls": self.index_urls,
                "cache_key": str(Variable.get("python_virtualenv_operator_cache_key", "")),
                "python_version": self.python_version,
                "system_site_packages": self.system_site_packages,
            },
            sort_keys=True,
        )
        folder = parent / f"venv-{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8]}"
        parent.mkdir(parents=True, exist_ok=True)
        with Path(f"{folder}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            marker = folder / _MARKER
            if marker.exists() and marker.read_text() == text:
                self.log.info("Reusing cached Python virtual environment in %s", folder)
                return folder
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                self._make(folder)
            except Exception as error:
                shutil.rmtree(folder)
                raise AirflowException(f"Unable to create new virtual environment in {folder}") from error
            marker.write_text(text)
        return folder


class BranchPythonVirtualenvOperator(BaseBranchOperator, PythonVirtualenvOperator):
    """Follows the tasks or groups whose ids the function returns in the virtual environment."""

    def choose_branch(self, context: Context) -> str | Iterable[str] | None:
        chosen: str | Iterable[str] | None = PythonVirtualenvOperator.execute(self, context)
        return chosen


def _listed(given: Iterable[str] | str | None) -> list[str] | None:
    if given is None or isinstance(given, str):
        return [given] if given else None
    return list(given)


def _pip_configuration(index_urls: list[str]) -> str:
    if not index_urls:
        return "[global]\nno-index = true"
    more = f"\nextra-index-url = {' '.join(index_urls[1:])}" if index_urls[1:] else ""
    return f"[global]\nindex-url = {index_urls[0]}{more}"
