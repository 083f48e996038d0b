//! What is printed, and where: results on standard output, remarks and progress on standard error. Nothing else prints.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{Common, Failure};

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(200);

/// Prints a text on standard output. A reader that has gone away (a pipe to `head`) is no fault: it has what it wanted, and the
/// command goes on to write its files.
///
/// # Errors
/// A standard output that cannot be written, on a full disk for example.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Writes one line on standard error. Where that cannot be written there is nobody left to hear of it.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

impl Common {
    /// Prints a result as text, or as JSON where that was asked for.
    pub(crate) fn print_either(&self, text: &str, json: &impl Serialize) -> Result<(), Failure> {
        if self.json {
            print(&(serde_json::to_string_pretty(json).map_err(Failure::could_not)? + "\n"))
        } else {
            print(text)
        }
    }

    /// A remark, unless all is to be quiet.
    pub(crate) fn remark(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// A remark for whoever wants to know more.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            say(text);
        }
    }

    /// A bar over so many `units` on the terminal's standard error, nothing elsewhere.
    pub fn bar(&self, count: usize, units: &str) -> ProgressBar {
        if self.quiet {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {units}, {{eta}} left"));
        let bar = ProgressBar::new(count as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(TICK);
        bar
    }

    /// A sign on the terminal that `work` of unknown length goes on; gone when the result is there.
    pub fn waiting<T>(&self, work: &'static str, of: impl FnOnce() -> T) -> T {
        let sign = if self.quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
        sign.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        sign.set_message(work);
        sign.enable_steady_tick(TICK);
        let result = of();
        sign.finish_and_clear();
        result
    }
}
