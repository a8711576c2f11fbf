//! The commands that there are: asked of the program, so that a new one is in every test that goes through all of them.

use breakglass::cli;

/// A command that can be typed.
pub struct Command {
    /// As in `pgbouncer kill`.
    pub name: String,
    /// Its whole help, without the flags.
    pub about: String,
    /// It changes something once it is confirmed: those have a `--yes`.
    pub acts: bool,
    /// It has commands below it.
    pub is_family: bool,
}

impl Command {
    /// The words of its name.
    pub fn words(&self) -> Vec<&str> {
        self.name.split(' ').collect()
    }

    /// The examples in its help, as they are pasted.
    pub fn examples(&self) -> Vec<String> {
        let about = self.about.replace('\n', " ");
        let examples = about.split("Example: ").skip(1);
        examples.map(|example| example.trim().to_owned()).collect()
    }
}

/// Every command, families too.
pub fn commands() -> Vec<Command> {
    fn walk(command: &clap::Command, path: &str, found: &mut Vec<Command>) {
        for below in command.get_subcommands() {
            let name = format!("{path} {}", below.get_name()).trim().to_owned();
            let about = below.get_long_about().or(below.get_about());
            found.push(Command {
                about: about.unwrap().to_string(),
                acts: below.get_arguments().any(|arg| arg.get_id() == "yes"),
                is_family: below.has_subcommands(),
                name: name.clone(),
            });
            walk(below, &name, found);
        }
    }
    let mut found = Vec::new();
    walk(&cli::command(), "", &mut found);
    assert!(found.len() > 30, "{}", found.len());
    found
}
