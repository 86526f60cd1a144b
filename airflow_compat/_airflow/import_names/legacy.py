"""The names of Airflow 1.10 that DAG files still use; in 2.11, they still exist, but show a deprecation warning."""

NAMES = """
airflow.operators.docker_operator airflow.operators.druid_check_operator airflow.operators.gcs_to_s3
airflow.operators.google_api_to_s3_transfer airflow.operators.hive_operator airflow.operators.hive_stats_operator
airflow.operators.hive_to_druid airflow.operators.hive_to_mysql airflow.operators.hive_to_samba_operator
airflow.operators.jdbc_operator airflow.operators.mssql_operator airflow.operators.mssql_to_hive
airflow.operators.mysql_to_hive airflow.operators.oracle_operator airflow.operators.papermill_operator
airflow.operators.pig_operator airflow.operators.presto_check_operator airflow.operators.presto_to_mysql
airflow.operators.redshift_to_s3_operator airflow.operators.s3_file_transform_operator
airflow.operators.s3_to_hive_operator airflow.operators.s3_to_redshift_operator airflow.operators.slack_operator
airflow.operators.sensors airflow.sensors.hive_partition_sensor airflow.sensors.metastore_partition_sensor
airflow.sensors.named_hive_partition_sensor airflow.sensors.s3_key_sensor airflow.sensors.s3_prefix_sensor
airflow.sensors.web_hdfs_sensor airflow.sensors.hdfs_sensor airflow.hooks.S3_hook airflow.hooks.docker_hook
airflow.hooks.druid_hook airflow.hooks.hive_hooks airflow.hooks.jdbc_hook airflow.hooks.mssql_hook
airflow.hooks.oracle_hook airflow.hooks.pig_hook airflow.hooks.presto_hook airflow.hooks.samba_hook
airflow.hooks.slack_hook airflow.hooks.webhdfs_hook airflow.hooks.zendesk_hook airflow.hooks.hdfs_hook
  ? provider: *
"""
