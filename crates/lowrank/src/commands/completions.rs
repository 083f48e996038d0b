//! `lowrank completions`: what the Tab key may complete.

use clap::Args;
use clap_complete::Shell;

use crate::{Common, Failure, command, print};

/// Options of `lowrank completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank completions bash > ~/.local/share/bash-completion/completions/lowrank")]
pub struct Options {
    /// The shell
    shell: Shell,
}

/// Prints a script for the shell.
///
/// # Errors
/// A standard output that cannot be written.
pub fn run(options: &Options, _: &Common) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command(), "lowrank", &mut script);
    print(&String::from_utf8_lossy(&script))
}
