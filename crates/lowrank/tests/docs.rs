//! Every command line of docs/commands and docs/verdicts.md runs as it stands there, but for those marked slow; these and the
//! command's lines in the README are understood. (Of the README's lines that start with cargo, .ci/run runs
//! cargo xtask validate, the quick one, and cargo test.)
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The blocks of a page fenced by exactly this.
fn blocks(page: &str, fence: &str) -> Vec<String> {
    let parts = page.split("\n```");
    let blocks = parts.filter_map(|part| part.strip_prefix(fence).and_then(|rest| rest.strip_prefix('\n')));
    blocks.map(str::to_owned).collect()
}

fn pages() -> Vec<(String, String)> {
    let folder = root().join("docs/commands");
    let mut pages: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .chain([root().join("docs/verdicts.md")])
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    pages.sort();
    pages
}

/// What comes before --help is understood before the help is shown.
fn is_understood(line: &str) {
    let words = line.split('#').next().unwrap().split_whitespace().skip(1).chain(["--help"]);
    assert!(Command::new(env!("CARGO_BIN_EXE_lowrank")).args(words).output().unwrap().status.success(), "{line}");
}

#[test]
#[cfg(unix)]
fn every_command_line_of_the_docs_runs() {
    let program = Path::new(env!("CARGO_BIN_EXE_lowrank"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut run = 0;
    for (name, page) in pages() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
        for block in blocks(&page, "sh") {
            let mut shell = Command::new("sh");
            let output = shell.args(["-euc", &block]).env("PATH", &path).current_dir(folder.path()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "docs/commands/{name}.md:\n{block}{told}");
            run += block.lines().count();
        }
        blocks(&page, "sh slow").iter().flat_map(|block| block.lines()).for_each(is_understood);
    }
    assert!(run >= 20, "{run}");
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = blocks(&readme, "sh");
    let lines: Vec<&str> =
        blocks.iter().flat_map(|block| block.lines()).filter(|line| line.starts_with("lowrank ")).collect();
    assert!(lines.len() >= 6, "{lines:?}");
    lines.into_iter().for_each(is_understood);
}

#[test]
fn there_is_a_page_for_every_command() {
    let output = Command::new(env!("CARGO_BIN_EXE_lowrank")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let list = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 9);
    let pages = pages();
    for name in names.iter().filter(|name| **name != "help") {
        let page = pages.iter().find(|(page, _)| page == name);
        let page = &page.unwrap_or_else(|| panic!("no docs/commands/{name}.md")).1;
        assert!(page.contains("Exit codes:") && page.contains("```sh\n"), "{name}");
    }
}
