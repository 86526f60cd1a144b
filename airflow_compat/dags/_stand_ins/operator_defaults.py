"""Stand-ins for constants of operators and XComs."""

from __future__ import annotations

from datetime import timedelta

from ...authoring import TriggerRule, WeightRule

DEFAULT_OWNER = "airflow"
"""The default owner of a task."""
DEFAULT_POOL_SLOTS = 1
"""The default number of slots that a task takes in its pool."""
DEFAULT_PRIORITY_WEIGHT = 1
"""The default priority of a task."""
DEFAULT_EXECUTOR = None
"""The default executor of a task. None stands for the executor that Airflow's configuration sets."""
DEFAULT_QUEUE = "default"
"""The default queue of a task."""
DEFAULT_RETRIES = 0
"""The default number of retries of a task."""
DEFAULT_RETRY_DELAY = timedelta(seconds=300)
"""The default delay before a retry."""
DEFAULT_TASK_EXECUTION_TIMEOUT: timedelta | None = None
"""The default time limit of a task. None means no limit."""
DEFAULT_TRIGGER_RULE = TriggerRule.ALL_SUCCESS
"""The default trigger rule of a task."""
DEFAULT_WEIGHT_RULE = WeightRule.DOWNSTREAM
"""The default weight rule of a task."""
DEFAULT_IGNORE_FIRST_DEPENDS_ON_PAST = False
"""Airflow's default of the argument `ignore_first_depends_on_past` of tasks."""
DEFAULT_WAIT_FOR_PAST_DEPENDS_BEFORE_SKIPPING = False
"""Airflow's default of the argument `wait_for_past_depends_before_skipping` of tasks."""
MAX_RETRY_DELAY = 24 * 60 * 60
"""The maximum delay before a retry, in seconds."""

XCOM_RETURN_KEY = "return_value"
"""The XCom key of a task's result."""
MAX_XCOM_SIZE = 49344
"""The size of an XCom in bytes above which Airflow logs a warning."""
XCOM_SKIPMIXIN_KEY = "skipmixin_key"
"""The XCom key under which a branch stores the ids of the tasks that it skips or follows."""
XCOM_SKIPMIXIN_SKIPPED = "skipped"
"""The key of the skipped tasks in the XCom of a branch."""
XCOM_SKIPMIXIN_FOLLOWED = "followed"
"""The key of the followed tasks in the XCom of a branch."""

DB_SAFE_MINIMUM = -2147483648
"""The lowest priority that Airflow's database can store."""
DB_SAFE_MAXIMUM = 2147483647
"""The highest priority that Airflow's database can store."""


def db_safe_priority(priority_weight: int) -> int:
    """Return the closest priority that Airflow's database can store."""
    return max(DB_SAFE_MINIMUM, min(DB_SAFE_MAXIMUM, priority_weight))
