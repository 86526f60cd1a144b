"""The names of providers that have stand-ins: notifiers, and compatibility modules that other providers import."""

NAMES = """
airflow.providers.apprise.notifications.apprise
  notifiers: AppriseNotifier send_apprise_notification
airflow.providers.discord.notifications.discord
  notifiers: DiscordNotifier
airflow.providers.pagerduty.notifications.pagerduty
  notifiers: PagerdutyNotifier send_pagerduty_notification
airflow.providers.slack.notifications.slack airflow.providers.slack.notifications.slack_notifier
  notifiers: SlackNotifier send_slack_notification
airflow.providers.slack.notifications.slack_webhook
  notifiers: SlackWebhookNotifier send_slack_webhook_notification
airflow.providers.smtp.notifications.smtp
  notifiers: SmtpNotifier send_smtp_notification
airflow.providers.common.compat.sdk
  authoring: Asset AssetAlias AssetAll AssetAny BaseBranchOperator BaseOperator BaseOperatorLink BaseSensorOperator
  authoring: BranchMixIn DAG DagRunState EdgeModifier Label MappedOperator Metadata Param ParamsDict PokeReturnValue
  authoring: SkipMixin TaskGroup TaskInstanceState TriggerRule WeightRule XComArg chain chain_linear cross_downstream
  authoring: dag poke_mode_only task_group
  operators: task setup teardown
  operators.decorators: TaskDecorator DecoratedOperator get_unique_task_id task_decorator_factory
  connections: Connection
  context: Context
  dags._load_values: Variable conf get_current_context
  dags._stand_ins.context: context_merge context_to_airflow_vars determine_kwargs
  dags._stand_ins.dag_context: get_parsing_context
  dags._stand_ins.exceptions: AirflowOptionalProviderFeatureException
  operators.hooks.base: BaseHook
  dags._stand_ins.keys: TaskInstanceKey
  dags._stand_ins.operator_defaults: XCOM_RETURN_KEY
  dags._stand_ins.plugins: AirflowPlugin
  dags._stand_ins.secrets: mask_secret redact
  dags._stand_ins.template: literal
  dags._stand_ins.timeout: timeout
  dags._stand_ins.versions: timezone
  exceptions: AirflowException AirflowFailException AirflowNotFoundException AirflowSkipException AirflowTaskTimeout
  exceptions: AirflowSensorTimeout AirflowConfigException ParamValidationError TaskDeferred XComNotFound
  exceptions: DownstreamTasksSkipped
  metrics: Stats
  notifiers: BaseNotifier
  ? lineage: HookLineageCollector HookLineageReader HookLineage NoOpCollector get_hook_lineage_collector
  ? storage: ObjectStoragePath io
  ? internals: *
airflow.providers.common.compat.assets
  authoring: Asset AssetAll AssetAny
  ? internals: *
"""
