//! What a pooler's refusals mean: ErrorResponses without a source routine.
//!
//! Stage: inside [`super::explain`]. Poolers share one SQLSTATE for everything (PgBouncer 08P01, Supavisor XX000) and translate
//! nothing, so here, and only here, the text decides. PgBouncer's texts: its `client.c`, `objects.c`, `janitor.c`.
//! Never: takes a pooler's word for a fact about the server's slots.

use super::{Explanation, Variant};
use crate::lanes::ServerError;
use crate::lanes::failure::Refusal;

/// Part of a text, and what it means.
const TEXTS: [(&str, Variant); 26] = [
    ("max_db_client_connections", Variant::PoolerClientLimit),
    ("max_user_client_connections", Variant::PoolerClientLimit),
    ("no more connections allowed", Variant::PoolerFull),
    ("query_wait_timeout", Variant::PoolerQueueTimeout),
    ("client_login_timeout", Variant::PoolerServerDown),
    ("server_login_retry", Variant::PoolerServerDown),
    ("server login has been failing", Variant::PoolerServerDown),
    ("server login failed", Variant::PoolerServerDown),
    ("server down", Variant::PoolerServerDown),
    ("shutting down", Variant::PoolerStopping),
    ("database removed", Variant::PoolerDisconnected),
    ("admin forced disconnect", Variant::PoolerDisconnected),
    (
        "startup parameter: replication",
        Variant::PoolerNoReplication,
    ),
    ("replication connections", Variant::PoolerNoReplication),
    ("authentication failed", Variant::PoolerLogin),
    ("auth failed", Variant::PoolerLogin),
    ("no such user", Variant::PoolerLogin),
    ("no such database", Variant::PoolerLogin),
    // Supavisor's bracketed codes.
    ("(EMAXCONN", Variant::PoolerFull),
    ("(EMAXCLIENT", Variant::PoolerFull),
    ("(ECHECKOUTTIMEOUT", Variant::PoolerQueueTimeout),
    ("(EPOOLCHECKOUTTIMEOUT", Variant::PoolerQueueTimeout),
    ("(ECIRCUITBREAKER", Variant::PoolerServerDown),
    ("(EDBCONN", Variant::PoolerServerDown),
    ("(EAUTH", Variant::PoolerLogin),
    ("(ENOTFOUND", Variant::PoolerLogin),
];

/// An ErrorResponse without a routine.
pub(super) fn explain(refusal: &Refusal, error: &ServerError) -> Explanation {
    let variant = match error.sqlstate.as_str() {
        // Forwarded from the server (PgBouncer 1.20 and later).
        "53300" => Variant::PoolerServerFull,
        "57P03" => Variant::PoolerServerDown,
        "28P01" | "28000" | "3D000" => Variant::PoolerLogin,
        "57P01" => Variant::PoolerDisconnected,
        _ => TEXTS
            .iter()
            .find(|(part, _)| error.message.contains(part))
            .map_or(Variant::PoolerRefused, |(_, variant)| *variant),
    };
    let what = format!(
        "a pooler answered in the server's stead: {}: {error}",
        meaning(variant)
    );
    let direct = format!(
        "breakglass status {}",
        refusal.caller.at_host("DATABASE-HOST")
    );
    let console = format!("psql {} -c 'SHOW POOLS'", refusal.caller.console());
    let explanation = Explanation::new(variant, what)
        .proving("the pooler is up; about the server's slots this says nothing");
    match variant {
        Variant::PoolerNoReplication => explanation.next(direct),
        Variant::PoolerLogin => explanation.next(direct).next(console),
        _ => explanation.next(console).next(direct),
    }
}

fn meaning(variant: Variant) -> &'static str {
    match variant {
        Variant::PoolerFull => "it takes no more clients",
        Variant::PoolerClientLimit => "its limit on clients of this database or user is reached",
        Variant::PoolerQueueTimeout => "no server connection came free in time",
        Variant::PoolerServerFull => "the server behind it takes no more connections",
        Variant::PoolerServerDown => "it cannot log in to the server behind it",
        Variant::PoolerStopping => "it is shutting down",
        Variant::PoolerDisconnected => "an administrator closed this pool or client",
        Variant::PoolerNoReplication => "it does not pass replication connections on",
        Variant::PoolerLogin => "it does not accept this role, password or database",
        _ => "it refused",
    }
}
