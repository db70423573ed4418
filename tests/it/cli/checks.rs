//! `checks`, `explain CHECK`, and `check` on a project's own checks.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::project::Project;
use crate::support::sandbox;

/// A check of the project's own.
const OWN: &str = r#"format = 1

[[check]]
id        = "our-tables"
title     = "Our tables are there"
severity  = "low"
about     = "The tables that our service cannot do without."
remedy    = "deploy the stack of ${param.prefix} again"
reference = "https://example.com/tables"
controls  = ["OURS-1"]

[check.params]
prefix = { text = { pattern = "[a-z|]+" }, help = "What their names begin with" }
least  = { integer = { min = 1 }, default = 2, help = "How many there are" }

[[check.call]]
id   = "tables"
call = "dynamodb:ListTables"

[[check.expect]]
that = "call.tables.TableNames.filter(n, n.startsWith(param.prefix)).size() >= param.least"
or   = "warn"

[[check.expect]]
for_each = "call.tables.TableNames"
that     = "item != ''"
"#;

#[test]
fn checks_lists_and_searches() {
    let project = Project::new().file("checks/tables.toml", OWN);
    let all = project.checkride(&["checks"]).exits(0);
    assert!(all.stderr.is_empty() && all.stdout.lines().count() >= 4, "{}", all.stdout);
    assert!(all.stdout.lines().any(|line| line.starts_with("dynamodb-pitr ")), "{}", all.stdout);
    let own = project.checkride(&["checks", "ours-1", "ListTables"]).exits(0);
    assert_eq!(own.stdout, "our-tables  low       Our tables are there  (checks/tables.toml)\n");
    project.checkride(&["checks", "ckv_aws_28"]).exits(0);
    assert_snapshot!(project.shown(&project.checkride(&["checks", "nothing-of-the-sort"])), @r"
    exit code 2
    stderr:
    error: no check is about `nothing-of-the-sort`
    hint: `checkride checks` lists them all
    ");
    let json = project.checkride(&["checks", "--format", "json"]).exits(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let list = json["checks"].as_array().unwrap();
    assert_eq!((&json["format"], list.len()), (&Value::from(1), all.stdout.lines().count()));
    assert_eq!(list[list.len() - 1]["parameters"][1]["default"], 2);
    assert_eq!(list[list.len() - 1]["file"], "checks/tables.toml");
    assert!(list[0]["file"].is_null() && list.iter().all(|check| check["calls"][0]["call"].is_string()));
    // Outside of any project those of checkride alone are known; a project that was named must be there.
    let elsewhere = tempfile::tempdir().unwrap();
    let there = project.shell(&format!("cd {} && exec checkride checks", elsewhere.path().display())).exits(0);
    assert_eq!(there.stdout.lines().count() + 1, all.stdout.lines().count());
    project.checkride(&["--dir", "nowhere", "checks"]).exits(2);
}

#[test]
fn explain_tells_a_check() {
    let project = Project::new().file("checks/tables.toml", OWN);
    assert_snapshot!(project.shown(&project.checkride(&["explain", "our-tables"])), @r#"
    exit code 0
    stdout:
    # our-tables

    Our tables are there.

    - Severity: low
    - Controls: OURS-1
    - From: checks/tables.toml
    - Reference: <https://example.com/tables>

    ## What it looks at

    The tables that our service cannot do without.

    ## Parameters

    | parameter | is | default | what for |
    |---|---|---|---|
    | `prefix` | text that matches `[a-z\|]+` | must be given | What their names begin with |
    | `least` | an integer of at least 1 | 2 | How many there are |

    ## Calls

    - `tables`: `dynamodb:ListTables`

    ## Expectations

    ```cel
    call.tables.TableNames.filter(n, n.startsWith(param.prefix)).size() >= param.least
    ```

    (a warning where it does not hold)

    ```cel
    item != ''
    ```

    (for each of `call.tables.TableNames`; an empty list fails)

    ## Remedy

    deploy the stack of ${param.prefix} again

    ## In a runbook

    ```toml
    [[verify]]
    id    = "our_tables"
    title = "Our tables are there"
    kind  = "check"
    check = "our-tables"
    with  = { prefix = "${input.prefix}" }
    ```
    "#);
    let embedded = project.checkride(&["explain", "dynamodb-pitr"]).exits(0);
    assert!(embedded.stdout.contains("- From: checkride\n") && embedded.stdout.contains("\n    --point-in-time"));
    assert_snapshot!(project.shown(&project.checkride(&["explain", "dynamodb-ptir"])), @r"
    exit code 2
    stderr:
    error: there is no code and no check `dynamodb-ptir`
    hint: did you mean dynamodb-pitr?
    ");
}

#[test]
fn check_reads_the_projects_own_checks() {
    let project = Project::new().file("checks/tables.toml", OWN);
    project.checkride(&["check"]).exits(0).says("0 runbooks, 0 profiles, 1 own check: 0 errors, 0 warnings");
    let project = project
        .file("checks/other.toml", &OWN.replace("ListTables", "ListTabels").replace("param.least", "param.most"));
    let said = project.checkride(&["check"]).exits(3);
    let said = said
        .says("error[RB026]: `dynamodb` has no operation `ListTabels`\n  --> checks/other.toml:18:8")
        .says("error[RB054]: the check has no parameter `most`")
        .says("0 runbooks, 0 profiles, 2 own checks: 2 errors, 1 warning");
    let named = project.checkride(&["check", "checks/other.toml"]).exits(3);
    assert_eq!(named.stderr, said.stderr);
    let listed = project.checkride(&["checks", "our-tables"]).exits(0);
    let listed = listed.says("note: 2 errors in checks/: `checkride check` names them; what has one is not listed");
    assert_eq!(listed.stdout.lines().count(), 1);
}

#[test]
fn a_check_of_the_project_with_a_fault_is_named_as_such() {
    let project = Project::new().file("checks/tables.toml", &OWN.replace("severity  = \"low\"", "severity = \"lo\""));
    project.checkride(&["explain", "our-tables"]).exits(3).says("check `our-tables` of this project has a fault");
}

/// Of two tables with the prefix one cannot be seen on the first page: what is seen decides nothing.
#[tokio::test]
async fn a_part_of_a_list_decides_nothing() {
    let account = sandbox::account();
    let table = |name: &str| {
        format!(
            "[[deploy]]\nid = \"{name}\"\ntitle = \"Make {name}\"\nkind = \"aws\"\ncall = \"dynamodb:CreateTable\"\n\
             effect = \"irreversible\"\n[deploy.with]\nTableName = \"mte-{name}\"\nBillingMode = \"PAY_PER_REQUEST\"\n\
             AttributeDefinitions = [{{ AttributeName = \"id\", AttributeType = \"S\" }}]\n\
             KeySchema = [{{ AttributeName = \"id\", KeyType = \"HASH\" }}]\n\n"
        )
    };
    let verify = "[[verify]]\nid = \"ours\"\ntitle = \"Our tables\"\nkind = \"check\"\ncheck = \"our-tables\"\n\
                  with = { prefix = \"mte\", least = 1 }\n";
    let steps = [table("one"), table("two"), verify.to_owned()].concat();
    let project = Project::sandboxed(&account).file("checks/tables.toml", OWN).runbook("r", &steps);
    let project = project.answers("phase.deploy = yes\none.run = run\ntwo.run = run");
    project.checkride(&["run", "r", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
    let one_page =
        OWN.replace("call = \"dynamodb:ListTables\"", "call = \"dynamodb:ListTables\"\nwith = { Limit = 1 }");
    assert_ne!(one_page, OWN);
    let project = project.file("checks/tables.toml", &one_page);
    let said = project.checkride(&["run", "r", "-p", "sandbox", "--phase", "verify"]).exits(13);
    said.says("call `tables` gives one page of the answer, and there are more");
}
