"""The names of the operators, sensors and hooks of Airflow 2.11 itself and of the standard provider."""

NAMES = """
airflow.operators airflow.sensors airflow.hooks
airflow.providers.standard airflow.providers.standard.decorators airflow.providers.standard.hooks
airflow.providers.standard.operators airflow.providers.standard.sensors airflow.providers.standard.triggers
airflow.providers.standard.utils
  internals:

airflow.operators.bash airflow.operators.bash_operator airflow.providers.standard.operators.bash
  operators: BashOperator
airflow.operators.branch airflow.operators.branch_operator airflow.providers.standard.operators.branch
  authoring: BaseBranchOperator BranchMixIn SkipMixin
airflow.operators.datetime airflow.providers.standard.operators.datetime
  operators: BranchDateTimeOperator
  operators.branch_datetime: target_times_as_dates
airflow.operators.dummy airflow.operators.dummy_operator airflow.operators.empty
airflow.providers.standard.operators.empty
  operators: EmptyOperator DummyOperator
airflow.operators.email airflow.operators.email_operator airflow.providers.smtp.operators.smtp
  operators: EmailOperator
airflow.operators.latest_only airflow.operators.latest_only_operator airflow.providers.standard.operators.latest_only
  operators: LatestOnlyOperator
airflow.operators.python airflow.operators.python_operator airflow.providers.standard.operators.python
  operators: PythonOperator BranchPythonOperator ShortCircuitOperator PythonVirtualenvOperator ExternalPythonOperator
  operators: BranchPythonVirtualenvOperator BranchExternalPythonOperator
  authoring: BaseOperator SkipMixin
  dags._load_values: get_current_context
  [2] operators: task
  ? internals: is_venv_installed
airflow.operators.smooth airflow.providers.standard.operators.smooth
  ? later: SmoothOperator
airflow.operators.subdag airflow.operators.subdag_operator
  ? subdag: SubDagOperator SkippedStatePropagationOptions
airflow.operators.trigger_dagrun airflow.operators.dagrun_operator airflow.providers.standard.operators.trigger_dagrun
  operators: TriggerDagRunOperator
  ? server: TriggerDagRunLink
  ? internals: XCOM_LOGICAL_DATE_ISO XCOM_RUN_ID DagIsPaused
airflow.operators.weekday airflow.providers.standard.operators.weekday
  operators: BranchDayOfWeekOperator
airflow.providers.standard.operators.hitl
  ? hitl: *

airflow.sensors.base airflow.sensors.base_sensor_operator
  authoring: BaseSensorOperator PokeReturnValue poke_mode_only
airflow.sensors.bash airflow.contrib.sensors.bash_sensor airflow.providers.standard.sensors.bash
  operators: BashSensor
airflow.sensors.date_time airflow.sensors.date_time_sensor airflow.providers.standard.sensors.date_time
  operators: DateTimeSensor DateTimeSensorAsync
airflow.sensors.external_task airflow.sensors.external_task_sensor airflow.providers.standard.sensors.external_task
  operators: ExternalTaskSensor ExternalTaskMarker
  ? server: ExternalDagLink ExternalTaskSensorLink
airflow.sensors.filesystem airflow.contrib.sensors.file_sensor airflow.providers.standard.sensors.filesystem
  operators: FileSensor
airflow.sensors.python airflow.contrib.sensors.python_sensor airflow.providers.standard.sensors.python
  operators: PythonSensor
airflow.sensors.time_delta airflow.sensors.time_delta_sensor airflow.providers.standard.sensors.time_delta
  operators: TimeDeltaSensor TimeDeltaSensorAsync WaitSensor
airflow.sensors.time_sensor airflow.providers.standard.sensors.time
  operators: TimeSensor TimeSensorAsync
airflow.sensors.weekday airflow.contrib.sensors.weekday_sensor airflow.providers.standard.sensors.weekday
  operators: DayOfWeekSensor

airflow.hooks.base airflow.hooks.base_hook
  operators.hooks.base: BaseHook
  ? types: DiscoverableHook
airflow.hooks.filesystem airflow.contrib.hooks.fs_hook airflow.providers.standard.hooks.filesystem
  operators.hooks.filesystem: FSHook
airflow.hooks.package_index airflow.providers.standard.hooks.package_index
  operators.hooks.package_index: PackageIndexHook
airflow.hooks.subprocess airflow.providers.standard.hooks.subprocess
  operators.hooks.subprocess: SubprocessHook SubprocessResult working_directory

airflow.providers.standard.get_provider_info
airflow.providers.standard.utils.openlineage airflow.providers.standard.utils.sensor_helper
  ? internals: *
airflow.providers.standard.decorators.stub
  ? later: stub
airflow.providers.standard.exceptions
  ? hitl: HITLRejectException HITLTimeoutError HITLTriggerEventError
  ? internals: *
airflow.providers.standard.utils.python_virtualenv airflow.utils.python_virtualenv
  ? internals: *
airflow.providers.standard.utils.weekday airflow.utils.weekday airflow.contrib.utils.weekday
  operators: WeekDay
airflow.providers.standard.version_compat airflow.providers.common.compat.version_compat
  authoring: BaseOperator
  dags._load_values: AIRFLOW_V_2_10_PLUS AIRFLOW_V_2_11_PLUS AIRFLOW_V_3_0_PLUS AIRFLOW_V_3_1_PLUS
  dags._load_values: AIRFLOW_V_3_2_PLUS AIRFLOW_V_3_3_PLUS
  ? internals: *
"""
