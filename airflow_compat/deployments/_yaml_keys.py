"""The keys that a `prefect.yaml` can have, and the types of their values.

Prefect ignores unknown keys without a message.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

TEXT, WHOLE, BOOL, SWITCH, LIST, TEXTS, MAPPING, STEPS, ANY = (
    "a text",
    "a whole number",
    "true or false",
    "true, false or a text",
    "a list",
    "a list or a text",
    "a mapping",
    "steps",
    "",
)
"""The names of types of values, as messages show them.

Values of the type `ANY` are checked in another module, or not at all.
"""

TOP: Mapping[str, str] = MappingProxyType(
    {
        "prefect-version": TEXT,
        "name": TEXT,
        "build": STEPS,
        "push": STEPS,
        "pull": STEPS,
        "deployments": LIST,
        # YAML anchors are defined under this key in an example of Prefect's documentation.
        "definitions": ANY,
    }
)
DEPLOYMENT: Mapping[str, str] = MappingProxyType(
    {
        "name": TEXT,
        "version": TEXT,
        "version_type": TEXT,
        "tags": TEXTS,
        "description": TEXT,
        "schedule": ANY,
        "schedules": LIST,
        "paused": BOOL,
        "concurrency_limit": ANY,
        "flow_name": TEXT,
        "entrypoint": TEXT,
        "parameters": MAPPING,
        "enforce_parameter_schema": BOOL,
        "build": STEPS,
        "push": STEPS,
        "pull": STEPS,
        "work_pool": MAPPING,
        "triggers": LIST,
        "sla": ANY,
    }
)
WORK_POOL: Mapping[str, str] = MappingProxyType({"name": TEXT, "work_queue_name": TEXT, "job_variables": MAPPING})
LIMIT: Mapping[str, str] = MappingProxyType({"limit": WHOLE, "collision_strategy": TEXT, "grace_period_seconds": WHOLE})
SCHEDULE_OF_OLD: tuple[str, ...] = ("max_active_runs", "catchup")
"""Keys of schedules that `prefect deploy` wrote in Prefect 3.0.

Since 3.5, Prefect ignores a file that contains such a key.
"""

SCHEDULE: Mapping[str, str] = MappingProxyType(
    {
        "cron": TEXT,
        "interval": ANY,
        "rrule": TEXT,
        "timezone": TEXT,
        "anchor_date": TEXT,
        "active": SWITCH,
        "parameters": MAPPING,
        "slug": TEXT,
        "replaces": TEXT,
        "day_or": SWITCH,
        # A separate check reports these keys.
        **dict.fromkeys(SCHEDULE_OF_OLD, ANY),
    }
)

NEVER_NULL = ("parameters", "job_variables")
"""Keys whose value must be a mapping. Prefect ignores a file in which the value of such a key is null."""

STEP_OUTPUTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "prefect.deployments.steps.git_clone": ("directory",),
        "prefect.deployments.steps.pip_install_requirements": ("stdout", "stderr"),
        "prefect.deployments.steps.pull_from_remote_storage": ("directory",),
        "prefect.deployments.steps.pull_with_block": ("directory",),
        "prefect.deployments.steps.run_shell_script": ("stdout", "stderr"),
        "prefect.deployments.steps.set_working_directory": ("directory",),
        "prefect_aws.deployments.steps.pull_from_s3": ("bucket", "folder", "directory"),
        "prefect_aws.deployments.steps.push_to_s3": ("bucket", "folder"),
        "prefect_azure.deployments.steps.pull_from_azure_blob_storage": ("container", "folder", "directory"),
        "prefect_azure.deployments.steps.push_to_azure_blob_storage": ("container", "folder"),
        "prefect_docker.deployments.steps.build_docker_image": (
            *("image_name", "tag", "image", "image_id", "additional_tags"),
        ),
        "prefect_docker.deployments.steps.push_docker_image": ("image_name", "tag", "image", "additional_tags"),
        "prefect_gcp.deployments.steps.pull_from_gcs": ("bucket", "folder", "directory"),
        "prefect_gcp.deployments.steps.push_to_gcs": ("bucket", "folder"),
    }
)
"""The outputs of Prefect's own steps, which later steps can use."""

STRATEGIES = ("ENQUEUE", "CANCEL_NEW")


def nearest(name: str, known: Mapping[str, object]) -> str:
    found = difflib.get_close_matches(name.lower().replace("-", "_"), known, 1, 0.6)
    return f"did you mean {found[0]!r}?" if found else f"known keys: {', '.join(known)}"
