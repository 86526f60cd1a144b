"""Checks the types in a pod before it is read, because users also write pods in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidWorkPoolError

_LISTS_OF_MAPPINGS = ("containers", "hostAliases", "imagePullSecrets", "initContainers", "tolerations", "volumes")
_LISTS_IN_CONTAINER = ("env", "envFrom", "ports", "volumeDevices", "volumeMounts")


def mapping(value: Any, where: str, what: str) -> dict[str, Any]:
    """Return a mapping as a dictionary. None counts as empty."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidWorkPoolError(f"{where}: {what} is a {type(value).__name__}. Use a dictionary.")
    return dict(value)


def mappings(value: Any, where: str, what: str) -> list[dict[str, Any]]:
    """Return a list of mappings. None counts as empty."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise InvalidWorkPoolError(f"{where}: {what} is a {type(value).__name__}. Use a list.")
    return [mapping(each, where, f"an entry of {what}") for each in value]


def check_pod(pod: Any, where: str) -> None:
    """Check the types of the fields that a conversion reads.

    Raises:
        InvalidWorkPoolError: A field has the wrong type. The message names the field and the type to write.
    """
    pod = mapping(pod, where, "the pod")
    metadata = mapping(pod.get("metadata"), where, "metadata")
    for name in ("labels", "annotations"):
        mapping(metadata.get(name), where, name)
    spec = mapping(pod.get("spec"), where, "spec")
    found = {name: mappings(spec.get(name), where, name) for name in _LISTS_OF_MAPPINGS}
    for container in (*found["containers"], *found["initContainers"]):
        for name in _LISTS_IN_CONTAINER:
            mappings(container.get(name), where, name)
        resources = mapping(container.get("resources"), where, "resources")
        for name in ("limits", "requests"):
            mapping(resources.get(name), where, f"resources.{name}")
