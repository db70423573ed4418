import os

import boto3


def handler(event, context):
    """Answers for a session; reads only. With {"session_id": ID} it says whether the session is known."""
    table = boto3.resource("dynamodb").Table(os.environ["SESSIONS_TABLE"])
    wanted = event.get("session_id", "health-check")
    found = table.get_item(Key={"session_id": wanted}).get("Item")
    return {"stage": os.environ["STAGE"], "table": table.name, "known": found is not None}
