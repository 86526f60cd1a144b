"""Converts Kubernetes objects of the Python client, or dictionaries, to the format of Kubernetes' API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Users choose the names in these mappings, so these names stay unchanged.
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
    """Return dictionaries and lists, with the API's names (`nodeSelector`) instead of Python's (`node_selector`).

    Unset attributes of the client's objects are left out. Keys of dictionaries may be the names of Kubernetes' API or
    those of its Python client.
    """
    names = getattr(value, "attribute_map", None)
    if isinstance(names, Mapping) and not isinstance(value, type):
        return _named({api: getattr(value, name, None) for name, api in names.items()})
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict) and not isinstance(value, type):
        return as_plain(to_dict())
    if isinstance(value, Mapping):
        return _named({api_name(str(name)): inner for name, inner in value.items()})
    return [as_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def api_name(name: str) -> str:
    if name in _SPELT:
        return _SPELT[name]
    first, *others = name.lstrip("_").split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _named(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: dict(value) if name in _FREE and isinstance(value, Mapping) else as_plain(value)
        for name, value in found.items()
        if value is not None
    }
