"""S3, SQS and SNS."""

from __future__ import annotations

try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from airflow.providers.amazon.aws.hooks.sqs import SqsHook
from airflow.providers.amazon.aws.operators.s3 import (
    S3CopyObjectOperator,
    S3CreateBucketOperator,
    S3CreateObjectOperator,
    S3DeleteBucketOperator,
    S3DeleteBucketTaggingOperator,
    S3DeleteObjectsOperator,
    S3FileTransformOperator,
    S3GetBucketTaggingOperator,
    S3ListOperator,
    S3ListPrefixesOperator,
    S3PutBucketTaggingOperator,
)
from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.providers.amazon.aws.operators.sqs import SqsPublishOperator
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.amazon.aws.sensors.sqs import SqsSensor
from airflow.providers.amazon.aws.transfers.local_to_s3 import LocalFilesystemToS3Operator
from notes import ARGS, HOME, START

AWS = {"aws_conn_id": "case_aws"}
BUCKET = "case-{{ ds_nodash }}"

with DAG("s3", schedule=None, start_date=START, default_args={**ARGS, **AWS}) as s3:
    bucket = S3CreateBucketOperator(task_id="bucket", bucket_name=BUCKET)
    write = S3CreateObjectOperator(task_id="write", s3_bucket=BUCKET, s3_key="in/a.txt", data="{{ ds }}")
    found = S3KeySensor(task_id="found", bucket_name=BUCKET, bucket_key="in/*.txt", wildcard_match=True)
    absent = S3KeySensor(
        task_id="absent", bucket_name=BUCKET, bucket_key="no/{{ ds }}", poke_interval=0.1, timeout=0, soft_fail=True
    )
    (HOME / "local.txt").write_text("local")
    load = LocalFilesystemToS3Operator(
        task_id="load", filename=str(HOME / "local.txt"), dest_bucket=BUCKET, dest_key="in/b.txt"
    )
    copy = S3CopyObjectOperator(
        task_id="copy",
        source_bucket_name=BUCKET,
        source_bucket_key="in/a.txt",
        dest_bucket_name=BUCKET,
        dest_bucket_key="out/a.txt",
    )
    transform = S3FileTransformOperator(
        task_id="transform",
        source_s3_key=f"s3://{BUCKET}/in/a.txt",
        dest_s3_key=f"s3://{BUCKET}/out/b.txt",
        transform_script="/bin/cp",
        source_aws_conn_id="case_aws",
        dest_aws_conn_id="case_aws",
    )
    keys = S3ListOperator(task_id="keys", bucket=BUCKET, prefix="out/")
    prefixes = S3ListPrefixesOperator(task_id="prefixes", bucket=BUCKET, prefix="", delimiter="/")
    tag = S3PutBucketTaggingOperator(task_id="tag", bucket_name=BUCKET, key="shop", value="eu")
    tags = S3GetBucketTaggingOperator(task_id="tags", bucket_name=BUCKET)
    untag = S3DeleteBucketTaggingOperator(task_id="untag", bucket_name=BUCKET)

    @task
    def read(name, listed):
        hook = S3Hook("case_aws")
        return [hook.read_key(key, name) for key in listed] + [hook.check_for_key("in/b.txt", name)]

    texts = read(BUCKET.replace("{{ ds_nodash }}", "20240305"), keys.output)
    delete = S3DeleteObjectsOperator(task_id="delete", bucket=BUCKET, keys=["in/a.txt", "out/a.txt", "out/b.txt"])
    full = S3DeleteBucketOperator(task_id="full", bucket_name=BUCKET)
    remove = S3DeleteBucketOperator(task_id="remove", bucket_name=BUCKET, force_delete=True, trigger_rule="all_done")

    bucket >> write >> found >> load >> copy >> transform >> keys >> prefixes
    prefixes >> tag >> tags >> untag >> delete >> full >> remove
    texts >> delete
    write >> absent >> remove

with DAG("queues", schedule=None, start_date=START, default_args={**ARGS, **AWS}) as queues:

    @task
    def queue():
        return SqsHook("case_aws").create_queue("orders")["QueueUrl"]

    @task
    def topic():
        return SnsHook("case_aws").get_conn().create_topic(Name="sales")["TopicArn"]

    url, arn = queue(), topic()
    send = SqsPublishOperator(
        task_id="send", sqs_queue=url, message_content="{{ ds }}", message_attributes={}, do_xcom_push=False
    )
    receive = SqsSensor(task_id="receive", sqs_queue=url, max_messages=1, wait_time_seconds=0)
    publish = SnsPublishOperator(
        task_id="publish", target_arn=arn, subject="s", message="{{ ti.task_id }}", do_xcom_push=False
    )
    nowhere = SnsPublishOperator(task_id="nowhere", target_arn=f"{arn}-missing", message="lost", retries=1)

    @task
    def body(messages):
        return [message["Body"] for message in messages]

    send >> receive
    arn >> nowhere
    received = body(receive.output["messages"])
