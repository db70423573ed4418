import os

import boto3

PROMPT = "Describe, as one HTML component without scripts, the data in this JSON file:\n\n"


def handler(event, context):
    """Has the model compose a component of an uploaded file, and keeps it."""
    s3 = boto3.client("s3")
    wanted = {"Bucket": event["bucket"], "Key": event["key"]}
    if event.get("version"):
        wanted["VersionId"] = event["version"]
    text = s3.get_object(**wanted)["Body"].read(100_000).decode("utf-8", "replace")
    answer = boto3.client("bedrock-runtime").converse(
        modelId=os.environ["MODEL_ID"],
        messages=[{"role": "user", "content": [{"text": PROMPT + text}]}],
    )
    component = "".join(part.get("text", "") for part in answer["output"]["message"]["content"])
    key = event["key"] + ".html"  # beside the file: in its owner's folder
    s3.put_object(Bucket=event["bucket"], Key=key, Body=component.encode(), ContentType="text/html")
    return {"bucket": event["bucket"], "key": key}
