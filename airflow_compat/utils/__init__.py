"""Functions, classes and values that DAG files import from `airflow.utils` and other modules of Airflow.

`airflow_compat.sdk` has the names of `airflow.sdk`. `airflow-compat rewrite` finds the module of each name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..authoring._notset import NOTSET, ArgNotSet
from ..dags._stand_ins.context import context_merge, context_to_airflow_vars, determine_kwargs, make_kwargs_callable
from ..dags._stand_ins.dag_context import AirflowParsingContext, DagContext
from ..dags._stand_ins.dates import cron_presets, days_ago, parse_execution_date
from ..dags._stand_ins.decorators import apply_defaults
from ..dags._stand_ins.email import get_email_address_list, send_email, send_email_smtp
from ..dags._stand_ins.exceptions import (
    AirflowClusterPolicyError,
    AirflowClusterPolicySkipDag,
    AirflowClusterPolicyViolation,
    AirflowDagDuplicatedIdException,
    AirflowDagInconsistent,
    AirflowFileParseException,
    AirflowInternalRuntimeError,
    AirflowOptionalProviderFeatureException,
    DagRunNotFound,
    NotMapped,
    PoolNotFound,
    SerializationError,
    TaskInstanceNotFound,
)
from ..dags._stand_ins.files import md5, mkdirs
from ..dags._stand_ins.helpers import (
    KEY_REGEX,
    TRUE_LIKE_VALUES,
    Singleton,
    as_flattened_list,
    as_tuple,
    at_most_one,
    chunks,
    convert_camel_to_snake,
    exactly_one,
    get_random_string,
    is_container,
    iter_namespace,
    merge_dicts,
    partition,
    prune_dict,
    qualname,
    reduce_in_chunks,
    to_boolean,
    validate_key,
)
from ..dags._stand_ins.keys import TaskInstanceKey
from ..dags._stand_ins.net import (
    IS_WINDOWS,
    get_host_ip_address,
    get_hostname,
    getfqdn,
    getuser,
    is_terminal_support_colors,
    is_tty,
)
from ..dags._stand_ins.operator_defaults import (
    DB_SAFE_MAXIMUM,
    DB_SAFE_MINIMUM,
    DEFAULT_EXECUTOR,
    DEFAULT_IGNORE_FIRST_DEPENDS_ON_PAST,
    DEFAULT_OWNER,
    DEFAULT_POOL_SLOTS,
    DEFAULT_PRIORITY_WEIGHT,
    DEFAULT_QUEUE,
    DEFAULT_RETRIES,
    DEFAULT_RETRY_DELAY,
    DEFAULT_TASK_EXECUTION_TIMEOUT,
    DEFAULT_TRIGGER_RULE,
    DEFAULT_WAIT_FOR_PAST_DEPENDS_BEFORE_SKIPPING,
    DEFAULT_WEIGHT_RULE,
    MAX_RETRY_DELAY,
    MAX_XCOM_SIZE,
    XCOM_RETURN_KEY,
    XCOM_SKIPMIXIN_FOLLOWED,
    XCOM_SKIPMIXIN_KEY,
    XCOM_SKIPMIXIN_SKIPPED,
    db_safe_priority,
)
from ..dags._stand_ins.plugins import AirflowPlugin
from ..dags._stand_ins.secrets import mask_secret, redact
from ..dags._stand_ins.timeout import timeout
from ..dags._stand_ins.yaml import dump, safe_load
from ..schedules._event_timetables import ContinuousTimetable, NullTimetable, OnceTimetable
from . import timezone

if TYPE_CHECKING:
    from collections.abc import Callable

    import_string: Callable[[str], Any]
    """Imports a name by its dotted path: `import_string("include.helpers.load")`."""

__all__ = [
    "DB_SAFE_MAXIMUM",
    "DB_SAFE_MINIMUM",
    "DEFAULT_EXECUTOR",
    "DEFAULT_IGNORE_FIRST_DEPENDS_ON_PAST",
    "DEFAULT_OWNER",
    "DEFAULT_POOL_SLOTS",
    "DEFAULT_PRIORITY_WEIGHT",
    "DEFAULT_QUEUE",
    "DEFAULT_RETRIES",
    "DEFAULT_RETRY_DELAY",
    "DEFAULT_TASK_EXECUTION_TIMEOUT",
    "DEFAULT_TRIGGER_RULE",
    "DEFAULT_WAIT_FOR_PAST_DEPENDS_BEFORE_SKIPPING",
    "DEFAULT_WEIGHT_RULE",
    "IS_WINDOWS",
    "KEY_REGEX",
    "MAX_RETRY_DELAY",
    "MAX_XCOM_SIZE",
    "NOTSET",
    "TRUE_LIKE_VALUES",
    "XCOM_RETURN_KEY",
    "XCOM_SKIPMIXIN_FOLLOWED",
    "XCOM_SKIPMIXIN_KEY",
    "XCOM_SKIPMIXIN_SKIPPED",
    "AirflowClusterPolicyError",
    "AirflowClusterPolicySkipDag",
    "AirflowClusterPolicyViolation",
    "AirflowDagDuplicatedIdException",
    "AirflowDagInconsistent",
    "AirflowFileParseException",
    "AirflowInternalRuntimeError",
    "AirflowOptionalProviderFeatureException",
    "AirflowParsingContext",
    "AirflowPlugin",
    "ArgNotSet",
    "ContinuousTimetable",
    "DagContext",
    "DagRunNotFound",
    "NotMapped",
    "NullTimetable",
    "OnceTimetable",
    "PoolNotFound",
    "SerializationError",
    "Singleton",
    "TaskInstanceKey",
    "TaskInstanceNotFound",
    "apply_defaults",
    "as_flattened_list",
    "as_tuple",
    "at_most_one",
    "chunks",
    "context_merge",
    "context_to_airflow_vars",
    "convert_camel_to_snake",
    "cron_presets",
    "days_ago",
    "db_safe_priority",
    "determine_kwargs",
    "dump",
    "exactly_one",
    "get_email_address_list",
    "get_host_ip_address",
    "get_hostname",
    "get_random_string",
    "getfqdn",
    "getuser",
    "import_string",
    "is_container",
    "is_terminal_support_colors",
    "is_tty",
    "iter_namespace",
    "make_kwargs_callable",
    "mask_secret",
    "md5",
    "merge_dicts",
    "mkdirs",
    "parse_execution_date",
    "partition",
    "prune_dict",
    "qualname",
    "redact",
    "reduce_in_chunks",
    "safe_load",
    "send_email",
    "send_email_smtp",
    "timeout",
    "timezone",
    "to_boolean",
    "validate_key",
]


def __getattr__(name: str) -> Any:
    if name == "import_string":
        from ..dags._load_values import value_here

        return value_here(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
