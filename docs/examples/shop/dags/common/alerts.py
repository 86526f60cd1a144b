"""What happens when a task fails."""

import logging

from airflow.hooks.base import BaseHook


def alert(context):
    mail = BaseHook.get_connection("mail")
    logging.getLogger(__name__).warning("%s failed; a mail goes to %s", context["task_instance_key_str"], mail.login)
