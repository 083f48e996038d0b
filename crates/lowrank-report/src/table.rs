//! The verdict table, as plain text that is also a Markdown table.

use lowrank_model::decimals;
use lowrank_validate::{Claim, Outcome, Verdict};

use crate::Provenance;

const HEAD: [&str; 9] = ["claim", "variant", "N", "networks", "theory", "estimate +- SE", "z", "margin", "verdict"];

/// One row a claim.
pub fn table(outcome: &Outcome) -> String {
    let rows: Vec<[String; 9]> = outcome.claims.iter().map(row).collect();
    let width = |c: usize| rows.iter().map(|r| r[c].len()).chain([HEAD[c].len(), 2]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |cells: &[String]| {
        // Text to the left, numbers to the right.
        let cell = |c: usize| match c {
            0 | 1 | 8 => format!("{:<1$}", cells[c], widths[c]),
            _ => format!("{:>1$}", cells[c], widths[c]),
        };
        format!("| {} |\n", (0..HEAD.len()).map(cell).collect::<Vec<_>>().join(" | "))
    };
    let rule = |c: usize| match c {
        0 | 1 | 8 => "-".repeat(widths[c]),
        _ => "-".repeat(widths[c] - 1) + ":",
    };
    let mut text = line(&HEAD.map(str::to_owned));
    text += &format!("| {} |\n", (0..HEAD.len()).map(rule).collect::<Vec<_>>().join(" | "));
    rows.iter().for_each(|r| text += &line(r));
    text
}

fn row(claim: &Claim) -> [String; 9] {
    let judgement = &claim.judgement;
    [
        format!("{} {}", claim.point, claim.statistic),
        claim.variant.to_string(),
        claim.neurons.to_string(),
        claim.networks.to_string(),
        fixed(claim.theory),
        format!("{} +- {}", fixed(judgement.estimate), fixed(judgement.standard_error)),
        judgement.z.map_or_else(String::new, |z| decimals(z, 1)),
        fixed(claim.margin),
        judgement.verdict.name().to_owned(),
    ]
}

/// Four decimals.
pub(crate) fn fixed(value: f64) -> String {
    decimals(value, 4)
}

/// How many claims passed, how they were judged, and what made the run.
pub fn summary(outcome: &Outcome, provenance: &Provenance) -> String {
    let count = |verdict| outcome.count(verdict);
    let planted = outcome.plant.map(|plant| format!(" with the planted fault '{plant}'")).unwrap_or_default();
    let scaling = scaling_line(outcome);
    let missing: String = outcome.missing().iter().map(|line| format!("Missing: {line}\n")).collect();
    format!(
        "{} claims{planted}: {} pass, {} fail, {} inconclusive.\n\
         A pass needs the whole simultaneous interval within the margin; if theory is exact, the probability of any \
         FAIL is at most {} (Bonferroni over {} claims).\n\
         {missing}{scaling}seed {}, {} {}, commit {}\n",
        outcome.claims.len(),
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Inconclusive),
        outcome.false_alarm_rate,
        outcome.family,
        outcome.seed,
        provenance.program,
        provenance.version,
        provenance.commit,
    )
}

/// The median slope of |error| against N, where several sizes were run.
fn scaling_line(outcome: &Outcome) -> String {
    let Some((median, steepest, flattest)) = median_slope(outcome) else { return String::new() };
    format!(
        "Slope of a network's |error| against N on log-log axes: median {}, from {} to {}.\n",
        decimals(median, 2),
        decimals(steepest, 2),
        decimals(flattest, 2)
    )
}

/// The median slope, the steepest and the flattest.
pub(crate) fn median_slope(outcome: &Outcome) -> Option<(f64, f64, f64)> {
    // A quiescent network has no error to speak of.
    let resting = |name: &str| name.starts_with("quiescent/");
    let mut slopes: Vec<f64> = outcome.scaling.iter().filter(|s| !resting(&s.name)).map(|s| s.slope).collect();
    slopes.sort_by(f64::total_cmp);
    Some((*slopes.get(slopes.len() / 2)?, *slopes.first()?, *slopes.last()?))
}
