"""How a callback gets to a Prefect run: hooks, a wrapper around a task's function, and its condition for retries."""
