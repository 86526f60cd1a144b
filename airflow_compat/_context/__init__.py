"""The context that callbacks, templates and tasks read, made of a Prefect run."""
