//! `cargo xtask bench` as a user gets it wrong: no bench is run.
#![allow(missing_docs, clippy::unwrap_used)]

use std::process::Command;

fn bench(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("bench").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn an_unknown_name_is_one_line_and_exit_code_two() {
    for (arguments, part) in [
        (&["kernles"][..], "kernles"),
        (&["kernels", "kernles"], "kernles"),
        (&["ker\nnels"], "ker\\nnels"),
        (&["--benches"], "--benches"),
    ] {
        let (code, stdout, message) = bench(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(part) && stdout.is_empty(), "{message}");
    }
    let (_, _, message) = bench(&["kernles"]);
    assert!(message.contains("known: ") && message.contains("kernels") && message.contains("sweep"), "{message}");
}

#[test]
fn help_shows_an_example() {
    let (code, help, _) = bench(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(help.contains("Example: cargo xtask bench "), "{help}");
}
