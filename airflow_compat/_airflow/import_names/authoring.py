"""The names with which DAG files define DAGs, other than those of `airflow.sdk` and `airflow.models`."""

NAMES = """
airflow.decorators
  authoring: dag task_group
  operators: task setup teardown
  [2] operators.decorators: TaskDecorator TaskDecoratorCollection
  [2] operators.decorators: bash_task branch_external_python_task branch_task branch_virtualenv_task python_task
  [2] operators.decorators: external_python_task sensor_task short_circuit_task virtualenv_task
airflow.decorators.base
  operators.decorators: TaskDecorator TaskDecoratorCollection DecoratedOperator get_unique_task_id
  operators.decorators: task_decorator_factory
  ? internals: DecoratedMappedOperator
  ? types: FParams FReturn OperatorSubclass Task ExpandableFactory
airflow.decorators.task_group
  authoring: task_group
  ? types: *
airflow.decorators.condition
  operators.decorators: run_if skip_if
airflow.decorators.bash airflow.providers.standard.decorators.bash
  operators.decorators: bash_task
airflow.decorators.branch_external_python airflow.providers.standard.decorators.branch_external_python
  operators.decorators: branch_external_python_task
airflow.decorators.branch_python airflow.providers.standard.decorators.branch_python
  operators.decorators: branch_task
airflow.decorators.branch_virtualenv airflow.providers.standard.decorators.branch_virtualenv
  operators.decorators: branch_virtualenv_task
airflow.decorators.external_python airflow.providers.standard.decorators.external_python
  operators.decorators: external_python_task
airflow.decorators.python airflow.providers.standard.decorators.python
  operators.decorators: python_task
airflow.decorators.python_virtualenv airflow.providers.standard.decorators.python_virtualenv
  operators.decorators: virtualenv_task
airflow.decorators.sensor airflow.providers.standard.decorators.sensor
  operators.decorators: sensor_task
  ? internals: DecoratedSensorOperator
airflow.decorators.setup_teardown
  authoring: context_wrapper
  ? internals: *
airflow.decorators.short_circuit airflow.providers.standard.decorators.short_circuit
  operators.decorators: short_circuit_task

airflow.datasets
  authoring: Dataset DatasetAlias=AssetAlias DatasetAll=AssetAll DatasetAny=AssetAny
airflow.datasets.metadata
  authoring: Metadata
airflow.datasets.manager
  ? server: *
"""
