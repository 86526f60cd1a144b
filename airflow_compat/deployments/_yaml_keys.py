"""The keys of a `prefect.yaml`, and what stands behind each; Prefect passes over what it doesn't know in silence."""

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
"""What may stand behind a key, in the words of messages. `ANY` is looked at elsewhere, or not at all."""

TOP: Mapping[str, str] = MappingProxyType(
    {
        "prefect-version": TEXT,
        "name": TEXT,
        "build": STEPS,
        "push": STEPS,
        "pull": STEPS,
        "deployments": LIST,
        # For YAML's own anchors, as Prefect's pages have it.
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
    }
)
SCHEDULE_OF_OLD: tuple[str, ...] = ("max_active_runs", "catchup")
"""What `prefect deploy` of Prefect 3.0 wrote into schedules. From 3.5 on, Prefect skips a file that has it."""

NEVER_NULL = ("parameters", "job_variables")
"""Where Prefect takes a mapping alone; null makes it skip the file."""

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
"""What Prefect's own steps return, for the steps after them."""

STRATEGIES = ("ENQUEUE", "CANCEL_NEW")


def nearest(name: str, known: Mapping[str, object]) -> str:
    """`; did you mean "tags"?`, or all names that are known."""
    found = difflib.get_close_matches(name.lower().replace("-", "_"), known, 1, 0.6)
    return f"did you mean {found[0]!r}?" if found else f"what is known: {', '.join(known)}"
