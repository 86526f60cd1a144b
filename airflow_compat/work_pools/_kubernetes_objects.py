"""Kubernetes' objects as its API has them: from the client's classes, and from dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is below these is the user's own: labels and quantities, whose names mean what they say.
_FREE = {
    "annotations",
    "labels",
    "limits",
    "matchLabels",
    "nodeSelector",
    "options",
    "overhead",
    "requests",
    "volumeAttributes",
}
_SPELT = {
    "dataset_uuid": "datasetUUID",
    "disk_uri": "diskURI",
    "downward_api": "downwardAPI",
    "host_ip": "hostIP",
    "host_ipc": "hostIPC",
    "host_pid": "hostPID",
    "pd_id": "pdID",
    "scale_io": "scaleIO",
    "set_hostname_as_fqdn": "setHostnameAsFQDN",
    "storage_policy_id": "storagePolicyID",
    "target_wwns": "targetWWNs",
    "volume_id": "volumeID",
}


def as_plain(value: Any) -> Any:
    """The value in dictionaries and lists, with the API's names (`nodeSelector`) for those of Python (`node_selector`).

    An object of the client's says how its attributes are called in the API; what it doesn't set is left out. A
    dictionary may have either names.
    """
    names = getattr(value, "attribute_map", None)
    if isinstance(names, Mapping) and not isinstance(value, type):
        found = {api: getattr(value, name, None) for name, api in names.items()}
        return {api: _inner(api, inner) for api, inner in found.items() if inner is not None}
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict) and not isinstance(value, type):
        return as_plain(to_dict())
    if isinstance(value, Mapping):
        renamed = {api_name(str(name)): inner for name, inner in value.items()}
        return {api: _inner(api, inner) for api, inner in renamed.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [as_plain(inner) for inner in value]
    return value


def api_name(name: str) -> str:
    """The API's name for an attribute of the Python client's."""
    if name in _SPELT:
        return _SPELT[name]
    first, *others = name.lstrip("_").split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _inner(name: str, value: Any) -> Any:
    return dict(value) if name in _FREE and isinstance(value, Mapping) else as_plain(value)
