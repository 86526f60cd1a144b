"""The IO: the only files that talk to a Prefect API."""
