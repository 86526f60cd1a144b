"""Commands and files on another machine, by SSH and SFTP."""

from __future__ import annotations

try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

from airflow.providers.sftp.hooks.sftp import SFTPHook
from airflow.providers.sftp.operators.sftp import SFTPOperator
from airflow.providers.sftp.sensors.sftp import SFTPSensor
from airflow.providers.ssh.hooks.ssh import SSHHook
from airflow.providers.ssh.operators.ssh import SSHOperator
from notes import ARGS, HOME, START

with DAG("ssh", schedule=None, start_date=START, params={"shop": "eu"}, default_args=ARGS) as ssh:
    SSHOperator(task_id="says", ssh_conn_id="case_ssh", command="echo {{ ds }} {{ params.shop }}")
    SSHOperator(task_id="fails", ssh_conn_id="case_ssh", command="echo wrong >&2; exit 3", retries=1)
    SSHOperator(task_id="skips", ssh_conn_id="case_ssh", command="exit 99", skip_on_exit_code=99)

    @task
    def by_hook():
        with SSHHook("case_ssh").get_conn() as client:
            _, output, _ = client.exec_command("echo by hook")
            return output.read().decode()

    by_hook()

with DAG("sftp", schedule=None, start_date=START, default_args=ARGS) as sftp:
    (HOME / "sent.txt").write_text("sent")
    put = SFTPOperator(
        task_id="put",
        ssh_conn_id="case_sftp",
        operation="put",
        local_filepath=str(HOME / "sent.txt"),
        remote_filepath="/new/{{ ds }}/sent.txt",
        create_intermediate_dirs=True,
    )
    arrived = SFTPSensor(task_id="arrived", sftp_conn_id="case_sftp", path="/new/{{ ds }}/sent.txt")
    absent = SFTPSensor(
        task_id="absent", sftp_conn_id="case_sftp", path="/none.txt", poke_interval=0.1, timeout=0, soft_fail=True
    )
    get = SFTPOperator(
        task_id="get",
        ssh_conn_id="case_sftp",
        operation="get",
        local_filepath=str(HOME / "got.txt"),
        remote_filepath="/new/{{ ds }}/sent.txt",
    )

    @task
    def listed():
        return [SFTPHook("case_sftp").list_directory("/new"), (HOME / "got.txt").read_text()]

    put >> [arrived, absent]
    arrived >> get >> listed()
