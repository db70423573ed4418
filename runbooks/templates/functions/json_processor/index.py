import hashlib
import json
import os
import urllib.parse

import boto3


def start(client, record):
    """One execution for each version of a file, however often its message comes."""
    s3 = record["s3"]
    key = urllib.parse.unquote_plus(s3["object"]["key"])
    file = {"bucket": s3["bucket"]["name"], "key": key, "version": s3["object"].get("versionId", "")}
    text = json.dumps(file, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()
    try:
        client.start_execution(stateMachineArn=os.environ["STATE_MACHINE_ARN"], name=name, input=text)
    except client.exceptions.ExecutionAlreadyExists:
        pass


def handler(event, context):
    """Starts a workflow for each uploaded file. What fails comes again, three times, then is set aside."""
    client = boto3.client("stepfunctions")
    failed = []
    for message in event.get("Records", []):
        try:
            for record in json.loads(message["body"]).get("Records", []):
                start(client, record)
        except Exception as error:
            print(json.dumps({"message": message["messageId"], "error": repr(error)}))
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}
