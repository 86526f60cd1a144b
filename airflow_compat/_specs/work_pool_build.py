"""A docker build in prefect.yaml whose image the deployment's runs are in."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidWorkPoolError

_MODULE = "prefect_docker.deployments.steps"


def docker_build(image_name: str, *, tag: str | None, dockerfile: str, push: bool, step_id: str) -> dict[str, Any]:
    """See `airflow_compat.work_pools.build_step`."""
    if not image_name or any(character.isspace() for character in image_name):
        raise InvalidWorkPoolError(f"image {image_name!r}: Docker takes no such name; write one without spaces")
    if not step_id.isidentifier():
        raise InvalidWorkPoolError(f"step {step_id!r}: nothing could refer to it; write a name as in Python")
    build = {"id": step_id, "requires": "prefect-docker", "image_name": image_name, "dockerfile": dockerfile}
    if tag is not None:
        build["tag"] = tag
    result: dict[str, Any] = {"build": [{f"{_MODULE}.build_docker_image": build}]}
    if push:
        pushed = {
            "requires": "prefect-docker",
            "image_name": f"{{{{ {step_id}.image_name }}}}",
            "tag": f"{{{{ {step_id}.tag }}}}",
        }
        result["push"] = [{f"{_MODULE}.push_docker_image": pushed}]
    result["work_pool"] = {"job_variables": {"image": f"{{{{ {step_id}.image }}}}"}}
    return result
