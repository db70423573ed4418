//! How the fake of RDS carries its operations out.

use std::collections::BTreeMap;
use std::net::TcpListener;

use checkride::world::clock::Clock;
use chrono::{DateTime, SecondsFormat};

use super::rds::{LAG, State, Thing, states};
use super::rds_xml::{cluster, event, instance, snapshot, tags_of};

type Input = BTreeMap<String, String>;

impl State {
    fn thing(&mut self, key: &str, code: &str) -> Result<&mut Thing, String> {
        self.things.get_mut(key).filter(|thing| thing.now() != "gone").ok_or_else(|| code.to_owned())
    }

    pub(super) fn carry_out(&mut self, account: &str, operation: &str, input: &Input) -> Result<String, String> {
        if let Some((times, code)) = self.refuses.get_mut(operation).filter(|(times, _)| *times > 0) {
            *times -= 1;
            return Err(code.clone());
        }
        let text = |name: &str| input.get(name).cloned().unwrap_or_default();
        // A name, or what stands behind the last colon of an ARN; in lower case, as RDS keeps it.
        let named = |name: &str| text(name).rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        let (c, i) = (named("DBClusterIdentifier"), named("DBInstanceIdentifier"));
        match operation {
            "DescribeDBClusters" => Ok(format!("<DBClusters>{}</DBClusters>", self.show_cluster(account, &c)?)),
            "DescribeDBInstances" if i.is_empty() => {
                let of = named("Filters.Filter.1.Values.Value.1");
                let names = self.members(&of);
                let all: Result<String, String> = names.iter().map(|name| self.show_instance(account, name)).collect();
                Ok(format!("<DBInstances>{}</DBInstances>", all?))
            }
            "DescribeDBInstances" => Ok(format!("<DBInstances>{}</DBInstances>", self.show_instance(account, &i)?)),
            "DescribeDBClusterSnapshots" | "CreateDBClusterSnapshot" => {
                let name = named("DBClusterSnapshotIdentifier");
                if operation == "CreateDBClusterSnapshot" {
                    self.thing(&format!("cluster:{c}"), "DBClusterNotFoundFault")?;
                    self.take_snapshot(&format!("cluster-snapshot:{name}"), &c, input)?;
                    return self.show_snapshot(account, "cluster-snapshot", &name);
                }
                Ok(format!(
                    "<DBClusterSnapshots>{}</DBClusterSnapshots>",
                    self.show_snapshot(account, "cluster-snapshot", &name)?
                ))
            }
            "DescribeDBSnapshots" | "CreateDBSnapshot" => {
                let name = named("DBSnapshotIdentifier");
                if operation == "CreateDBSnapshot" {
                    self.take_snapshot(&format!("snapshot:{name}"), &i, input)?;
                    return self.show_snapshot(account, "snapshot", &name);
                }
                Ok(format!("<DBSnapshots>{}</DBSnapshots>", self.show_snapshot(account, "snapshot", &name)?))
            }
            "RestoreDBClusterToPointInTime" | "RestoreDBClusterFromSnapshot" => {
                let source = if operation == "RestoreDBClusterFromSnapshot" {
                    self.thing(
                        &format!("cluster-snapshot:{}", named("SnapshotIdentifier")),
                        "DBClusterSnapshotNotFoundFault",
                    )?
                    .of
                    .clone()
                } else {
                    named("SourceDBClusterIdentifier")
                };
                self.restore("cluster", &source, &c, &text("RestoreToTime"), input)?;
                self.show_cluster(account, &c)
            }
            "RestoreDBInstanceToPointInTime" | "RestoreDBInstanceFromDBSnapshot" => {
                let (source, target) = if operation == "RestoreDBInstanceFromDBSnapshot" {
                    let key = format!("snapshot:{}", named("DBSnapshotIdentifier"));
                    (self.thing(&key, "DBSnapshotNotFound")?.of.clone(), i)
                } else {
                    (named("SourceDBInstanceIdentifier"), named("TargetDBInstanceIdentifier"))
                };
                self.restore("db", &source, &target, &text("RestoreTime"), input)?;
                self.show_instance(account, &target)
            }
            "CreateDBInstance" => {
                let (parent, key) = (format!("cluster:{c}"), format!("db:{i}"));
                let engine = self.thing(&parent, "DBClusterNotFoundFault")?.engine.clone();
                if self.thing(&key, "").is_ok() {
                    return Err("DBInstanceAlreadyExists".to_owned());
                }
                let made = Thing {
                    states: states(&["creating", "creating", "configuring-enhanced-monitoring", "available"]),
                    tags: tags_of(input),
                    class: text("DBInstanceClass"),
                    parameters: text("DBParameterGroupName"),
                    public: text("PubliclyAccessible") == "true",
                    engine,
                    of: c,
                    ..Thing::default()
                };
                self.things.insert(key, made);
                let parent = self.thing(&parent, "")?;
                if parent.writer.is_empty() {
                    parent.writer.clone_from(&i);
                }
                self.show_instance(account, &i)
            }
            "DeleteDBCluster" => {
                if !self.members(&c).is_empty() {
                    return Err("InvalidDBClusterStateFault".to_owned());
                }
                self.delete(&format!("cluster:{c}"), "DBClusterNotFoundFault", "InvalidDBClusterStateFault")?;
                Ok(String::new())
            }
            "DeleteDBInstance" => {
                self.delete(&format!("db:{i}"), "DBInstanceNotFound", "InvalidDBInstanceState")?;
                Ok(String::new())
            }
            "DeleteDBClusterSnapshot" => {
                let key = format!("cluster-snapshot:{}", named("DBClusterSnapshotIdentifier"));
                self.delete(&key, "DBClusterSnapshotNotFoundFault", "InvalidDBClusterSnapshotStateFault")?;
                Ok(String::new())
            }
            "DeleteDBSnapshot" => {
                let key = format!("snapshot:{}", named("DBSnapshotIdentifier"));
                self.delete(&key, "DBSnapshotNotFound", "InvalidDBSnapshotState")?;
                Ok(String::new())
            }
            "ModifyDBCluster" | "ModifyDBInstance" => {
                let key = if operation == "ModifyDBCluster" { format!("cluster:{c}") } else { format!("db:{i}") };
                let thing = self.thing(&key, "DBClusterNotFoundFault")?;
                if let Some(days) = input.get("BackupRetentionPeriod") {
                    thing.backup_days = days.parse().unwrap();
                }
                if let Some(on) = input.get("DeletionProtection") {
                    thing.protected = on == "true";
                }
                let logs = input.iter().filter(|(name, _)| name.contains("EnableLogTypes"));
                thing.logs.extend(logs.map(|(_, log)| log.clone()));
                thing.states = states(&["modifying", "available"]);
                Ok(String::new())
            }
            "AddTagsToResource" => {
                let key: Vec<String> = text("ResourceName").split(':').skip(5).map(str::to_owned).collect();
                self.thing(&key.join(":"), "DBClusterNotFoundFault")?.tags.extend(tags_of(input));
                Ok(String::new())
            }
            "FailoverDBCluster" => {
                let to = named("TargetDBInstanceIdentifier");
                if self.members(&c).len() < 2 {
                    return Err("InvalidDBClusterStateFault".to_owned());
                }
                self.door = None;
                self.events.push((Clock::System.now(), format!("Started cross AZ failover to DB instance: {to}")));
                let cluster = self.thing(&format!("cluster:{c}"), "DBClusterNotFoundFault")?;
                let mut all = vec!["available"; cluster.lag];
                all.extend(["failing-over", "failing-over", "failing-over", "failing-over", "available"]);
                (cluster.states, cluster.next, cluster.moving) = (states(&all), Some(to), false);
                self.show_cluster(account, &c)
            }
            "DescribeEvents" => {
                self.kinds.push(text("SourceType"));
                let all: String = self.events.iter().map(|(at, message)| event(*at, message)).collect();
                Ok(format!("<Events>{all}</Events>"))
            }
            other => Err(format!("InvalidAction{other}")),
        }
    }

    /// The instances of a cluster that are not gone.
    fn members(&self, cluster: &str) -> Vec<String> {
        let of = |(name, thing): (&String, &Thing)| {
            let name = name.strip_prefix("db:").filter(|_| thing.of == cluster && thing.now() != "gone")?;
            Some(name.to_owned())
        };
        self.things.iter().filter_map(of).collect()
    }

    fn show_cluster(&mut self, account: &str, name: &str) -> Result<String, String> {
        let missing = || "DBClusterNotFoundFault".to_owned();
        let latest = (Clock::System.now() - LAG).to_rfc3339_opts(SecondsFormat::Millis, true);
        let (members, port) = (self.members(name), self.port);
        let thing = self.things.get_mut(&format!("cluster:{name}")).ok_or_else(missing)?;
        let status = thing.look().filter(|status| status != "late").ok_or_else(missing)?;
        let mut arrived = None;
        thing.moving |= status == "failing-over";
        if status == "available"
            && thing.moving
            && let Some(next) = thing.next.take()
        {
            arrived = Some(next.clone());
            thing.writer = next;
        }
        let shown = cluster(account, name, thing, &status, &members, &latest, port);
        if let Some(next) = arrived {
            if !self.shut {
                self.door = Some(TcpListener::bind(("127.0.0.1", port)).unwrap());
            }
            self.events.push((Clock::System.now(), format!("Completed failover to DB instance: {next}")));
        }
        Ok(shown)
    }

    fn show_instance(&mut self, account: &str, name: &str) -> Result<String, String> {
        let missing = || "DBInstanceNotFound".to_owned();
        let latest = (Clock::System.now() - LAG).to_rfc3339_opts(SecondsFormat::Millis, true);
        let thing = self.things.get_mut(&format!("db:{name}")).ok_or_else(missing)?;
        let status = thing.look().ok_or_else(missing)?;
        Ok(instance(account, name, thing, &status, &latest))
    }

    fn show_snapshot(&mut self, account: &str, kind: &str, name: &str) -> Result<String, String> {
        let missing =
            || if kind == "snapshot" { "DBSnapshotNotFound" } else { "DBClusterSnapshotNotFoundFault" }.to_owned();
        let thing = self.things.get_mut(&format!("{kind}:{name}")).ok_or_else(missing)?;
        let status = thing.look().ok_or_else(missing)?;
        Ok(snapshot(account, kind, name, thing, &status))
    }

    fn take_snapshot(&mut self, key: &str, of: &str, input: &Input) -> Result<(), String> {
        if self.thing(key, "").is_ok() {
            return Err("DBClusterSnapshotAlreadyExistsFault".to_owned());
        }
        let states = states(&["creating", "creating", "available"]);
        let made = Thing { states, tags: tags_of(input), of: of.to_owned(), ..Thing::default() };
        self.things.insert(key.to_owned(), made);
        Ok(())
    }

    fn restore(&mut self, kind: &str, source: &str, target: &str, at: &str, input: &Input) -> Result<(), String> {
        if let Ok(at) = DateTime::parse_from_rfc3339(at)
            && at > Clock::System.now() - LAG
        {
            return Err("InvalidRestoreFault".to_owned());
        }
        let from = self.thing(&format!("{kind}:{source}"), "DBClusterNotFoundFault")?.clone();
        let key = format!("{kind}:{target}");
        if self.thing(&key, "").is_ok() {
            return Err("DBClusterAlreadyExistsFault".to_owned());
        }
        let mut all = vec!["late"; self.late];
        all.extend(["creating", "creating", "backing-up", &self.ends]);
        let made = Thing {
            states: states(&all),
            // What a restore does not say is the service's default.
            storage: Some(input.get("StorageType").map_or("aurora", String::as_str).to_owned()),
            tags: tags_of(input),
            protected: input.get("DeletionProtection").is_some_and(|on| on == "true"),
            backup_days: 1,
            logs: Vec::new(),
            class: input.get("DBInstanceClass").cloned().unwrap_or_default(),
            parameters: from.parameters.clone(),
            engine: from.engine,
            ..Thing::default()
        };
        self.things.insert(key, made);
        let message = format!("Restored from {source}");
        self.events.push((Clock::System.now(), message));
        Ok(())
    }

    fn delete(&mut self, key: &str, missing: &str, busy: &str) -> Result<(), String> {
        let thing = self.thing(key, missing)?;
        if thing.protected {
            return Err("InvalidParameterCombination".to_owned());
        }
        if thing.states.len() > 1 {
            return Err(busy.to_owned());
        }
        thing.states = states(&["deleting", "gone"]);
        Ok(())
    }
}
