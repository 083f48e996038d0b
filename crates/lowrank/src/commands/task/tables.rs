//! The tables of tasks: on the screen success and thresholds, in files every number.

use lowrank_tasks::{Proportion, Score, TaskName};

use crate::table::{Table, Value};

fn table(head: &[&str]) -> Table {
    Table::new(head.iter().map(|name| (*name).to_owned()).collect())
}

/// Columns of the printed table.
const SUCCESS_COLUMNS: usize = 12;

/// How many networks do the tasks, as it is printed.
pub(super) fn success() -> Table {
    table(&[
        "task",
        "variant",
        "g",
        "N",
        "success",
        "95 % interval",
        "theory",
        "right trials",
        "theory of them",
        "foretold",
        "verdict",
        "reason",
    ])
}

/// A row for a task, or a network of it, that could not be computed.
pub(super) fn push_failure(table: &mut Table, name: TaskName, reason: &str) {
    let mut row: Vec<Value> = vec!["".into(); SUCCESS_COLUMNS];
    (row[0], row[SUCCESS_COLUMNS - 1]) = (name.name().into(), reason.into());
    table.push(row);
}

pub(super) fn push_success(table: &mut Table, name: TaskName, score: &Score) {
    let of = |p: &Proportion| format!("{}/{}", p.count, p.of);
    let percent = |value: f64| format!("{:.1} %", 100.0 * value);
    table.push(vec![
        name.name().into(),
        score.variant.into(),
        format!("{}", score.g).into(),
        score.neurons.to_string().into(),
        of(&score.success).into(),
        format!("{:.2} to {:.2}", score.success.low, score.success.high).into(),
        of(&score.predicted_success).into(),
        percent(score.right.mean).into(),
        percent(score.predicted_right.mean).into(),
        percent(score.foretold).into(),
        score.claim.verdict.name().into(),
        "".into(),
    ]);
}

/// From which level on trials end high, printed and in a file.
pub(super) fn thresholds() -> Table {
    table(&["task", "variant", "g", "neurons", "group", "threshold", "half_width", "theory", "fold", "verdict"])
}

pub(super) fn push_thresholds(table: &mut Table, name: TaskName, score: &Score) {
    for of in &score.groups {
        let mut row = key(name, score);
        row.extend([
            of.group.as_str().into(),
            of.threshold.mean.into(),
            of.threshold.half_width.into(),
            of.predicted.mean.into(),
            of.fold.unwrap_or(f64::NAN).into(),
            of.claim.verdict.name().into(),
        ]);
        table.push(row);
    }
}

/// The files of a task and what is in them.
pub(super) fn of_task(name: TaskName, scores: &[Score]) -> [(&'static str, Table); 3] {
    let mut of_networks = table(&[
        "task",
        "variant",
        "g",
        "neurons",
        "networks",
        "success",
        "low",
        "high",
        "theory_success",
        "right",
        "right_half_width",
        "theory_right",
        "foretold",
        "step",
        "error_estimate",
        "verdict",
    ]);
    let mut conditions = table(&[
        "task",
        "variant",
        "g",
        "neurons",
        "condition",
        "level",
        "value",
        "value_half_width",
        "theory_value",
        "ends_high",
        "ends_high_half_width",
        "theory_ends_high",
        "reaction",
        "reaction_half_width",
        "theory_reaction",
        "verdict",
    ]);
    let mut of_groups = thresholds();
    for score in scores {
        push_thresholds(&mut of_groups, name, score);
        let mut row = key(name, score);
        row.extend([
            score.success.of.to_string().into(),
            score.success.count.to_string().into(),
            score.success.low.into(),
            score.success.high.into(),
            score.predicted_success.count.to_string().into(),
            score.right.mean.into(),
            score.right.half_width.into(),
            score.predicted_right.mean.into(),
            score.foretold.into(),
            score.step.into(),
            score.error_estimate.into(),
            score.claim.verdict.name().into(),
        ]);
        of_networks.push(row);
        for of in &score.conditions {
            let mut row = key(name, score);
            row.extend([
                of.label.as_str().into(),
                of.level.into(),
                of.value.mean.into(),
                of.value.half_width.into(),
                of.predicted.mean.into(),
                of.high.mean.into(),
                of.high.half_width.into(),
                of.predicted_high.mean.into(),
                of.reaction.mean.into(),
                of.reaction.half_width.into(),
                of.predicted_reaction.mean.into(),
                of.claim.map_or("", |claim| claim.verdict.name()).into(),
            ]);
            conditions.push(row);
        }
    }
    [("scores.csv", of_networks), ("conditions.csv", conditions), ("thresholds.csv", of_groups)]
}

/// Which task, variant, random strength and size.
fn key(name: TaskName, score: &Score) -> Vec<Value> {
    vec![name.name().into(), score.variant.into(), score.g.into(), score.neurons.to_string().into()]
}
