"""Finds an operator's class by its import path: in this package, in the team's own code, or in an Airflow host."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from .._airflow.import_names import REASONS, NoStandIn, StandIn, names_of, stand_in_named
from .._airflow.import_names.replacements import replacement_for
from .._airflow.version import AirflowVersion
from ..authoring import BaseOperator
from ..errors import InvalidArgumentError, UnsupportedFeatureError
from ..hosting import AirflowHost, configured_host


@dataclass(frozen=True)
class HostedClass:
    """The import path of an operator's class in a host."""

    host: AirflowHost
    path: str


def operator_class(
    given: type[BaseOperator] | str, release: AirflowVersion, host: AirflowHost | None = None
) -> type[BaseOperator] | HostedClass:
    """Return an operator's class: this package's version of Airflow's class, the team's own class, or a host's class.

    Raises:
        UnsupportedFeatureError: The operator needs a host, because it is Airflow's and this package does not implement
            it, but there is no host.
        InvalidArgumentError: `given` is not the class or import path of an operator.
        HostError: The settings that name the host are invalid.
    """
    if host is not None and not isinstance(host, AirflowHost):
        raise InvalidArgumentError(
            f"as_task got host={host!r}. Pass an AirflowHost, or pass the operator's own argument `host` when you call "
            "the task."
        )
    found: object = _at_path(given, release, host) if isinstance(given, str) else given
    if isinstance(found, HostedClass) or (isinstance(found, type) and issubclass(found, BaseOperator)):
        return found
    if isinstance(found, type) and any(each.__module__.startswith("airflow.") for each in found.__mro__):
        if in_host := host or configured_host():
            return HostedClass(in_host, f"{found.__module__}.{found.__qualname__}")
        raise UnsupportedFeatureError(
            f"as_task got {found!r}, a class of the installed Airflow. Pass its import path as a string, such as "
            "'airflow.providers.standard.operators.bash.BashOperator', to use airflow_compat's stand-in, or pass host."
        )
    raise InvalidArgumentError(
        f"as_task got {given!r}, which is not an operator. Pass an operator's class, or its import path in Airflow."
    )


def _at_path(path: str, release: AirflowVersion, host: AirflowHost | None) -> object:
    module, _, name = path.rpartition(".")
    if not module:
        raise InvalidArgumentError(
            f"as_task got {path!r}. Pass a class, or a path such as 'airflow.operators.bash.BashOperator'."
        )
    if module.partition(".")[0] == "airflow":
        return _of_airflow(module, name, release, host)
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as exc:
        if in_host := host or configured_host():
            return HostedClass(in_host, path)
        raise InvalidArgumentError(f"as_task can't import {path!r}: {exc}. Pass an importable class.") from exc


def _of_airflow(module: str, name: str, release: AirflowVersion, host: AirflowHost | None) -> object:
    names = names_of(module, release)
    found = names.find(name) if names is not None else None
    if isinstance(found, StandIn):
        return found.resolve()
    # As in DAG files, find names of Airflow itself also in modules where only older releases define them.
    elsewhere = None if module.startswith("airflow.providers.") else stand_in_named(name, release)
    if names is not None and elsewhere is not None:
        return elsewhere.resolve()
    if in_host := host or configured_host():
        return HostedClass(in_host, f"{module}.{name}")
    reason = REASONS[found.reason] if isinstance(found, NoStandIn) else f"Airflow {release} has no such name."
    next_step = replacement_for(module) or reason
    raise UnsupportedFeatureError(f"{module}.{name} has no stand-in in airflow_compat, and no host is set. {next_step}")
