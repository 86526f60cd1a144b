"""DAG files to `prefect.yaml`: what reads the one, joins it with the other, and writes it."""
