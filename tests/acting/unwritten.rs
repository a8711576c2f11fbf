//! An answer that cannot be written changes nothing about what was done: the exit code is that of the act.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;

use super::busy;
use crate::support::{Cli, Operator, Ran, Said, Server};

/// Runs it with its answer going to a disk that is full.
fn on_a_full_disk(operator: &Operator, args: &[&str]) -> Ran {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = operator.command(args);
    command.stdout(Stdio::from(full));
    let child = command.spawn().unwrap();
    Ran::of(child.wait_with_output().unwrap(), std::time::Duration::ZERO)
}

#[test]
fn what_was_done_keeps_its_exit_code_when_the_answer_cannot_be_written() {
    let server = Server::start(17);
    let operator = Operator::on(&server, "postgres");
    let acts: [&[&str]; 5] = [
        &["terminate", "--user", "app", "--yes", "--all"],
        &[
            "terminate",
            "--user",
            "app",
            "--yes",
            "--all",
            "--format",
            "json",
        ],
        &[
            "free", "1", "--yes", "--all", "--stay", "100ms", "--format", "csv",
        ],
        &["fence", "--role", "app", "--limit", "3", "--yes"],
        &["fence", "--undo", "--yes", "--format", "json"],
    ];
    for args in acts {
        let held = (args[0] == "free").then(|| server.fill_ordinary_slots());
        let ended = match args[0] {
            "terminate" => vec![server.session("app", "shop"), server.session("app", "shop")],
            _ => Vec::new(),
        };
        let ran = on_a_full_disk(&operator, args).expect_code(0);
        assert!(
            ran.stderr.contains("the answer could not be written"),
            "{args:?}: {ran}"
        );
        let pids: Vec<i32> = ended.iter().map(|session| session.pid).collect();
        assert_eq!(server.alive(&pids), [0; 0], "{args:?}");
        drop(held);
    }
    // Of what only looked, the answer is all there is.
    let looked = on_a_full_disk(&operator, &["status"]).expect_code(1);
    assert!(looked.stderr.contains("cannot print"), "{looked}");
}

/// How large a file may become: the blocks of `ulimit -f`, and their bytes.
const BLOCKS: usize = 8;
const LIMIT: usize = BLOCKS * 1024;

/// Runs it where no file may grow beyond [`LIMIT`].
fn on_a_disk_that_fills_up(cli: &Cli, args: &[&str]) -> Said {
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    let program = env!("CARGO_BIN_EXE_breakglass");
    let words = [&["-c", &script, program], args].concat();
    let mut command = cli.around(Path::new("/bin/bash"), &words);
    command.output().unwrap().into()
}

#[test]
fn an_outcome_that_the_record_cannot_take_is_told_by_every_act() {
    let server = Server::start(17);
    let acts: [(&[&str], &[&str]); 4] = [
        (
            &["terminate", "--user", "app", "--yes", "--all"],
            &["terminate", "--user", "app", "--yes", "--all"],
        ),
        (
            &["fence", "--role", "app", "--limit", "9", "--yes"],
            &["fence", "--role", "app", "--limit", "8", "--yes"],
        ),
        (
            &["prepare", "--apply", "--yes", "--role", "maker_one"],
            &["prepare", "--apply", "--yes", "--role", "maker_two"],
        ),
        (
            &["cancel", "--user", "app", "--yes", "--all"],
            &["cancel", "--user", "app", "--yes", "--all"],
        ),
    ];
    for (first, second) in acts {
        let target = || match first[0] {
            "cancel" => busy(&server, "shop", "SELECT pg_sleep(600)"),
            _ => server.session("app", "shop"),
        };
        let measured = Cli::on(&server, "postgres");
        let _one = target();
        let said = measured.run(first);
        assert_eq!(said.code, Some(0), "{first:?}: {}", said.err);
        let intent = std::fs::read_to_string(measured.record()).unwrap();
        let intent = intent.lines().next().unwrap().len() + 1;
        server.ask_witness("ALTER ROLE app CONNECTION LIMIT -1");

        // The intent fits, with a little room, and what follows it does not.
        let cli = Cli::on(&server, "postgres");
        let frame = "{\"filler\":\"\"}\n".len();
        let filler = "x".repeat(LIMIT - intent - 100 - frame);
        std::fs::create_dir_all(cli.record().parent().unwrap()).unwrap();
        std::fs::write(cli.record(), format!("{{\"filler\":\"{filler}\"}}\n")).unwrap();
        let _two = target();
        let said = on_a_disk_that_fills_up(&cli, second);
        assert_eq!(said.code, Some(0), "{second:?}: {}", said.err);
        assert!(
            said.err.contains("the outcome is not in the record"),
            "{second:?}: {}",
            said.err
        );
        let recorded = std::fs::read_to_string(cli.record()).unwrap();
        assert!(recorded.contains("\"event\":\"intent\""), "{second:?}");
        server.ask_witness("ALTER ROLE app CONNECTION LIMIT -1");
    }
}
