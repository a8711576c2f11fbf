//! Sessions counted by what they have in common.
//!
//! Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::form;
use super::session::Session;

/// What to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Dimension {
    /// `application_name`
    Application,
    /// Role.
    User,
    /// Database.
    Database,
    /// Client address.
    Client,
    /// State.
    State,
}

words!(Dimension);

impl Dimension {
    /// What `session` has there. Raw text of the server.
    pub fn value(self, session: &Session) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        match self {
            Self::Application => text(&session.application),
            Self::User => text(&session.user),
            Self::Database => text(&session.database),
            Self::Client => session.client.to_string(),
            Self::State => session
                .state
                .map_or("hidden", |state| state.name())
                .to_owned(),
        }
    }
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Group {
    /// What they share; raw text of the server, empty when unset.
    pub name: String,
    /// How many.
    pub count: usize,
    /// How long the oldest has been in its state.
    #[serde(rename = "oldest_seconds", serialize_with = "form::seconds::serialize")]
    pub oldest: Option<Duration>,
}

/// Groups, the largest first, equal ones by name.
pub fn count_by<'a>(sessions: impl Iterator<Item = &'a Session>, by: Dimension) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for session in sessions {
        let name = by.value(session);
        let group = groups.entry(name.clone()).or_insert(Group {
            name,
            count: 0,
            oldest: None,
        });
        group.count += 1;
        group.oldest = group
            .oldest
            .max(session.state_for.or(session.connected_for));
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}
