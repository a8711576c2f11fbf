//! Which workers: the flags of the lane's filters, with the runtimes that there are.
//!
//! Stage: parsing.

use crate::args::{SelectionArgs, unknown};
use crate::decide::criteria::Criteria;
use crate::decide::filters::WorkersLane;
use crate::decide::workers::Worker;
use crate::decide::workers::runtime::Runtime;
use crate::error::Failure;
use crate::exit_code::ExitCode;

/// The criteria, or what is wrong with them. `runtimes` are those there are.
pub fn criteria(
    selection: &SelectionArgs<WorkersLane>,
    runtimes: &[Runtime],
) -> Result<Criteria<Worker>, Failure> {
    let criteria = selection.criteria()?;
    let names: Vec<&str> = runtimes.iter().map(|one| one.name.as_str()).collect();
    let asked = criteria.iter().filter(|one| one.flag.plain == "--runtime");
    for value in asked.flat_map(|one| one.any.iter().chain(&one.none)) {
        let name = value.to_string();
        if !names.contains(&name.as_str()) {
            let what = unknown(&name, &names, "runtime");
            let text = format!("--runtime {name}: {what}");
            return Err(Failure::say(ExitCode::Usage, text));
        }
    }
    Ok(criteria)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        selection: SelectionArgs<WorkersLane>,
    }

    #[test]
    fn a_runtime_that_is_not_there_leads_to_one_that_is() {
        let gunicorn = Runtime {
            name: "gunicorn".to_owned(),
            ..Runtime::default()
        };
        let asked = |words: &[&str]| {
            let line = Line::try_parse_from([&["workers"], words].concat());
            let selection = line.map_err(|error| error.to_string())?.selection;
            let found = criteria(&selection, std::slice::from_ref(&gunicorn));
            found.map_err(|failure| failure.error.to_string())
        };
        assert!(asked(&["--runtime", "gunicorn"]).is_ok_and(|criteria| !criteria.is_empty()));
        for flag in ["--runtime", "--not-runtime"] {
            let error = asked(&[flag, "gunicron"]).err().unwrap_or_default();
            assert!(error.contains("did you mean 'gunicorn'?"), "{error}");
        }
    }
}
