"""Converts the arguments of `DockerOperator` to job variables of a docker work pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidWorkPoolError
from ._operator_arguments import CONTAINER_RUNS_FLOW, Arguments
from ._secrets import SecretBlocks, refuse_secrets, without_secret_labels

_OPERATOR = "DockerOperator"
_ENGINE = (
    "a worker uses the Docker engine of its machine; start the worker on that machine, or set DOCKER_HOST and related "
    "variables"
)

_LEFT = {
    "command": CONTAINER_RUNS_FLOW,
    "entrypoint": CONTAINER_RUNS_FLOW,
    "xcom_all": "a task's return value is its result; the container's output appears in the worker's output",
    "retrieve_output": "a task's return value is its result",
    "retrieve_output_path": "a task's return value is its result",
    "skip_on_exit_code": "raise AirflowSkipException in the task",
    "container_name": "containers are named after their flow runs, because names must be unique",
    "env_file": "the file is not read; add the file's variables to environment",
    "host_tmp_dir": "only folders in mounts are mounted",
    "mount_tmp_dir": "only folders in mounts are mounted",
    "tmp_dir": "only folders in mounts are mounted",
    "docker_url": _ENGINE,
    "api_version": _ENGINE,
    "timeout": f"{_ENGINE} (DOCKER_CLIENT_TIMEOUT)",
    **dict.fromkeys(
        ("tls_ca_cert", "tls_client_cert", "tls_client_key", "tls_verify", "tls_hostname", "tls_ssl_version"), _ENGINE
    ),
}
# Maps arguments to names in docker-py, which the worker calls.
_CONTAINER = {
    "cap_add": "cap_add",
    "device_requests": "device_requests",
    "dns": "dns",
    "dns_search": "dns_search",
    "extra_hosts": "extra_hosts",
    "hostname": "hostname",
    "ipc_mode": "ipc_mode",
    "port_bindings": "ports",
    "shm_size": "shm_size",
    "tty": "tty",
    "ulimits": "ulimits",
    "user": "user",
    "working_dir": "working_dir",
}
_TAKEN = {
    "auto_remove",
    "cpus",
    "docker_conn_id",
    "environment",
    "force_pull",
    "image",
    "labels",
    "log_opts_max_file",
    "log_opts_max_size",
    "mem_limit",
    "mounts",
    "network_mode",
    "private_environment",
    "privileged",
}


def docker_job_variables(
    given: Mapping[str, Any], secret_blocks: SecretBlocks
) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Return the job variables, the blocks of secret environment variables, and notes.

    Raises:
        InvalidWorkPoolError: An argument is misspelt, invalid, or has a secret where no block can be used.
    """
    arguments = Arguments(_OPERATOR, given, {*_TAKEN, *_CONTAINER, *_LEFT})
    arguments.leave(_LEFT)
    image = arguments.take("image")
    labels = arguments.take_texts("labels")
    private = arguments.take_texts("private_environment")
    # As in the operator, a value of `private_environment` replaces a value of `environment`.
    public = {key: text for key, text in arguments.take_texts("environment").items() if key not in private}
    environment, secrets = secret_blocks.without_secrets(public, arguments, "environment")
    empty, more = secret_blocks.without_secrets(private, arguments, "private_environment", private=True)
    variables: dict[str, Any] = {
        "image": str(image) if image else None,
        "network_mode": arguments.take_as("network_mode", str),
        "mem_limit": arguments.take_as("mem_limit", str),
        "privileged": arguments.take_as("privileged", bool),
        "image_pull_policy": arguments.take_as("force_pull", lambda force: "Always" if force else "IfNotPresent"),
        "auto_remove": _auto_remove(arguments),
    }
    if conn_id := arguments.take("docker_conn_id"):
        arguments.note(
            "docker_conn_id",
            f"import connection {conn_id!r}, and select the connection's block as the pool's registry_credentials in "
            "Prefect's UI",
        )
    container = _container(arguments)
    volumes, others = _mounts(arguments)
    container |= {"mounts": others} if others else {}
    variables |= {"volumes": volumes or None, "container_create_kwargs": container or None}
    refuse_secrets({name: value for name, value in variables.items() if value is not None}, _OPERATOR)
    variables |= {
        "env": {**environment, **empty} or None,
        "labels": without_secret_labels(labels, arguments, "labels") or None,
    }
    arguments.check_done()
    return {name: value for name, value in variables.items() if value is not None}, secrets | more, arguments.notes


def _auto_remove(arguments: Arguments) -> bool | None:
    value = arguments.take("auto_remove")
    if value in ("force", True):
        return True
    if value == "success":
        arguments.note(
            "auto_remove",
            "a pool removes all containers or none; this pool keeps all containers, and force removes all",
        )
    elif value not in (None, "never", False):
        raise InvalidWorkPoolError(f"{_OPERATOR}: auto_remove is unknown. Use never, success or force.")
    return None


def _container(arguments: Arguments) -> dict[str, Any]:
    container = {
        docker_name: _in_json(value)
        for name, docker_name in _CONTAINER.items()
        if (value := arguments.take(name)) is not None
    }
    if (cpus := arguments.take("cpus")) is not None:
        try:
            container["nano_cpus"] = int(float(cpus) * 1e9)
        except (TypeError, ValueError):
            raise InvalidWorkPoolError(f"{_OPERATOR}: cpus is not a number. Use a number, such as 0.5.") from None
    options = {"max-size": arguments.take("log_opts_max_size"), "max-file": arguments.take("log_opts_max_file")}
    if config := {name: str(value) for name, value in options.items() if value is not None}:
        container["log_config"] = {"type": "json-file", "config": config}
    return container


def _mounts(arguments: Arguments) -> tuple[list[str], list[Any]]:
    """Return bind mounts and named volumes as volume texts, and other mounts as data for Docker's API."""
    volumes, others = [], []
    for each in arguments.take("mounts", ()):
        if not isinstance(each, Mapping):
            raise InvalidWorkPoolError(
                f"{_OPERATOR}: a mount is a {type(each).__name__}. Use docker.types.Mount(...), or a dictionary."
            )
        mount = {str(name).replace("_", "").lower(): value for name, value in each.items() if value is not None}
        kind, source, target = mount.get("type", "volume"), mount.get("source"), mount.get("target")
        plain = {name for name, value in mount.items() if value not in (False, {}, "")}
        if kind in ("bind", "volume") and source and target and plain <= {"type", "source", "target", "readonly"}:
            volumes.append(f"{source}:{target}" + (":ro" if mount.get("readonly") else ""))
        else:
            others.append(_in_json(each))
    return volumes, others


def _in_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _in_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_in_json(inner) for inner in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise InvalidWorkPoolError(
        f"{_OPERATOR}: a value is a {type(value).__name__}. Use texts, numbers, lists and dicts."
    )
