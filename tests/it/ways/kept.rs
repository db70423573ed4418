//! A way back that the emulator does not know, tried with a service of a few lines that keeps what it is given.

use std::sync::Arc;

use crate::checks::front::{Answers, Front, Kept};
use crate::support::project::Project;
use crate::support::sandbox::account;

const STEPS: &str = r#"
[[deploy]]
id = "cold"
title = "Move what is cold"
kind = "aws"
call = "s3:PutBucketIntelligentTieringConfiguration"

[deploy.with]
Bucket = "b"
Id = "cold"
IntelligentTieringConfiguration = { Id = "cold", Status = "Enabled", Tierings = [{ Days = 120, AccessTier = "ARCHIVE_ACCESS" }] }

[[deploy]]
id = "off"
title = "Move it no more"
kind = "aws"
call = "s3:DeleteBucketIntelligentTieringConfiguration"
with = { Bucket = "b", Id = "cold" }

[[rollback]]
id = "cold_back"
title = "As it was"
kind = "aws-restore"
undoes = ["cold"]

[[rollback]]
id = "off_back"
title = "Back on"
kind = "aws-restore"
undoes = ["off"]
"#;

#[test]
fn s3_intelligent_tiering_by_a_fake_that_keeps_it() {
    let there = Arc::default();
    let front = Front::that(Answers::Keeps(Kept {
        put: "s3:PutBucketIntelligentTieringConfiguration",
        get: "s3:GetBucketIntelligentTieringConfiguration",
        delete: "s3:DeleteBucketIntelligentTieringConfiguration",
        absent: "<Error><Code>NoSuchConfiguration</Code><Message>none</Message></Error>",
        there: Arc::clone(&there),
    }));
    for before in [None, Some(configuration(30))] {
        let project = Project::new().emulated("sandbox", &account(), &front.endpoint).runbook("r", STEPS);
        let project = project.answers("phase.deploy = yes\nphase.rollback = yes");
        (*there.lock().unwrap()).clone_from(&before);
        project.checkride(&["run", "r", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
        assert_eq!(*there.lock().unwrap(), None);
        project.checkride(&["rollback", "--last", "-p", "sandbox", "--answers", "answers.toml"]).exits(0);
        let after = there.lock().unwrap().clone();
        assert_eq!(after.is_some(), before.is_some());
        assert!(after.is_none_or(|after| after.contains("<Days>30</Days>")));
    }
}

fn configuration(days: u32) -> String {
    format!(
        "<IntelligentTieringConfiguration><Id>cold</Id><Status>Enabled</Status><Tiering><Days>{days}</Days>\
         <AccessTier>ARCHIVE_ACCESS</AccessTier></Tiering></IntelligentTieringConfiguration>"
    )
}
