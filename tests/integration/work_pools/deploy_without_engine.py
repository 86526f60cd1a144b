"""Run `prefect` without a Docker engine: the build step only prints the image that it would build."""

from __future__ import annotations

import runpy
import sys
from typing import Any

from prefect_docker.deployments import steps


def build_docker_image(image_name: str, tag: str = "2026-11-22t00-00", **_: Any) -> dict[str, str]:
    return {"image_name": image_name, "tag": tag, "image": f"{image_name}:{tag}", "image_id": "sha256:0"}


if __name__ == "__main__":
    steps.build_docker_image = build_docker_image
    sys.argv = ["prefect", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")
