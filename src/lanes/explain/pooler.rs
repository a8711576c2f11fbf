//! What a pooler's refusals mean: ErrorResponses without a source routine.
//!
//! Stage: inside [`super::explain`]. Poolers share one SQLSTATE for everything (PgBouncer 08P01, Supavisor XX000) and translate
//! nothing, so here, and only here, the text decides. PgBouncer's texts: its `client.c`, `objects.c`, `janitor.c`.
//! Never: takes a pooler's word for a fact about the server's slots.

use super::explanation::Explanation;
use super::network;
use super::variant::Variant;
use crate::lanes::ServerError;
use crate::lanes::failure::{Cause, Refusal};

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
    let console = format!("breakglass pgbouncer {}", refusal.caller.console());
    let explanation = Explanation::new(variant, what)
        .proving("the pooler is up; about the server's slots this says nothing");
    match variant {
        // Supavisor has no console of that kind.
        _ if error.sqlstate == "XX000" => explanation.next(direct),
        Variant::PoolerNoReplication => explanation.next(direct),
        Variant::PoolerLogin => explanation.next(direct).next(console),
        _ => explanation.next(console).next(direct),
    }
}

/// A refusal by what should be a console.
pub(super) fn console(refusal: &Refusal) -> Explanation {
    let endpoint = &refusal.endpoint;
    let user = &refusal.caller.user;
    let another = format!(
        "breakglass pgbouncer {}",
        refusal.caller.console_as("ADMIN")
    );
    match &refusal.cause {
        Cause::Server(error) if error.routine.is_some() => Explanation::new(
            Variant::NotAConsole,
            format!("{endpoint} is PostgreSQL itself, not PgBouncer's console: {error}"),
        )
        .proving("nothing about the pooler; its own port is 6432 unless it is configured otherwise"),
        Cause::Unsuitable(what) => {
            Explanation::new(Variant::NotAConsole, format!("{endpoint} answers, but {what}"))
        }
        // Its words to whoever is in neither list (`admin.c`).
        Cause::Server(error) if error.message.contains("not allowed") => Explanation::new(
            Variant::PoolerLogin,
            format!("PgBouncer's console does not let {user} in: neither admin_users nor stats_users has that name"),
        )
        .proving("the pooler is up")
        .next(another),
        Cause::Server(error) => {
            let variant = TEXTS
                .iter()
                .find(|(part, _)| error.message.contains(part))
                .map_or(Variant::PoolerRefused, |(_, variant)| *variant);
            Explanation::new(
                variant,
                format!("PgBouncer's console refused {user}: {}: {error}", meaning(variant)),
            )
            .proving("the pooler is up")
            .next(another)
        }
        _ => {
            let mut explanation = network::explain(refusal);
            // Those lead to the database.
            explanation.next.clear();
            explanation
        }
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
