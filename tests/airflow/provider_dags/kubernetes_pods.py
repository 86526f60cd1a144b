"""Pods, in a cluster that a fake of the Kubernetes API stands for."""

from __future__ import annotations

try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from notes import ARGS, START

with DAG("pods", schedule=None, start_date=START, params={"shop": "eu"}, default_args=ARGS) as pods:

    def pod(task_id, command, **arguments):
        return KubernetesPodOperator(
            task_id=task_id,
            kubernetes_conn_id="case_kubernetes",
            namespace="etl",
            name=task_id,
            image="busybox",
            cmds=["sh", "-c"],
            arguments=[command],
            random_name_suffix=False,
            startup_timeout_seconds=30,
            **arguments,
        )

    done = pod(
        "done",
        "echo {{ params.shop }}",
        labels={"day": "{{ ds }}"},
        env_vars={"SHOP": "{{ params.shop }}"},
        on_finish_action="keep_pod",
    )
    failing = pod("failing", "exit 3", on_finish_action="delete_pod")

    @task
    def by_hook():
        found = KubernetesHook(conn_id="case_kubernetes").get_pod("done", "etl")
        return [found.metadata.name, found.status.phase]

    # In this order: with the provider of Airflow 2.11, the first pod of a process closes the event loop that a second
    # pod needs to succeed, and `dag.test()` runs both in one process.
    done >> failing >> by_hook.override(trigger_rule="all_done")()
