//! From the course of a trial to what it says: one number, whether that is right, and when it was known.

use std::f64::consts::PI;

use serde::Serialize;

use crate::{Condition, Wanted};

/// How a trial is decided, from the samples of the order parameters: kappa_1..R, then z_1..P.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The mean of z_1 from a time on, against a threshold.
    Readout {
        /// High above it.
        threshold: f64,
        /// Start of the time that counts.
        from: f64,
        /// Whether the time at which the threshold is crossed has a meaning: not where the resting readout is on it.
        timed: bool,
    },
    /// The angle of (kappa_1, kappa_2) in the plane, averaged from a time on, against the condition's level.
    Angle {
        /// Largest distance that counts as kept, in radians.
        tolerance: f64,
        /// Start of the time that counts.
        from: f64,
    },
    /// The period of kappa_1 from a time on, by its upward crossings of zero, against theory's of an infinite network.
    Period {
        /// Largest relative distance.
        tolerance: f64,
        /// Start of the time that counts.
        from: f64,
    },
}

/// What a trial came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judged {
    /// Mean readout, distance from the angle, or period; NaN where there is none.
    pub value: f64,
    /// Whether the readout was above the threshold.
    pub high: bool,
    /// Whether it was right; none where nothing is wanted.
    pub right: Option<bool>,
    /// Time from the onset until the readout crosses the threshold, of trials that end high and may.
    pub reaction: Option<f64>,
}

impl Decision {
    /// How far two values are from each other, on the circle for angles; where one has no period, all of the other's.
    pub fn distance(&self, a: f64, b: f64) -> f64 {
        match self {
            Self::Readout { .. } => a - b,
            Self::Angle { .. } => wrapped(a - b).abs(),
            Self::Period { .. } if a.is_nan() && b.is_nan() => 0.0,
            Self::Period { .. } => (if a.is_nan() { 0.0 } else { a }) - (if b.is_nan() { 0.0 } else { b }),
        }
    }

    /// The number that decides; `course` is `[sample][kappa.., z..]`.
    pub fn value(&self, rank: usize, times: &[f64], course: &[Vec<f64>]) -> f64 {
        let late = |from: f64| times.iter().zip(course).filter(move |(t, _)| **t >= from).map(|(t, row)| (*t, row));
        match self {
            Self::Readout { from, .. } => mean(late(*from).map(|(_, row)| row[rank])),
            Self::Angle { from, .. } => {
                let sums = late(*from).fold((0.0, 0.0), |(x, y), (_, row)| (x + row[0], y + row[1]));
                sums.1.atan2(sums.0)
            }
            Self::Period { from, .. } => period(&late(*from).map(|(t, row)| (t, row[0])).collect::<Vec<_>>()),
        }
    }

    /// What a trial of this condition came to; `onset` is where reaction times begin, `expected` what theory says of an
    /// infinite network.
    pub fn judge(
        &self,
        condition: &Condition,
        (rank, onset): (usize, f64),
        times: &[f64],
        course: &[Vec<f64>],
        expected: f64,
    ) -> Judged {
        let value = self.value(rank, times, course);
        match self {
            Self::Readout { threshold, timed, .. } => {
                let high = value > *threshold;
                let right = match condition.wanted {
                    Wanted::High => Some(high),
                    Wanted::Low => Some(value <= *threshold),
                    Wanted::Quiet => Some(value.abs() <= *threshold),
                    Wanted::Kept | Wanted::Anything => None,
                };
                let may = *timed && high && matches!(condition.wanted, Wanted::High | Wanted::Anything);
                let reaction = if may { crossing(times, course, rank, onset, *threshold) } else { None };
                Judged { value, high, right, reaction }
            }
            Self::Angle { tolerance, .. } => {
                let off = wrapped(value - condition.level);
                Judged { value: off, high: false, right: Some(off.abs() <= *tolerance), reaction: None }
            }
            Self::Period { tolerance, .. } => {
                let right = (value / expected - 1.0).abs() <= *tolerance;
                Judged { value, high: false, right: Some(right), reaction: None }
            }
        }
    }
}

/// An angle between -pi and pi.
fn wrapped(angle: f64) -> f64 {
    (angle + PI).rem_euclid(2.0 * PI) - PI
}

/// Time after the onset at which z_1 first exceeds the threshold, on a line between samples; none where it does at the onset.
fn crossing(times: &[f64], course: &[Vec<f64>], rank: usize, onset: f64, threshold: f64) -> Option<f64> {
    let after = times.partition_point(|t| *t < onset);
    let above = (after..times.len()).find(|sample| course[*sample][rank] > threshold)?;
    if above == after {
        return None;
    }
    let (low, high) = (course[above - 1][rank], course[above][rank]);
    let part = (threshold - low) / (high - low);
    Some(times[above - 1] + part * (times[above] - times[above - 1]) - onset)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// Mean time between upward crossings of zero, each found by a line between samples; NaN with fewer than two.
fn period(course: &[(f64, f64)]) -> f64 {
    let crossings: Vec<f64> = course
        .windows(2)
        .filter(|pair| pair[0].1 < 0.0 && pair[1].1 >= 0.0)
        .map(|pair| {
            let ((t, x), (u, y)) = (pair[0], pair[1]);
            t - x * (u - t) / (y - x)
        })
        .collect();
    match crossings[..] {
        [first, .., last] => (last - first) / (crossings.len() - 1) as f64,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lowrank_model::Input;

    fn condition(wanted: Wanted, level: f64) -> Condition {
        Condition { label: String::new(), group: String::new(), level, input: Input::none(), wanted }
    }

    #[test]
    fn a_readout_is_high_low_or_quiet_by_its_late_mean() {
        let decision = Decision::Readout { threshold: 0.5, from: 2.0, timed: true };
        let times = [0.0, 1.0, 2.0, 3.0];
        let judge = |wanted, z: [f64; 4]| {
            let course: Vec<Vec<f64>> = z.iter().map(|z| vec![9.0, *z]).collect();
            decision.judge(&condition(wanted, 0.0), (1, 1.0), &times, &course, 0.0)
        };
        let up = judge(Wanted::High, [0.9, 0.1, 0.6, 0.8]);
        assert_eq!((up.value, up.high, up.right, up.reaction), (0.7, true, Some(true), Some(0.8)));
        let down = judge(Wanted::Low, [0.0, 0.9, -0.8, -0.6]);
        assert_eq!((down.high, down.right, down.reaction), (false, Some(true), None));
        assert_eq!(judge(Wanted::Quiet, [0.0, 0.9, -0.8, -0.6]).right, Some(false));
        assert_eq!(judge(Wanted::Anything, [0.0; 4]).right, None);
    }

    #[test]
    fn angles_are_compared_on_the_circle_and_periods_measured() {
        let decision = Decision::Angle { tolerance: 0.2, from: 0.0 };
        let angle = |a: f64| vec![vec![a.cos(), a.sin()]];
        let off = decision.judge(&condition(Wanted::Kept, 3.1), (2, 0.0), &[0.0], &angle(-3.1), 0.0);
        assert!((off.value - (2.0 * PI - 6.2)).abs() < 1e-12 && off.right == Some(true), "{off:?}");
        let times: Vec<f64> = (0..400).map(|i| 0.1 * f64::from(i)).collect();
        let course: Vec<Vec<f64>> = times.iter().map(|t| vec![(2.0 * PI * t / 7.0).sin()]).collect();
        let decision = Decision::Period { tolerance: 0.01, from: 1.0 };
        let judged = decision.judge(&condition(Wanted::Kept, 0.0), (1, 0.0), &times, &course, 7.0);
        assert!((judged.value - 7.0).abs() < 1e-3 && judged.right == Some(true), "{judged:?}");
        assert!(decision.value(1, &times[..5], &course[..5]).is_nan());
    }
}
