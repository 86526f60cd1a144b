"""The names of `airflow.utils`."""

NAMES = """
airflow.utils
  internals:
airflow.utils.context
  context: Context
  [2] dags._stand_ins.context: context_merge
  ? internals: *
airflow.utils.dag_cycle_tester
  ? internals: *
airflow.utils.dag_parsing_context
  dags._stand_ins.dag_context: AirflowParsingContext get_parsing_context
airflow.utils.dates
  dags._stand_ins.dates: cron_presets datetime days_ago parse_execution_date timedelta
  ? later: date_range datetime_to_nano infer_time_unit round_time scale_time_units
  ? types: TimeUnit
airflow.utils.decorators
  dags._stand_ins.decorators: apply_defaults
  ? internals: *
airflow.utils.edgemodifier
  authoring: EdgeModifier Label
airflow.utils.email
  dags._stand_ins.email: send_email send_email_smtp get_email_address_list
  ? internals: *
airflow.utils.file
  dags._stand_ins.files: TemporaryDirectory mkdirs
  ? internals: *
airflow.utils.hashlib_wrapper
  dags._stand_ins.files: md5
airflow.utils.helpers
  authoring: chain cross_downstream
  dags._stand_ins.helpers: as_flattened_list as_tuple at_most_one chunks convert_camel_to_snake exactly_one
  dags._stand_ins.helpers: is_container merge_dicts partition prune_dict reduce_in_chunks validate_key KEY_REGEX
  ? types: S T
  ? internals: *
airflow.utils.json
  ? internals: *
airflow.utils.log
  internals:
airflow.utils.log.logging_mixin
  logs: LoggingMixin
  ? internals: *
airflow.utils.log.secrets_masker
  dags._stand_ins.secrets: mask_secret redact
  ? internals: *
airflow.utils.log.file_task_handler airflow.utils.log.task_handler_with_custom_formatter
  ? server: *
airflow.utils.mixins
  ? internals: *
airflow.utils.module_loading
  dags._load_values: import_string
  dags._stand_ins.helpers: qualname iter_namespace
airflow.utils.net
  dags._stand_ins.net: get_host_ip_address get_hostname getfqdn
airflow.utils.operator_helpers
  dags._stand_ins.context: context_to_airflow_vars determine_kwargs make_kwargs_callable
  ? types: R
  ? internals: *
airflow.utils.operator_resources
  ? later: *
airflow.utils.platform
  dags._stand_ins.net: IS_WINDOWS getuser is_tty is_terminal_support_colors
  ? internals: *
airflow.utils.session
  ? database: *
airflow.utils.setup_teardown
  authoring: SetupTeardownContext
  ? internals: *
airflow.utils.singleton
  dags._stand_ins.helpers: Singleton
  ? types: T
airflow.utils.state
  authoring: DagRunState State TaskInstanceState
  ? types: JobState CallbackState IntermediateTIState TerminalTIState
airflow.utils.strings
  dags._stand_ins.helpers: TRUE_LIKE_VALUES get_random_string to_boolean
airflow.utils.task_group
  authoring: TaskGroup MappedTaskGroup
  ? types: TASKGROUP_ARGS_EXPECTED_TYPES
  ? internals: *
airflow.utils.template
  dags._stand_ins.template: literal
airflow.utils.timeout
  dags._stand_ins.timeout: timeout TimeoutPosix=timeout
  ? internals: TimeoutWindows
airflow.utils.timezone
  dags._stand_ins.timezone: coerce_datetime convert_to_utc datetime from_timestamp is_localized is_naive local_timezone
  dags._stand_ins.timezone: make_aware make_naive parse parse_timezone td_format utc utc_epoch utcnow
airflow.utils.trigger_rule
  authoring: TriggerRule
airflow.utils.types
  authoring: DagRunType
  authoring._notset: ArgNotSet NOTSET
  ? types: *
airflow.utils.weight_rule
  authoring: WeightRule
  dags._stand_ins.operator_defaults: DB_SAFE_MINIMUM DB_SAFE_MAXIMUM db_safe_priority
airflow.utils.xcom
  dags._stand_ins.operator_defaults: XCOM_RETURN_KEY MAX_XCOM_SIZE
airflow.utils.yaml
  dags._stand_ins.yaml: dump safe_load

airflow.utils.airflow_flask_app airflow.utils.cli airflow.utils.cli_action_loggers airflow.utils.dag_edges
airflow.utils.db airflow.utils.db_cleanup airflow.utils.db_manager airflow.utils.dot_renderer
airflow.utils.event_scheduler airflow.utils.orm_event_handlers airflow.utils.retries airflow.utils.scheduler_health
airflow.utils.sqlalchemy airflow.utils.task_instance_session
  ? server: *
airflow.utils.code_utils airflow.utils.compression airflow.utils.configuration airflow.utils.deprecation_tools
airflow.utils.docs airflow.utils.empty_set airflow.utils.entry_points airflow.utils.jwt_signer
airflow.utils.process_utils airflow.utils.providers_configuration_loader airflow.utils.pydantic
airflow.utils.usage_data_collection airflow.utils.warnings airflow.utils.dag_version_inflation_checker
airflow.utils.gate_utils airflow.utils.memray_utils airflow.utils.span_status airflow.utils.thread_safe_dict
  ? internals: *
"""
