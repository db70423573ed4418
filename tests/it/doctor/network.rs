//! The way to AWS: names, connections, TLS, what answers there, clocks; and the emulator.

use crate::doctor::cloud::{ACCOUNT, Cloud, Looks, STEPS, Sky, profile};
use crate::support::fake::Fake;
use crate::support::project::Project;
use crate::support::web::{Web, reply};

const BEHIND_STS: [&str; 2] = ["identity", "permissions"];

#[test]
fn an_endpoint_that_is_not_reached() {
    let sky = Sky::over(Cloud { unreached: "dynamodb.", ..Cloud::default() }, STEPS);
    let looks = sky.looks(4);
    looks.are(&["endpoint dynamodb"], &[]).says("endpoint", "HTTP 403").says("endpoint", "correct HTTPS_PROXY");
}

#[test]
fn sts_that_is_not_reached_leaves_the_caller_unknown() {
    let sky = Sky::over(Cloud { unreached: "sts.", ..Cloud::default() }, STEPS);
    sky.looks(4).are(&["endpoint sts"], &BEHIND_STS).says("identity", "see the line `endpoint sts`");
}

#[test]
fn a_network_that_answers_for_aws() {
    let sky = Sky::over(Cloud { page: Some("dynamodb."), ..Cloud::default() }, STEPS);
    let looks = sky.looks(4);
    looks.are(&["endpoint dynamodb"], &[]).says("endpoint", "is not AWS: a page of HTML, status 200");
    let sky = Sky::over(Cloud { page: Some("sts."), ..Cloud::default() }, STEPS);
    sky.looks(4).are(&["endpoint sts"], &BEHIND_STS);
}

#[test]
fn tls_that_nobody_stands_for() {
    let stranger = crate::support::web::Authority::new();
    let sky = Sky::over(Cloud::default(), STEPS).with(|it| it.file("root.pem", &stranger.pem));
    let looks = sky.looks(4);
    looks.are(&["endpoint sts", "endpoint dynamodb"], &["clock", "identity", "permissions"]);
    looks.says("endpoint", "invalid peer certificate").says("endpoint", "SSL_CERT_FILE");
    assert_eq!(sky.web.heard().len(), 0, "not a word was said");
}

#[test]
fn a_service_in_a_region_of_its_own_step() {
    let steps = STEPS.replace("call =", "region = \"eu-west-1\"\ncall =");
    let looks = Sky::over(Cloud::default(), &steps).looks(0);
    looks.are(&[], &[]).says("endpoint", "https://dynamodb.eu-west-1.amazonaws.com/");
    assert!(looks.0.to_string().contains("dynamodb in eu-west-1"), "{:#}", looks.0);
}

#[test]
fn the_way_leads_by_the_proxy_and_its_password_is_not_shown() {
    let sky = Sky::over(Cloud::default(), STEPS).with(|it| it.variable("NO_PROXY", "example.org"));
    let looks = sky.looks(0);
    looks
        .says("proxy", "HTTPS_PROXY=127.0.0.1:")
        .says("proxy", "NO_PROXY=example.org")
        .says("endpoint", "by proxy 127.0.0.1:");
    assert!(!looks.0.to_string().contains("watchword"), "{:#}", looks.0);
    let heads = sky.heads.lock().unwrap().clone();
    assert!(heads.iter().any(|head| head.starts_with("CONNECT sts.us-east-1.amazonaws.com:443")), "{heads:?}");
}

#[test]
fn an_endpoint_that_the_environment_leads_elsewhere() {
    let fake = Fake::caller_of(ACCOUNT);
    let sky = Sky::over(Cloud::default(), STEPS).with(|it| it.variable("AWS_ENDPOINT_URL", &fake.endpoint));
    let looks = sky.looks(4);
    looks.are(&["endpoint sts, dynamodb"], &["clock", "credentials", "identity", "permissions"]);
    looks.says("endpoint", "unset AWS_ENDPOINT_URL");
    assert_eq!(fake.calls(), [] as [String; 0]);
}

#[test]
fn a_clock_that_is_wrong() {
    let sky = Sky::over(Cloud { ahead: 400, ..Cloud::default() }, STEPS);
    sky.looks(4).are(&["clock"], &[]).says("clock", "s behind AWS's: AWS refuses signatures beyond 5 minutes");
    let sky = Sky::over(Cloud { ahead: -3600, ..Cloud::default() }, STEPS);
    sky.looks(4).are(&["clock"], &[]).says("clock", "s ahead of AWS's").says("clock", "NTP");
    let sky = Sky::over(Cloud { ahead: 150, ..Cloud::default() }, STEPS);
    sky.looks(0).are(&[], &[]).warn(&["clock"]);
}

#[test]
fn a_region_that_is_none() {
    let cloud = || Cloud { unreached: "sts.us-east-9", ..Cloud::default() };
    let elsewhere = |region: &str| profile("").replace("us-east-1", region);
    let runbook = "[[checklist]]\nid = \"a\"\ntitle = \"A\"\nkind = \"confirm\"\n";
    let sky = Sky::over(cloud(), runbook).with(|it| it.file("profiles/dev.toml", &elsewhere("us-east-9")));
    let looks = sky.looks(4);
    looks.are(&["region"], &["endpoint sts", "clock", "identity", "permissions"]);
    looks.says("region", "no region that this version knows").says("region", "did you mean `us-east-");
}

#[test]
fn a_role_of_another_partition() {
    let role = format!("role_arn = \"arn:aws-cn:iam::{ACCOUNT}:role/deployer\"\n");
    let looks = Sky::over(Cloud::default(), STEPS).with(|it| it.file("profiles/dev.toml", &profile(&role))).looks(4);
    // Who has no such role gets none.
    looks.are(&["region", "credentials"], &["identity", "permissions"]).says("region", "the role of aws-cn");
}

#[test]
fn an_emulator_that_does_not_run() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = Project::new().emulated_unwatched("dev", ACCOUNT, &format!("http://{closed}")).runbook("r", STEPS);
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "dev", "--format", "json"]).exits(4));
    looks.are(&["emulator"], &["clock", "identity", "permissions"]);
    looks.says("emulator", "nothing answers at").says("emulator", "scripts/sandbox up");
}

#[test]
fn an_emulator_that_has_left_no_address() {
    let text = "[profile]\ntitle = \"S\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"123456789012\"\n\
                region = \"us-east-1\"\nemulator = true\nendpoints_file = \".sandbox/endpoints.toml\"\n";
    let project = Project::new().file("profiles/dev.toml", text).runbook("r", STEPS);
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "dev", "--format", "json"]).exits(4));
    looks.are(&["emulator"], &["identity"]).says("emulator", "scripts/sandbox up");
}

#[test]
fn a_page_where_an_emulator_should_be() {
    let web = Web::serving(|_, to| {
        let date = checkride::world::clock::Clock::System.now().to_rfc2822();
        reply(to, "200 OK", &format!("Date: {date}\r\nContent-Type: text/html\r\n"), b"<html>It works</html>")
    });
    let project = Project::new().emulated_unwatched("dev", ACCOUNT, &web.url("")).runbook("r", STEPS);
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "dev", "--format", "json"]).exits(4));
    looks.are(&["emulator"], &BEHIND_STS).says("emulator", "no emulator of AWS: a page of HTML");
    assert!(web.heard().iter().all(|heard| heard.line.starts_with("GET ")), "STS was not asked: {:?}", web.heard());
}

#[test]
fn a_second_emulator_for_one_service_has_a_line_of_its_own() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = crate::support::sandbox::endpoint();
    let mut project = Project::new();
    let watched = project.watched(&endpoint);
    let text = "[profile]\ntitle = \"S\"\ntier = \"sandbox\"\n\n[aws]\naccount = \"774400000002\"\n\
                region = \"us-east-1\"\nemulator = true\nendpoints_file = \"endpoints.toml\"\n";
    let steps = STEPS.replace("dynamodb:DescribeContinuousBackups", "rds:DescribeDBClusters");
    let steps = steps.replace("with = { TableName = \"mte-sessions\" }\n", "");
    let steps = steps
        .replace("out.ContinuousBackupsDescription.ContinuousBackupsStatus == 'ENABLED'", "size(out.DBClusters) > 0");
    let project = project.file("profiles/dev.toml", text).runbook("r", &steps);
    let endpoints = format!("default = \"{watched}\"\nrds = \"http://{closed}\"\n");
    let project = project.file("endpoints.toml", &endpoints);
    let looks = Looks::of(&project.checkride(&["doctor", "-p", "dev", "--format", "json"]).exits(4));
    looks.are(&["endpoint rds"], &["permissions"]).says("endpoint", "Connection refused");
}
