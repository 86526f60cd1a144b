"""The names of operators, sensors and hooks for SQL and HTTP, also in the modules that had them in earlier releases."""

NAMES = """
airflow.operators.sql airflow.operators.check_operator airflow.operators.sql_branch_operator
airflow.providers.common.sql.operators.sql
  operators.sql: BaseSQLOperator BranchSQLOperator SQLCheckOperator SQLIntervalCheckOperator
  operators.sql: SQLThresholdCheckOperator SQLValueCheckOperator
airflow.operators.check_operator
  operators.sql: CheckOperator=SQLCheckOperator IntervalCheckOperator=SQLIntervalCheckOperator
  operators.sql: ThresholdCheckOperator=SQLThresholdCheckOperator ValueCheckOperator=SQLValueCheckOperator
airflow.operators.sql_branch_operator
  operators.sql: BranchSqlOperator=BranchSQLOperator
airflow.operators.sql airflow.providers.common.sql.operators.sql
  operators.sql: SQLColumnCheckOperator SQLTableCheckOperator
airflow.providers.common.sql.operators.sql
  operators.sql: SQLExecuteQueryOperator SQLInsertRowsOperator default_output_processor
  ? provider: SQLBulkLoadOperator
airflow.operators.postgres_operator airflow.providers.postgres.operators.postgres
  operators.sql: PostgresOperator
airflow.operators.mysql_operator airflow.providers.mysql.operators.mysql
  operators.sql: MySqlOperator
airflow.operators.sqlite_operator airflow.providers.sqlite.operators.sqlite
  operators.sql: SqliteOperator
airflow.operators.generic_transfer airflow.providers.common.sql.operators.generic_transfer
  operators.sql: GenericTransfer
airflow.sensors.sql airflow.sensors.sql_sensor airflow.providers.common.sql.sensors.sql
  operators.sensors.sql: SqlSensor
airflow.hooks.dbapi airflow.hooks.dbapi_hook airflow.providers.common.sql.hooks.sql
  operators.hooks.sql: DbApiHook
airflow.providers.common.sql.hooks.sql airflow.providers.common.sql.hooks.handlers
  operators.hooks.sql: fetch_all_handler fetch_one_handler return_single_query_results
airflow.providers.common.sql.dialects.dialect
  operators.hooks.sql: Dialect
airflow.hooks.postgres_hook airflow.providers.postgres.hooks.postgres
  operators.hooks.sql: PostgresHook
airflow.hooks.mysql_hook airflow.providers.mysql.hooks.mysql
  operators.hooks.sql: MySqlHook
airflow.hooks.sqlite_hook airflow.providers.sqlite.hooks.sqlite
  operators.hooks.sql: SqliteHook
airflow.providers.postgres.dialects.postgres
  operators.hooks.sql: PostgresDialect

airflow.operators.http_operator airflow.providers.http.operators.http
  operators.http: HttpOperator SimpleHttpOperator
airflow.sensors.http_sensor airflow.providers.http.sensors.http
  operators.sensors.http: HttpSensor
airflow.hooks.http_hook airflow.providers.http.hooks.http
  operators.hooks.http: HttpHook
airflow.providers.http.hooks.http
  ? provider: HttpAsyncHook
airflow.providers.http.triggers.http
  operators.triggers.http: HttpTrigger HttpSensorTrigger
  ? provider: HttpEventTrigger HttpResponseSerializer

airflow.hooks.dbapi airflow.hooks.dbapi_hook airflow.hooks.http_hook airflow.hooks.mysql_hook
airflow.hooks.postgres_hook airflow.hooks.sqlite_hook airflow.operators.check_operator airflow.operators.http_operator
airflow.operators.mysql_operator airflow.operators.postgres_operator airflow.operators.sql
airflow.operators.sql_branch_operator airflow.operators.sqlite_operator airflow.providers.common.sql.dialects.dialect
airflow.providers.common.sql.hooks.handlers airflow.providers.common.sql.hooks.sql
airflow.providers.common.sql.operators.sql airflow.providers.common.sql.sensors.sql airflow.providers.http.hooks.http
airflow.providers.http.operators.http airflow.providers.http.sensors.http airflow.providers.http.triggers.http
airflow.providers.mysql.hooks.mysql airflow.providers.mysql.operators.mysql
airflow.providers.postgres.dialects.postgres airflow.providers.postgres.hooks.postgres
airflow.providers.postgres.operators.postgres airflow.providers.sqlite.hooks.sqlite
airflow.providers.sqlite.operators.sqlite airflow.sensors.http_sensor airflow.sensors.sql airflow.sensors.sql_sensor
  ? internals: *
"""
