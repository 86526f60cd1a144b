"""Reads and writes objects of the Prefect API, for all features."""
