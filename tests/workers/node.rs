//! Node with its own cluster module. (PM2 is recognised from recorded processes only, in the unit tests.)

use super::application::{Application, await_left};
use super::{alive, children, listed, master_and_two, operator, recycle, words};
use crate::support::{Server, await_that};

/// Two workers that speak as much of the protocol as holding a connection takes.
const CLUSTER: &str = r#"
const cluster = require("cluster"), fs = require("fs"), net = require("net");
if (cluster.isMaster) {
  cluster.fork();
  cluster.fork();
  cluster.on("exit", () => cluster.fork());
} else {
  const startup = Buffer.from("\0\0\0\0\0\x03\0\0user\0app\0database\0postgres\0\0", "latin1");
  startup.writeInt32BE(startup.length);
  const sleep = Buffer.from("Q\0\0\0\0SELECT pg_sleep(0.05)\0", "latin1");
  sleep.writeInt32BE(sleep.length - 1, 1);
  if (fs.existsSync("connect")) net.connect(process.env.PORT, "127.0.0.1").write(Buffer.concat([startup, sleep]));
  setInterval(() => {}, 1000);
}
"#;

#[test]
fn workers_of_a_node_cluster_release_their_connections_and_their_master_forks_others() {
    let server = Server::start(18);
    let files = [("cluster.js", CLUSTER)];
    let node = Application::with(&server, 1, &files, &["node", "cluster.js"]);
    node.await_held(&server, 2);
    let operator = operator(&server);
    assert_eq!(listed(&operator), master_and_two("node"));
    node.connect_no_more();
    let before = children(node.pid());
    let all = ["--runtime", "node", "--yes", "--all", "--pause", "0s"];
    let ran = recycle(&operator, &all).expect_code(0);
    let json = ran.json();
    assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
    assert_eq!(
        (
            &json["plan"]["prediction"]["frees"],
            &json["outcome"]["details"]["closed"],
            &json["outcome"]["details"]["new"]
        ),
        (&2.into(), &2.into(), &0.into()),
        "{ran}"
    );
    await_left(&server, 0);
    assert!(alive(node.pid()));
    await_that("two other workers are there", || {
        let now = children(node.pid());
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
}
