//! Reading a profile.

use std::collections::BTreeSet;
use std::path::Path;

use super::endpoints::not_loopback;
use super::verification::{self, TARGET_KEYS, WAIVER_KEYS, is_account};
use super::{
    ConfirmPolicy, EMULATOR_ENDPOINT, PRODUCTION_UNCONFIRMED, Policy, Profile, ProfileAws, ProfileEvidence, Tier,
};
use crate::source::reader::{Document, KeySpec, KeyType, Reader, Table};
use crate::source::{Diagnostic, Diagnostics, Located, PATH_ESCAPES, SourceId, Sources, Span, escapes_project};

static PROFILE_KEYS: &[KeySpec] = &[
    KeySpec::required("title", KeyType::Text, "What the environment is called."),
    KeySpec::required(
        "tier",
        KeyType::Choice(&["production", "staging", "development", "sandbox"]),
        "How much is at stake. In production each phase that writes begins with the profile's name typed.",
    ),
    KeySpec::optional(
        "open",
        KeyType::List(&KeyType::Text),
        "[]",
        "The inputs set here that may be given on the command line all the same.",
    ),
];

static AWS_KEYS: &[KeySpec] = &[
    KeySpec::required("account", KeyType::Text, "The account that every call must reach, 12 digits."),
    KeySpec::required("region", KeyType::Text, "The region that every call must reach."),
    KeySpec::optional("profile", KeyType::Text, "the default chain", "A profile of the AWS configuration."),
    KeySpec::optional("role_arn", KeyType::Text, "", "A role to assume."),
    KeySpec::optional("read_role", KeyType::Text, "", "A role that only reads, for checklists and verifications."),
    KeySpec::optional("emulator", KeyType::Boolean, "false", "Whether the endpoint is a local emulator's."),
    KeySpec::optional("endpoint_url", KeyType::Text, "", "The emulator's endpoint, on loopback."),
    KeySpec::optional(
        "endpoints_file",
        KeyType::Path,
        "",
        "A file in the project that names the emulator's endpoints.",
    ),
];

static POLICY_KEYS: &[KeySpec] = &[
    KeySpec::optional(
        "confirm",
        KeyType::Choice(&["write", "phase", "never"]),
        "write in production, phase elsewhere",
        "What a person confirms: each write, the writes of a phase once, or nothing.",
    ),
    KeySpec::optional("approvals", KeyType::Integer, "0", "How many people other than the operator approve a plan."),
    KeySpec::optional(
        "max_drill_age",
        KeyType::Duration,
        "",
        "The greatest age of the last drill that proved something.",
    ),
];

static EVIDENCE_KEYS: &[KeySpec] =
    &[KeySpec::optional("sign", KeyType::Text, "", "How the evidence is signed, such as `ssh:~/.ssh/id_ed25519`.")];

static KEYS: &[KeySpec] = &[
    KeySpec::required("profile", KeyType::Table(PROFILE_KEYS), "What the environment is."),
    KeySpec::optional("aws", KeyType::Table(AWS_KEYS), "", "Where calls to AWS go, and as whom."),
    KeySpec::optional("inputs", KeyType::Map(&KeyType::Any), "", "Inputs of runbooks that are set, and locked."),
    KeySpec::optional("policy", KeyType::Table(POLICY_KEYS), "", "How strict runs are."),
    KeySpec::optional("evidence", KeyType::Table(EVIDENCE_KEYS), "", "How evidence is sealed."),
    KeySpec::optional(
        "target",
        KeyType::List(&KeyType::Table(TARGET_KEYS)),
        "the place of `[aws]`",
        "The places that `verify` looks at together, a `[[target]]` each.",
    ),
    KeySpec::optional(
        "waiver",
        KeyType::List(&KeyType::Table(WAIVER_KEYS)),
        "",
        "The findings of a verification that are accepted for a time, a `[[waiver]]` each.",
    ),
];

impl Profile {
    /// Reads a profile that was loaded. All its faults go to `diagnostics`; there is no profile when one of them is an
    /// error.
    pub fn read(id: SourceId, sources: &Sources, diagnostics: &mut Diagnostics) -> Option<Self> {
        let document = match Document::parse(id, sources) {
            Ok(document) => document,
            Err(faults) => {
                diagnostics.extend(faults);
                return None;
            }
        };
        let reader = Reader::new(sources);
        let profile = read(&document, &reader);
        let broken = reader.has_errors();
        diagnostics.extend(reader.into_diagnostics());
        profile.filter(|_| !broken)
    }
}

fn read(document: &Document, reader: &Reader<'_>) -> Option<Profile> {
    let top = Table::new(&document.root, Span::new(document.source, 0, 0), "the profile", KEYS, reader);
    let head = top.table("profile").map(|table| {
        let title = table.text("title");
        let tier = table.choice("tier");
        let open: BTreeSet<String> =
            table.texts("open").unwrap_or_default().into_iter().map(|name| name.value).collect();
        table.finish();
        (title, tier, open)
    });
    let (title, tier, open) = head.unwrap_or_default();
    let tier = tier.and_then(|word| Tier::ALL.into_iter().find(|tier| tier.as_str() == word.value));
    let aws = top.table("aws").and_then(read_aws);
    let policy = read_policy(top.table("policy"), tier, reader);
    let evidence = ProfileEvidence {
        sign: top.table("evidence").and_then(|table| {
            let sign = table.text("sign");
            table.finish();
            sign.map(|sign| sign.value)
        }),
    };
    let (targets, waivers) = verification::read(&top, top.has("aws"));
    let entries = top.map("inputs").unwrap_or_default();
    let inputs = entries
        .iter()
        .map(|entry| (entry.key.value.clone(), Located::new(entry.node.to_json(), entry.node.span)))
        .collect();
    top.finish();
    let path = Path::new(&reader.sources().get(document.source).path);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Some(Profile {
        name,
        title: title?.value,
        tier: tier?,
        aws,
        inputs,
        open,
        policy,
        evidence,
        targets,
        waivers,
        source: document.source,
    })
}

fn read_aws(mut table: Table<'_>) -> Option<ProfileAws> {
    table.rename("`[aws]`");
    let table = table;
    let reader = table.reader();
    let account = table.text("account").filter(|account| {
        let good = is_account(&account.value);
        if !good {
            table.invalid(account.span, format!("`{}` is no account: 12 digits", account.value), None);
        }
        good
    });
    let region = table.text("region").filter(|region| {
        let good = region_like(&region.value);
        if !good {
            let help = "such as `us-east-1` or `eu-central-1`";
            table.invalid(region.span, format!("`{}` is no region", region.value), Some(help.to_owned()));
        }
        good
    });
    let emulator = table.boolean("emulator").unwrap_or(false);
    let endpoint_url = table.text("endpoint_url");
    let endpoints_file = table.text("endpoints_file");
    let endpoint = endpoint_url.as_ref().or(endpoints_file.as_ref());
    if let Some(url) = &endpoint_url
        && let Some(fault) = not_loopback(&url.value, url.span)
    {
        reader.push(fault);
    }
    if let Some(file) = &endpoints_file
        && let Some(why) = escapes_project(&file.value)
    {
        reader.push(Diagnostic::error(PATH_ESCAPES, format!("the path `{}` {why}", file.value)).at(file.span, ""));
    }
    match (emulator, endpoint) {
        (false, Some(endpoint)) => reader.push(
            Diagnostic::error(EMULATOR_ENDPOINT, "an endpoint without `emulator = true`")
                .at(endpoint.span, "calls to AWS go to AWS")
                .help("add `emulator = true` for a local emulator, or remove the endpoint"),
        ),
        (true, None) => {
            let span = table.key_span("emulator").unwrap_or(table.span());
            reader.push(
                Diagnostic::error(EMULATOR_ENDPOINT, "an emulator without an endpoint")
                    .at(span, "where is it?")
                    .help("add `endpoint_url = \"http://127.0.0.1:PORT\"` or `endpoints_file`"),
            );
        }
        (true, Some(_)) | (false, None) => {}
    }
    let role_arn = arn(&table, "role_arn");
    let read_role = arn(&table, "read_role");
    let profile = table.text("profile").map(|profile| profile.value);
    table.finish();
    Some(ProfileAws {
        account: account?,
        region: region?,
        profile,
        role_arn,
        read_role,
        emulator,
        endpoint_url,
        endpoints_file,
    })
}

/// A key that holds a role's ARN.
pub(super) fn arn(table: &Table<'_>, key: &str) -> Option<String> {
    let text = table.text(key)?;
    let good = text.value.starts_with("arn:") && text.value.contains(":role/");
    if !good {
        let help = "such as `arn:aws:iam::123456789012:role/ReadOnly`";
        table.invalid(text.span, format!("`{}` is no role's ARN", text.value), Some(help.to_owned()));
    }
    good.then_some(text.value)
}

/// Whether a text has the form of a region: `us-east-1`, `us-gov-west-1`.
pub(super) fn region_like(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., number] => {
            words.len() >= 2
                && words.iter().all(word)
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        [] => false,
    }
}

fn read_policy(table: Option<Table<'_>>, tier: Option<Tier>, reader: &Reader<'_>) -> Policy {
    let production = tier == Some(Tier::Production);
    let default = if production { ConfirmPolicy::Write } else { ConfirmPolicy::Phase };
    let Some(table) = table else { return Policy { confirm: default, approvals: 0, max_drill_age: None } };
    let mut table = table;
    table.rename("`[policy]`");
    let confirm = table.choice("confirm");
    let approvals = table.integer("approvals", 0, 100).and_then(|number| u32::try_from(number.value).ok());
    let max_drill_age = table.duration("max_drill_age").map(|age| age.value);
    table.finish();
    if let Some(word) = confirm.filter(|word| production && word.value == "never") {
        reader.push(
            Diagnostic::error(PRODUCTION_UNCONFIRMED, "a production profile confirms its writes")
                .at(word.span, "not with `tier = \"production\"`")
                .help("use \"write\" or \"phase\"; an unattended run takes its answers from `--answers`"),
        );
    }
    let confirm = match confirm.map(|word| word.value) {
        Some("write") => ConfirmPolicy::Write,
        Some("phase") => ConfirmPolicy::Phase,
        Some("never") => ConfirmPolicy::Never,
        Some(_) | None => default,
    };
    Policy { confirm, approvals: approvals.unwrap_or(0), max_drill_age }
}

#[cfg(test)]
mod tests {
    use super::{ConfirmPolicy, Profile, Tier, region_like};
    use crate::source::{Diagnostics, Sources};

    fn read(text: &str) -> (Option<Profile>, Vec<&'static str>) {
        let mut sources = Sources::new();
        let id = sources.add("profiles/prod.toml".into(), text.into());
        let mut faults = Diagnostics::new();
        let profile = Profile::read(id, &sources, &mut faults);
        faults.sort(&sources);
        (profile, faults.iter().map(|fault| fault.code.0).collect())
    }

    const HEAD: &str = "[profile]\ntitle = \"P\"\ntier = \"production\"\nopen = [\"n\"]\n";
    const AWS: &str = "[aws]\naccount = \"123456789012\"\nregion = \"us-east-1\"\n";

    #[test]
    fn a_whole_profile_is_read() {
        let text = format!(
            "{HEAD}{AWS}read_role = \"arn:aws:iam::123456789012:role/R\"\n[inputs]\nstage = \"prod\"\nn = 3\n\
             [policy]\napprovals = 1\nmax_drill_age = \"90d\"\n[evidence]\nsign = \"ssh:key\"\n"
        );
        let (profile, faults) = read(&text);
        assert_eq!(faults, [] as [&str; 0]);
        let profile = profile.unwrap();
        assert_eq!(profile.name, "prod");
        assert_eq!(profile.tier, Tier::Production);
        assert_eq!(profile.policy.confirm, ConfirmPolicy::Write, "production confirms each write by default");
        assert_eq!(profile.inputs["n"].value, 3);
        assert!(profile.open.contains("n"));
        assert_eq!(profile.evidence.sign.as_deref(), Some("ssh:key"));
    }

    #[test]
    fn what_is_dangerous_is_refused() {
        assert_eq!(read(&format!("{HEAD}[policy]\nconfirm = \"never\"\n")).1, ["RB061"]);
        assert_eq!(read(&format!("{HEAD}{AWS}endpoint_url = \"http://127.0.0.1:1\"\n")).1, ["RB060"]);
        assert_eq!(read(&format!("{HEAD}{AWS}emulator = true\n")).1, ["RB060"]);
        assert_eq!(read(&format!("{HEAD}{AWS}emulator = true\nendpoint_url = \"http://10.0.0.1\"\n")).1, ["RB060"]);
        assert_eq!(read(&format!("{HEAD}{AWS}emulator = true\nendpoints_file = \"../e.toml\"\n")).1, ["RB007"]);
        assert_eq!(read(&format!("{HEAD}[aws]\naccount = \"12\"\nregion = \"mars\"\n")).1, ["RB015", "RB015"]);
        assert_eq!(read("[profile]\ntitle = \"x\"\ntier = \"prod\"\n").1, ["RB015"]);
        assert_eq!(read("").1, ["RB013"]);
    }

    #[test]
    fn regions_have_a_form() {
        assert!(region_like("us-east-1") && region_like("us-gov-west-1") && region_like("eu-central-2"));
        assert!(!region_like("us-east") && !region_like("useast1") && !region_like("us-east-1a") && !region_like(""));
    }
}
