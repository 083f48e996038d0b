//! One file a command: its options and what it does.

pub mod check;
mod chosen;
pub mod completions;
pub mod diagram;
pub mod figure;
pub mod init;
pub mod man;
mod margins;
mod picture;
pub mod schema;
pub mod simulate;
pub mod solve;
mod start;
pub mod sweep;
pub mod task;
pub mod transient;
pub mod validate;
