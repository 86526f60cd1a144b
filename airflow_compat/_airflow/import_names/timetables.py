"""The names of timetables, triggers and partition mappers."""

NAMES = """
airflow.timetables.base
  authoring: Timetable
  schedules: DataInterval
  ? later: DagRunInfo TimeRestriction
  ? internals: *
airflow.sdk.bases.timetable
  authoring: BaseTimetable
airflow.timetables.datasets
  authoring: DatasetOrTimeSchedule=AssetOrTimeSchedule
airflow.timetables.assets
  [3] authoring: AssetOrTimeSchedule
airflow.timetables.events airflow.sdk.definitions.timetables.events
  schedules: EventsTimetable
airflow.timetables.interval airflow.sdk.definitions.timetables.interval
  schedules: CronDataIntervalTimetable DeltaDataIntervalTimetable
  ? types: Delta
airflow.timetables.simple airflow.sdk.definitions.timetables.simple
  schedules._event_timetables: ContinuousTimetable NullTimetable OnceTimetable
  ? assets: *
airflow.timetables.trigger airflow.sdk.definitions.timetables.trigger
  schedules: CronTriggerTimetable DeltaTriggerTimetable MultipleCronTriggerTimetable
  ? assets: CronPartitionTimetable
airflow.sdk.definitions.timetables.assets
  authoring: AssetOrTimeSchedule AssetTriggeredTimetable
  ? assets: *

airflow.triggers.base
  authoring: BaseTrigger TriggerEvent StartTriggerArgs BaseEventTrigger
  operators.triggers.events: BaseTaskEndEvent TaskFailedEvent TaskSkippedEvent TaskSuccessEvent
  ? internals: *
airflow.triggers.external_task airflow.providers.standard.triggers.external_task
  operators.triggers.external_task: DagStateTrigger WorkflowTrigger
  ? later: TaskStateTrigger
airflow.triggers.file airflow.providers.standard.triggers.file
  operators.triggers.file: FileTrigger
  ? later: DirectoryFileDeleteTrigger FileDeleteTrigger
airflow.triggers.temporal airflow.providers.standard.triggers.temporal
  operators.triggers.temporal: DateTimeTrigger TimeDeltaTrigger
airflow.providers.standard.triggers.hitl
  ? hitl: *
airflow.triggers.testing airflow.triggers.callback airflow.triggers.shared_stream
  ? internals: *

airflow.partition_mappers airflow.partition_mappers.allowed_key airflow.partition_mappers.base
airflow.partition_mappers.chain airflow.partition_mappers.fixed_key airflow.partition_mappers.identity
airflow.partition_mappers.product airflow.partition_mappers.temporal airflow.partition_mappers.wait_policy
airflow.partition_mappers.window airflow.sdk.definitions.partition_mappers
airflow.sdk.definitions.partition_mappers.allowed_key airflow.sdk.definitions.partition_mappers.base
airflow.sdk.definitions.partition_mappers.chain airflow.sdk.definitions.partition_mappers.fixed_key
airflow.sdk.definitions.partition_mappers.identity airflow.sdk.definitions.partition_mappers.product
airflow.sdk.definitions.partition_mappers.temporal airflow.sdk.definitions.partition_mappers.wait_policy
airflow.sdk.definitions.partition_mappers.window
  ? assets: *
"""
