"""`python -m airflow_compat.cli`."""

from . import main

main()
