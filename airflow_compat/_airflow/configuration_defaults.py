"""Airflow's defaults for the options that DAG files and DAG runs read (2.11 and 3.3)."""

from __future__ import annotations

from collections.abc import Mapping

from .version import AirflowVersion, limited_line

# Each line is `key = default`; `[2]` and `[3]` limit a line to a release.
_TEXT = """
core
  dags_folder = {AIRFLOW_HOME}/dags
  plugins_folder = {AIRFLOW_HOME}/plugins
  hostname_callable = airflow.utils.net.getfqdn
  default_timezone = utc
  [2] executor = SequentialExecutor
  [3] executor = LocalExecutor
  parallelism = 32
  max_active_tasks_per_dag = 16
  max_active_runs_per_dag = 16
  max_consecutive_failed_dag_runs_per_dag = 0
  dags_are_paused_at_creation = True
  load_examples = True
  unit_test_mode = False
  dagbag_import_timeout = 30.0
  dagbag_import_error_tracebacks = True
  dagbag_import_error_traceback_depth = 2
  [2] dag_file_processor_timeout = 50
  [2] enable_xcom_pickling = False
  killed_task_cleanup_time = 60
  dag_run_conf_overrides_params = True
  dag_discovery_safe_mode = True
  [2] dag_ignore_file_syntax = regexp
  [3] dag_ignore_file_syntax = glob
  default_task_retries = 0
  default_task_retry_delay = 300
  max_task_retry_delay = 86400
  default_task_weight_rule = downstream
  default_task_execution_timeout =
  hide_sensitive_var_conn_fields = True
  sensitive_var_conn_names =
  default_pool_task_slot_count = 128
  max_map_length = 1024
  max_templated_field_length = 4096
  [2] check_slas = True
  fernet_key =
  security =
  default_impersonation =
  lazy_load_plugins = True
database
  sql_alchemy_conn = sqlite:///{AIRFLOW_HOME}/airflow.db
  sql_alchemy_schema =
  load_default_connections = True
logging
  base_log_folder = {AIRFLOW_HOME}/logs
  remote_logging = False
  remote_log_conn_id =
  remote_base_log_folder =
  logging_level = INFO
  fab_logging_level = WARNING
  [2] log_format = [%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s
  [3] log_format =
  simple_log_format = %(asctime)s %(levelname)s - %(message)s
metrics
  statsd_on = False
  statsd_host = localhost
  statsd_port = 8125
  statsd_prefix = airflow
operators
  default_owner = airflow
  default_deferrable = false
  default_cpus = 1
  default_ram = 512
  default_disk = 512
  default_gpus = 0
  default_queue = default
  allow_illegal_arguments = False
scheduler
  [2] catchup_by_default = True
  [3] catchup_by_default = False
  ignore_first_depends_on_past_by_default = True
  [2] create_cron_data_intervals = True
  [3] create_cron_data_intervals = False
  [2] create_delta_data_intervals = True
  [3] create_delta_data_intervals = False
  allowed_run_id_pattern = ^[A-Za-z0-9_.~:+-]+$
  scheduler_heartbeat_sec = 5
  job_heartbeat_sec = 5
  [2] dag_dir_list_interval = 300
  [2] min_file_process_interval = 30
sensors
  default_timeout = 604800
email
  email_backend = airflow.utils.email.send_email_smtp
  email_conn_id = smtp_default
  default_email_on_retry = True
  default_email_on_failure = True
  ssl_context = default
smtp
  smtp_host = localhost
  smtp_starttls = True
  smtp_ssl = False
  smtp_port = 25
  smtp_mail_from = airflow@example.com
  smtp_timeout = 30
  smtp_retry_limit = 5
secrets
  backend =
  backend_kwargs =
webserver
  base_url = http://localhost:8080
  default_ui_timezone = UTC
  web_server_host = 0.0.0.0
  web_server_port = 8080
  expose_config = False
  [2] dag_default_view = grid
  [2] dag_orientation = LR
api
  [2] auth_backends = airflow.api.auth.backend.session
  [3] host = 0.0.0.0
  [3] port = 8080
  maximum_page_limit = 100
"""

OLD_KEYS: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("core", "max_active_tasks_per_dag"): (("core", "dag_concurrency"),),
    ("database", "sql_alchemy_conn"): (("core", "sql_alchemy_conn"),),
    ("logging", "base_log_folder"): (("core", "base_log_folder"),),
    ("logging", "logging_level"): (("core", "logging_level"),),
    ("logging", "remote_logging"): (("core", "remote_logging"),),
    ("logging", "remote_log_conn_id"): (("core", "remote_log_conn_id"),),
    ("logging", "remote_base_log_folder"): (("core", "remote_base_log_folder"),),
    ("core", "sql_alchemy_conn"): (("database", "sql_alchemy_conn"),),
    ("core", "base_log_folder"): (("logging", "base_log_folder"),),
}
"""The former and later sections and keys of each option. Airflow still accepts an option's former section and key, and
old DAG files still use them.
"""


def _read(release: AirflowVersion) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    section = ""
    for line in _TEXT.strip().splitlines():
        if not line.startswith(" "):
            section = line
            continue
        applies, text = limited_line(line.strip(), release)
        if applies:
            key, _, value = text.partition("=")
            found[section, key.strip()] = value.strip()
    return found


DEFAULTS: Mapping[AirflowVersion, Mapping[tuple[str, str], str]] = {"2": _read("2"), "3": _read("3")}
