"""What a `KubernetesPodOperator` says, as the pod that it would make: what Kubernetes' API calls a Pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidWorkPoolError
from .kubernetes_plain import as_plain
from .work_pool_arguments import Arguments

OPERATOR = "KubernetesPodOperator"

_FLOW = "the pod runs the flow; call this in a task of it, as by subprocess.run([...], check=True)"
_CLUSTER = (
    "a worker starts pods in the cluster that it runs in, or that its kubeconfig names; for another, choose a "
    "KubernetesClusterConfig block as the pool's cluster_config in Prefect's UI"
)
_LOGS = "a flow's logs go to Prefect, and a pod's output to its worker's"
_WATCH = "the worker watches the pod in its own way, and the server says what became of the run"

_LEFT = {
    "cmds": _FLOW,
    "arguments": _FLOW,
    "name": "a pod is called after its flow run",
    "random_name_suffix": "a pod's name always has one",
    "base_container_name": "the container is called prefect-job",
    "pod_template_file": "it is not read; give what it holds as pod_template_dict",
    "pod_runtime_info_envs": "write them into a pod_override",
    "skip_on_exit_code": "raise AirflowSkipException in the task",
    "xcom_sidecar_container_security_context": "there is no sidecar; what a task returns is its result",
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
# As old releases of the operator call them.
_OLD_RESOURCES = {
    "limit_cpu": ("limits", "cpu"),
    "limit_ephemeral_storage": ("limits", "ephemeral-storage"),
    "limit_gpu": ("limits", "nvidia.com/gpu"),
    "limit_memory": ("limits", "memory"),
    "request_cpu": ("requests", "cpu"),
    "request_ephemeral_storage": ("requests", "ephemeral-storage"),
    "request_memory": ("requests", "memory"),
}
# What is below these has the names that the user gave.
_OWN_NAMES = ("annotations", "env_vars", "labels", "node_selector", "node_selectors")
_ADDED_IN_SPEC = ("initContainers", "volumes")
_ADDED_IN_CONTAINER = ("env", "envFrom", "ports", "volumeDevices", "volumeMounts")
_SECRET_FIELDS = ("deploy_type", "deploy_target", "secret", "key", "items")
_KEPT_SECONDS = 60


def pod_from_operator(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """The pod, the job variables that no pod has, and notes.

    Raises:
        InvalidWorkPoolError: An argument is misspelt, or is nothing that Kubernetes takes.
    """
    arguments = Arguments(OPERATOR, {name: _plain(name, value) for name, value in given.items()}, {*_TAKEN, *_LEFT})
    arguments.leave(_LEFT)
    metadata = {name: value for name in _IN_METADATA if (value := arguments.take(name)) is not None}
    spec = _fields(arguments, _IN_SPEC)
    if isinstance(secrets := spec.get("imagePullSecrets"), str):
        spec["imagePullSecrets"] = [{"name": name.strip()} for name in secrets.split(",") if name.strip()]
    container = _fields(arguments, _IN_CONTAINER)
    if "resources" in container:
        container["resources"] = _resources(container["resources"])
    _environment(arguments, container)
    secrets = arguments.take("secrets", ())
    if not isinstance(secrets, (list, tuple)):
        raise InvalidWorkPoolError(f"{OPERATOR}: secrets is a {type(secrets).__name__}; write a list")
    for secret in secrets:
        _secret(secret, spec, container)
    pod: dict[str, Any] = {"metadata": metadata, "spec": {**spec, "containers": [container]}}
    for name in ("pod_template_dict", "full_pod_spec"):
        if base := arguments.take(name):
            pod = reconciled(base, pod)
    variables = _job(arguments)
    arguments.check_done()
    return pod, variables, arguments.notes


def reconciled(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One pod over another, as Airflow does it: what is set replaces, but labels, annotations and some lists add up."""
    metadata = {**(base.get("metadata") or {}), **(over.get("metadata") or {})}
    for name in ("labels", "annotations"):
        if found := [pod["metadata"][name] for pod in (base, over) if (pod.get("metadata") or {}).get(name)]:
            metadata[name] = {key: text for texts in found for key, text in texts.items()}
    specs = [dict(pod.get("spec") or {}) for pod in (base, over)]
    containers = [spec.pop("containers", None) or [] for spec in specs]
    # Airflow pairs containers by their places, not by their names.
    pairs = zip(containers[0], containers[1], strict=False)
    paired = [_over(mine, theirs, _ADDED_IN_CONTAINER) for mine, theirs in pairs]
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
    """Without the Python client's classes. Secrets stay as they are: their fields are Airflow's own."""
    if name == "secrets":
        return value
    if name in _OWN_NAMES and isinstance(value, Mapping):
        return dict(value)
    return as_plain(value)


def _fields(arguments: Arguments, names: Mapping[str, str]) -> dict[str, Any]:
    return {api: value for name, api in names.items() if (value := arguments.take(name)) is not None}


def _resources(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidWorkPoolError(f"{OPERATOR}: resources are a {type(value).__name__}; write requests and limits")
    result: dict[str, Any] = {}
    old = {as_plain({name: 0}).popitem()[0]: place for name, place in _OLD_RESOURCES.items()}
    for name, inner in value.items():
        if name in old:
            kind, resource = old[name]
            result.setdefault(kind, {})[resource] = inner
        elif name in ("limits", "requests", "claims"):
            result[name] = inner
        else:
            raise InvalidWorkPoolError(f"{OPERATOR}: resources have a {name!r}; write requests and limits")
    return result


def _environment(arguments: Arguments, container: dict[str, Any]) -> None:
    value = arguments.take_raw("env_vars") or []
    if isinstance(value, Mapping):
        value = [{"name": str(name), "value": text} for name, text in value.items()]
    found = [each for each in value if arguments.rendered(f"env_vars {each['name']}", each) is not None]
    if found:
        container["env"] = found
    sources = list(arguments.take("env_from", ()))
    sources += [{"configMapRef": {"name": name}} for name in arguments.take("configmaps", ())]
    if sources:
        container["envFrom"] = sources


def _secret_fields(secret: Any) -> dict[str, Any]:
    """The fields of Airflow's `Secret`, or of a mapping of them, by Airflow's rules."""
    if isinstance(secret, Mapping):
        if unknown := [str(name) for name in secret if name not in _SECRET_FIELDS]:
            raise InvalidWorkPoolError(
                f"{OPERATOR}: a secret has no field {unknown[0]!r}; write any of {', '.join(_SECRET_FIELDS)}"
            )
        fields = {name: secret.get(name) for name in _SECRET_FIELDS}
        if fields["deploy_type"] == "env" and isinstance(fields["deploy_target"], str):
            fields["deploy_target"] = fields["deploy_target"].upper()
    elif all(hasattr(secret, name) for name in ("deploy_type", "deploy_target", "secret", "key")):
        fields = {name: getattr(secret, name, None) for name in _SECRET_FIELDS}
    else:
        kind = type(secret).__name__
        raise InvalidWorkPoolError(f"{OPERATOR}: a secret is a {kind}; write Airflow's Secret(...), or its fields")
    if fields["deploy_type"] not in ("env", "volume"):
        raise InvalidWorkPoolError(f"{OPERATOR}: a secret's deploy_type is not known; write env or volume")
    if not fields["secret"]:
        raise InvalidWorkPoolError(f"{OPERATOR}: a secret names no secret of the cluster; write its name as secret")
    if fields["deploy_target"] is None and (fields["key"] is not None or fields["deploy_type"] == "volume"):
        raise InvalidWorkPoolError(f"{OPERATOR}: secret {fields['secret']!r} has no deploy_target; write one")
    return fields


def _secret(given: Any, spec: dict[str, Any], container: dict[str, Any]) -> None:
    """A secret of the cluster, by its name; no value of it is here."""
    secret = _secret_fields(given)
    if secret["deploy_type"] == "volume":
        name = f"secretvol-{len(spec.get('volumes', ()))}"
        items = {"items": as_plain(list(secret["items"]))} if secret["items"] else {}
        volume = {"name": name, "secret": {"secretName": secret["secret"], **items}}
        mount = {"name": name, "mountPath": secret["deploy_target"], "readOnly": True}
        spec["volumes"] = [*spec.get("volumes", ()), volume]
        container["volumeMounts"] = [*container.get("volumeMounts", ()), mount]
    elif secret["deploy_target"] is None:
        source = {"secretRef": {"name": secret["secret"]}}
        container["envFrom"] = [*container.get("envFrom", ()), source]
    else:
        source = {"secretKeyRef": {"name": secret["secret"], "key": secret["key"]}}
        variable = {"name": secret["deploy_target"], "valueFrom": source}
        container["env"] = [*container.get("env", ()), variable]


def _job(arguments: Arguments) -> dict[str, Any]:
    variables = {}
    if (seconds := arguments.take("startup_timeout_seconds")) is not None:
        variables["pod_watch_timeout_seconds"] = int(seconds)
    action = arguments.take("on_finish_action")
    if action is None and (delete := arguments.take("is_delete_operator_pod")) is not None:
        action = "delete_pod" if delete else "keep_pod"
    arguments.take("is_delete_operator_pod")
    action = getattr(action, "value", action)
    if action == "delete_pod":
        variables["finished_job_ttl"] = _KEPT_SECONDS
        arguments.note("on_finish_action", f"a finished job is kept for {_KEPT_SECONDS} s, for its worker to see it")
    elif action in ("delete_succeeded_pod", "delete_active_pod"):
        arguments.note("on_finish_action", "finished jobs are kept, all of them; finished_job_ttl deletes all of them")
    elif action not in (None, "keep_pod"):
        raise InvalidWorkPoolError(f"{OPERATOR}: on_finish_action is {action!r}; write keep_pod or delete_pod")
    return variables
