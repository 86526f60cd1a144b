"""Converts the arguments of `KubernetesPodOperator` to a pod in the format of Kubernetes' API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidWorkPoolError
from ._kubernetes_objects import as_plain
from ._operator_arguments import Arguments
from ._pod_types import check_pod, mapping, mappings

OPERATOR = "KubernetesPodOperator"

_FLOW = "the pod runs the flow; run the command in a task, for example with subprocess.run([...], check=True)"
_CLUSTER = (
    "a worker starts pods in its own cluster, or in that of its kubeconfig; for another cluster, select a "
    "KubernetesClusterConfig block as the pool's cluster_config in Prefect's UI"
)
_LOGS = "a flow's logs go to Prefect, and a pod's output to its worker"
_WATCH = "the worker watches the pod, and the server has the run's state"

_LEFT = {
    "cmds": _FLOW,
    "arguments": _FLOW,
    "name": "pods are named after their flow runs",
    "random_name_suffix": "pod names always have a random suffix",
    "base_container_name": "the container is named prefect-job",
    "pod_template_file": "the file is not read; pass its content as pod_template_dict",
    "pod_runtime_info_envs": "add these variables to a pod_override",
    "skip_on_exit_code": "raise AirflowSkipException in the task",
    "xcom_sidecar_container_security_context": "there is no sidecar; a task's return value is its result",
    **dict.fromkeys(("in_cluster", "cluster_context", "config_file", "kubernetes_conn_id"), _CLUSTER),
    **dict.fromkeys(
        (
            "container_logs",
            "container_name_log_prefix_enabled",
            "get_logs",
            "init_container_logs",
            "log_events_on_failure",
            "log_events_on_startup",
            "log_pod_spec_on_failure",
            "logging_interval",
        ),
        _LOGS,
    ),
    **dict.fromkeys(
        (
            "base_container_status_polling_interval",
            "callbacks",
            "durable",
            "on_kill_action",
            "poll_interval",
            "progress_callback",
            "reattach_on_restart",
            "schedule_timeout_seconds",
            "startup_check_interval_seconds",
            "trigger_kwargs",
        ),
        _WATCH,
    ),
}
_IN_SPEC = {
    "active_deadline_seconds": "activeDeadlineSeconds",
    "affinity": "affinity",
    "automount_service_account_token": "automountServiceAccountToken",
    "dns_config": "dnsConfig",
    "dnspolicy": "dnsPolicy",
    "host_aliases": "hostAliases",
    "hostname": "hostname",
    "hostnetwork": "hostNetwork",
    "image_pull_secrets": "imagePullSecrets",
    "init_containers": "initContainers",
    "node_selector": "nodeSelector",
    "node_selectors": "nodeSelector",
    "priority_class_name": "priorityClassName",
    "runtime_class_name": "runtimeClassName",
    "schedulername": "schedulerName",
    "security_context": "securityContext",
    "service_account_name": "serviceAccountName",
    "subdomain": "subdomain",
    "termination_grace_period": "terminationGracePeriodSeconds",
    "tolerations": "tolerations",
    "volumes": "volumes",
}
_IN_CONTAINER = {
    "container_resources": "resources",
    "container_security_context": "securityContext",
    "image": "image",
    "image_pull_policy": "imagePullPolicy",
    "ports": "ports",
    "resources": "resources",
    "termination_message_policy": "terminationMessagePolicy",
    "volume_mounts": "volumeMounts",
}
_IN_METADATA = ("annotations", "labels", "namespace")
_TAKEN = {
    *_IN_SPEC,
    *_IN_CONTAINER,
    *_IN_METADATA,
    "configmaps",
    "env_from",
    "env_vars",
    "full_pod_spec",
    "is_delete_operator_pod",
    "on_finish_action",
    "pod_template_dict",
    "secrets",
    "startup_timeout_seconds",
}
# Names of arguments in old releases of the operator.
_OLD_RESOURCES = {
    "limit_cpu": ("limits", "cpu"),
    "limit_ephemeral_storage": ("limits", "ephemeral-storage"),
    "limit_gpu": ("limits", "nvidia.com/gpu"),
    "limit_memory": ("limits", "memory"),
    "request_cpu": ("requests", "cpu"),
    "request_ephemeral_storage": ("requests", "ephemeral-storage"),
    "request_memory": ("requests", "memory"),
}
# Users choose the names in these mappings, so these names stay unchanged.
_OWN_NAMES = ("annotations", "env_vars", "labels", "node_selector", "node_selectors")
_ADDED_IN_SPEC = ("initContainers", "volumes")
_ADDED_IN_CONTAINER = ("env", "envFrom", "ports", "volumeDevices", "volumeMounts")
_MAPPINGS = (
    "affinity",
    "annotations",
    "full_pod_spec",
    "labels",
    "node_selector",
    "node_selectors",
    "pod_template_dict",
)
_LISTS = ("env_from", "host_aliases", "init_containers", "ports", "tolerations", "volume_mounts", "volumes")
_SECRET_FIELDS = ("deploy_type", "deploy_target", "secret", "key", "items")
_KEPT_SECONDS = 60


def pod_from_operator(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Return the pod, the job variables that are not part of a pod, and notes.

    Raises:
        InvalidWorkPoolError: An argument is misspelt or invalid.
    """
    arguments = Arguments(OPERATOR, {name: _plain(name, value) for name, value in given.items()}, {*_TAKEN, *_LEFT})
    arguments.leave(_LEFT)
    arguments.check_types(_MAPPINGS, mapping)
    arguments.check_types(_LISTS, mappings)
    metadata = {name: value for name in _IN_METADATA if (value := arguments.take(name)) is not None}
    spec = _fields(arguments, _IN_SPEC)
    if isinstance(secrets := spec.get("imagePullSecrets"), str):
        spec["imagePullSecrets"] = [{"name": name.strip()} for name in secrets.split(",") if name.strip()]
    container = _fields(arguments, _IN_CONTAINER)
    if "resources" in container:
        container["resources"] = _resources(container["resources"])
    _environment(arguments, container)
    for secret in arguments.take_list("secrets"):
        _secret(secret, spec, container)
    pod: dict[str, Any] = {"metadata": metadata, "spec": {**spec, "containers": [container]}}
    for name in ("pod_template_dict", "full_pod_spec"):
        if base := arguments.take(name):
            check_pod(base, f"{OPERATOR}: {name}")
            check_pod(pod, OPERATOR)
            pod = reconciled(base, pod)
    variables = _job(arguments)
    arguments.check_done()
    return pod, variables, arguments.notes


def reconciled(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `over` into `base` by Airflow's rules: labels, annotations and some lists add up; the rest is replaced."""
    metadata = {**(base.get("metadata") or {}), **(over.get("metadata") or {})}
    for name in ("labels", "annotations"):
        if found := [pod["metadata"][name] for pod in (base, over) if (pod.get("metadata") or {}).get(name)]:
            metadata[name] = {key: text for texts in found for key, text in texts.items()}
    specs = [dict(pod.get("spec") or {}) for pod in (base, over)]
    containers = [spec.pop("containers", None) or [] for spec in specs]
    # Airflow pairs containers by position, not by name.
    paired = [_over(mine, theirs, _ADDED_IN_CONTAINER) for mine, theirs in zip(*containers, strict=False)]
    longer = max(containers, key=len)
    spec = {**_over(specs[0], specs[1], _ADDED_IN_SPEC), "containers": [*paired, *longer[len(paired) :]]}
    return {**base, "metadata": metadata, "spec": spec}


def _over(base: Mapping[str, Any], over: Mapping[str, Any], added: tuple[str, ...]) -> dict[str, Any]:
    result = {**base, **{name: value for name, value in over.items() if value}}
    for name in added:
        mine, theirs = list(base.get(name) or ()), list(over.get(name) or ())
        if name == "initContainers":
            same = {each.get("name"): each for each in theirs}
            mine = [_over(each, same.pop(each.get("name"), {}), _ADDED_IN_CONTAINER) for each in mine]
            theirs = list(same.values())
        if both := [*mine, *theirs]:
            result[name] = both
    return result


def _plain(name: str, value: Any) -> Any:
    if name == "secrets":
        return value
    return dict(value) if name in _OWN_NAMES and isinstance(value, Mapping) else as_plain(value)


def _fields(arguments: Arguments, names: Mapping[str, str]) -> dict[str, Any]:
    return {api: value for name, api in names.items() if (value := arguments.take(name)) is not None}


def _resources(value: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    old = {as_plain({name: 0}).popitem()[0]: place for name, place in _OLD_RESOURCES.items()}
    for name, inner in mapping(value, OPERATOR, "resources").items():
        if name in old:
            kind, resource = old[name]
            result.setdefault(kind, {})[resource] = inner
        elif name in ("limits", "requests", "claims"):
            result[name] = inner
        else:
            raise InvalidWorkPoolError(f"{OPERATOR}: resources has no field {name!r}. Use requests and limits.")
    return result


def _environment(arguments: Arguments, container: dict[str, Any]) -> None:
    value = arguments.take_raw("env_vars")
    if isinstance(value, str):
        value = arguments.rendered("env_vars", value)
    if isinstance(value, Mapping):
        value = [{"name": str(name), "value": text} for name, text in value.items()]
    variables = mappings(value, OPERATOR, "env_vars")
    if not all(each.get("name") for each in variables):
        raise InvalidWorkPoolError(f"{OPERATOR}: a variable of env_vars has no name. Add the name.")
    if found := [each for each in variables if arguments.rendered(f"env_vars {each['name']}", each) is not None]:
        container["env"] = found
    sources = arguments.take_list("env_from")
    sources += [{"configMapRef": {"name": name}} for name in arguments.take_list("configmaps")]
    if sources:
        container["envFrom"] = sources


def _secret_fields(secret: Any) -> dict[str, Any]:
    if isinstance(secret, Mapping):
        if unknown := [str(name) for name in secret if name not in _SECRET_FIELDS]:
            raise InvalidWorkPoolError(
                f"{OPERATOR}: secrets have no field {unknown[0]!r}. Use any of {', '.join(_SECRET_FIELDS)}."
            )
        fields = {name: secret.get(name) for name in _SECRET_FIELDS}
        if fields["deploy_type"] == "env" and isinstance(fields["deploy_target"], str):
            fields["deploy_target"] = fields["deploy_target"].upper()
    elif all(hasattr(secret, name) for name in ("deploy_type", "deploy_target", "secret", "key")):
        fields = {name: getattr(secret, name, None) for name in _SECRET_FIELDS}
    else:
        raise InvalidWorkPoolError(
            f"{OPERATOR}: a secret is a {type(secret).__name__}. Use Airflow's Secret(...), or a dict of its fields."
        )
    if fields["deploy_type"] not in ("env", "volume"):
        raise InvalidWorkPoolError(f"{OPERATOR}: a secret's deploy_type is unknown. Use env or volume.")
    if not fields["secret"]:
        raise InvalidWorkPoolError(f"{OPERATOR}: a secret has no name. Set secret to the name of the cluster's secret.")
    if fields["deploy_target"] is None and (fields["key"] is not None or fields["deploy_type"] == "volume"):
        raise InvalidWorkPoolError(
            f"{OPERATOR}: secret {fields['secret']!r} has no deploy_target. Add a deploy_target."
        )
    return fields


def _secret(given: Any, spec: dict[str, Any], container: dict[str, Any]) -> None:
    secret = _secret_fields(given)
    if secret["deploy_type"] == "volume":
        name = f"secretvol-{len(spec.get('volumes', ()))}"
        items = {"items": mappings(as_plain(secret["items"]), OPERATOR, "items of a secret")} if secret["items"] else {}
        volume = {"name": name, "secret": {"secretName": secret["secret"], **items}}
        mount = {"name": name, "mountPath": secret["deploy_target"], "readOnly": True}
        spec["volumes"] = [*spec.get("volumes", ()), volume]
        container["volumeMounts"] = [*container.get("volumeMounts", ()), mount]
    elif secret["deploy_target"] is None:
        container["envFrom"] = [*container.get("envFrom", ()), {"secretRef": {"name": secret["secret"]}}]
    else:
        source = {"secretKeyRef": {"name": secret["secret"], "key": secret["key"]}}
        container["env"] = [*container.get("env", ()), {"name": secret["deploy_target"], "valueFrom": source}]


def _job(arguments: Arguments) -> dict[str, Any]:
    seconds = arguments.take_as("startup_timeout_seconds", int)
    variables = {} if seconds is None else {"pod_watch_timeout_seconds": seconds}
    action = arguments.take("on_finish_action")
    if action is None and (delete := arguments.take("is_delete_operator_pod")) is not None:
        action = "delete_pod" if delete else "keep_pod"
    arguments.take("is_delete_operator_pod")
    action = getattr(action, "value", action)
    if action == "delete_pod":
        variables["finished_job_ttl"] = _KEPT_SECONDS
        arguments.note(
            "on_finish_action", f"finished jobs are kept for {_KEPT_SECONDS} s, so that the worker sees them"
        )
    elif action in ("delete_succeeded_pod", "delete_active_pod"):
        arguments.note("on_finish_action", "all finished jobs are kept; set finished_job_ttl to delete all of them")
    elif action not in (None, "keep_pod"):
        raise InvalidWorkPoolError(f"{OPERATOR}: on_finish_action is unknown. Use keep_pod or delete_pod.")
    return variables
