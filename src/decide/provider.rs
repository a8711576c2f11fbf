//! Managed services: what each keeps for itself, who may end whom, and what helps without a login. Facts as data.
//!
//! Pure. Where a fact was read in the provider's own documentation it says so; what nobody could try is marked, and
//! told as unverified. A service is known by the prefix of its own settings.

/// One service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    /// What is typed for it.
    pub word: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Prefixes of settings that only it has; empty where it has none.
    pub prefixes: &'static [&'static str],
    /// How a role may stream WAL there, which opens the replication lane.
    pub replication: Replication,
    /// Whether `ALTER SYSTEM` is possible; else settings are the provider's own.
    pub alter_system: bool,
    /// Whether `pg_hba.conf` can be edited.
    pub pg_hba: bool,
    /// Facts that matter in the incident.
    pub facts: &'static [Fact],
}

/// How a role gets the right to the replication lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replication {
    /// The attribute.
    Attribute,
    /// A role of the provider that is granted.
    Granted(&'static str),
}

/// A fact, and whether it stands in the provider's documentation or was only heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// The sentence.
    pub text: &'static str,
    /// Whether it was read in the provider's own documentation.
    pub verified: bool,
}

const fn documented(text: &'static str) -> Fact {
    Fact {
        text,
        verified: true,
    }
}

const fn unverified(text: &'static str) -> Fact {
    Fact {
        text,
        verified: false,
    }
}

/// A server of one's own.
pub const NONE: Provider = Provider {
    word: "none",
    name: "a server of your own",
    prefixes: &[],
    replication: Replication::Attribute,
    alter_system: true,
    pg_hba: true,
    facts: &[],
};

/// All that are known, as of November 2026.
pub const PROVIDERS: [Provider; 7] = [
    NONE,
    Provider {
        word: "rds",
        name: "Amazon RDS or Aurora",
        prefixes: &["rds"],
        replication: Replication::Granted("rds_replication"),
        alter_system: false,
        pg_hba: false,
        facts: &[
            documented(
                "superuser_reserved_connections is AWS's own; rds.rds_superuser_reserved_connections is kept for rds_superuser",
            ),
            documented(
                "rds_superuser is a member of pg_monitor and pg_signal_backend, from 16 on of pg_use_reserved_connections",
            ),
            documented(
                "the metric DatabaseConnections leaves out sessions of AWS and of dead peers",
            ),
            unverified("rdsadmin is a superuser, whom nobody else can end"),
            unverified("the replication lane needs rds_replication; it was not tried there"),
            documented("without any login: reboot or fail over; the parameter group for settings"),
        ],
    },
    Provider {
        word: "cloudsql",
        name: "Google Cloud SQL",
        prefixes: &["cloudsql"],
        replication: Replication::Attribute,
        alter_system: false,
        pg_hba: false,
        facts: &[
            documented("cloudsqlsuperuser is no superuser, and may create roles with REPLICATION"),
            unverified("whether its roles may grant pg_signal_backend"),
            unverified("without any login: restart; a changed flag restarts, too"),
        ],
    },
    Provider {
        word: "azure",
        name: "Azure Database for PostgreSQL",
        prefixes: &["azure"],
        replication: Replication::Attribute,
        alter_system: false,
        pg_hba: false,
        facts: &[
            documented("15 of max_connections are kept for replication and monitoring"),
            documented(
                "only Microsoft holds a superuser; azure_pg_admin ends other roles' sessions",
            ),
            documented("client_connection_check_interval is read-only there, and 0"),
            unverified("the replication lane was not tried there"),
        ],
    },
    Provider {
        word: "heroku",
        name: "Heroku Postgres",
        prefixes: &[],
        replication: Replication::Attribute,
        alter_system: false,
        pg_hba: false,
        facts: &[
            unverified("the plan's limit holds for each role: 'too many connections for role'"),
            documented(
                "pg:killall is a call to the platform and needs no slot; pg:kill needs one and only cancels without --force",
            ),
        ],
    },
    Provider {
        word: "supabase",
        name: "Supabase",
        prefixes: &["supautils"],
        replication: Replication::Attribute,
        alter_system: false,
        pg_hba: false,
        facts: &[
            documented(
                "the pooler's refusals carry a code in brackets, such as (EMAXCONN); come by the direct port to act",
            ),
            unverified("services of the platform hold some of the slots; postgres is no superuser"),
        ],
    },
    Provider {
        word: "neon",
        name: "Neon",
        prefixes: &["neon"],
        replication: Replication::Attribute,
        alter_system: false,
        pg_hba: false,
        facts: &[
            unverified("7 slots are kept for its own superuser; the pooled port is a PgBouncer"),
            unverified("which rights its roles have over other sessions"),
        ],
    },
];

impl Provider {
    /// By what is typed for it.
    pub fn by_word(word: &str) -> Option<Self> {
        PROVIDERS.into_iter().find(|it| it.word == word)
    }

    /// By the prefixes of the settings that a server shows.
    pub fn of_prefixes<'a>(prefixes: impl Iterator<Item = &'a str>) -> Self {
        let seen: Vec<&str> = prefixes.collect();
        PROVIDERS
            .into_iter()
            .find(|it| it.prefixes.iter().any(|prefix| seen.contains(prefix)))
            .unwrap_or(NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_own_settings() {
        let of = |prefixes: &[&str]| Provider::of_prefixes(prefixes.iter().copied()).word;
        assert_eq!(of(&["plpgsql", "rds"]), "rds");
        assert_eq!(of(&["cloudsql"]), "cloudsql");
        assert_eq!(of(&["plpgsql", "auto_explain"]), "none");
        assert_eq!(of(&[]), "none");
        for provider in PROVIDERS {
            assert_eq!(Provider::by_word(provider.word), Some(provider));
        }
    }
}
