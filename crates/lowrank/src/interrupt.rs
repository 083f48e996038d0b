//! Ctrl-C: the process ends at once with code 130 and says what is left. Files are whole or absent whenever it comes, so
//! nothing has to be put in order.

use std::sync::{Mutex, PoisonError};

use crate::say;

/// What an interrupt leaves behind, in one line.
static LEFT: Mutex<&str> = Mutex::new("nothing was written");

/// The exit code of a process that an interrupt ended.
const INTERRUPTED: i32 = 130;

/// From now on an interrupt ends the process with code 130 and the line of [`on_interrupt`].
pub fn catch_interrupts() {
    // Where the system has no such signals there is nothing to catch.
    let _ = ctrlc::set_handler(|| {
        let left = *LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        say(&format!("interrupted: {left}"));
        std::process::exit(INTERRUPTED);
    });
}

/// Sets what an interrupt says is left.
pub fn on_interrupt(left: &'static str) {
    *LEFT.lock().unwrap_or_else(PoisonError::into_inner) = left;
}
