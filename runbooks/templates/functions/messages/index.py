import os

import boto3
from boto3.dynamodb.conditions import Key


def handler(event, context):
    """Counts the messages of a session, to 100; reads only. Which session: {"session_id": ID}."""
    table = boto3.resource("dynamodb").Table(os.environ["MESSAGES_TABLE"])
    wanted = event.get("session_id", "health-check")
    found = table.query(KeyConditionExpression=Key("session_id").eq(wanted), Limit=100)
    return {"stage": os.environ["STAGE"], "table": table.name, "messages": found["Count"]}
