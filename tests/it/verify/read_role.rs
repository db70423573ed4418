//! The role that only reads: who assumes it, for what, and what becomes of its keys. A fake of AWS behind its own names, for an
//! emulator knows no roles here.

use std::io::Write;

use crate::support::fake::caller_body;
use crate::support::project::Project;
use crate::support::web::{Authority, Heard, Web, proxy, reply};

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/look";
/// Keys that AWS's own documents use as an example, and some that nobody has.
const OWN: &str = "AKIAIOSFODNN7EXAMPLE";
const OWN_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const LENT: &str = "ASIAQZ7LOOKONLY00001";
const LENT_SECRET: &str = "hV8rQm2kTz0xNfW4yLcB6pUdJ9aEsG1iXo3tR5vK";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEMz7Qk1hV3pTdW5rZXJ0b2tlbjQ4";

struct Sky {
    project: Project,
    web: Web,
}

/// What a request asks for, and with whose keys: `AssumeRole own`.
fn asked(heard: &Heard) -> String {
    let action = heard.body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
    let target = || heard.header("x-amz-target").and_then(|it| it.split('.').nth(1)).unwrap_or_default().to_owned();
    let who = match heard.header("authorization").unwrap_or_default() {
        it if it.contains(OWN) => "own",
        it if it.contains(LENT) => "lent",
        _ => "nobody",
    };
    format!("{} {who}", action.unwrap_or_else(target))
}

fn answer(heard: &Heard, denied: bool, lent_account: &str, to: &mut dyn Write) -> std::io::Result<()> {
    let xml = "Content-Type: text/xml\r\nConnection: close\r\n";
    match asked(heard).as_str() {
        "GetCallerIdentity own" => reply(to, "200 OK", xml, caller_body(ACCOUNT).as_bytes()),
        "GetCallerIdentity lent" => reply(to, "200 OK", xml, caller_body(lent_account).as_bytes()),
        "AssumeRole own" if denied => {
            let why = "User: somebody is not authorized to perform: sts:AssumeRole";
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{why}</Message></Error>\
                 <RequestId>r-2</RequestId></ErrorResponse>"
            );
            reply(to, "403 Forbidden", xml, body.as_bytes())
        }
        "AssumeRole own" => {
            let body = format!(
                "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                 <AccessKeyId>{LENT}</AccessKeyId><SecretAccessKey>{LENT_SECRET}</SecretAccessKey>\
                 <SessionToken>{TOKEN}</SessionToken><Expiration>2049-01-01T00:00:00Z</Expiration></Credentials>\
                 <AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/look/s</Arn>\
                 </AssumedRoleUser></AssumeRoleResult><ResponseMetadata><RequestId>r-3</RequestId></ResponseMetadata>\
                 </AssumeRoleResponse>"
            );
            reply(to, "200 OK", xml, body.as_bytes())
        }
        _ => {
            let json = "Content-Type: application/x-amz-json-1.0\r\nConnection: close\r\n";
            reply(to, "200 OK", json, b"{\"Table\":{\"TableStatus\":\"ACTIVE\"}}")
        }
    }
}

impl Sky {
    fn over(steps: &str, aws: &str) -> Self {
        Self::answering(steps, aws, false, ACCOUNT)
    }

    fn answering(steps: &str, aws: &str, denied: bool, lent_account: &'static str) -> Self {
        let authority = Authority::new();
        let names = ["*.us-east-1.amazonaws.com"];
        let web = Web::secure_for(&authority, &names, 2049, move |heard, to| answer(heard, denied, lent_account, to));
        let (port, _) = proxy(web.port, "nobody");
        let profile = format!(
            "[profile]\ntitle = \"Test\"\ntier = \"development\"\n\n[policy]\nconfirm = \"never\"\n\n\
             [aws]\naccount = \"{ACCOUNT}\"\nregion = \"us-east-1\"\n{aws}\n"
        );
        let project =
            Project::new().runbook("r", steps).file("profiles/p.toml", &profile).file("root.pem", &authority.pem);
        let root = project.path("root.pem").display().to_string();
        let project = project
            .variable("HTTPS_PROXY", &format!("http://127.0.0.1:{port}"))
            .variable("SSL_CERT_FILE", &root)
            .variable("AWS_ACCESS_KEY_ID", OWN)
            .variable("AWS_SECRET_ACCESS_KEY", OWN_SECRET);
        Self { project, web }
    }

    /// What was asked, with whose keys, in order; what is asked again and again is told once.
    fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> = self.web.heard().iter().map(asked).collect();
        asked.dedup();
        asked
    }

    /// The roles that were assumed, each with the policy of its session.
    fn roles(&self) -> Vec<(String, Option<String>)> {
        let heard = self.web.heard();
        let forms = heard.iter().filter(|heard| asked(heard) == "AssumeRole own");
        let mut roles: Vec<(String, Option<String>)> = forms
            .map(|heard| {
                let form: Vec<_> = url::form_urlencoded::parse(heard.body.as_bytes()).into_owned().collect();
                let of = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
                (of("RoleArn").unwrap(), of("PolicyArns.member.1.arn"))
            })
            .collect();
        roles.sort();
        roles.dedup();
        roles
    }
}

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn table(phase: &str, id: &str) -> String {
    format!(
        "[[{phase}]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"aws\"\ncall = \"dynamodb:DescribeTable\"\n\
         with = {{ TableName = \"{id}\" }}\nexpect = [\"out.Table.TableStatus == 'ACTIVE'\"]\n\n"
    )
}

/// A program that says whose keys it has, and the keys themselves, too, as one that is asked for too much.
fn program(phase: &str, id: &str, effect: &str) -> String {
    format!(
        "[[{phase}]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"command\"\neffect = \"{effect}\"\n\
         shell = 'echo \"$AWS_ACCESS_KEY_ID\" >> {id}; echo \"$AWS_SECRET_ACCESS_KEY ${{AWS_SESSION_TOKEN:-}}\"; \
         test -z \"${{AWS_WEB_IDENTITY_TOKEN_FILE:-}}\"'\n\n"
    )
}

#[test]
fn a_verification_and_its_programs_have_the_keys_of_the_role_that_reads() {
    let steps = table("verify", "t") + &program("verify", "tool", "read");
    let mut sky = Sky::over(&steps, &format!("read_role = \"{ROLE}\""));
    sky.project = sky.project.variable("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/file");
    let said = sky.project.checkride(&["verify", "r", "-p", "p", "-j", "1"]).exits(0);
    assert_eq!(sky.roles(), [(ROLE.to_owned(), Some(READ_ONLY.to_owned()))]);
    assert_eq!(sky.asked(), ["AssumeRole own", "GetCallerIdentity lent", "DescribeTable lent", "AssumeRole own"]);
    assert_eq!(sky.project.read("tool"), format!("{LENT}\n"));
    said.never_says(TOKEN).never_says(LENT_SECRET).never_says("read_role");
    assert!(sky.project.kept_with(TOKEN).is_empty() && sky.project.kept_with(LENT_SECRET).is_empty());
    assert!(!sky.project.kept_with("[secret").is_empty(), "what it said is kept, and the keys are cut");
}

#[test]
fn a_run_looks_with_one_role_and_writes_with_the_other() {
    let steps = table("checklist", "before")
        + &program("checklist", "looks", "read")
        + &table("deploy", "between")
        + &program("deploy", "reads", "read")
        + &program("deploy", "writes", "write")
        + &table("verify", "after");
    let sky = Sky::over(&steps, &format!("read_role = \"{ROLE}\""));
    sky.project.checkride(&["run", "r", "-p", "p", "--no-input"]).exits(0);
    let keys = ["looks", "reads", "writes"].map(|id| sky.project.read(id));
    assert_eq!(keys, [format!("{LENT}\n"), format!("{LENT}\n"), format!("{OWN}\n")]);
    let of = |table: &str| {
        let heard = sky.web.heard();
        let found = heard.iter().find(|heard| heard.body.contains(&format!("\"{table}\""))).map(asked);
        found.unwrap()
    };
    assert_eq!(
        ["before", "between", "after"].map(of),
        ["DescribeTable lent", "DescribeTable own", "DescribeTable lent"]
    );
    assert!(sky.asked().starts_with(&["GetCallerIdentity own".to_owned(), "AssumeRole own".to_owned()]));
    assert!(sky.project.kept_with(TOKEN).is_empty() && sky.project.kept_with(LENT_SECRET).is_empty());
}

#[test]
fn a_role_that_may_not_be_assumed_is_refused_with_the_policy_that_it_needs() {
    for command in ["verify", "run"] {
        let sky = Sky::answering(&table("verify", "t"), &format!("read_role = \"{ROLE}\""), true, ACCOUNT);
        let said = sky.project.checkride(&[command, "r", "-p", "p"]).exits(12);
        // It is as wide as the screen.
        let said = format!("{}{}", said.stdout, said.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        let caller = format!("arn:aws:iam::{ACCOUNT}:user/somebody");
        for part in [
            "refused by the role guard",
            &format!("{caller} cannot assume the role {ROLE}"),
            &format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{caller}"}},"Action":"sts:AssumeRole"}}"#),
        ] {
            assert!(said.contains(part), "{command}: {part}\n{said}");
        }
        assert!(sky.project.runs().is_empty() && !sky.asked().contains(&"DescribeTable own".to_owned()));
    }
}

#[test]
fn a_role_of_another_account_is_refused() {
    for command in ["verify", "run"] {
        let steps = table("verify", "t");
        let sky = Sky::answering(&steps, &format!("read_role = \"{ROLE}\""), false, "999988887777");
        let said = sky.project.checkride(&[command, "r", "-p", "p"]).exits(12);
        assert!(format!("{}{}", said.stdout, said.stderr).contains("wrong account"), "{}{}", said.stdout, said.stderr);
        assert!(sky.project.runs().is_empty());
    }
}

#[test]
fn the_role_of_a_target_is_narrowed_where_reads_are_and_its_own_one_beats_it() {
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let targets = format!(
        "\n[[target]]\nname = \"a\"\n\n[[target]]\nname = \"b\"\nrole_arn = \"{}\"\n\n[[target]]\nname = \"c\"\n\
         role_arn = \"{}\"\nread_role = \"{}\"\n",
        arn("b"),
        arn("c"),
        arn("c-look")
    );
    let sky = Sky::over(&table("verify", "t"), &format!("read_role = \"{ROLE}\"\n{targets}"));
    sky.project.checkride(&["verify", "r", "-p", "p"]).exits(0);
    assert_eq!(sky.roles(), [arn("b"), arn("c-look"), ROLE.to_owned()].map(|role| (role, Some(READ_ONLY.to_owned()))));
    // Where nobody asks for it, a role does what it may.
    let sky = Sky::over(&table("verify", "t"), &targets.replace(&format!("read_role = \"{}\"\n", arn("c-look")), ""));
    sky.project.checkride(&["verify", "r", "-p", "p", "--target", "b,c"]).exits(0);
    assert_eq!(sky.roles(), [arn("b"), arn("c")].map(|role| (role, None)));
}
