"""Operators that call a function in another Python interpreter, which is already installed."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import types
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..authoring import BaseBranchOperator
from ..authoring._current import definition_release
from ..errors import AirflowCompatError
from ..exceptions import AirflowException, AirflowSkipException
from ._release import release_of
from ._script import Serializer, checked_serializer, pickling_library, read_value, script, source_of, write_values
from .bash import exit_codes
from .hooks import SubprocessHook
from .python import Context, PythonOperator

# The context keys whose values another Python can read without Airflow and without this package. Airflow also sends
# `dag`, `task` and other keys if the other Python has Airflow.
_KEYS = frozenset(
    "data_interval_end data_interval_start ds ds_nodash execution_date expanded_ti_count inlets logical_date "
    "map_index_template next_ds next_ds_nodash next_execution_date outlets params partition_date partition_key "
    "prev_data_interval_end_success prev_data_interval_start_success prev_ds prev_ds_nodash prev_end_date_success "
    "prev_execution_date prev_execution_date_success prev_start_date_success run_id task_instance_key_str "
    "task_reschedule_count test_mode tomorrow_ds tomorrow_ds_nodash ts ts_nodash ts_nodash_with_tz yesterday_ds "
    "yesterday_ds_nodash".split()
)


class OtherPythonOperator(PythonOperator):
    """Base class of operators that copy a function's source, and call the function in another Python.

    The function can use only its arguments, the modules that its own code imports, and `virtualenv_string_args`.

    Args:
        python_callable: The function, which must be defined with `def`.
        serializer: The package that serializes the arguments and the result: `pickle`, `cloudpickle` or `dill`.
        op_args: See `PythonOperator`.
        op_kwargs: See `PythonOperator`.
        string_args: Texts that the function can read from the global variable `virtualenv_string_args`.
        templates_dict: See `PythonOperator`.
        templates_exts: See `PythonOperator`.
        expect_airflow: Has no effect: context values that need Airflow are never passed to the function.
        skip_on_exit_code: The exit code or codes after which the task is skipped.
        env_vars: Further environment variables.
        inherit_env: Whether the other Python receives the environment variables of this process.
        kwargs: Arguments of `PythonOperator`.
    """

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        serializer: Serializer | None = None,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        string_args: Iterable[str] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: Sequence[str] | None = None,
        expect_airflow: bool = True,
        skip_on_exit_code: int | Container[int] | None = None,
        env_vars: dict[str, str] | None = None,
        inherit_env: bool = True,
        **kwargs: Any,
    ) -> None:
        if not isinstance(python_callable, types.FunctionType) or python_callable.__name__ == "<lambda>":
            raise ValueError(f"{type(self).__name__} only supports functions for python_callable arg")
        if inspect.isgeneratorfunction(python_callable):
            raise ValueError(f"{type(self).__name__} does not support using 'yield' in python_callable")
        if definition_release() == "2" and kwargs.pop("use_dill", False):
            if serializer:
                raise AirflowException(
                    "Both 'use_dill' and 'serializer' parameters are set. Please set only one of them"
                )
            serializer = "dill"
        super().__init__(
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            templates_dict=templates_dict,
            templates_exts=templates_exts,
            **kwargs,
        )
        self.string_args: Iterable[str] = string_args or []
        self.serializer: Serializer = checked_serializer(serializer)
        self.expect_airflow = expect_airflow
        self.skip_on_exit_code: Container[int] = exit_codes(skip_on_exit_code)
        self.env_vars = env_vars
        self.inherit_env = inherit_env

    @cached_property
    def subprocess_hook(self) -> SubprocessHook:
        return SubprocessHook()

    def get_python_source(self) -> str:
        return source_of(self.python_callable, *filter(None, [getattr(self, "custom_operator_name", "").strip("@")]))

    def execute(self, context: Context) -> Any:
        return super().execute(_sendable(context))

    def run_in(self, python: str) -> Any:
        """Call the function in a Python interpreter, and return the function's result.

        Raises:
            AirflowSkipException: The exit code of the other Python is in `skip_on_exit_code`.
            AirflowException: The function raised an error, or an argument can't be pickled.
            subprocess.CalledProcessError: The other Python ended with an error that did not come from the function.
        """
        library = pickling_library(self.serializer)
        with TemporaryDirectory(prefix="venv-call") as folder:
            names = ("script.py", "script.in", "script.out", "string_args.txt", "termination.log")
            script_file, arguments, result, texts, problem = (Path(folder, name) for name in names)
            arguments.write_bytes(self._arguments(library))
            texts.write_text("\n".join(map(str, self.string_args)))
            result.touch()
            script_file.write_text(
                script(source=self.get_python_source(), name=self.python_callable.__name__, serializer=self.serializer)
            )
            command = [python, *map(str, (script_file, arguments, result, texts, problem))]
            code = self.subprocess_hook.run_command(command, env=self._environment(), cwd=str(Path.cwd())).exit_code
            if code in self.skip_on_exit_code:
                raise AirflowSkipException(f"Process exited with code {code}. Skipping.")
            if code and problem.exists() and (text := problem.read_text()):
                raise AirflowException(f"Process returned non-zero exit status {code}.\n{text}")
            if code:
                raise subprocess.CalledProcessError(code, command)
            return read_value(library, result)

    def _arguments(self, library: types.ModuleType) -> bytes:
        try:
            return write_values(library, {"args": self.op_args, "kwargs": self.op_kwargs})
        except Exception as error:
            unsendable = [name for name, value in self.op_kwargs.items() if not _is_sendable(library, value)]
            if not unsendable:
                raise
            raise AirflowException(
                f"Failed to serialize op_kwargs: these keys have values that can't be pickled: {unsendable}. Pass "
                "plain values, such as '{{ ti.task_id }}' instead of '{{ ti }}'."
            ) from error

    def _environment(self) -> dict[str, str]:
        env = {**(os.environ if self.inherit_env else {}), **(self.env_vars or {})}
        if release_of(self) == "3":
            # Like Airflow 3, add the folder of the DAG files at the end of the import path.
            paths = [env.get("PYTHONPATH", ""), self.dag.folder]
            env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        return env

    def on_kill(self) -> None:
        self.subprocess_hook.send_sigterm()


def _sendable(context: Context) -> Context:
    """Return those values of the context that another Python can read."""
    found: Context = {}
    for key in _KEYS & set(context):
        try:
            value = context[key]
        except AirflowCompatError:
            # Leave out a context key for which this run has no value.
            continue
        if key == "params":
            value = dict(value)
        # Leave out assets, because the other Python does not have their class.
        if key not in ("inlets", "outlets") or not value:
            found[key] = value
    return found


def _is_sendable(library: types.ModuleType, value: Any) -> bool:
    try:
        write_values(library, {"value": value})
    except Exception:  # noqa: BLE001 - pickling runs code of the value's class
        return False
    return True


class ExternalPythonOperator(OtherPythonOperator):
    """Calls a function in another Python interpreter on this machine, such as that of an existing virtual environment.

    Args:
        python: The absolute path of the Python interpreter.
        expect_pendulum: Has no effect: dates are always pendulum objects if the other Python has pendulum.
        kwargs: Arguments of `OtherPythonOperator`.
    """

    template_fields: Sequence[str] = ("python", *PythonOperator.template_fields)

    def __init__(self, *, python: str, expect_pendulum: bool = False, **kwargs: Any) -> None:
        if not python:
            raise ValueError("Python Path must be defined in ExternalPythonOperator")
        self.python = python
        self.expect_pendulum = expect_pendulum
        super().__init__(**kwargs)

    def execute_callable(self) -> Any:
        path = Path(self.python)
        if not path.exists():
            raise ValueError(f"Python Path '{path}' must exists")
        if not path.is_file():
            raise ValueError(f"Python Path '{path}' must be a file")
        if not path.is_absolute():
            raise ValueError(f"Python Path '{path}' must be an absolute path.")
        command = [self.python, "-c", "import sys; print(sys.version_info[0])"]
        major = int(subprocess.check_output(command, text=True))  # noqa: S603 - the DAG author's Python
        if major != sys.version_info.major and (self.op_args or self.op_kwargs):
            raise AirflowException(
                "Passing op_args or op_kwargs is not supported across different Python major versions for "
                "ExternalPythonOperator. Please use string_args."
            )
        return self.run_in(str(path))


class BranchExternalPythonOperator(BaseBranchOperator, ExternalPythonOperator):
    """Calls a function in another Python, and follows the tasks or task groups whose ids the function returns."""

    def choose_branch(self, context: Context) -> str | Iterable[str] | None:
        chosen: str | Iterable[str] | None = ExternalPythonOperator.execute(self, context)
        return chosen
