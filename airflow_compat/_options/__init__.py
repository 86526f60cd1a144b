"""A DAG's and a task's arguments as options of Prefect's, and the task that has what no option says."""
