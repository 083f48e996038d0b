//! The command line that repeats a run.

use lowrank_validate::{Effort, Outcome};

/// `command` with the options for size, seed, pattern and planted fault of the run.
pub(super) fn command_line(command: &str, outcome: &Outcome) -> String {
    let mut line = command.to_owned();
    line += match outcome.effort {
        Effort::Quick => " --quick",
        Effort::Standard | Effort::Own { .. } => "",
        Effort::Full => " --full",
    };
    line += &format!(" --seed {}", outcome.seed);
    if let Some(only) = &outcome.only {
        line += &format!(" --only {}", quoted(only));
    }
    if let Some(plant) = outcome.plant {
        line += &format!(" --plant {plant}");
    }
    line
}

/// As a shell takes it for one word.
pub fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use lowrank_validate::Plant;

    use super::*;
    use crate::html::tests::outcome;

    #[test]
    fn options_are_those_of_the_run() {
        let mut run = outcome();
        (run.effort, run.seed, run.only, run.plant) = (Effort::Standard, 3, None, None);
        assert_eq!(command_line("cargo xtask validate", &run), "cargo xtask validate --seed 3");
        (run.effort, run.plant) = (Effort::Full, Some(Plant::Gain));
        for (only, word) in
            [("a/rate/kappa_1", "a/rate/kappa_1"), ("", "''"), ("kappa_1(8)", "'kappa_1(8)'"), ("it's", r"'it'\''s'")]
        {
            run.only = Some(only.to_owned());
            assert_eq!(command_line("validate", &run), format!("validate --full --seed 3 --only {word} --plant gain"));
        }
    }
}
