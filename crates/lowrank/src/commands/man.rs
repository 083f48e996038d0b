//! `lowrank man`: the manual pages of all commands.

use clap::Args;
use lowrank_report::write_file;

use crate::{Common, Failure, command, print};

/// Options of `lowrank man`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank man --out ~/.local/share/man/man1\n\n\
    Without --out the page of lowrank itself is printed: lowrank man | man -l -")]
pub struct Options {}

/// Writes one page a command, or prints the first.
///
/// # Errors
/// A folder that cannot be written.
pub fn run(_: &Options, common: &Common) -> Result<(), Failure> {
    let mut root = command();
    // Commands get their full names, lowrank-sweep-plan.
    root.build();
    let Some(out) = &common.out else {
        return print(&String::from_utf8_lossy(&page(&root)?));
    };
    let mut open = vec![root];
    while let Some(command) = open.pop() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).replace(' ', "-");
        let path = out.join(format!("{name}.1"));
        write_file(&path, &page(&command)?)?;
        print(&format!("{}\n", path.display()))?;
        open.extend(command.get_subcommands().filter(|sub| sub.get_name() != "help").cloned());
    }
    Ok(())
}

fn page(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(Failure::could_not)?;
    Ok(page)
}
