//! The runbooks: what each page must have, and every command on it, run in the page's order against the incident that
//! the page names, on a server that is really full.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Cli, MAJORS, Pty, server_binaries};
use breakglass::decide::runbook::Runbook;
use breakglass::report::runbook::{source, symptom};

/// What every page has, in this order.
const HEADINGS: [&str; 8] = [
    "Meaning",
    "Impact",
    "First minute",
    "Diagnosis",
    "Mitigation",
    "Verification",
    "Afterwards",
    "Escalation",
];

/// A page stands in 80 columns, and a command on it is indented by four.
const WIDTH: usize = 80;
const COMMAND_WIDTH: usize = WIDTH - 4;
/// What is left for the symptom beside the longest name in the list.
const SYMPTOM_WIDTH: usize = 52;

/// How long one command may take here, on a machine that does other things, too.
const LIMIT: Duration = Duration::from_secs(120);

/// A block of commands, and what the page says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    line: usize,
    /// The commands, each in one line.
    commands: Vec<String>,
    /// What follows `sh` on the fence.
    marks: Vec<String>,
    /// The paragraph that says what to expect; empty where there is none.
    expect: String,
}

impl Block {
    fn is(&self, mark: &str) -> bool {
        self.marks.iter().any(|found| found == mark)
    }

    /// `Expect exit 0, 1 or 3: …`
    fn codes(&self) -> Vec<i32> {
        let codes = self.expect.strip_prefix("Expect exit ");
        let codes = codes.and_then(|rest| rest.split_once(':'));
        let (codes, _) = codes.unwrap_or_default();
        codes
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect()
    }

    /// The words in backquotes of the first sentence: they must be seen.
    fn words(&self) -> Vec<String> {
        let (_, rest) = self.expect.split_once(": ").unwrap_or_default();
        let end = [". ", "; ", ": "]
            .iter()
            .filter_map(|it| rest.find(it))
            .min();
        let sentence = &rest[..end.unwrap_or(rest.len())];
        sentence
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    }

    /// Whether the page says that there may be nothing to see with this code: `1 when nobody waits`.
    fn explains(&self, code: i32) -> bool {
        let (_, rest) = self.expect.split_once(": ").unwrap_or_default();
        rest.contains(&format!("{code} when")) || rest.contains(&format!("{code}: "))
    }
}

fn blocks(page: &str) -> Vec<Block> {
    let lines: Vec<&str> = page.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(marks) = lines[at].strip_prefix("```sh") else {
            at += 1;
            // Another kind of block is no command.
            if lines[at - 1].starts_with("```") {
                at += lines[at..].iter().position(|line| *line == "```").unwrap() + 1;
            }
            continue;
        };
        let line = at + 1;
        let end = at
            + 1
            + lines[at + 1..]
                .iter()
                .position(|line| *line == "```")
                .unwrap();
        let whole = lines[at + 1..end].join("\n").replace("\\\n", "");
        let expect: Vec<&str> = lines[end + 1..]
            .iter()
            .copied()
            .skip_while(|line| line.is_empty())
            .take_while(|line| !line.is_empty())
            .collect();
        let expect = expect.join(" ");
        found.push(Block {
            line,
            commands: whole.lines().map(str::to_owned).collect(),
            marks: marks.split_whitespace().map(str::to_owned).collect(),
            expect: if expect.starts_with("Expect ") {
                expect
            } else {
                String::new()
            },
        });
        at = end + 1;
    }
    found
}

/// The incident that the page is tested against.
fn scenario(page: &str) -> String {
    let line = page.lines().find(|line| line.starts_with("Rehearse it:"));
    let (_, rest) = line
        .and_then(|line| line.split_once("--hands-on "))
        .expect("the page names its incident");
    rest.trim_end_matches('`').to_owned()
}

#[test]
fn every_page_has_the_same_headings_fits_80_columns_and_says_what_to_expect() {
    let mut broken = Vec::new();
    for &runbook in Runbook::ALL {
        let (name, page) = (runbook.name(), source(runbook));
        let mut complain = |what: String| broken.push(format!("{name}: {what}"));
        let headings: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        if headings != HEADINGS {
            complain(format!("headings are {headings:?}"));
        }
        for line in page.lines().filter(|line| line.chars().count() > WIDTH) {
            complain(format!("too wide: {line}"));
        }
        if symptom(runbook).chars().count() > SYMPTOM_WIDTH {
            complain(format!("the symptom is too long: {}", symptom(runbook)));
        }
        for block in page.split("```sh").skip(1) {
            let (block, _) = block.split_once("```").unwrap();
            for line in block
                .lines()
                .filter(|line| line.chars().count() > COMMAND_WIDTH)
            {
                complain(format!("too wide for a command: {line}"));
            }
        }
        let scenario = scenario(page);
        if !breakglass::drill::Incident::ALL
            .iter()
            .any(|it| it.name() == scenario)
        {
            complain(format!("there is no incident {scenario}"));
        }
        let blocks = blocks(page);
        if blocks.len() < 3 {
            complain("hardly any command".to_owned());
        }
        for block in blocks {
            if block.expect.is_empty() || (!block.is("cloud") && block.codes().is_empty()) {
                complain(format!("line {}: what is to be expected?", block.line));
            }
            if block
                .commands
                .iter()
                .any(|line| !line.contains("breakglass "))
                && !block.is("cloud")
            {
                complain(format!("line {}: not a command of ours", block.line));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_pages_in_the_program_are_the_files_of_the_directory() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let mut files: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .collect();
    files.sort();
    let mut names: Vec<&str> = Runbook::ALL.iter().map(|one| one.name()).collect();
    names.sort_unstable();
    assert_eq!(files, names);
}

/// What stands in backquotes and begins with our name.
fn quoted_commands(page: &str) -> Vec<String> {
    let outside: Vec<&str> = page.split("```").step_by(2).collect();
    let text = outside.join("\n").replace('\n', " ");
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| quoted.starts_with("breakglass "))
        .map(|quoted| quoted.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn every_command_in_the_text_parses_and_every_page_it_names_is_there() {
    let mut broken = Vec::new();
    for &runbook in Runbook::ALL {
        let page = source(runbook);
        let typed = blocks(page).into_iter().flat_map(|block| block.commands);
        let typed =
            typed.filter_map(|line| line.find("breakglass ").map(|at| line[at..].to_owned()));
        for command in quoted_commands(page).into_iter().chain(typed) {
            let words: Vec<&str> = command.split_whitespace().collect();
            if let Err(error) = breakglass::cli::command().try_get_matches_from(&words)
                && error.use_stderr()
            {
                broken.push(format!("{}: {command}\n{error}", runbook.name()));
            }
            if let Some(named) = command.strip_prefix("breakglass runbook ")
                && named.parse::<Runbook>().is_err()
            {
                broken.push(format!("{}: there is no page {named}", runbook.name()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// An incident that stands, and the shell of whoever is on call.
struct Night {
    drill: Child,
    environment: Vec<(String, String)>,
    home: tempfile::TempDir,
    bindir: PathBuf,
}

impl Night {
    fn begin(scenario: &str, major: u32) -> Self {
        let home = tempfile::tempdir().unwrap();
        let bindir = server_binaries(major).directory;
        let mut drill = Command::new(env!("CARGO_BIN_EXE_breakglass"))
            .args(["drill", "--hands-on", scenario, "--bindir"])
            .arg(&bindir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut environment = Vec::new();
        let mut output = BufReader::new(drill.stdout.take().unwrap());
        let mut told = String::new();
        loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "{told}");
            told.push_str(&line);
            if let Some(exports) = line.trim().strip_prefix("export ") {
                environment = exports
                    .split(' ')
                    .filter_map(|pair| pair.split_once('='))
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
            }
            if line.starts_with("Enter or Ctrl-C") {
                break;
            }
        }
        // What it says at the end must not fill the pipe.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        let night = Self {
            drill,
            environment,
            home,
            bindir,
        };
        night.name_the_target();
        night
    }

    fn variable(&self, name: &str) -> &str {
        let found = self.environment.iter().find(|(known, _)| known == name);
        &found.expect("the drill says so").1
    }

    /// `-t prod`, as in the pages, with the pooler where the drill has it.
    fn name_the_target(&self) {
        let host = self.variable("PGHOST");
        let text = format!(
            "\n[target.prod]\ndsn = \"host={host} port={} user=breakglass dbname=postgres\"\n\
             pgbouncer = \"{host}/pooler\"\n",
            self.variable("PGPORT")
        );
        let file = Path::new(self.variable("XDG_CONFIG_HOME")).join("breakglass/config.toml");
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.append(true).open(file).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Types one line into a shell; the exit code and all that was answered.
    fn type_in(&self, line: &str) -> (i32, String) {
        let own = Path::new(env!("CARGO_BIN_EXE_breakglass"))
            .parent()
            .unwrap();
        let path = format!(
            "{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            own.display()
        );
        let mut child = Command::new("sh")
            .args(["-c", line])
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("TERM", "xterm")
            .env("COLUMNS", "80")
            .env("BREAKGLASS_PG_BINDIR", &self.bindir)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let drain = |stream: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                stream.unwrap().read_to_end(&mut text).unwrap();
                String::from_utf8_lossy(&text).into_owned()
            })
        };
        let out = drain(
            child
                .stdout
                .take()
                .map(|it| Box::new(it) as Box<dyn Read + Send>),
        );
        let err = drain(
            child
                .stderr
                .take()
                .map(|it| Box::new(it) as Box<dyn Read + Send>),
        );
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                child.kill().unwrap();
                panic!("`{line}` does not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let said = format!("{}{}", out.join().unwrap(), err.join().unwrap());
        (status.code().unwrap_or(-1), said)
    }
}

impl Drop for Night {
    fn drop(&mut self) {
        // Enter ends the rehearsal, and it removes its server.
        drop(self.drill.stdin.take());
        let _ = self.drill.wait();
    }
}

/// Runs every command of the page in its order, and compares with what the page says. Returns what differed.
fn differences(page: &str, major: u32) -> Vec<String> {
    let night = Night::begin(&scenario(page), major);
    let mut broken = Vec::new();
    for block in blocks(page).into_iter().filter(|block| !block.is("cloud")) {
        let mut answer = String::new();
        let mut explained = false;
        for command in &block.commands {
            // The question is answered in advance; everything else is as it would be pasted.
            let yes = if block.is("asks") {
                " --yes --reason runbook"
            } else {
                ""
            };
            let (code, said) = night.type_in(&format!("{command}{yes}"));
            if !block.codes().contains(&code) {
                broken.push(format!(
                    "line {}: `{command}` ended with {code}:\n{said}",
                    block.line
                ));
            }
            explained |= block.explains(code);
            answer.push_str(&said);
        }
        for word in block.words() {
            if !answer.contains(&word) && !explained {
                broken.push(format!(
                    "line {}: {word:?} is not in:\n{answer}",
                    block.line
                ));
            }
        }
    }
    broken
}

fn walk_through(runbook: Runbook, major: u32) {
    let broken = differences(source(runbook), major);
    assert!(
        broken.is_empty(),
        "{} on PostgreSQL {major}:\n{}",
        runbook.name(),
        broken.join("\n")
    );
}

#[test]
fn a_page_that_says_what_is_not_so_is_found_out() {
    let page = "```sh\nbreakglass status\n```\n\nExpect exit 0: `FULL`.\n\n\
                ```sh\nbreakglass status\n```\n\nExpect exit 0: `never seen`.\n\n\
                ```sh\nbreakglass probe -U app\n```\n\nExpect exit 0: one line.\n\n\
                Rehearse it: `breakglass drill --hands-on first`\n";
    let found = differences(page, 18);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("line 7: \"never seen\" is not in:\nFULL"),
        "{}",
        found[0]
    );
    assert!(
        found[1].contains("`breakglass probe -U app` ended with 1"),
        "{}",
        found[1]
    );
}

/// A test for each page, and the majors in turn.
macro_rules! walks {
    ($($test:ident: $runbook:ident on $major:expr;)*) => {
        $(
            #[test]
            fn $test() {
                walk_through(Runbook::$runbook, $major);
            }
        )*

        #[test]
        fn every_page_is_walked_through() {
            let walked = [$(Runbook::$runbook),*];
            assert!(Runbook::ALL.iter().all(|one| walked.contains(one)));
            let majors = [$($major),*];
            assert!(MAJORS.iter().all(|major| majors.contains(major)));
        }
    };
}

walks! {
    connections_exhausted_does_what_it_says: ConnectionsExhausted on 18;
    nobody_gets_in_does_what_it_says: NobodyGetsIn on 17;
    connection_storm_does_what_it_says: ConnectionStorm on 16;
    idle_in_transaction_does_what_it_says: IdleInTransaction on 15;
    lock_queue_does_what_it_says: LockQueue on 14;
    pooler_saturated_does_what_it_says: PoolerSaturated on 13;
    half_open_logins_does_what_it_says: HalfOpenLogins on 17;
    recycling_workers_does_what_it_says: RecyclingWorkers on 18;
    managed_services_does_what_it_says: ManagedServices on 16;
    alerting_and_health_checks_does_what_it_says: AlertingAndHealthChecks on 18;
    headroom_review_does_what_it_says: HeadroomReview on 17;
    game_day_does_what_it_says: GameDay on 18;
}

#[test]
fn a_block_is_read_with_its_marks_its_commands_and_what_to_expect() {
    let page = "```sh asks\nbreakglass a \\\n  b\n```\n\nExpect exit 0, 1 or 3: `ONE`; then\n`two`, 1 when none.\n";
    let found = blocks(page);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].commands, ["breakglass a   b"]);
    assert!(found[0].is("asks"));
    assert_eq!(found[0].codes(), [0, 1, 3]);
    assert_eq!(found[0].words(), ["ONE"]);
    assert!(found[0].explains(1) && !found[0].explains(0));
}

#[test]
fn the_list_names_every_page_with_its_symptom_in_80_columns() {
    let said = Cli::new().run(&["runbook"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for &runbook in Runbook::ALL {
        let line = said
            .out
            .lines()
            .find(|line| line.starts_with(runbook.name()));
        let line = line.unwrap_or_else(|| panic!("{}", said.out));
        assert!(line.ends_with(symptom(runbook)), "{line}");
    }
    assert!(
        said.out.lines().all(|line| line.chars().count() <= WIDTH),
        "{}",
        said.out
    );
}

#[test]
fn a_page_in_a_pipe_is_plain_and_fits_80_columns() {
    let cli = Cli::new();
    for &runbook in Runbook::ALL {
        let said = cli.run(&["runbook", runbook.name()]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        assert!(!said.out.contains('\x1b') && !said.out.contains("```"));
        for heading in HEADINGS {
            assert!(said.out.contains(&format!("\n{heading}\n")), "{}", said.out);
        }
        for line in said.out.lines() {
            assert!(line.chars().count() <= WIDTH, "{}: {line}", runbook.name());
        }
    }
    let said = cli.run(&["runbook", "lock-queue", "--format", "markdown"]);
    assert_eq!(said.out, source(Runbook::LockQueue));
}

#[test]
fn a_target_is_filled_in_without_its_password_command_and_without_a_connection() {
    let cli = Cli::new();
    let witness = cli.path("asked");
    cli.file(
        ".config/breakglass/config.toml",
        &format!(
            "[target.prod]\ndsn = \"postgresql://oncall@db.invalid:6000/shop\"\npassword_command = \"touch {}\"\n",
            witness.display()
        ),
        0o600,
    );
    let said = cli.run(&["runbook", "-t", "prod", "managed-services"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(
        said.out.starts_with(
            "The commands are filled in for db.invalid:6000, role oncall, database shop.\n"
        ),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("\n    breakglass status -t prod\n"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("host=db.invalid port=6000 user=oncall dbname=shop")
    );
    assert!(!witness.exists(), "the password command was run");
    let said = cli.run(&["runbook", "-t", "prod", "lock-queue", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["format"], "breakglass/runbook/1");
    let first = &json["sections"][2];
    assert_eq!(first["heading"], "First minute");
    assert_eq!(first["commands"][0], "breakglass status -t prod");
    let said = cli.run(&["runbook", "-t", "nowhere", "lock-queue"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
}

#[test]
fn a_name_that_is_none_is_wrong_use_and_the_nearest_is_suggested() {
    let said = Cli::new().run(&["runbook", "lock-queues"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(
        said.err.ends_with("did you mean 'lock-queue'?\n"),
        "{}",
        said.err
    );
}

#[test]
fn a_search_shows_page_heading_and_line_and_says_when_there_is_none() {
    let cli = Cli::new();
    let said = cli.run(&["runbook", "--search", "celery"]);
    assert_eq!(said.code, Some(0));
    let line = said
        .out
        .lines()
        .find(|line| line.starts_with("recycling-workers"));
    assert!(
        line.is_some_and(|line| line.contains("Diagnosis")),
        "{}",
        said.out
    );
    let said = cli.run(&["runbook", "--search", "celery", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["found"][0]["runbook"], "recycling-workers");
    let said = cli.run(&["runbook", "--search", "no such\x1bword"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(
        said.err.contains("no runbook has") && !said.err.contains('\x1b'),
        "{}",
        said.err
    );
}

/// A pager that says what it was given.
fn pager(cli: &Cli) -> String {
    let path = cli.path("pager");
    cli.file("pager", "#!/bin/sh\necho paged: $(wc -l)\n", 0o700);
    assert!(path.metadata().unwrap().permissions().mode() & 0o100 > 0);
    path.display().to_string()
}

#[test]
fn on_a_terminal_a_long_page_goes_through_the_pager_and_a_short_one_does_not() {
    let cli = Cli::new();
    let shown = |cli: &Cli, args: &[&str]| {
        let mut person = Pty::start(cli.command(args));
        assert_eq!(person.end(), 0);
        person.screen()
    };
    let cli = {
        let pager = pager(&cli);
        cli.with("PAGER", pager)
    };
    let screen = shown(&cli, &["runbook", "lock-queue"]);
    assert!(
        screen.starts_with("paged: ") && screen.lines().count() == 1,
        "{screen}"
    );
    // The list is short, and the terminal has 40 lines.
    assert!(shown(&cli, &["runbook"]).contains("connections-exhausted"));
    // Where there is no such program, and on a terminal that cannot do anything, the page is shown as it is.
    let cli = cli.with("BREAKGLASS_PAGER", "/nowhere/less");
    assert!(shown(&cli, &["runbook", "lock-queue"]).contains("Escalation"));
    let cli = cli.with("BREAKGLASS_PAGER", "cat");
    assert!(shown(&cli, &["runbook", "lock-queue"]).contains("Escalation"));
}

#[test]
fn ctrl_c_is_the_pagers_and_the_page_ends_when_the_pager_does() {
    let cli = Cli::new();
    let script = "#!/bin/sh\ntrap 'echo interrupted' INT\nwc -l >/dev/null\necho ready\n\
                  until read -r key </dev/tty && [ \"$key\" = q ]; do :; done\necho left\n";
    cli.file("pager", script, 0o700);
    let pager = cli.path("pager");
    let cli = cli.with("PAGER", format!("exec {}", pager.display()));
    let mut person = Pty::start(cli.command(&["runbook", "lock-queue"]));
    person.await_text("ready");
    person.press("\x03");
    person.await_text("interrupted");
    person.press("q\r");
    person.await_text("left");
    assert_eq!(person.end(), 0);
}

#[test]
fn a_page_filled_in_has_only_commands_that_parse_and_lead_there() {
    let cli = Cli::new();
    cli.file(".pg_service.conf", "[prod]\nhost=db1\n", 0o600);
    for flags in [
        ["-h", "db1", "-p", "6000", "-d", "shop"].as_slice(),
        &["--service", "prod"],
    ] {
        for &runbook in Runbook::ALL {
            let mut args = vec!["runbook", runbook.name(), "--format", "markdown"];
            args.extend(flags);
            let said = cli.run(&args);
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
            let filled = blocks(&said.out);
            for block in filled.iter().filter(|block| !block.is("cloud")) {
                for command in &block.commands {
                    let words: Vec<&str> = command.split_whitespace().collect();
                    let parsed = breakglass::cli::command().try_get_matches_from(&words);
                    assert!(parsed.is_ok(), "{command}");
                    let elsewhere = ["drill", "history", "headroom"].contains(&words[1]);
                    let led = flags.iter().all(|word| words.contains(word));
                    assert!(elsewhere || led, "{command}");
                }
            }
        }
    }
}
