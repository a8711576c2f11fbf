//! The last stage of every command: its answer is printed in the format asked for, and its exit code given.
//!
//! Never: takes back what was earned by acting because it could not be printed.

use crate::args::Format;
use crate::error::{Failure, Outcome};
use crate::exit_code::ExitCode;
use crate::report::grid::Grid;
use crate::report::origin::{self, Origin};
use crate::report::{Extent, Screen, sanitize};
use crate::stages::Context;

/// An answer in every form that can be asked for.
pub struct Answer<'a> {
    /// The snapshot it is of; `None`: it is of a server as it is.
    pub origin: Option<&'a Origin>,
    /// For a person.
    pub screen: &'a dyn Fn(Screen) -> String,
    /// For a spreadsheet.
    pub rows: Rows<'a>,
    /// For a program: JSON, with its origin.
    pub document: &'a dyn Fn() -> Result<String, Failure>,
    /// How much of a long list the screen shows.
    pub extent: Extent,
    /// Whether it may be longer than the screen, and goes through a pager there.
    pub long: bool,
}

/// An answer for a spreadsheet.
pub enum Rows<'a> {
    /// Rows and columns.
    Grid(&'a dyn Fn() -> Grid),
    /// Made elsewhere: CSV, and markdown.
    Texts(&'a dyn Fn() -> String, &'a dyn Fn() -> String),
    /// There is none: what is wrong with asking for it.
    None(&'a str),
}

impl Answer<'_> {
    /// The text in this format.
    fn text(&self, format: Format, screen: Screen) -> Result<String, Failure> {
        let origin = self.origin;
        Ok(match (format, &self.rows) {
            (Format::Json, _) => (self.document)()?,
            (Format::Table, _) => origin::screen(origin, screen, (self.screen)(screen)),
            (Format::Csv, Rows::Grid(grid)) => origin::csv(origin, grid()),
            (Format::Markdown, Rows::Grid(grid)) => origin::markdown(origin, grid().markdown()),
            (Format::Csv, Rows::Texts(csv, _)) => csv(),
            (Format::Markdown, Rows::Texts(_, markdown)) => origin::markdown(origin, markdown()),
            (Format::Csv | Format::Markdown, Rows::None(why)) => {
                return Err(Failure::say(ExitCode::Usage, (*why).to_owned()));
            }
        })
    }

    fn print(&self, context: &Context) -> Result<(), Failure> {
        let text = self.text(context.format, context.screen(self.extent))?;
        match self.long {
            true => context.page(&text),
            false => context.answer(&text),
        }
    }
}

/// Prints the answer of a command that only looked. An error: it could not be printed.
pub fn tell(answer: &Answer<'_>, code: ExitCode, context: &Context) -> Outcome {
    answer.print(context)?;
    Ok(code)
}

/// Prints the answer of a command that acted. What was done is done: its code stays, and stderr says that the answer
/// could not be written.
pub fn tell_done(answer: &Answer<'_>, code: ExitCode, context: &Context) -> ExitCode {
    if let Err(failure) = answer.print(context) {
        let why = format!("{:#}", failure.error);
        context.terminal.say(&format!(
            "breakglass: the answer could not be written ({}); exit code {} says how it ended\n",
            sanitize::one_line(&why),
            code.number()
        ));
    }
    code
}
