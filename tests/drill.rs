//! The rehearsal judged from outside: what it says of a tool that works, of tools that do not, and that
//! nothing of it is left behind however it ends.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::{MAJORS, await_that, server_binaries};
use breakglass::drill::binaries::Hints;
use breakglass::drill::{Incident, Rehearsal, Verdict, run};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Plays the drill with a stand-in for the tool: a script that answers `status` and `terminate`. Everything
/// else goes to the real executable. Returns the verdict and what was written.
fn rehearse_with(major: u32, script: &str) -> anyhow::Result<(Verdict, String)> {
    let directory = tempfile::tempdir()?;
    let program = directory.path().join("stand-in");
    let real = env!("CARGO_BIN_EXE_breakglass");
    let text = format!(
        "#!/bin/sh\ncase $1 in drill-*) exec {real} \"$@\";; status) exit 0;; esac\n\
         lane=login; reach='dbname=postgres'\n\
         if ! psql -XAtc 'SELECT 1' \"$reach\" >/dev/null 2>&1; then\n\
         lane=replication; reach='dbname=postgres replication=database'; fi\n{script}\n"
    );
    std::fs::write(&program, text)?;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
    let rehearsal = Rehearsal {
        program,
        hints: Hints {
            directory: Some(server_binaries(major).directory),
            path: None,
        },
        incidents: vec![Incident::First, Incident::Second],
        hands_on: None,
        width: None,
    };
    let mut out = Vec::new();
    let verdict = run(&rehearsal, &mut out)?.verdict;
    Ok((verdict, String::from_utf8(out)?))
}

/// A stand-in's `terminate`: ends the sessions an SQL condition selects and records what came of them.
fn ending(condition: &str) -> String {
    format!(
        "mkdir -p $XDG_STATE_HOME/breakglass; psql -XAt \"$reach\" -c \"SELECT json_build_object(\
         'event', 'outcome', 'lane', '$lane', \
         'outcome', CASE WHEN pg_terminate_backend(pid) THEN 'gone' END) \
         FROM (SELECT pid FROM pg_stat_activity WHERE {condition} LIMIT 8) chosen\" \
         >>$XDG_STATE_HOME/breakglass/record.jsonl"
    )
}

#[test]
fn a_tool_that_works_recovers_both_incidents_on_every_major() -> anyhow::Result<()> {
    for major in MAJORS {
        let script = ending("application_name = 'newsletter' AND state = 'idle'");
        let (verdict, said) = rehearse_with(major, &script)?;
        assert_eq!(verdict, Verdict::Recovered, "PostgreSQL {major}: {said}");
        let rows: Vec<Vec<&str>> = said
            .lines()
            .filter(|line| line.starts_with("first  ") || line.starts_with("second  "))
            .map(|line| {
                line.split("  ")
                    .filter(|cell| !cell.is_empty())
                    .map(str::trim)
                    .collect()
            })
            .collect();
        let innocents = if major >= 16 { "0 of 9" } else { "0 of 7" };
        assert_eq!(rows.len(), 2, "{said}");
        assert_eq!(
            (rows[0][1], &rows[0][5..]),
            ("login", ["8", "0 of 4", "0"].as_slice())
        );
        assert_eq!(
            (rows[1][1], &rows[1][5..]),
            ("replication", ["8", innocents, "0"].as_slice())
        );
    }
    Ok(())
}

#[test]
fn a_tool_that_does_nothing_fails_the_rehearsal() -> anyhow::Result<()> {
    let (verdict, said) = rehearse_with(18, "exit 3")?;
    assert_eq!(verdict, Verdict::Failed);
    for complaint in [
        "ended with code 3",
        "does not name its lane",
        "no fresh login as app got in",
    ] {
        assert_eq!(said.matches(complaint).count(), 2, "{complaint}: {said}");
    }
    assert!(
        said.contains("The rehearsal FAILED in 2 of 2 incidents"),
        "{said}"
    );
    Ok(())
}

#[test]
fn a_tool_that_claims_more_than_it_did_fails_the_rehearsal() -> anyhow::Result<()> {
    let script = ending("application_name = 'newsletter' AND state = 'idle'")
        .replace(" LIMIT 8", " LIMIT 7");
    let lie = r#"{"event":"outcome","lane":"login","outcome":"gone"}"#;
    let lie = format!("{script}; echo '{lie}' >>$XDG_STATE_HOME/breakglass/record.jsonl");
    let (verdict, said) = rehearse_with(18, &lie)?;
    assert_eq!(verdict, Verdict::Failed);
    assert!(
        said.contains("the command's record says that 8 sessions are gone; really 7 are"),
        "{said}"
    );
    Ok(())
}

#[test]
fn a_tool_that_ends_innocent_sessions_fails_the_rehearsal() -> anyhow::Result<()> {
    let script = ending("application_name IN ('billing', 'newsletter') ORDER BY application_name");
    let (verdict, said) = rehearse_with(18, &script)?;
    assert_eq!(verdict, Verdict::Failed);
    assert!(said.contains("4 innocent sessions were lost"), "{said}");
    Ok(())
}

/// Starts `breakglass drill --hands-on` and waits until the incident stands. Returns the process and the
/// throwaway server's directory and port.
fn begin_hands_on(incident: &str) -> anyhow::Result<(Child, PathBuf, u16)> {
    let mut drill = Command::new(env!("CARGO_BIN_EXE_breakglass"))
        .args(["drill", "--hands-on", incident, "--bindir"])
        .arg(server_binaries(18).directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = drill.stdout.take().map(BufReader::new);
    let mut directory = None;
    let mut port = 0;
    for line in output.iter_mut().flat_map(BufRead::lines) {
        let line = line?;
        if let Some((_, rest)) = line.split_once("PGPORT=") {
            port = rest.split(' ').next().unwrap_or_default().parse()?;
        }
        if let Some(exports) = line.trim().strip_prefix("export PGHOST=") {
            directory = exports.split(' ').next().map(PathBuf::from);
        }
        if line.starts_with("Enter or Ctrl-C") {
            break;
        }
    }
    let directory = directory.ok_or_else(|| anyhow::anyhow!("no line to paste was printed"))?;
    assert!(directory.join("data/postmaster.pid").exists());
    drill.stdout = output.map(BufReader::into_inner);
    Ok((drill, directory, port))
}

/// Fails unless directory and postmaster go, at once or soon.
fn assert_gone(directory: &Path, postmaster: i32) {
    await_that("the throwaway server is gone", || {
        !directory.exists() && kill(Pid::from_raw(postmaster), None).is_err()
    });
}

fn postmaster(directory: &Path) -> anyhow::Result<i32> {
    let lock = std::fs::read_to_string(directory.join("data/postmaster.pid"))?;
    Ok(lock.lines().next().unwrap_or_default().trim().parse()?)
}

#[test]
fn enter_and_every_signal_that_can_be_caught_end_a_hands_on_rehearsal_in_good_order()
-> anyhow::Result<()> {
    for signal in [
        None,
        Some(Signal::SIGINT),
        Some(Signal::SIGTERM),
        Some(Signal::SIGHUP),
    ] {
        let (mut drill, directory, _) = begin_hands_on("second")?;
        let postmaster = postmaster(&directory)?;
        match signal {
            Some(signal) => kill(Pid::from_raw(drill.id().cast_signed()), signal)?,
            None => drill
                .stdin
                .take()
                .map_or(Ok(()), |mut input| input.write_all(b"\n"))?,
        }
        let output = drill.stdout.take();
        assert!(drill.wait()?.success(), "{signal:?}");
        // Not soon, but by the time the command has ended.
        assert!(!directory.exists(), "{signal:?}");
        assert_gone(&directory, postmaster);
        drop(output);
    }
    Ok(())
}

/// Every process of this program that was started for the rehearsal in `directory` or on `port`.
fn backstage(directory: &Path, port: u16) -> Vec<String> {
    let (directory, port) = (directory.display().to_string(), port.to_string());
    let line = |entry: std::fs::DirEntry| {
        let words = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        let ours = words.contains("breakglass drill-") || words.contains("pgbouncer ");
        (ours && (words.contains(&directory) || words.contains(&format!(" {port} "))))
            .then_some(words)
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(line).collect()
}

#[test]
fn a_rehearsal_that_is_killed_leaves_nothing_behind() -> anyhow::Result<()> {
    for incident in ["second", "workers", "pooler"] {
        let (mut drill, directory, port) = begin_hands_on(incident)?;
        let postmaster = postmaster(&directory)?;
        let wanted = match incident {
            "workers" => "drill-worker",
            "pooler" => "pgbouncer.ini",
            _ => "drill-client",
        };
        let there = backstage(&directory, port);
        assert!(there.iter().any(|line| line.contains(wanted)), "{there:?}");
        drill.kill()?;
        drill.wait()?;
        assert_gone(&directory, postmaster);
        await_that("every process of the rehearsal is gone", || {
            backstage(&directory, port).is_empty()
        });
    }
    Ok(())
}

/// `breakglass WORDS` as the operator would type it in the other terminal.
fn type_at(directory: &Path, port: u16, words: &[&str]) -> anyhow::Result<()> {
    let typed = Command::new(env!("CARGO_BIN_EXE_breakglass"))
        .args(words)
        .env("PGHOST", directory)
        .env("PGPORT", port.to_string())
        .env("PGUSER", "breakglass")
        .env("XDG_STATE_HOME", directory.join("state"))
        .env("XDG_CONFIG_HOME", directory.join("state"))
        .stdin(Stdio::null())
        .output()?;
    assert!(typed.status.success(), "{typed:?}");
    Ok(())
}

#[test]
fn a_fire_drill_says_how_long_it_took_and_what_should_not_have_been_ended() -> anyhow::Result<()> {
    let (mut drill, directory, port) = begin_hands_on("leak")?;
    // A wrong one, then the right ones.
    for app in ["billing", "newsletter"] {
        let words = ["terminate", "--app", app, "--limit", "3", "--yes"];
        type_at(&directory, port, &words)?;
    }
    let output = drill.stdout.take();
    let mut lines = output
        .into_iter()
        .map(BufReader::new)
        .flat_map(BufRead::lines);
    let seen = lines
        .find(|line| matches!(line, Ok(line) if line.starts_with("An ordinary client gets in")));
    assert!(seen.is_some());
    drill.stdin.take();
    let rest = lines.collect::<Result<Vec<_>, _>>()?.join("\n");
    assert!(drill.wait()?.success(), "{rest}");
    for sentence in [
        "ended        3 connections",
        "innocent     3 of 4 lost",
        "breakglass free 3",
    ] {
        assert!(rest.contains(sentence), "{sentence}: {rest}");
    }
    assert_eq!(rest.matches("             billing: ").count(), 2, "{rest}");
    Ok(())
}

#[test]
fn every_scenario_ends_with_clients_admitted_and_nobody_innocent_lost() -> anyhow::Result<()> {
    let play = |major: u32| {
        Command::new(env!("CARGO_BIN_EXE_breakglass"))
            .args(["drill", "all", "--format", "json", "--bindir"])
            .arg(server_binaries(major).directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    };
    let playing = [(14, play(14)?), (18, play(18)?)];
    for (major, drill) in playing {
        let output = drill.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let rows: Vec<_> = answer["incidents"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let lanes: Vec<_> = rows
            .iter()
            .map(|row| (row["scenario"].as_str(), row["lane"].as_str()))
            .collect();
        assert!(
            output.status.success(),
            "PostgreSQL {major}: {answer:#}\n{said}"
        );
        assert_eq!(lanes.len(), 9);
        for (scenario, lane) in [
            ("half-open", "backends"),
            ("workers", "workers"),
            ("pooler", "pgbouncer"),
        ] {
            assert!(lanes.contains(&(Some(scenario), Some(lane))), "{lanes:?}");
        }
        for row in rows {
            assert_eq!(row["not_played"], serde_json::Value::Null, "{row}");
            assert_eq!(row["innocent_sessions_lost"], 0, "{row}");
            assert!(row["innocent_sessions"].as_u64() >= Some(4), "{row}");
            assert!(row["recovery_seconds"].is_number(), "{row}");
            assert!(row["first_slot_seconds"].is_number(), "{row}");
        }
    }
    Ok(())
}

#[test]
fn this_very_program_recovers_both_incidents_on_every_major() -> anyhow::Result<()> {
    // 14 and 18 play them among all the others.
    for major in MAJORS.into_iter().filter(|major| ![14, 18].contains(major)) {
        let output = Command::new(env!("CARGO_BIN_EXE_breakglass"))
            .args(["drill", "--bindir"])
            .arg(server_binaries(major).directory)
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "PostgreSQL {major}: {said}");
        assert!(said.contains("\nfirst     login        "), "{said}");
        assert!(said.contains("\nsecond    replication  "), "{said}");
    }
    Ok(())
}

#[test]
fn in_json_the_answer_is_one_object_and_the_story_is_conversation() -> anyhow::Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_breakglass"))
        .args(["drill", "--format", "json", "--bindir"])
        .arg(server_binaries(18).directory)
        .stdin(Stdio::null())
        .output()?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(answer["format"], "breakglass/drill/1");
    assert_eq!(answer["recovered"], true);
    let lanes: Vec<_> = answer["incidents"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(lanes.len(), 2);
    assert_eq!(lanes[0]["lane"], "login");
    assert_eq!(lanes[1]["lane"], "replication");
    assert_eq!(lanes[1]["innocent_sessions_lost"], 0);
    assert!(String::from_utf8_lossy(&output.stderr).contains("$ breakglass status"));
    Ok(())
}
