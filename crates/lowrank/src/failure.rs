//! What a command came to, other than success, and the exit code of each.

use std::process::ExitCode;

use clap::error::ErrorKind;
use lowrank_report::ReportError;
use lowrank_spec::SpecError;
use thiserror::Error;

use crate::say;

/// Why a command did not end well.
#[derive(Debug, Error)]
pub enum Failure {
    /// Some claim did not pass; the table says which. Exit code 1.
    #[error("some claim did not pass")]
    Claims,
    /// One line about the input. Exit code 2.
    #[error("{0}")]
    Input(String),
    /// One line about what could not be done. Exit code 3.
    #[error("{0}")]
    Computation(String),
    /// One line about the points, variants or tasks that could not be computed; everything else was printed and written, with
    /// the reason in the place of what is missing. Exit code 3.
    #[error("{0}")]
    Partial(String),
    /// Standard output could not be written; files asked for with --out are there. Exit code 3.
    #[error("cannot write to standard output: {0}; make room where it goes, or let it go elsewhere")]
    Output(std::io::Error),
}

impl Failure {
    /// The end of a command some of whose parts could not be computed; well if there are none.
    ///
    /// # Errors
    /// [`Failure::Partial`] with all of `reasons` in one line, unless there are none.
    pub fn partial(reasons: Vec<String>) -> Result<(), Self> {
        if reasons.is_empty() { Ok(()) } else { Err(Self::Partial(reasons.join("; "))) }
    }

    /// What could not be computed.
    pub fn could_not(error: impl std::fmt::Display) -> Self {
        Self::Computation(error.to_string())
    }
}

/// Files that cannot be read or written are chosen by the user.
impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        Self::Input(error.to_string())
    }
}

/// Prints the one line of a failure and gives its exit code.
pub fn report(failure: &Failure) -> ExitCode {
    let code = match failure {
        Failure::Claims => return ExitCode::from(1),
        Failure::Input(_) => 2,
        Failure::Computation(_) | Failure::Partial(_) | Failure::Output(_) => 3,
    };
    say(&format!("error: {failure}"));
    ExitCode::from(code)
}

/// clap's message without its usage text, and where to find that.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return without_command(&text);
    }
    let first: Vec<&str> = text.lines().take_while(|l| !l.trim().is_empty()).map(str::trim).collect();
    let message = first.join(" ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let tip = tip.map(|tip| format!(" ({tip})")).unwrap_or_default();
    format!("{}{tip}; see --help", message.trim_start_matches("error: "))
}

/// What to say where a command is missing and clap shows the help: the commands that it lists, and how to see it all.
fn without_command(help: &str) -> String {
    let usage = help.lines().find_map(|line| line.trim().strip_prefix("Usage: ")).unwrap_or("lowrank");
    let program: Vec<&str> = usage.split_whitespace().take_while(|word| !word.starts_with(['[', '<'])).collect();
    let list = help.lines().skip_while(|line| line.trim() != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A name stands two blanks in; what is further in goes on from the line above.
    let names = list.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names: Vec<&str> =
        names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    format!("no command is given: choose one of {}; see {} --help", names.join(", "), program.join(" "))
}
