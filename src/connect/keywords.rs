//! Every connection keyword libpq knows (up to PostgreSQL 18), its variable, and what we do with it.
//!
//! Stage: data. A connection string that works with psql must not fail here for a word we have no use for;
//! a word that asks for a safety we cannot give must not be ignored.

/// One libpq keyword.
#[derive(Debug)]
pub(super) struct Keyword {
    pub(super) name: &'static str,
    pub(super) variable: Option<&'static str>,
    pub(super) treatment: Treatment,
}

/// What becomes of a keyword's value.
#[derive(Debug)]
pub(super) enum Treatment {
    /// It shapes the target.
    Use,
    /// Accepted, without effect.
    Ignore,
    /// An error, unless the value is empty or one of these.
    RefuseUnless {
        harmless: &'static [&'static str],
        because: &'static str,
    },
}

/// The keyword with this name.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// All names, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().map(|keyword| keyword.name)
}

const fn used(name: &'static str, variable: Option<&'static str>) -> Keyword {
    Keyword {
        name,
        variable,
        treatment: Treatment::Use,
    }
}

const fn ignored(name: &'static str, variable: Option<&'static str>) -> Keyword {
    Keyword {
        name,
        variable,
        treatment: Treatment::Ignore,
    }
}

const fn refused(
    name: &'static str,
    variable: Option<&'static str>,
    harmless: &'static [&'static str],
    because: &'static str,
) -> Keyword {
    Keyword {
        name,
        variable,
        treatment: Treatment::RefuseUnless { harmless, because },
    }
}

/// The table. `sslmode` stands before `requiressl`, its old spelling, so that the new one wins.
pub(super) const KEYWORDS: &[Keyword] = &[
    // Where and who.
    used("service", Some("PGSERVICE")),
    used("servicefile", Some("PGSERVICEFILE")),
    used("host", Some("PGHOST")),
    used("hostaddr", Some("PGHOSTADDR")),
    used("port", Some("PGPORT")),
    used("user", Some("PGUSER")),
    used("dbname", Some("PGDATABASE")),
    used("password", Some("PGPASSWORD")),
    used("passfile", Some("PGPASSFILE")),
    used("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    used("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    // How.
    used("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    used("options", Some("PGOPTIONS")),
    used("keepalives", None),
    used("keepalives_idle", None),
    used("keepalives_interval", None),
    used("keepalives_count", None),
    used("tcp_user_timeout", None),
    used("channel_binding", Some("PGCHANNELBINDING")),
    // Encryption.
    used("sslmode", Some("PGSSLMODE")),
    used("requiressl", Some("PGREQUIRESSL")),
    used("sslnegotiation", Some("PGSSLNEGOTIATION")),
    used("sslrootcert", Some("PGSSLROOTCERT")),
    used("sslcert", Some("PGSSLCERT")),
    used("sslkey", Some("PGSSLKEY")),
    used("sslcrl", Some("PGSSLCRL")),
    used("sslsni", Some("PGSSLSNI")),
    refused(
        "sslcertmode",
        Some("PGSSLCERTMODE"),
        &["allow", "disable"],
        "we cannot tell whether the server asks for a client certificate",
    ),
    refused(
        "sslcrldir",
        Some("PGSSLCRLDIR"),
        &[],
        "revocation lists are read from one file, sslcrl",
    ),
    used("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    used("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    // Asks for a check or a way to log in that we do not have.
    refused(
        "require_auth",
        Some("PGREQUIREAUTH"),
        &[],
        "we cannot hold the server to one way of authentication",
    ),
    refused(
        "requirepeer",
        Some("PGREQUIREPEER"),
        &[],
        "we do not check which user owns the server's socket",
    ),
    refused(
        "gssencmode",
        Some("PGGSSENCMODE"),
        &["disable", "prefer"],
        "GSSAPI encryption is not supported",
    ),
    refused(
        "scram_client_key",
        None,
        &[],
        "logging in with a stored SCRAM key is not supported",
    ),
    refused(
        "scram_server_key",
        None,
        &[],
        "logging in with a stored SCRAM key is not supported",
    ),
    refused(
        "replication",
        None,
        &["false", "off", "no", "0"],
        "the lane decides that: use --lane replication",
    ),
    refused(
        "min_protocol_version",
        Some("PGMINPROTOCOLVERSION"),
        &["3.0"],
        "we speak protocol 3.0, which every server understands",
    ),
    // No effect on us.
    ignored("max_protocol_version", Some("PGMAXPROTOCOLVERSION")),
    ignored("application_name", Some("PGAPPNAME")),
    ignored("fallback_application_name", None),
    ignored("client_encoding", Some("PGCLIENTENCODING")),
    ignored("sslcompression", Some("PGSSLCOMPRESSION")),
    ignored("sslpassword", None),
    ignored("sslkeylogfile", None),
    ignored("krbsrvname", Some("PGKRBSRVNAME")),
    ignored("gsslib", Some("PGGSSLIB")),
    ignored("gssdelegation", Some("PGGSSDELEGATION")),
    ignored("oauth_issuer", None),
    ignored("oauth_client_id", None),
    ignored("oauth_client_secret", None),
    ignored("oauth_scope", None),
    // Gone since PostgreSQL 14, still in old service files.
    ignored("authtype", None),
    ignored("tty", None),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_keyword_and_no_variable_stands_twice() {
        let mut seen = BTreeSet::new();
        for keyword in KEYWORDS {
            assert!(seen.insert(keyword.name), "{} twice", keyword.name);
            if let Some(variable) = keyword.variable {
                assert!(seen.insert(variable), "{variable} twice");
            }
        }
    }
}
