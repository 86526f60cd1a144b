"""The names of `airflow.sdk`, the Task SDK 1.3 of Airflow 3.3. Airflow 2 does not have `airflow.sdk`."""

NAMES = """
airflow.sdk
  authoring: Asset AssetAlias AssetAll AssetAny AssetOrTimeSchedule BaseBranchOperator BaseOperator BaseOperatorLink
  authoring: BaseSensorOperator BranchMixIn DAG DagRunState AssetWatcher BaseAsyncOperator
  authoring: EdgeModifier Label Metadata Param ParamsDict PokeReturnValue SkipMixin TaskGroup TaskInstanceState
  authoring: TriggerRule WeightRule XComArg chain chain_linear cross_downstream dag task_group
  operators: result setup task teardown
  schedules: CronDataIntervalTimetable CronTriggerTimetable DeltaDataIntervalTimetable DeltaTriggerTimetable
  schedules: EventsTimetable MultipleCronTriggerTimetable
  connections: Connection
  context: Context
  dags._load_values: get_current_context
  operators.hooks.base: BaseHook
  dags._load_values: conf
  dags._stand_ins.dag_context: get_parsing_context
  dags._load_values: __version__=sdk_version
  dags._load_values: Variable
  dags._stand_ins.versions: macros
  dags._stand_ins.template: literal
  notifiers: BaseNotifier
  ? types: TaskInstance
  operators.asset: asset
  ? assets: AllowedKeyMapper AssetAccessControl ChainMapper CronPartitionTimetable DayWindow
  ? assets: FanOutMapper FixedKeyMapper HourWindow IdentityMapper MinimumCount MonthWindow PartitionMapper
  ? assets: PartitionedAssetTimetable PartitionedAtRuntime ProductMapper QuarterWindow RollupMapper SegmentWindow
  ? assets: StartOfDayMapper StartOfHourMapper StartOfMonthMapper StartOfQuarterMapper StartOfWeekMapper
  ? assets: StartOfYearMapper WaitForAll WeekWindow Window YearWindow
  automations: AsyncCallback DeadlineAlert DeadlineReference SyncCallback
  ? deadlines: BaseDeadlineReference deadline_reference
  ? later: BaseXCom ExceptionRetryPolicy NEVER_EXPIRE ResumableJobMixin RetryAction
  ? later: RetryDecision RetryPolicy RetryRule
  ? lineage: lineage
  ? secrets: SecretCache
  ? storage: ObjectStoragePath

airflow.sdk.bases.branch
  authoring: BaseBranchOperator BranchMixIn
airflow.sdk.bases.decorator
  operators.decorators: TaskDecorator DecoratedOperator get_unique_task_id task_decorator_factory
  ? internals: *
airflow.sdk.bases.hook
  operators.hooks.base: BaseHook
airflow.sdk.bases.operator
  authoring: BaseOperator BaseAsyncOperator chain chain_linear cross_downstream
  dags._stand_ins.operator_defaults: DEFAULT_OWNER DEFAULT_POOL_SLOTS DEFAULT_PRIORITY_WEIGHT DEFAULT_QUEUE
  dags._stand_ins.operator_defaults: DEFAULT_RETRIES DEFAULT_RETRY_DELAY DEFAULT_TASK_EXECUTION_TIMEOUT
  dags._stand_ins.operator_defaults: DEFAULT_TRIGGER_RULE DEFAULT_WEIGHT_RULE MAX_RETRY_DELAY
  ? internals: *
airflow.sdk.bases.operatorlink
  authoring: BaseOperatorLink
airflow.sdk.bases.resumablejobmixin
  ? later: *
airflow.sdk.bases.secrets_backend airflow.sdk.crypto
  ? secrets: *
airflow.sdk.bases.sensor
  authoring: BaseSensorOperator PokeReturnValue poke_mode_only
airflow.sdk.bases.skipmixin airflow.providers.standard.utils.skipmixin
  authoring: SkipMixin
  dags._stand_ins.operator_defaults: XCOM_SKIPMIXIN_FOLLOWED XCOM_SKIPMIXIN_KEY XCOM_SKIPMIXIN_SKIPPED
airflow.sdk.bases.xcom
  ? later: BaseXCom
  ? types: TIKeyProtocol

airflow.sdk.definitions.asset
  authoring: Asset AssetAlias AssetAll AssetAny
  authoring: Dataset Model AssetNameRef AssetUriRef AssetWatcher
  ? assets: AssetAccessControl AssetRef
  ? internals: *
airflow.sdk.definitions.asset.access_control
  ? assets: AssetAccessControl
airflow.sdk.definitions.asset.decorators
  operators.asset: asset AssetDefinition MultiAssetDefinition
airflow.sdk.definitions.asset.metadata
  authoring: Metadata
airflow.sdk.definitions.callback
  automations: AsyncCallback SyncCallback
  ? deadlines: *
airflow.sdk.definitions.deadline
  automations: AsyncCallback DeadlineAlert DeadlineReference SyncCallback
  ? deadlines: *
airflow.sdk.definitions.connection
  connections: Connection
airflow.sdk.definitions.context
  context: Context
  dags._load_values: get_current_context
  dags._stand_ins.dag_context: AirflowParsingContext get_parsing_context
  ? internals: *
airflow.sdk.definitions.dag
  authoring: DAG dag
  ? internals: *
airflow.sdk.definitions.decorators
  authoring: dag task_group
  operators.decorators: result setup task teardown TaskDecorator TaskDecoratorCollection
airflow.sdk.definitions.decorators.condition
  operators.decorators: run_if skip_if
airflow.sdk.definitions.decorators.setup_teardown
  authoring: context_wrapper
  ? internals: *
airflow.sdk.definitions.decorators.task_group
  authoring: task_group
  ? types: *
airflow.sdk.definitions.edges
  authoring: EdgeModifier Label
  ? types: EdgeInfoType
airflow.sdk.definitions.mappedoperator
  authoring: MappedOperator OperatorPartial
  ? internals: *
airflow.sdk.definitions.operator_resources
  ? later: *
airflow.sdk.definitions.param
  authoring: DagParam Param ParamsDict
  ? internals: process_params
airflow.sdk.definitions.retry_policy
  ? later: *
airflow.sdk.definitions.taskgroup
  authoring: TaskGroup MappedTaskGroup
airflow.sdk.definitions.template
  dags._stand_ins.template: literal
airflow.sdk.definitions.variable
  dags._load_values: Variable
airflow.sdk.definitions.xcom_arg
  authoring: XComArg PlainXComArg MapXComArg ZipXComArg ConcatXComArg
  ? internals: *

airflow.sdk.io airflow.sdk.io.fs airflow.sdk.io.path airflow.sdk.io.stat airflow.sdk.io.store airflow.sdk.io.typedef
  ? storage: *
airflow.sdk.log
  dags._stand_ins.secrets: mask_secret
  ? internals: *
airflow.sdk.timezone
  dags._stand_ins.timezone: coerce_datetime convert_to_utc datetime from_timestamp make_naive parse utc utcnow
airflow.sdk.types
  dags._stand_ins.keys: TaskInstanceKey
  ? types: *
airflow.sdk.yaml
  dags._stand_ins.yaml: dump safe_load
airflow.sdk.module_loading
  dags._load_values: import_string
  dags._stand_ins.helpers: qualname
  ? internals: *
"""
