//! Whether the way in is sure: the ways that were tried, and what was found, the worst first.
//!
//! Stage: report.

use serde_json::{Value, json};

use crate::decide::doctor::{Finding, Weight, is_sure};
use crate::decide::survey::Survey;

use super::page::Page;
use super::palette::Tone;
use super::{Screen, sanitize, survey};

/// Columns for the weight's name, the gap included.
const LABEL: usize = 10;

/// What is reported.
#[derive(Debug, Clone, Copy)]
pub struct DoctorView<'a> {
    /// The ways in, tried.
    pub survey: &'a Survey,
    /// The role that was reviewed.
    pub role: &'a str,
    /// The slot the login stood on and how that is known, where it opened.
    pub slot: Option<&'a str>,
    /// The server's version, where a lane opened.
    pub version: Option<&'a str>,
    /// What was found.
    pub findings: &'a [Finding],
    /// The exit code.
    pub exit_code: u8,
}

fn headline(view: &DoctorView<'_>) -> String {
    let count = |weight| {
        view.findings
            .iter()
            .filter(|it| it.weight == weight)
            .count()
    };
    let (missing, risks) = (count(Weight::Missing), count(Weight::Risk));
    let risks = match risks {
        1 => "1 risk".to_owned(),
        risks => format!("{risks} risks"),
    };
    let role = sanitize::line(view.role);
    match missing {
        0 => format!("SURE: {role} gets in, also when every slot is taken; {risks}"),
        1 => format!("NOT SURE: 1 thing is missing for {role}; {risks}"),
        missing => format!("NOT SURE: {missing} things are missing for {role}; {risks}"),
    }
}

/// The screen.
pub fn screen(view: &DoctorView<'_>, screen: Screen) -> String {
    let sure = is_sure(view.findings);
    let mut page = Page::new(screen.width, screen.palette).with_labels(LABEL);
    page.heading(if sure { Tone::Good } else { Tone::Alarm }, &headline(view));
    page.gap();
    page.lines(&survey::survey(view.survey, screen));
    if let Some(slot) = view.slot {
        page.lines(&survey::beside("slot", &sanitize::one_line(slot), screen));
    }
    page.gap();
    for finding in view.findings {
        let tone = match finding.weight {
            Weight::Missing => Tone::Alarm,
            Weight::Risk => Tone::Warn,
            Weight::Note => Tone::Plain,
        };
        let what = format!("{}: {}", finding.about, sanitize::one_line(&finding.what));
        page.entry(finding.weight.name(), tone, &what);
        page.entry("", Tone::Dim, finding.why);
        if !finding.fix.is_empty() {
            let fix = sanitize::one_line(&finding.fix);
            page.entry("  fix", Tone::Strong, &fix);
            if finding.takes != crate::decide::doctor::Takes::Nothing {
                page.entry("", Tone::Dim, &format!("takes a {}", finding.takes.name()));
            }
        }
    }
    page.finish()
}

/// For a ticket: the ways in, then a table.
pub fn markdown(view: &DoctorView<'_>) -> String {
    let cell = |text: &str| {
        sanitize::one_line(text)
            .replace('\\', "\\\\")
            .replace('|', "\\|")
    };
    let code = |text: &str| match text {
        "" => String::new(),
        text => format!("`{}`", cell(text).replace('`', "'")),
    };
    let mut out = format!(
        "**{}**\n\n| way in | standing | what |\n| --- | --- | --- |\n",
        cell(&headline(view))
    );
    for sight in &view.survey.sights {
        out.push_str(&format!(
            "| {} | {} | {} |\n",
            sight.way.name(),
            sight.standing.name(),
            cell(&sight.what)
        ));
    }
    out.push_str("\n| | about | found | why it matters | fix | takes |\n| --- | --- | --- | --- | --- | --- |\n");
    for it in view.findings {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            it.weight.name(),
            cell(it.about),
            cell(&it.what),
            cell(it.why),
            code(&it.fix),
            if it.fix.is_empty() {
                ""
            } else {
                it.takes.name()
            }
        ));
    }
    out
}

/// `breakglass/doctor/1`.
pub fn document(view: &DoctorView<'_>) -> Value {
    json!({
        "format": super::json::format("doctor"),
        "sure": is_sure(view.findings),
        "exit_code": view.exit_code,
        "role": view.role,
        "endpoint": view.survey.endpoint,
        "version": view.version,
        "slot": view.slot,
        "ways": view.survey.sights.iter().map(|it| json!({
            "way": it.way.name(),
            "standing": it.standing.name(),
            "what": it.what,
            "attempts": it.attempts,
            "took_seconds": it.took.as_secs_f64(),
        })).collect::<Vec<_>>(),
        "findings": view.findings.iter().map(|it| json!({
            "weight": it.weight.name(),
            "about": it.about,
            "what": it.what,
            "why": it.why,
            "fix": it.fix,
            "takes": it.takes.name(),
        })).collect::<Vec<_>>(),
    })
}
