"""The names of the top level of Airflow 2.11 and 3.3: settings, configuration, exceptions, macros, plugins."""

NAMES = """
airflow
  authoring: DAG XComArg Asset
  authoring: Dataset
  exceptions: AirflowException
  ? internals: Trace metrics traces
  dags._load_values: version version_info __version__=version

airflow.version
  dags._load_values: version version_info __version__=version

airflow.configuration
  dags._load_values: conf AIRFLOW_HOME AIRFLOW_CONFIG get_airflow_home get_airflow_config expand_env_var
  exceptions: AirflowConfigException
  [2] dags._load_values: get getboolean getfloat getint getsection has_option
  ? server: *

airflow.sdk.configuration
  dags._load_values: conf get_airflow_config
  ? internals: *

airflow.settings
  dags._load_values: DAGS_FOLDER PLUGINS_FOLDER AIRFLOW_HOME TIMEZONE LOGGING_LEVEL LOG_FORMAT SIMPLE_LOG_FORMAT
  dags._load_values: json get_dagbag_import_timeout
  dags._load_values: conf
  ? database: Session engine SQL_ALCHEMY_CONN AsyncSession NonScopedSession TracebackSession async_engine get_session
  ? server: *

airflow.exceptions
  exceptions: AirflowBadRequest AirflowException AirflowNotFoundException AirflowConfigException AirflowFailException
  exceptions: AirflowSensorTimeout AirflowSkipException AirflowTaskTerminated AirflowTaskTimeout
  exceptions: AirflowRescheduleException AirflowTimetableInvalid AirflowDagCycleException
  exceptions: DuplicateTaskIdFound TaskAlreadyInTaskGroup TaskDeferralError TaskDeferred TaskNotFound XComNotFound
  exceptions: UnmappableOperator UnmappableXComTypePushed XComForMappingNotPushed
  exceptions: ParamValidationError FailStopDagInvalidTriggerRule DownstreamTasksSkipped
  dags._stand_ins.exceptions: AirflowOptionalProviderFeatureException
  exceptions: UnmappableXComLengthPushed DagNotFound DagRunAlreadyExists TaskDeferralTimeout
  dags._stand_ins.exceptions: AirflowDagDuplicatedIdException AirflowDagInconsistent
  dags._stand_ins.exceptions: DagRunNotFound PoolNotFound TaskInstanceNotFound
  dags._stand_ins.exceptions: SerializationError AirflowInternalRuntimeError AirflowFileParseException
  exceptions: RemovedInAirflow3Warning RemovedInAirflow4Warning AirflowProviderDeprecationWarning NodeNotFound
  dags._stand_ins.exceptions: AirflowClusterPolicyViolation
  dags._stand_ins.exceptions: AirflowClusterPolicyError AirflowClusterPolicySkipDag NotMapped
  ? server: *

airflow.sdk.exceptions
  exceptions: AirflowException AirflowFailException AirflowNotFoundException AirflowSensorTimeout
  exceptions: AirflowSkipException AirflowTaskTerminated AirflowTaskTimeout AirflowRescheduleException
  exceptions: AirflowDagCycleException AirflowTimetableInvalid DownstreamTasksSkipped DuplicateTaskIdFound
  exceptions: ParamValidationError TaskAlreadyInTaskGroup TaskDeferralError TaskDeferred TaskNotFound
  exceptions: UnmappableXComTypePushed XComForMappingNotPushed XComNotFound AirflowConfigException
  exceptions: FailFastDagInvalidTriggerRule
  exceptions: RemovedInAirflow4Warning NodeNotFound TaskDeferralTimeout
  dags._stand_ins.exceptions: AirflowOptionalProviderFeatureException
  ? internals: *

airflow.macros
  macros: datetime_diff_for_humans ds_add ds_format ds_format_locale datetime timedelta dateutil json random time uuid
  macros: yaml
airflow.macros.hive
  ? provider: closest_ds_partition max_partition
airflow.sdk.execution_time.macros
  macros: datetime_diff_for_humans ds_add ds_format ds_format_locale datetime timedelta dateutil json random time
  macros: uuid yaml

airflow.plugins_manager
  dags._stand_ins.plugins: AirflowPlugin
  ? server: *

airflow.stats
  metrics: Stats
airflow.sdk.observability.stats
  metrics: Stats
  ? internals: *

airflow.typing_compat
  dags._stand_ins.versions: Literal ParamSpec Self TypeGuard Protocol TypedDict runtime_checkable TypeAlias Unpack
  dags._stand_ins.versions: assert_never

airflow.notifications airflow.notifications.basenotifier
  notifiers: BaseNotifier
airflow.sdk.bases.notifier
  notifiers: BaseNotifier

airflow.lineage airflow.lineage.backend airflow.lineage.entities airflow.lineage.hook
  ? lineage: *
airflow.sdk.lineage
  ? lineage: *

airflow.io airflow.io.path airflow.io.store airflow.io.typedef airflow.io.utils airflow.io.utils.stat
  ? storage: *

airflow.task airflow.task.priority_strategy airflow.task.task_runner airflow.task.task_runner.base_task_runner
airflow.task.task_runner.cgroup_task_runner airflow.task.task_runner.standard_task_runner
  ? server: *
airflow.task.trigger_rule
  [3] authoring: TriggerRule
airflow.task.weight_rule
  [3] authoring: WeightRule

airflow.assets airflow.assets.evaluation airflow.assets.manager airflow.state airflow.state.metastore
  [3] ? server: *
"""
