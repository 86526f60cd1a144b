"""`python -m airflow_compat.cli`."""

from .main import main

main()
