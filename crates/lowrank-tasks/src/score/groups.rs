//! The thresholds of psychometric curves: from which level on trials end high, in networks and by theory.

use lowrank_model::Variant;
use lowrank_validate::{Judgement, Verdict, judge};
use serde::Serialize;

use super::{Mean, part_left_out};
use crate::fold::fold;
use crate::{Decision, Ran, Task, TaskError};

/// The threshold of a group of conditions: the level from which on trials end high.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OfGroup {
    /// Its name.
    pub group: String,
    /// Over networks, each by the area beside its psychometric curve (Spearman and Karber): the lowest level if all its trials
    /// end high, the highest if none does.
    pub threshold: Mean,
    /// Theory's of the same networks and noise.
    pub predicted: Mean,
    /// Where the low state of an infinite network without noise ends, if it does between these levels.
    pub fold: Option<f64>,
    /// Whether network and theory agree within the margin.
    pub claim: Judgement,
}

/// The thresholds of all groups with three levels or more.
pub(super) fn groups(
    task: &Task,
    networks: &[Vec<&Ran>],
    (variant, neurons): (Variant, usize),
    family: usize,
) -> Result<Vec<OfGroup>, TaskError> {
    if !matches!(task.decision, Decision::Readout { .. }) {
        return Ok(Vec::new());
    }
    let all = task.groups();
    let mut groups = Vec::new();
    for group in &all {
        let levels = task.levels(group);
        let [lowest, .., highest] = levels[..] else { continue };
        if levels.len() < 3 {
            continue;
        }
        let each = |high: fn(&Ran) -> bool| -> Vec<f64> {
            let curve =
                |ran: &Vec<&Ran>| levels.iter().map(|level| part_high(task, ran, (group, *level), high)).collect();
            networks.iter().map(|ran| threshold(&levels, curve(ran))).collect()
        };
        let (seen, predicted) = (each(|ran| ran.seen.high), each(|ran| ran.predicted.high));
        let off: Vec<f64> = seen.iter().zip(&predicted).map(|(seen, predicted)| seen - predicted).collect();
        let margin = part_left_out(neurons) * (highest - lowest);
        let mut claim = judge(&off, 0.0, margin, 2 * family * all.len())?;
        // Levels are few: differences that are all the same do not say how much they vary.
        if claim.standard_error == 0.0 && claim.verdict == Verdict::Fail {
            claim.verdict = Verdict::Inconclusive;
        }
        groups.push(OfGroup {
            group: (*group).to_owned(),
            threshold: Mean::of(seen.into_iter()),
            predicted: Mean::of(predicted.into_iter()),
            fold: fold(task, group, variant, highest)?,
            claim,
        });
    }
    Ok(groups)
}

/// The part of one network's trials at a level of a group that end high.
pub fn part_high(task: &Task, ran: &[&Ran], (group, level): (&str, f64), high: fn(&Ran) -> bool) -> f64 {
    let own = ran.iter().filter(|ran| {
        let given = &task.conditions[ran.condition];
        given.group == group && given.level == level
    });
    let (count, sum) = own.fold((0, 0), |(count, sum), ran| (count + 1, sum + u32::from(high(ran))));
    f64::from(sum) / f64::from(count)
}

/// The mean of the law whose distribution function is this curve, taken as zero before the lowest level and as one beyond the
/// highest, on lines between.
fn threshold(levels: &[f64], high: Vec<f64>) -> f64 {
    let gaps =
        levels.windows(2).zip(high.windows(2)).map(|(level, p)| (level[1] - level[0]) * (1.0 - 0.5 * (p[0] + p[1])));
    levels[0] + gaps.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_the_area_beside_the_curve() {
        // A step between 1 and 2; half of the trials everywhere; all; none; uneven levels.
        let of = |high: [f64; 4]| threshold(&[0.0, 1.0, 2.0, 4.0], high.to_vec());
        assert_eq!(of([0.0, 0.0, 1.0, 1.0]), 1.5);
        assert_eq!(of([0.5; 4]), 2.0);
        assert_eq!((of([1.0; 4]), of([0.0; 4])), (0.0, 4.0));
        assert_eq!(of([0.0, 0.0, 0.0, 1.0]), 3.0);
    }
}
