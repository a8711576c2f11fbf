//! Fences: a `CONNECTION LIMIT` on a role or a database, or a pooler's `DISABLE` of one of its databases, so that freed
//! slots are not taken again.
//!
//! Pure. What a fence would change, whether it would help, how it is taken back, and which of the recorded ones stand
//! on a server. What `DISABLE` comes to is in [`pool`].
//! Facts: the limit holds new logins only, and no superuser's (`InitializeSessionUserId`, `CheckMyDatabase`); it is
//! checked after a slot was taken for a moment, so logins of others still compete for slots in a storm.

pub mod act;
pub mod pool;
pub mod retaking;

/// What is fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// `ALTER ROLE … CONNECTION LIMIT`
    Role,
    /// `ALTER DATABASE … CONNECTION LIMIT`
    Database,
    /// PgBouncer's `DISABLE` of one of its databases; as a limit it is 0, and `ENABLE` is no limit.
    Pool,
}

words!(Kind);

/// Which role or database. The OID is who it is: a role that was dropped and made again is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// `pg_authid.oid` or `pg_database.oid`; 0 for a pool, which is known by its name.
    pub oid: u32,
    /// Its name when last looked at, untrusted.
    pub name: String,
}

/// A `CONNECTION LIMIT`; `None` is -1, no limit.
pub type Limit = Option<u32>;

/// A limit as the catalogues and SQL have it.
pub fn number(limit: Limit) -> i64 {
    limit.map_or(-1, i64::from)
}

/// The same for a sentence.
pub fn phrase(limit: Limit) -> String {
    limit.map_or_else(|| "no limit".to_owned(), |limit| limit.to_string())
}

/// A role or database as it is now, and what we may do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Which.
    pub subject: Subject,
    /// Its limit.
    pub limit: Limit,
    /// A role that is a superuser: the limit does not hold it.
    pub superuser: bool,
    /// Our role may change it.
    pub may_change: bool,
    /// A database's owner, untrusted; `None` for a role.
    pub owner: Option<String>,
}

/// Something that makes a new fence senseless or dangerous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// A fence of ours stands on it already: its ID.
    Fenced(String),
    /// The server is a standby, which takes no changes.
    Standby,
    /// Our role lacks the right.
    NoRight,
    /// The role is a superuser.
    Superuser,
    /// It would keep us out, too.
    Ourselves,
    /// Its own limit is as low already, or lower: the fence would lift it.
    Tighter(u32),
}

/// Who we are on the server.
#[derive(Debug, Clone, Copy)]
pub struct Us<'a> {
    /// Our role.
    pub role: &'a str,
    /// Our database.
    pub database: &'a str,
    /// Whether the role is a superuser, whom no limit holds.
    pub superuser: bool,
    /// Whether the server is a standby.
    pub standby: bool,
}

/// Whether `live` may be fenced at `limit`. `standing`: fences of ours on this server.
pub fn unfit(live: &Live, limit: u32, us: Us<'_>, standing: &[Standing]) -> Option<Unfit> {
    let fence = standing.iter().find(|fence| {
        fence.subject.kind == live.subject.kind && fence.subject.oid == live.subject.oid
    });
    let own = match live.subject.kind {
        Kind::Role => us.role,
        Kind::Database => us.database,
        // Our lane does not come through the pooler.
        Kind::Pool => "",
    };
    if let Some(fence) = fence {
        return Some(Unfit::Fenced(fence.id.clone()));
    }
    if us.standby {
        return Some(Unfit::Standby);
    }
    if live.superuser {
        return Some(Unfit::Superuser);
    }
    if !live.may_change {
        return Some(Unfit::NoRight);
    }
    if own == live.subject.name && !us.superuser {
        return Some(Unfit::Ourselves);
    }
    live.limit.filter(|now| *now <= limit).map(Unfit::Tighter)
}

/// One change of one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub subject: Subject,
    /// What it must be now, or nothing is changed.
    pub from: Limit,
    /// What it shall be.
    pub to: Limit,
}

/// A fence by the record: put up and not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// To be typed after `--undo`.
    pub id: String,
    /// On what.
    pub subject: Subject,
    /// The limit it replaced.
    pub previous: Limit,
    /// The limit it set.
    pub limit: u32,
    /// Where: the endpoint's label.
    pub endpoint: String,
    /// On which cluster, when our role could read that.
    pub system_identifier: Option<String>,
    /// Since when, RFC 3339.
    pub since: String,
    /// Who put it up: `user@host`.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// Connection flags that lead there.
    pub connection: Vec<String>,
    /// Whether the record says that it was seen to stand. Otherwise something ended us in between.
    pub sure: bool,
}

impl Standing {
    /// Whether it stands on the server at `endpoint`. Cluster identity decides where both sides know it: a server has
    /// many addresses, and an address may lead to another server tomorrow.
    pub fn is_on(&self, endpoint: &str, system_identifier: Option<&str>) -> bool {
        if self.subject.kind == Kind::Pool {
            return false;
        }
        match (self.system_identifier.as_deref(), system_identifier) {
            (Some(one), Some(other)) => one == other,
            _ => place(&self.endpoint) == place(endpoint),
        }
    }

    /// Whether it is a pool of the pooler whose console is at `endpoint`.
    pub fn is_in_pooler(&self, endpoint: &str) -> bool {
        self.subject.kind == Kind::Pool && place(&self.endpoint) == place(endpoint)
    }
}

/// A label without the address a name led to: `db1 (10.0.0.1):5432` is `db1:5432`.
pub fn place(label: &str) -> String {
    match (label.find(" ("), label.find("):")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}", &label[..start], &label[end + 1..])
        }
        _ => label.to_owned(),
    }
}

/// What undoing a fence comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undoing {
    /// The fence's limit is set: this change takes it back.
    Restore(Change),
    /// The previous limit is set already.
    Back,
    /// Somebody set another limit meanwhile: this one.
    Foreign(Limit),
    /// The role or database is not there any more.
    Gone,
    /// A pool that somebody has paused meanwhile: whoever were let in now would hang.
    Paused,
}

/// Compares what the record says with what is there; `live` is `None` when nobody has that OID any more.
pub fn undoing(fence: &Standing, live: Option<&Live>) -> Undoing {
    let Some(live) = live else {
        return Undoing::Gone;
    };
    if live.limit == Some(fence.limit) {
        return Undoing::Restore(Change {
            subject: live.subject.clone(),
            from: live.limit,
            to: fence.previous,
        });
    }
    if live.limit == fence.previous {
        Undoing::Back
    } else {
        Undoing::Foreign(live.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(limit: Limit) -> Live {
        Live {
            subject: Subject {
                kind: Kind::Role,
                oid: 16384,
                name: "app".to_owned(),
            },
            limit,
            superuser: false,
            may_change: true,
            owner: None,
        }
    }

    fn standing() -> Standing {
        Standing {
            id: "k7f3h".to_owned(),
            subject: live(None).subject,
            previous: None,
            limit: 20,
            endpoint: "db1 (10.0.0.1):5432".to_owned(),
            system_identifier: Some("7".to_owned()),
            since: String::new(),
            by: String::new(),
            reason: None,
            connection: Vec::new(),
            sure: true,
        }
    }

    const US: Us<'_> = Us {
        role: "breakglass",
        database: "postgres",
        superuser: false,
        standby: false,
    };

    #[test]
    fn a_fence_that_would_not_help_or_would_hurt_is_refused() {
        let check = |live: Live, us, standing: &[Standing]| unfit(&live, 20, us, standing);
        assert_eq!(check(live(None), US, &[]), None);
        assert_eq!(check(live(Some(21)), US, &[]), None);
        assert_eq!(check(live(Some(20)), US, &[]), Some(Unfit::Tighter(20)));
        assert_eq!(check(live(Some(3)), US, &[]), Some(Unfit::Tighter(3)));
        let mut superuser = live(None);
        superuser.superuser = true;
        assert_eq!(check(superuser, US, &[]), Some(Unfit::Superuser));
        let mut foreign = live(None);
        foreign.may_change = false;
        assert_eq!(check(foreign, US, &[]), Some(Unfit::NoRight));
        let ours = Us { role: "app", ..US };
        assert_eq!(check(live(None), ours, &[]), Some(Unfit::Ourselves));
        let unheld = Us {
            superuser: true,
            ..ours
        };
        assert_eq!(check(live(None), unheld, &[]), None);
        let standby = Us {
            standby: true,
            ..US
        };
        assert_eq!(check(live(None), standby, &[]), Some(Unfit::Standby));
        let fenced = Some(Unfit::Fenced("k7f3h".to_owned()));
        assert_eq!(check(live(Some(40)), US, &[standing()]), fenced);
        let mut again = live(None);
        again.subject.oid = 16385;
        assert_eq!(check(again, US, &[standing()]), None);
    }

    #[test]
    fn only_what_the_fence_set_is_taken_back() {
        let fence = standing();
        let restore = Undoing::Restore(Change {
            subject: live(None).subject,
            from: Some(20),
            to: None,
        });
        assert_eq!(undoing(&fence, Some(&live(Some(20)))), restore);
        assert_eq!(undoing(&fence, Some(&live(None))), Undoing::Back);
        let foreign = Undoing::Foreign(Some(7));
        assert_eq!(undoing(&fence, Some(&live(Some(7)))), foreign);
        assert_eq!(undoing(&fence, None), Undoing::Gone);
    }

    #[test]
    fn a_fence_is_on_its_cluster_whatever_its_address() {
        let mut fence = standing();
        assert!(fence.is_on("localhost:5432", Some("7")));
        assert!(!fence.is_on("db1 (10.0.0.1):5432", Some("8")));
        assert!(fence.is_on("db1:5432", None));
        assert!(!fence.is_on("db2:5432", None));
        fence.system_identifier = None;
        assert!(fence.is_on("db1 (10.0.0.9):5432", Some("8")));
    }
}
