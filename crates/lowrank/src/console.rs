//! What is printed, and where: results on standard output, remarks and progress on standard error.
#![allow(clippy::print_stderr, reason = "this is the command line")]

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{Common, Failure};

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(200);

impl Common {
    /// Prints a result. A reader that has gone away (a pipe to head) is no fault.
    pub(crate) fn print(&self, text: &str) {
        let _ = std::io::stdout().write_all(text.as_bytes());
    }

    /// Prints a result as text, or as JSON where that was asked for.
    pub(crate) fn print_either(&self, text: &str, json: &impl Serialize) -> Result<(), Failure> {
        if self.json {
            self.print(&(serde_json::to_string_pretty(json).map_err(Failure::could_not)? + "\n"));
        } else {
            self.print(text);
        }
        Ok(())
    }

    /// A remark, unless all is to be quiet.
    pub(crate) fn remark(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// A remark for whoever wants to know more.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            eprintln!("{text}");
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
