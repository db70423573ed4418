//! The readiness guide in the emulators: deployed to the end from the plain template, and verified.

use checkride::aws::api::client::resolve;
use serde_json::json;

use super::deployed::{Ready, with_outcome};
use crate::support::sandbox;
use crate::support::watch::{Proxy, Watch};

#[test]
fn the_stack_is_deployed_to_the_end_and_all_of_it_is_decided() {
    let ready = Ready::deployed(&sandbox::account(), &[]);
    let deployed = |outcome| with_outcome(&ready.project, &ready.said, outcome);
    assert_eq!(deployed("warned"), ["alarms_quiet"], "they have had no data yet");
    // The domain of the example is nobody's, the CDK is not asked for, nobody has a telephone here, and the trial is asked
    // for by nobody.
    let cdk = ["bootstrapped", "build", "synth", "diff", "prepare_data", "data_stack", "prepare_storage"];
    let more = ["storage_stack", "prepare", "upload_stack", "quiet_before_trial", "try_rate_limit", "second_factor"];
    assert_eq!(deployed("skipped"), [&["site_answers"][..], &cdk, &more].concat());

    let said = ready.project.checkride(&["run", "verify-readiness", "-p", "sandbox", "--no-input"]).exits(0);
    let verified = |outcome| with_outcome(&ready.project, &said, outcome);
    assert_eq!([verified("unknown"), verified("failed"), verified("declined")], [vec![], vec![], Vec::<String>::new()]);
    assert_eq!(verified("skipped"), ["retained", "sign_in_events"], "the CDK's way, and a call that no emulator knows");
    // An alarm that nothing has happened to yet: that is decided, and said.
    let alarms = ["database_cpu_alarm", "database_connections_alarm", "database_lambda_alarm", "processor_alarm"];
    let more = ["bedrock_alarm", "api_alarm", "workflow_alarm", "alarms_quiet"];
    assert_eq!(verified("warned"), [alarms, more].concat());
    assert_eq!(verified("passed").len(), 47, "all others");
}

/// The emulator that restores looks at no access key. That a header tells it the account is what keeps these tests apart.
#[tokio::test]
async fn probe_each_account_has_databases_of_its_own() {
    let accounts = [sandbox::account(), sandbox::account()];
    let door = |account: &String| {
        let proxy = Proxy::adding(&sandbox::rds_endpoint(), &Watch::open(), &sandbox::as_account(account));
        (sandbox::aws_with_databases(account, &proxy.endpoint).api(), proxy)
    };
    let [(here, _kept), (there, _too)] = accounts.each_ref().map(door);
    let cluster = json!({
        "DBClusterIdentifier": "composer-dev", "Engine": "aurora-postgresql", "MasterUsername": "composer",
        "ManageMasterUserPassword": true,
    });
    here.call(resolve("rds:CreateDBCluster").unwrap(), &cluster, None).await.unwrap();
    let all = resolve("rds:DescribeDBClusters").unwrap();
    let found = here.call(all, &json!({}), None).await.unwrap().value;
    let arn = found["DBClusters"][0]["DBClusterArn"].as_str().unwrap();
    assert_eq!(arn, format!("arn:aws:rds:us-east-1:{}:cluster:composer-dev", accounts[0]));
    assert_eq!(there.call(all, &json!({}), None).await.unwrap().value["DBClusters"], json!([]));
}
