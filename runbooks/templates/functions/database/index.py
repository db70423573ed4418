import json
import os

import boto3

SCHEMA = """create table if not exists documents (
    location text primary key, recorded timestamptz not null default now())"""
INSERT = "insert into documents (location) values (:location) on conflict do nothing"


def run(sql, **parameters):
    return boto3.client("rds-data").execute_statement(
        resourceArn=os.environ["CLUSTER_ARN"],
        secretArn=os.environ["SECRET_ARN"],
        database="composer",
        sql=sql,
        parameters=[{"name": name, "value": {"stringValue": value}} for name, value in parameters.items()],
    )


def handler(event, context):
    """Puts an uploaded file on record, once; for the API it asks the database whether it is there."""
    if "httpMethod" in event:
        run("select 1")
        headers = {"Access-Control-Allow-Origin": os.environ["CORS_ORIGIN"]}
        return {"statusCode": 200, "headers": headers, "body": json.dumps({"database": "ok"})}
    run(SCHEMA)
    run(INSERT, location=f"{event['bucket']}/{event['key']}#{event['version']}")
    return event
