//! After sessions were ended from the host: does the database answer again, so that one can go on with everything?
//!
//! Stage: after the report. Bounded, whatever the network, a name server or a password command does; what comes of
//! it is a sentence and never changes the exit code.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Context;
use crate::decide::advice::Step;
use crate::observe::backends::clusters::Cluster;
use crate::report::sanitize;

/// How long the lanes may take.
const LIMIT: Duration = Duration::from_millis(1500);
/// How much longer anything around them may take.
const GRACE: Duration = Duration::from_millis(300);

/// Settings that say where to connect.
const SAY_WHERE: [&str; 5] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGSERVICE",
    "PGSERVICEFILE",
];

/// Tries the database lanes, and says what came of it. `None` when nothing says where to connect.
pub fn sentence(context: &Context, cluster: &Cluster) -> Option<String> {
    let context = towards(context, cluster)?;
    let (answer, answers) = mpsc::channel();
    let asking = context.clone();
    // A thread that is left behind ends with the process, which is about to end.
    let started = thread::Builder::new().spawn(move || {
        let _ = answer.send(asking.try_lanes(LIMIT));
    });
    started.ok()?;
    let outcome = answers
        .recv_timeout(LIMIT + GRACE)
        .unwrap_or_else(|_| Err("the database has not answered in time".to_owned()));
    Some(match outcome {
        Ok((lane, endpoint)) => {
            let step = Step {
                words: vec!["status".to_owned()],
                why: String::new(),
            };
            format!(
                "the database answers again ({lane}, {}); go on with\n  {}",
                sanitize::line(&endpoint),
                context.line(&step)
            )
        }
        Err(why) => sanitize::one_line(&why),
    })
}

/// With what was typed or set; where nothing was, to the cluster's own socket.
fn towards(context: &Context, cluster: &Cluster) -> Option<Context> {
    let mut context = context.clone();
    let typed = &mut context.connection;
    let said = [
        &typed.host,
        &typed.port,
        &typed.dbname,
        &typed.service,
        &typed.target,
    ];
    let variables = &context.environment.variables;
    let set = |name: &str| variables.get(name).is_some_and(|value| !value.is_empty());
    if said.iter().all(|flag| flag.is_none()) && !SAY_WHERE.iter().any(|name| set(name)) {
        // A socket of a container has the same path as somebody else's on this host.
        let directory = cluster
            .socket_directory
            .as_ref()
            .filter(|_| cluster.shares_our_files)?;
        typed.host = Some(directory.to_str()?.to_owned());
        typed.port = Some(cluster.port?.to_string());
    }
    Some(context)
}
