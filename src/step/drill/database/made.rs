//! What a run has made in RDS, told by the effects that made it.

/// The calls that make something.
const MAKES: [&str; 7] = [
    "rds:CreateDBClusterSnapshot",
    "rds:CreateDBInstance",
    "rds:CreateDBSnapshot",
    "rds:RestoreDBClusterFromSnapshot",
    "rds:RestoreDBClusterToPointInTime",
    "rds:RestoreDBInstanceFromDBSnapshot",
    "rds:RestoreDBInstanceToPointInTime",
];

/// Something of RDS that a run has made: its ARN says what it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Database {
    /// Its ARN.
    arn: String,
    /// What it is.
    what: What,
}

/// What it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum What {
    /// A cluster.
    Cluster,
    /// An instance.
    Instance,
    /// A snapshot of a cluster.
    ClusterSnapshot,
    /// A snapshot of an instance.
    Snapshot,
}

impl What {
    /// Each, with what stands before the name in its ARN.
    const ALL: [(Self, &str); 4] = [
        (Self::Cluster, "cluster"),
        (Self::Instance, "db"),
        (Self::ClusterSnapshot, "cluster-snapshot"),
        (Self::Snapshot, "snapshot"),
    ];

    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Instance => "instance",
            Self::ClusterSnapshot | Self::Snapshot => "snapshot",
        }
    }
}

impl Database {
    /// What an effect makes, if it makes something of RDS.
    pub fn of(call: &str, target: &str) -> Option<Self> {
        if MAKES.contains(&call) { Self::at(target.split(' ').next()?) } else { None }
    }

    /// What an ARN names.
    pub(super) fn at(arn: &str) -> Option<Self> {
        let kind = arn.split(':').nth(5)?;
        let (what, _) = What::ALL.into_iter().find(|(_, word)| *word == kind)?;
        Some(Self { arn: arn.to_owned(), what })
    }

    /// Something else in the account and region of an ARN.
    pub(super) fn beside(arn: &str, what: What, name: &str) -> Self {
        let (_, word) = What::ALL.into_iter().find(|(known, _)| *known == what).expect("each stands there");
        let place: Vec<&str> = arn.split(':').take(5).collect();
        Self { arn: format!("{}:{word}:{name}", place.join(":")), what }
    }

    /// What it is.
    pub(super) fn what(&self) -> What {
        self.what
    }

    /// Its ARN.
    pub(in crate::step::drill) fn arn(&self) -> &str {
        &self.arn
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.arn.splitn(7, ':').nth(6).unwrap_or_default()
    }

    /// What the effect that makes it works on, for the record; and what the run may change because it makes this.
    pub(in crate::step::drill) fn target(&self) -> String {
        self.arn.clone()
    }

    /// What a person would call to remove it.
    pub(in crate::step::drill) fn by_hand(&self) -> Vec<String> {
        let name = self.name();
        vec![match self.what {
            What::Cluster => {
                format!("aws rds delete-db-cluster --db-cluster-identifier {name} --skip-final-snapshot")
            }
            What::Instance => {
                format!("aws rds delete-db-instance --db-instance-identifier {name} --skip-final-snapshot")
            }
            What::ClusterSnapshot => {
                format!("aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier {name}")
            }
            What::Snapshot => format!("aws rds delete-db-snapshot --db-snapshot-identifier {name}"),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::{Database, MAKES, What};
    use crate::step::drill::Made;

    #[test]
    fn what_was_made_is_read_off_the_effect_that_made_it() {
        let source = "arn:aws:rds:eu-west-1:111122223333:cluster:orders";
        for what in [What::Cluster, What::Instance, What::ClusterSnapshot, What::Snapshot] {
            let made = Database::beside(source, what, "drill-1");
            assert_eq!((made.what(), made.name()), (what, "drill-1"));
            for call in MAKES {
                let read = Made::of(call, &made.target());
                assert_eq!(read, Some(Made::Database(made.clone())));
                assert_eq!(read.and_then(|made| made.lets_in()), Some(made.target()));
            }
        }
        for call in ["rds:FailoverDBCluster", "rds:ModifyDBCluster", "rds:DeleteDBCluster", "rds:AddTagsToResource"] {
            assert_eq!(Made::of(call, source), None, "{call} makes nothing");
        }
    }
}
