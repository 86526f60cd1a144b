"""DAGs that dag-factory makes from YAML."""

import os
from pathlib import Path

import dagfactory

dagfactory.load_yaml_dags(
    globals_dict=globals(), dags_folder=str(Path(os.environ["HOSTED_YAML"])), suffix=[".yml"]
)  # airflow and dag are in this file
