//! A file a subcommand: its arguments, its help, its recipe.

pub mod drill;
