//! `checkride check` with folders.

use serde_json::Value;

use crate::support::project::Project;

const STEP: &str = "[[verify]]\nid = \"a\"\ntitle = \"A\"\nkind = \"command\"\neffect = \"read\"\nrun = [\"true\"]\n\
                    expect = [\"out.exit == 0\"]\n";

fn project() -> Project {
    let whole = format!("format = 1\n\n[runbook]\ntitle = \"A test\"\nowner = \"platform\"\n\n{STEP}");
    let faulty = whole.replace("\"command\"", "\"comand\"");
    Project::new()
        .local()
        .file("runbooks/sound.toml", &whole)
        .file("runbooks/below/deeper.toml", &faulty)
        .file("other/one.toml", &whole)
        .file("other/two.toml", &whole.replace("[runbook]", "[ runbook ]"))
        .file("other/tool.toml", "[package]\nname = \"no runbook\"\n")
        .file("other/.hidden.toml", "[runbook]\n")
        .file("other/notes.txt", "[runbook]\n")
        .file("faulty/faulty.toml", &faulty)
        .file("faulty/broken.toml", "[runbook\n")
        .file("empty/notes.txt", "none")
}

fn codes(project: &Project, arguments: &[&str], exit: i32) -> Vec<String> {
    let run = [&["check", "--format", "json"], arguments].concat();
    let json = project.checkride(&run).exits(exit).json();
    let diagnostics = json["diagnostics"].as_array().unwrap().iter();
    diagnostics
        .map(|it: &Value| format!("{} {}", it["at"]["path"].as_str().unwrap(), it["code"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_folder_stands_for_the_runbooks_in_it() {
    let project = project();
    for folder in ["runbooks", "runbooks/", "./runbooks", "runbooks/../runbooks/"] {
        project.checkride(&["check", folder]).exits(0).says("1 runbook, 1 profile: 0 errors, 0 warnings");
    }
    let said = project.checkride(&["check", "other"]).exits(0);
    let said =
        said.says("other/tool.toml: no runbook, not looked at").says("2 runbooks, 1 profile: 0 errors, 0 warnings");
    assert!(!said.stderr.contains("hidden") && !said.stderr.contains("notes"), "{}", said.stderr);
    project.checkride(&["check", "other", "sound"]).exits(0).says("3 runbooks, 1 profile");
    project.checkride(&["check", "."]).exits(0).says("1 runbook, 1 profile: 0 errors");
}

#[test]
fn a_fault_in_a_folder_is_found() {
    let project = project();
    assert_eq!(codes(&project, &["runbooks/below"], 3), ["runbooks/below/deeper.toml RB018"]);
    assert_eq!(codes(&project, &["other", "faulty"], 3), ["faulty/broken.toml RB010", "faulty/faulty.toml RB018"]);
    project.checkride(&["check", "empty"]).exits(2).says("there is no runbook in empty");
    project.checkride(&["check", "sound", "faulty/../empty/"]).exits(2).says("there is no runbook in empty");
}

#[test]
fn folders_of_profiles_and_checks_are_what_lies_in_them() {
    let project = project().file("profiles/other.toml", "[profile]\ntier = \"unheard of\"\n");
    assert!(!codes(&project, &["profiles"], 3).is_empty());
    project.checkride(&["check", "profiles"]).says("0 runbooks, 1 profile: 2 errors");
    let own = self::project().file("checks/notes.txt", "none");
    own.checkride(&["check", "checks"]).exits(2).says("there is no check in checks");
    own.write("checks/ours.toml", "[[check]]\nid = \"ours\"\n");
    assert!(codes(&own, &["checks"], 3).iter().all(|it| it.starts_with("checks/ours.toml RB")));
    // A runbook comes before a folder of its name.
    let named = self::project().file("sound/faulty.toml", "[runbook\n");
    named.checkride(&["check", "sound"]).exits(0).says("1 runbook, 1 profile: 0 errors");
    assert_eq!(codes(&named, &["sound/"], 3), ["sound/faulty.toml RB010"]);
}

#[test]
fn a_folder_outside_of_any_project_is_a_project_of_its_own() {
    let project = Project::new();
    std::fs::remove_dir(project.path("runbooks")).unwrap();
    std::fs::remove_dir(project.path("profiles")).unwrap();
    project.write("loose/r.toml", &format!("format = 1\n[runbook]\ntitle = \"A\"\nowner = \"x\"\n{STEP}"));
    project.checkride(&["check", "loose"]).exits(0).says("1 runbook, 0 profiles: 0 errors");
}
