//! `call`: one read of the API, as a person meets it; and what completes its name.

use std::net::TcpListener;

use checkride::aws::api::client::resolve;
use insta::assert_snapshot;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::fake::Fake;
use crate::support::project::Project;
use crate::support::sandbox::{account, aws_of};

/// A project, with its account in the emulator in which some things are there.
async fn project() -> Project {
    let account = account();
    let write = aws_of(&account).api();
    let bucket = json!({ "Bucket": format!("box-{account}") });
    write.call(resolve("s3:CreateBucket").unwrap(), &bucket, None).await.unwrap();
    for (key, body) in [("text", "aGVsbG8="), ("bytes", "/wAB"), ("more", "")] {
        let object = json!({ "Bucket": bucket["Bucket"], "Key": key, "Body": body });
        write.call(resolve("s3:PutObject").unwrap(), &object, None).await.unwrap();
    }
    let secret = json!({ "Name": "db", "SecretString": "what-pays-the-bill" });
    write.call(resolve("secretsmanager:CreateSecret").unwrap(), &secret, None).await.unwrap();
    Project::sandboxed(&account).variable("BUCKET", &format!("box-{account}"))
}

fn bucket(project: &Project) -> String {
    format!("Bucket={}", project.variables()["BUCKET"])
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn an_answer_is_json_on_stdout_and_nothing_else_is() {
    let project = project().await;
    let said = project.checkride(&["call", "s3:list-objects-v2", &bucket(&project), "-p", "sandbox"]).exits(0);
    assert_eq!(said.stderr, "");
    assert_eq!(json_of(&said.stdout)["KeyCount"], 3);
    let query = ["--query", "out.Contents.map(o, o.Key)"];
    let said = project
        .checkride(&[&["call", "s3:ListObjectsV2", &bucket(&project), "-p", "sandbox"][..], &query].concat())
        .exits(0);
    assert_eq!(json_of(&said.stdout), json!(["bytes", "more", "text"]));
    let said = project
        .checkride(&["call", "s3:ListObjectsV2", &bucket(&project), "MaxKeys=2", "-p", "sandbox", "--format", "json"])
        .exits(0);
    assert_eq!(said.stderr, "this is one page of the answer, as its input asks for; there are more\n");
    let document = json_of(&said.stdout);
    assert_eq!((&document["format"], &document["call"]), (&json!(1), &json!("s3:ListObjectsV2")));
    assert_eq!((document["out"]["Contents"].as_array().unwrap().len(), &document["pages"]), (2, &json!(1)));
    assert!(document["emulator"].is_string() && document["request_ids"][0].is_string(), "{document}");
    let said = project
        .checkride(&[
            "call",
            "s3:ListObjectsV2",
            &bucket(&project),
            "-p",
            "sandbox",
            "--all-pages",
            "--query",
            "out.Contents.size()",
        ])
        .exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("3\n", ""));
}

#[tokio::test]
async fn a_body_is_shown_or_written() {
    let project = project().await;
    let get = |key: &str, more: &[&str]| {
        let key = format!("Key={key}");
        project.checkride(&[&["call", "s3:GetObject", &bucket(&project), &key, "-p", "sandbox"][..], more].concat())
    };
    assert_eq!(json_of(&get("text", &[]).exits(0).stdout)["Body"], "hello");
    let bytes = get("bytes", &[]).exits(0);
    assert_eq!(json_of(&bytes.stdout)["Body"], "/wAB");
    assert_eq!(bytes.stderr, "`Body` is no text: its 3 bytes are shown in base64; -o FILE writes them\n");
    let written = get("bytes", &["-o", "object"]).exits(0);
    assert_eq!(json_of(&written.stdout).get("Body"), None);
    assert_eq!(std::fs::read(project.path("object")).unwrap(), [0xff, 0, 1]);
    let said =
        project.checkride(&["call", "s3:HeadBucket", &bucket(&project), "-p", "sandbox", "-o", "object"]).exits(2);
    assert_snapshot!(said.stderr, @r"
    error: -o: the answer of s3:HeadBucket has no body but its JSON
    hint: redirect stdout to keep the JSON
    ");
}

#[tokio::test]
async fn what_is_sensitive_is_cut_also_from_a_query() {
    let project = project().await;
    let get = ["call", "secretsmanager:GetSecretValue", "SecretId=db", "-p", "sandbox"];
    for more in [&[][..], &["--query", "out.SecretString"], &["--format", "json"]] {
        let said = project.checkride(&[&get[..], more].concat()).exits(0);
        assert!(said.stdout.contains("[secret]") && !said.stdout.contains("what-pays"), "{}", said.stdout);
    }
    let shown = project.checkride(&[&get[..], &["--show-sensitive", "--query", "out.SecretString"]].concat()).exits(0);
    assert_eq!(shown.stdout, "\"what-pays-the-bill\"\n");
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_called() {
    // Nobody answers there: whatever is called hangs on it, or fails otherwise.
    let project = Project::new().emulated("sandbox", "123456789012", "http://127.0.0.1:9").local();
    let refused = |arguments: &[&str]| project.checkride(&[&["call"], arguments].concat()).exits(2).stderr;
    assert_snapshot!(refused(&["dynamodb:UpdateItem", "TableName=t", "-p", "sandbox"]), @r"
    error: dynamodb:UpdateItem is a write, and `call` only reads
    hint: what may change something belongs in a step of a runbook: planned, confirmed and on record
    ");
    assert_snapshot!(refused(&["dynamodb:DescribeTables", "-p", "sandbox"]), @r"
    error: `dynamodb` has no operation `DescribeTables`
    hint: did you mean `DescribeTable`?
    ");
    assert_snapshot!(refused(&["dynamodb:GetItem", "Tablename=t", "ConsistentRead=perhaps", "-p", "sandbox"]), @r"
    error: dynamodb:GetItem does not take this input
    hint: `Tablename`: no such parameter (did you mean `TableName`?)
    hint: `ConsistentRead`: expected a boolean, found text
    hint: `TableName` is missing
    hint: `Key` is missing
    ");
    assert_snapshot!(refused(&["dynamodb:GetItem", "--with", "[]", "-p", "sandbox"]), @r#"
    error: --with is JSON, but no object
    hint: for example --with '{"TableName": "t"}'
    "#);
    assert_snapshot!(refused(&["dynamodb:ListTables", "--query", "out.Tables", "-p", "sandbox"]), @r"
    error: --query: `out` has no `Tables` (did you mean `TableNames`?)
    ");
    assert_snapshot!(refused(&["dynamodb:ListTables", "--query", "out.TableNames +", "-p", "sandbox"]), @r"
    error: --query: the expression ends where a value is needed
    ");
    assert_snapshot!(refused(&["dynamodb:ListTables", "-p", "local"]), @r"
    error: profile `local` names no account
    hint: a call needs `[aws]` with `account` and `region`
    ");
    assert_snapshot!(refused(&["dynamodb:ListTables"]), @r"
    error: no profile is named, and nobody is there to ask
    hint: name one with -p: local, sandbox
    ");
}

#[tokio::test]
async fn an_error_of_the_service_is_an_answer_and_everything_else_is_unknown() {
    let project = project().await;
    let call = |arguments: &[&str]| project.checkride(&[&["call"], arguments, &["-p", "sandbox"]].concat());
    let missing = call(&["dynamodb:DescribeTable", "TableName=nope"]).exits(4);
    assert_eq!(missing.stdout, "");
    assert!(
        missing.stderr.contains("ResourceNotFoundException") && missing.stderr.contains("[request "),
        "{}",
        missing.stderr
    );
    let asked = call(&["s3:HeadBucket", "Bucket=no-such-bucket-of-anybody", "--query", "error.status == 404"]).exits(4);
    assert_eq!(asked.stdout, "true\n");
    let document = call(&["dynamodb:DescribeTable", "TableName=nope", "--format", "json"]).exits(4);
    let document = json_of(&document.stdout);
    assert_eq!(
        (&document["error"]["code"], &document["error"]["status"]),
        (&json!("ResourceNotFoundException"), &json!(400))
    );
    let absent = call(&["sts:GetCallerIdentity", "--query", "out.Account.size() > 100 ? out.Arn : json('{}').nothing"])
        .exits(13);
    assert!(absent.stderr.starts_with("error: --query: "), "{}", absent.stderr);
}

#[test]
fn the_account_is_guarded_first() {
    let fake = Fake::caller_of("999900001111");
    let project = Project::new().emulated("dev", "123456789012", &fake.endpoint);
    let said = project.checkride(&["call", "dynamodb:ListTables", "-p", "dev"]).exits(12);
    assert!(said.stderr.starts_with("error: refused by the account guard: wrong account"), "{}", said.stderr);
    assert_eq!(fake.calls(), ["GetCallerIdentity"], "nothing else was called");
}

#[test]
fn an_interrupt_ends_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let project = Project::new().emulated("dev", "123456789012", &endpoint);
    let running = project.begin(&["call", "dynamodb:ListTables", "-p", "dev"]);
    // It is called, and does not answer.
    let _connection = listener.accept().unwrap();
    running.signal(Signal::SIGINT);
    running.end().exits(130);
}

#[test]
fn the_name_of_a_call_is_completed_in_bash() {
    let project = Project::new();
    let said = project.checkride(&["call", "--complete", "dynamodb:describe-table"]).exits(0);
    assert_eq!(said.stdout, "dynamodb:DescribeTable\ndynamodb:DescribeTableReplicaAutoScaling\n");
    let script = project.checkride(&["completions", "bash"]).exits(0).stdout;
    project.write("completions.bash", &script);
    // As bash calls it: the line, and words that it breaks at colons.
    project.write(
        "try.bash",
        "source completions.bash\ntry() {\n  COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=($1) COMPREPLY=()\n  \
         COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n  _checkride_calls checkride \"${COMP_WORDS[-1]}\" ''\n  \
         echo \"${COMPREPLY[@]}\"\n}\ntry 'checkride call dynamo'\ntry 'checkride call -p dev dynamodb:DescribeTable'\n\
         try 'checkride repo'\ntry 'checkride call x --all-p'\n",
    );
    let said = project.shell("bash try.bash").exits(0);
    assert_eq!(
        said.stdout,
        "dynamodb: dynamodbstreams:\nDescribeTable DescribeTableReplicaAutoScaling\nreport\n--all-pages\n"
    );
}
