//! Which code a run ends with when several hold in it: the first of DESIGN's list.

use checkride::cli::ExitCode;

use crate::support::project::Project;

/// Each input brings one code about. `trip` goes back, and its way back fails: that it was a verification which failed holds, too.
const STEPS: &str = r#"
[inputs]
leak = { boolean = true, default = false }
stuck = { boolean = true, default = false }
fails = { boolean = true, default = false }
bad = { boolean = true, default = false }
unknown = { boolean = true, default = false }
declined = { boolean = true, default = false }

[[deploy]]
id = "change"
title = "Change something"
kind = "command"
effect = "write"
run = ["touch", "changed"]

[[deploy]]
id = "fails"
title = "Change something else, in vain"
kind = "command"
effect = "write"
run = ["false"]
when = "input.fails"
on_failure = "continue"

[[verify]]
id = "told"
title = "Tell what nobody knows to be a secret yet"
kind = "command"
effect = "read"
when = "input.leak"
shell = "yes 'filler of a large output' | head -n 1000; printf 'what-%s-the-bill\n' pays"

[[verify]]
id = "known"
needs = ["told"]
title = "Find out that it is one"
kind = "command"
effect = "read"
when = "input.leak"
shell = "printf 'what-%s-the-bill' pays"
sensitive = ["token"]
outputs = { token = "out.stdout" }

[[verify]]
id = "bad"
title = "Look, and find a fault"
kind = "command"
effect = "read"
run = ["false"]
when = "input.bad"

[[verify]]
id = "unknown"
title = "Look where nobody answers"
kind = "http"
url = "http://127.0.0.1:9/"
when = "input.unknown"
timeout = "2s"

[[verify]]
id = "declined"
title = "A person says no"
kind = "confirm"
when = "input.declined"
on_failure = "continue"

[[verify]]
id = "trip"
title = "Look, and go back"
kind = "command"
effect = "read"
run = ["false"]
when = "input.stuck"
on_failure = "rollback"

[[rollback]]
id = "undo"
title = "Undo the change, in vain"
kind = "command"
effect = "write"
run = ["false"]
undoes = ["change"]
"#;

/// The codes that can hold together when a run has come to its end. The others end it on its way, or before it: 2, 3, 10 and 12
/// before the first step, 7 and 11 in the middle, where nothing is decided yet but what has failed.
const ALL: [(u8, &str); 6] = [(9, "leak"), (8, "stuck"), (5, "fails"), (4, "bad"), (13, "unknown"), (6, "declined")];

#[test]
fn of_two_codes_that_hold_in_one_run_the_worse_counts() {
    let answers = "phase.deploy = yes\nphase.rollback = yes\ndeclined = no";
    let of = |number: u8| ExitCode::ALL.into_iter().find(|it| it.code() == number).unwrap();
    for (at, (one, first)) in ALL.into_iter().enumerate() {
        for (other, second) in &ALL[at..] {
            let project = Project::new().local().runbook("r", STEPS).answers(answers);
            let inputs = [format!("{first}=true"), format!("{second}=true")];
            let mut words = vec!["run", "r", "-p", "local", "--answers", "answers.toml", "-i", &inputs[0]];
            if first != *second {
                words.extend(["-i", &inputs[1]]);
            }
            let said = project.checkride(&words);
            let worse = ExitCode::of_all([of(one), of(*other)]).code();
            assert_eq!(said.code, i32::from(worse), "{first} and {second}\n{}", said.stderr);
            assert_eq!(worse, one, "the list is in the order of what is worse");
        }
    }
}
