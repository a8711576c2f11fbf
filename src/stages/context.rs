//! What every command starts from: the terminal, the environment, the connection flags; and how it gets in.

use std::time::Duration;

use serde_json::json;

use super::database::OpenLane;
use super::lockout;
use super::standing::{self, StandingFences};
use crate::args::{ConnectionArgs, Format, LaneArg};
use crate::decide::advice::{Step, shell_line};
use crate::decide::capacity::{Capacity, SlotClass, own_slot};
use crate::decide::protection::{Include, Policy};
use crate::decide::runbook::Runbook;
use crate::decide::snapshot::Server;
use crate::error::Failure;
use crate::exit_code::ExitCode;
use crate::lanes::LaneKind;

use crate::lanes::{Counted, LaneChoice, Lockout, OpenRequest, Opened, RetryProgress, open};

use crate::connect::{
    ConnectionFlags, Environment, Protected, Secret, Target, resolve, resolve_in_name,
};
use crate::record::{self, Operator};
use crate::report::advice::Advice;
use crate::report::json::fence::with_fences;
use crate::report::page::Page;
use crate::report::{Extent, Glyphs, LaneView, Screen, sanitize};
use crate::terminal::Terminal;
use crate::terminal::waiting::Waiting;

/// How long one attempt to connect may take when nobody says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one look or one signal may take.
const LOOK_LIMIT: Duration = Duration::from_secs(10);
/// How long finding a way in may take in all.
const TOTAL: Duration = Duration::from_secs(10);

/// Everything a command gets.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where to print and ask.
    pub terminal: Terminal,
    /// Variables, user, home.
    pub environment: Environment,
    /// Where to connect.
    pub connection: ConnectionArgs,
    /// Form of the answer.
    pub format: Format,
    /// The fences that are known to stand on this server.
    pub standing: StandingFences,
}

/// A way in, open.
pub struct Way {
    /// The target it leads to.
    pub target: Target,
    /// The lane.
    pub database: OpenLane,
    /// What was refused before.
    pub refusals: Vec<Counted>,
}

impl Context {
    /// [`Context::open_in_silence`], and says which fences of ours stand there, whether a lane opened or not.
    pub fn open(&self) -> Result<Way, Failure> {
        let mut opened = self.open_in_silence();
        standing::remind(self, opened.as_mut().ok());
        opened.map_err(|failure| self.with_standing(failure))
    }

    /// The failure, its document with the fences that stand there.
    pub fn with_standing(&self, mut failure: Failure) -> Failure {
        if let Some(document) = failure.json.take() {
            let standing = self.standing.get();
            let whole = serde_json::to_value(with_fences(&document, &standing));
            failure.json = Some(whole.unwrap_or(document));
        }
        failure
    }

    /// Finds the target and opens a lane to it. A password is asked for on a terminal, once, when the server wants one
    /// and nothing holds it.
    pub fn open_in_silence(&self) -> Result<Way, Failure> {
        self.way_in()?.map_err(|lockout| self.locked_out(&lockout))
    }

    /// The same for who can go on without a lane: what was refused comes back as it is.
    pub fn way_in(&self) -> Result<Result<Way, Lockout>, Failure> {
        let mut target = self.target()?;
        for warning in &target.warnings {
            self.terminal.say(&format!(
                "breakglass: warning: {}\n",
                sanitize::one_line(warning)
            ));
        }
        let opened = match self.attempt(&target) {
            Err(lockout) if lockout.password_needed && self.terminal.can_ask() => {
                let question = format!("Password for role {}", sanitize::one_line(&target.user));
                let Some(password) = self.terminal.ask_password(&question) else {
                    return Ok(Err(lockout));
                };
                target.password = Some(Secret::new(password));
                self.attempt(&target)
            }
            other => other,
        };
        Ok(opened.map(|opened| Way {
            target,
            database: OpenLane::new(opened.lane, LOOK_LIMIT),
            refusals: opened.refusals,
        }))
    }

    /// Opens a lane for a look that nobody watches: nothing is asked, and what was refused comes back with the failure.
    pub fn open_for_sample(&self, target: Target) -> Result<Way, (Failure, Vec<Counted>)> {
        let opened = self
            .attempt(&target)
            .map_err(|lockout| (self.locked_out(&lockout), lockout.refusals))?;
        Ok(Way {
            target,
            database: OpenLane::new(opened.lane, LOOK_LIMIT),
            refusals: opened.refusals,
        })
    }

    /// Opens a lane if one opens at once: one attempt, nothing asked, nothing said.
    pub fn open_at_once(&self, lane: LaneArg, limit: Duration) -> Option<Way> {
        let mut context = self.clone();
        context.connection.lane = lane;
        context.connection.retry_for = Duration::ZERO;
        context.connection.connect_timeout = Some(limit);
        let target = context.target().ok()?;
        let opened = context.attempt(&target).ok()?;
        Some(Way {
            target,
            database: OpenLane::new(opened.lane, limit),
            refusals: opened.refusals,
        })
    }

    /// The target that the flags, the environment and the configuration name; nothing is connected.
    pub fn target(&self) -> Result<Target, Failure> {
        resolve(&self.flags(), &self.environment)
            .map_err(|error| Failure::new(ExitCode::Usage, error))
    }

    /// The same for who logs in nowhere: no `password_command` is run.
    pub fn target_in_name(&self) -> Result<Target, Failure> {
        resolve_in_name(&self.flags(), &self.environment)
            .map_err(|error| Failure::new(ExitCode::Usage, error))
    }

    fn flags(&self) -> ConnectionFlags {
        let typed = &self.connection;
        ConnectionFlags {
            host: typed.host.clone(),
            port: typed.port.clone(),
            username: typed.username.clone(),
            dbname: typed.dbname.clone(),
            service: typed.service.clone(),
            target: typed.target.clone(),
        }
    }

    fn lane_choice(&self) -> LaneChoice {
        match self.connection.lane {
            LaneArg::Auto => LaneChoice::Auto,
            LaneArg::Login => LaneChoice::Login,
            LaneArg::Replication => LaneChoice::Replication,
        }
    }

    /// What was typed goes before the target's own connect_timeout, and that before our default.
    fn connect_timeout(&self, target: &Target) -> Duration {
        let typed = self.connection.connect_timeout;
        typed.or(target.connect_timeout).unwrap_or(CONNECT_TIMEOUT)
    }

    /// Opens a lane with one attempt each, all within `limit`; nothing is asked or said.
    pub fn open_once(&self, target: Target, limit: Duration) -> Result<Way, Lockout> {
        let mut on_wait = |_: &RetryProgress<'_>| {};
        let mut request = OpenRequest::new(self.lane_choice(), &mut on_wait);
        request.connect_timeout = self.connect_timeout(&target);
        request.retry_for = Duration::ZERO;
        request.total = limit;
        let opened = open(&target, request)?;
        Ok(Way {
            target,
            database: OpenLane::new(opened.lane, limit),
            refusals: opened.refusals,
        })
    }

    /// Tells that an answer of `target` is awaited, for at most `limit` in all.
    pub fn waiting_for(&self, target: &Target, limit: Duration) -> Waiting {
        let labels: Vec<String> = target.endpoints.iter().map(|it| it.label()).collect();
        let what = format!("waiting for {}", sanitize::one_line(&labels.join(", ")));
        Waiting::begin(self.terminal, what, limit)
    }

    fn attempt(&self, target: &Target) -> Result<Opened, Lockout> {
        let choice = self.lane_choice();
        let timeout = self.connect_timeout(target);
        let endpoints = u32::try_from(target.endpoints.len()).unwrap_or(u32::MAX);
        let mut waiting = Some(self.waiting_for(target, timeout.saturating_mul(endpoints)));
        let mut waited = false;
        let mut on_wait = |progress: &RetryProgress<'_>| {
            waiting = None;
            waited = true;
            let seconds = progress.remaining.as_secs_f64().ceil();
            self.terminal.progress(&format!(
                "every slot is taken; trying both lanes, attempt {}, {seconds:.0} s left",
                progress.attempts
            ));
        };
        let mut request = OpenRequest::new(choice, &mut on_wait);
        request.connect_timeout = timeout;
        request.retry_for = self.connection.retry_for;
        request.total = TOTAL.max(request.retry_for);
        let opened = open(target, request);
        drop(waiting);
        if waited {
            self.terminal.progress("");
        }
        opened
    }

    /// Tries the database lanes once more, within `limit`; asks nothing. The lane that opened and its endpoint, or
    /// a sentence about why none did.
    pub fn try_lanes(&self, limit: Duration) -> Result<(&'static str, String), String> {
        let target = self
            .target()
            .map_err(|failure| format!("{:#}", failure.error))?;
        let mut on_wait = |_: &RetryProgress<'_>| {};
        let mut request = OpenRequest::new(LaneChoice::Auto, &mut on_wait);
        request.connect_timeout = limit;
        request.retry_for = Duration::ZERO;
        request.total = limit;
        let opened = open(&target, request).map_err(|lockout| {
            let refusals: Vec<String> = lockout.refusals.iter().map(lockout::summary).collect();
            let refusals = refusals.join("; ");
            if lockout.is_full() {
                format!("no slot is free for us yet: {refusals}")
            } else {
                format!("the database lanes are not open to these connection settings: {refusals}")
            }
        })?;
        let lane = opened.lane;
        Ok((lane.kind().name(), lane.greeting().endpoint.clone()))
    }

    /// Who is typing this, where.
    pub fn operator(&self) -> Operator {
        let variable = |name: &str| self.environment.variables.get(name).cloned();
        let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned());
        Operator {
            user: self
                .environment
                .user
                .clone()
                .unwrap_or_else(|| nix::unistd::geteuid().to_string()),
            sudo_user: variable("SUDO_USER"),
            ssh_connection: variable("SSH_CONNECTION"),
            host: host.unwrap_or_default(),
            command_line: record::starred(
                std::env::args_os().map(|word| word.to_string_lossy().into_owned()),
            ),
        }
    }

    /// The report of a lockout: what each lane answered, what that proves, what to type next. Exit 3.
    fn locked_out(&self, lockout: &Lockout) -> Failure {
        let mut failure = Failure::say(ExitCode::NoLane, lockout::headline(lockout));
        for counted in &lockout.refusals {
            for sentence in lockout::sentences(counted) {
                failure = failure.hint(sentence);
            }
        }
        for line in lockout.next() {
            failure = failure.hint(format!("next: {line}"));
        }
        let runbook = lockout::runbook(lockout);
        if let Some(runbook) = runbook {
            failure = failure.hint(format!("runbook: {}", self.read_up(runbook)));
        }
        failure.json = Some(json!({
            "format": "breakglass/lockout/1",
            "exit_code": ExitCode::NoLane.number(),
            "lockout": lockout,
            "runbook": runbook.map(|page| page.name()),
        }));
        failure
    }

    /// The same, with the terminal measured again.
    pub fn resized(&self) -> Self {
        let variable = |name: &str| self.environment.variables.get(name).cloned();
        Self {
            terminal: self.terminal.measured_again(variable),
            ..self.clone()
        }
    }

    /// How the answer is drawn.
    pub fn screen(&self, extent: Extent) -> Screen {
        Screen {
            width: self.terminal.width(),
            palette: self.terminal.palette(),
            extent,
            glyphs: if self.terminal.plain() {
                Glyphs::Plain
            } else if self.terminal.unicode() {
                Glyphs::Unicode
            } else {
                Glyphs::Ascii
            },
        }
    }

    /// How the conversation on stderr is drawn.
    pub fn talk_screen(&self, extent: Extent) -> Screen {
        Screen {
            width: self.terminal.talk_width(),
            palette: self.terminal.talk_palette(),
            ..self.screen(extent)
        }
    }

    /// A JSON answer about this server, with the fences that stand on it.
    pub fn json_text(&self, document: &impl serde::Serialize) -> Result<String, Failure> {
        super::json_text(&with_fences(document, &self.standing.get()))
    }

    /// Prints the answer.
    pub fn answer(&self, text: &str) -> Result<(), Failure> {
        self.terminal.answer(text).map_err(|error| {
            Failure::new(
                ExitCode::Nothing,
                anyhow::Error::new(error).context("cannot print"),
            )
        })
    }

    /// Prints an answer that may be longer than the screen: through a pager there.
    pub fn page(&self, text: &str) -> Result<(), Failure> {
        let variable = |name: &str| self.environment.variables.get(name).cloned();
        self.terminal.page(text, variable).map_err(|error| {
            Failure::new(
                ExitCode::Nothing,
                anyhow::Error::new(error).context("cannot print"),
            )
        })
    }

    /// What to type to read a page, filled in for the server that is meant here.
    pub fn read_up(&self, runbook: Runbook) -> String {
        self.line(&Step {
            words: vec!["runbook".to_owned(), runbook.name().to_owned()],
            why: String::new(),
        })
    }

    /// Points a person to a page, below an answer.
    pub fn point_to(&self, runbook: Runbook) {
        if self.format == Format::Table && self.terminal.talks_to_person() {
            let mut page = Page::new(self.terminal.talk_width(), self.terminal.talk_palette());
            page.command("runbook", &self.read_up(runbook));
            self.terminal.say(&page.finish());
        }
    }

    /// A step as a line that works as pasted: with the connection flags of this run.
    pub fn line(&self, step: &Step) -> String {
        let mut words = vec!["breakglass".to_owned()];
        words.extend(step.words.iter().take(1).cloned());
        words.extend(self.connection.typed_again());
        words.extend(step.words.iter().skip(1).cloned());
        shell_line(&words)
    }

    /// Steps as the status screen shows them.
    pub fn advice(&self, steps: &[Step]) -> Vec<Advice> {
        steps
            .iter()
            .map(|step| Advice {
                command: self.line(step),
                why: step.why.clone(),
            })
            .collect()
    }
}

/// What is spared: what the configuration protects, and the kinds that were not included.
pub fn policy(protected: &Protected, include: &[Include]) -> Policy {
    Policy {
        include: include.to_vec(),
        users: protected.users.clone(),
        applications: protected.applications.clone(),
        databases: protected.databases.clone(),
    }
}

impl Way {
    /// What is spared: the configuration's list, and the kinds that were not included.
    pub fn policy(&self, include: &[Include]) -> Policy {
        policy(&self.target.protected, include)
    }

    /// The lane as the screens show it.
    pub fn view(&self, capacity: &Capacity, server: &Server) -> LaneView {
        let lane = self.database.lane();
        let greeting = lane.greeting();
        LaneView {
            endpoint: greeting.endpoint.clone(),
            encrypted: greeting.encrypted,
            refused_before: self.refusals.iter().map(lockout::summary).collect(),
            ..view(lane.kind(), capacity, server)
        }
    }
}

/// A lane of this kind and the slot it stands on; where it leads to is for the caller to say.
pub fn view(kind: LaneKind, capacity: &Capacity, server: &Server) -> LaneView {
    let (slot, slot_how) = match kind {
        LaneKind::Replication => (
            SlotClass::Walsender,
            "the server counts it among max_wal_senders".to_owned(),
        ),
        LaneKind::Pgbouncer => (SlotClass::NoLogin, "a pooler's console".to_owned()),
        LaneKind::Login => own_slot(capacity, server.role_superuser, server.role_reserved),
    };
    LaneView {
        name: kind.name().to_owned(),
        slot,
        slot_how,
        endpoint: String::new(),
        encrypted: false,
        refused_before: Vec::new(),
    }
}
