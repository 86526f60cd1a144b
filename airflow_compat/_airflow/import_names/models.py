"""The names of `airflow.models`. Most modules of `airflow.models` describe the metadata database."""

NAMES = """
airflow.models
  authoring: BaseOperator BaseOperatorLink DAG MappedOperator Param ParamsDict SkipMixin XComArg DagParam
  authoring: BaseSensorOperator
  connections: Connection
  dags._load_values: Variable
  ? types: Operator Base ID_LEN
  ? database: *
airflow.models.abstractoperator
  dags._stand_ins.operator_defaults: DEFAULT_OWNER DEFAULT_POOL_SLOTS DEFAULT_PRIORITY_WEIGHT DEFAULT_EXECUTOR
  dags._stand_ins.operator_defaults: DEFAULT_QUEUE DEFAULT_RETRIES DEFAULT_RETRY_DELAY DEFAULT_TASK_EXECUTION_TIMEOUT
  dags._stand_ins.operator_defaults: DEFAULT_TRIGGER_RULE DEFAULT_WEIGHT_RULE MAX_RETRY_DELAY
  dags._stand_ins.operator_defaults: DEFAULT_IGNORE_FIRST_DEPENDS_ON_PAST
  dags._stand_ins.operator_defaults: DEFAULT_WAIT_FOR_PAST_DEPENDS_BEFORE_SKIPPING
  dags._stand_ins.exceptions: NotMapped
  authoring: AbstractOperator
  ? types: TaskStateChangeCallback
airflow.models.baseoperator
  authoring: BaseOperator BaseOperatorLink chain chain_linear cross_downstream
  ? types: Chainable ScheduleInterval T TaskPostExecuteHook TaskPreExecuteHook
  ? internals: *
airflow.models.baseoperatorlink
  authoring: BaseOperatorLink
airflow.models.connection
  connections: Connection
  ? internals: *
airflow.models.crypto
  ? secrets: *
airflow.models.dag
  authoring: DAG dag DagParam ParamsDict Param BaseOperator TaskGroup Asset
  authoring: Dataset DatasetAlias=AssetAlias
  dags._stand_ins.dag_context: DagContext
  context: Context
  ? types: DagStateChangeCallback ScheduleArg ScheduleInterval ScheduleIntervalArg SLAMissCallback
  ? types: DAG_ARGS_EXPECTED_TYPES
  ? internals: create_timetable STATICA_HACK DEFAULT_SCHEDULE_INTERVAL DEFAULT_VIEW_PRESETS ORIENTATION_PRESETS
  ? database: *
airflow.models.expandinput
  authoring: MappedArgument DictOfListsExpandInput ListOfDictsExpandInput
  ? internals: *
airflow.models.mappedoperator
  authoring: MappedOperator OperatorPartial
  ? internals: *
airflow.models.operator
  authoring: BaseOperator
  ? types: Operator
airflow.models.param
  authoring: DagParam Param ParamsDict
  ? internals: process_params
airflow.models.skipmixin
  authoring: SkipMixin
  dags._stand_ins.operator_defaults: XCOM_SKIPMIXIN_FOLLOWED XCOM_SKIPMIXIN_KEY XCOM_SKIPMIXIN_SKIPPED
airflow.models.taskinstance
  context: Context
  dags._load_values: get_current_context
  ? types: TaskInstanceStateType
  ? internals: timer_unit_consistency
  ? database: *
airflow.models.taskinstancekey
  dags._stand_ins.keys: TaskInstanceKey
airflow.models.taskmixin
  authoring: DependencyMixin DAGNode
  ? types: *
airflow.models.variable
  dags._load_values: Variable
  ? internals: *
airflow.models.xcom
  dags._stand_ins.operator_defaults: XCOM_RETURN_KEY
  ? database: *
airflow.models.xcom_arg
  authoring: XComArg PlainXComArg MapXComArg ZipXComArg ConcatXComArg
  ? internals: *

airflow.models.base airflow.models.dagbag airflow.models.dagcode airflow.models.dagpickle airflow.models.dagrun
airflow.models.dagwarning airflow.models.dataset airflow.models.db_callback_request airflow.models.errors
airflow.models.log airflow.models.pool airflow.models.renderedtifields airflow.models.serialized_dag
airflow.models.slamiss airflow.models.taskfail airflow.models.taskinstancehistory airflow.models.tasklog
airflow.models.taskmap airflow.models.taskreschedule airflow.models.trigger
  ? database: *
airflow.models.asset airflow.models.asset_state_store airflow.models.backfill airflow.models.callback
airflow.models.connection_test airflow.models.dag_favorite airflow.models.dag_version airflow.models.dagbundle
airflow.models.deadline airflow.models.deadline_alert airflow.models.hitl airflow.models.hitl_history
airflow.models.referencemixin airflow.models.revoked_token airflow.models.task_state_store airflow.models.team
  [3] ? database: *
"""
