//! The commands of `lowrank` as functions, one file a command, for the binary of this package and for `cargo xtask`.
//!
//! Nothing is computed here: a command reads a spec, asks the other crates, and prints or writes what they say. Exit codes:
//! 0 fine, 1 a claim did not pass, 2 bad input, said in one line, 3 something could not be computed or printed, and everything
//! else was, 130 interrupted.

mod cli;
pub mod commands;
mod common;
mod console;
mod failure;
mod interrupt;
mod table;

pub use cli::{Cli, command, run};
pub use common::Common;
pub use console::{print, say};
pub use failure::{Failure, one_line, report};
pub use interrupt::{catch_interrupts, on_interrupt};
