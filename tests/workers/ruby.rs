//! Puma, Unicorn and Sidekiq.

use std::io::Read;
use std::process::{Child, Stdio};

use super::application::{Application, await_busy, await_left};
use super::{alive, children, listed, master_and_two, operator, recycle, words};
use crate::support::{Server, await_that};

const WEB: &str = r#"
require "pg"

$held = []

def connect
  return unless File.exist?("connect")
  $held << PG.connect(host: "127.0.0.1", port: ENV["PORT"], user: "app", dbname: "postgres")
  $held[0].exec("SELECT pg_sleep(0.05)")
end
"#;

const RACK: &str = r#"
run ->(_environment) { $held[0].exec("SELECT pg_sleep(5)"); [200, {}, ["done"]] }
"#;

const PUMA: &str = r#"
require "./web"
workers 2
threads 1, 1
bind "unix://http"
on_worker_boot { connect }
"#;

const UNICORN: &str = r#"
require "./web"
worker_processes 2
listen File.expand_path("http")
after_fork { |_server, _worker| connect }
"#;

const JOBS: &str = r#"
require "sidekiq"
require "./web"
connect

class Job
  include Sidekiq::Worker

  def perform
    $held[0].exec("SELECT pg_sleep(5)")
    File.write("done", "")
  end
end
"#;

fn started(server: &Server, settings: &str, program: &[&str]) -> Application {
    let files = [
        ("web.rb", WEB),
        ("config.ru", RACK),
        ("settings.rb", settings),
    ];
    let web = Application::with(server, 1, &files, program);
    web.await_held(server, 2);
    web
}

#[test]
fn a_phased_restart_of_puma_replaces_every_worker() {
    let server = Server::start(18);
    let puma = started(&server, PUMA, &["puma", "-C", "settings.rb"]);
    let operator = operator(&server);
    assert_eq!(listed(&operator), master_and_two("puma"));
    puma.connect_no_more();
    let before = children(puma.pid());
    let all = ["--runtime", "puma", "--yes", "--all", "--wait", "30s"];
    let ran = recycle(&operator, &all).expect_code(0);
    let json = ran.json();
    assert_eq!(ran.outcomes(), [(puma.pid(), "gone".to_owned())], "{ran}");
    assert_eq!(json["plan"]["targets"][0]["signal"], "USR1", "{ran}");
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
    assert!(alive(puma.pid()));
    await_that("two other workers are there", || {
        let now = children(puma.pid());
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
}

#[test]
fn unicorn_workers_end_after_the_request_they_have() {
    let server = Server::start(18);
    let unicorn = started(&server, UNICORN, &["unicorn", "-c", "settings.rb"]);
    let operator = operator(&server);
    assert_eq!(listed(&operator), master_and_two("unicorn"));
    unicorn.connect_no_more();
    let mut request = unicorn.ask();
    await_busy(&server, 1);
    let all = [
        "--runtime",
        "unicorn",
        "--yes",
        "--all",
        "--batch",
        "2",
        "--wait",
        "30s",
    ];
    let ran = recycle(&operator, &all).expect_code(0);
    let json = ran.json();
    assert_eq!(words(&ran), ["gone", "gone"], "{ran}");
    assert_eq!(json["plan"]["targets"][0]["signal"], "QUIT", "{ran}");
    assert_eq!(
        (
            &json["plan"]["prediction"]["frees"],
            &json["plan"]["prediction"]["classes"]["busy"]
        ),
        (&1.into(), &1.into()),
        "{ran}"
    );
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("done"), "{answer}");
    await_left(&server, 0);
    assert!(alive(unicorn.pid()));
    assert!(ran.stderr.contains("the reverse of Gunicorn's"), "{ran}");
}

/// The queue, ended with the test.
struct Redis(Child);

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn sidekiq_ends_after_its_job() {
    let server = Server::start(18);
    // It has no workers: what is started is the process that holds the connection.
    let line = "exec env REDIS_URL=unix://$PWD/redis sidekiq -r ./jobs.rb -c 1";
    let files = [("web.rb", WEB), ("jobs.rb", JOBS)];
    let wait = "while [ ! -S redis ]; do sleep 0.05; done";
    let shell = format!("{wait}; {line}");
    let sidekiq = Application::with(&server, 1, &files, &["sh", "-c", &shell]);
    let queue = [
        "redis-server",
        "--port",
        "0",
        "--unixsocket",
        "redis",
        "--save",
        "",
    ];
    let redis = sidekiq.command(&server, &queue).spawn();
    let _redis = Redis(redis.expect("redis-server; run tests/fetch"));
    sidekiq.await_held(&server, 1);
    let operator = operator(&server);
    let row = ("sidekiq".to_owned(), "alone".to_owned(), 1);
    assert_eq!(listed(&operator), [row]);
    // Whoever puts a job into the queue connects too, and ends.
    let push = "ENV['REDIS_URL'] = \"unix://#{Dir.pwd}/redis\"; File.delete('connect'); require './jobs'; Job.perform_async";
    let pushed = sidekiq
        .command(&server, &["ruby", "-e", push])
        .stderr(Stdio::inherit())
        .status();
    assert!(pushed.unwrap().success());
    await_busy(&server, 1);
    let all = ["--runtime", "sidekiq", "--yes", "--all", "--wait", "40s"];
    let ran = recycle(&operator, &all).expect_code(0);
    let json = ran.json();
    assert_eq!(
        ran.outcomes(),
        [(sidekiq.pid(), "gone".to_owned())],
        "{ran}"
    );
    assert_eq!(
        (
            &json["plan"]["prediction"]["frees"],
            &json["plan"]["prediction"]["classes"]["busy"]
        ),
        (&0.into(), &1.into()),
        "{ran}"
    );
    assert!(sidekiq.path("done").exists(), "its job was finished");
    await_left(&server, 0);
}
