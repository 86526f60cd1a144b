"""Runs the tries of task instances in child processes, for `isolation="process"`.

The parent is the process of the flow. The parent manages the run: the loop, records, pools, waits and triggers. A child
loads the DAG file once, and executes one try at a time in its main thread.
"""
