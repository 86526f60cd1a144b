"""What a `DockerOperator` says, as the job variables of a docker work pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidWorkPoolError
from .work_pool_arguments import Arguments, without_secrets

_OPERATOR = "DockerOperator"
_FLOW = "the container runs the flow; call this in a task of it, as by subprocess.run([...], check=True)"
_ENGINE = "a worker talks to the Docker engine of its own machine; start it there, or with DOCKER_HOST and its siblings"

_LEFT = {
    "command": _FLOW,
    "entrypoint": _FLOW,
    "xcom_all": "what a task returns is its result; the container's output goes to the worker's",
    "retrieve_output": "what a task returns is its result",
    "retrieve_output_path": "what a task returns is its result",
    "skip_on_exit_code": "raise AirflowSkipException in the task",
    "container_name": "a container is called after its flow run; the same name could be there once at a time only",
    "env_file": "it is not read; write its variables into environment",
    "host_tmp_dir": "no folder is mounted that isn't asked for",
    "mount_tmp_dir": "no folder is mounted that isn't asked for",
    "tmp_dir": "no folder is mounted that isn't asked for",
    "docker_url": _ENGINE,
    "api_version": _ENGINE,
    "timeout": f"{_ENGINE} (DOCKER_CLIENT_TIMEOUT)",
    **dict.fromkeys(
        ("tls_ca_cert", "tls_client_cert", "tls_client_key", "tls_verify", "tls_hostname", "tls_ssl_version"), _ENGINE
    ),
}
# By the names of docker-py, which has them of the worker.
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


def docker_job_variables(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """The job variables, the blocks of secret environment variables, and notes.

    Raises:
        InvalidWorkPoolError: An argument is misspelt, or is nothing that Docker takes.
    """
    arguments = Arguments(_OPERATOR, given, {*_TAKEN, *_CONTAINER, *_LEFT})
    arguments.leave(_LEFT)
    variables: dict[str, Any] = {}
    if image := arguments.take("image"):
        variables["image"] = str(image)
    environment, secrets = without_secrets(arguments.take_texts("environment"), arguments, "environment")
    private = arguments.take_texts("private_environment")
    secrets |= without_secrets(private, arguments, "private_environment", private=True)[1]
    if environment:
        variables["env"] = environment
    if labels := arguments.take_texts("labels"):
        variables["labels"] = labels
    for name in ("network_mode", "mem_limit"):
        if (value := arguments.take(name)) is not None:
            variables[name] = str(value)
    if (privileged := arguments.take("privileged")) is not None:
        variables["privileged"] = bool(privileged)
    if (force_pull := arguments.take("force_pull")) is not None:
        variables["image_pull_policy"] = "Always" if force_pull else "IfNotPresent"
    _auto_remove(arguments, variables)
    _registry(arguments)
    container = _container(arguments)
    _mounts(arguments, variables, container)
    if container:
        variables["container_create_kwargs"] = container
    arguments.check_done()
    return variables, secrets, arguments.notes


def _auto_remove(arguments: Arguments, variables: dict[str, Any]) -> None:
    value = arguments.take("auto_remove")
    if value in ("force", True):
        variables["auto_remove"] = True
    elif value == "success":
        arguments.note("auto_remove", "a pool removes all containers or none; none is, write force to remove all")
    elif value not in (None, "never", False):
        raise InvalidWorkPoolError(f"{_OPERATOR}: auto_remove is {value!r}; write never, success or force")


def _registry(arguments: Arguments) -> None:
    if conn_id := arguments.take("docker_conn_id"):
        arguments.note(
            "docker_conn_id",
            f"import connection {conn_id!r}, and choose its block as the pool's registry_credentials in Prefect's UI",
        )


def _container(arguments: Arguments) -> dict[str, Any]:
    container = {}
    for name, docker_name in _CONTAINER.items():
        if (value := arguments.take(name)) is not None:
            container[docker_name] = _in_json(value)
    if (cpus := arguments.take("cpus")) is not None:
        try:
            container["nano_cpus"] = int(float(cpus) * 1e9)
        except (TypeError, ValueError):
            raise InvalidWorkPoolError(f"{_OPERATOR}: cpus is {cpus!r}; write a number, such as 0.5") from None
    options = {"max-size": arguments.take("log_opts_max_size"), "max-file": arguments.take("log_opts_max_file")}
    if config := {name: str(value) for name, value in options.items() if value is not None}:
        container["log_config"] = {"type": "json-file", "config": config}
    return container


def _mounts(arguments: Arguments, variables: dict[str, Any], container: dict[str, Any]) -> None:
    """Bind mounts and named volumes are volumes; others are as Docker's API has them."""
    volumes, others = [], []
    for each in arguments.take("mounts", ()):
        if not isinstance(each, Mapping):
            raise InvalidWorkPoolError(
                f"{_OPERATOR}: a mount is a {type(each).__name__}; write docker.types.Mount(...), or what it holds"
            )
        mount = {str(name).replace("_", "").lower(): value for name, value in each.items() if value is not None}
        kind, source, target = mount.get("type", "volume"), mount.get("source"), mount.get("target")
        plain = {name for name, value in mount.items() if value not in (False, {}, "")}
        if kind in ("bind", "volume") and source and target and plain <= {"type", "source", "target", "readonly"}:
            volumes.append(f"{source}:{target}" + (":ro" if mount.get("readonly") else ""))
        else:
            others.append(_in_json(each))
    if volumes:
        variables["volumes"] = volumes
    if others:
        container["mounts"] = others


def _in_json(value: Any) -> Any:
    """Docker's own classes are dictionaries."""
    if isinstance(value, Mapping):
        return {str(name): _in_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_in_json(inner) for inner in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise InvalidWorkPoolError(f"{_OPERATOR}: it holds a {type(value).__name__}, which is no plain data; write it so")
