//! Verdicts (docs/theory.md section 12): one confidence interval, three outcomes.
//!
//! The interval estimate +- t SE has simultaneous coverage 1 - [`FALSE_ALARM_RATE`] over all claims of a run
//! (Bonferroni, Student's t with networks - 1 degrees of freedom). A claim passes if the whole interval lies within the margin
//! around theory, so a noisy simulation cannot pass by being noisy; it fails if it does not pass and the interval
//! excludes theory; else it is inconclusive. If theory is exact, the probability that any claim fails is at most the
//! false-alarm rate; if the truth is a margin away, so is the probability that any such claim passes.
//!
//! Where the estimates of all networks are one number to rounding there is no noise to judge by: such a claim has no z, and
//! passes if the estimate is within the margin or as near to theory as rounding lets it be, else it fails.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::ValidateError;

/// Family-wise probability that a correct theory fails any claim of a run.
pub const FALSE_ALARM_RATE: f64 = 0.01;

/// Estimates that differ by less than this part of their size are one number: some hundred roundings of a mean over
/// neurons and samples.
const ROUNDING: f64 = 1e-13;

/// The outcome of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Equivalent: the interval lies within the margin.
    Pass,
    /// Different: the interval excludes theory and leaves the margin.
    Fail,
    /// Too noisy to say.
    Inconclusive,
}

impl Verdict {
    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// An estimate and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Judgement {
    /// Mean over networks.
    pub estimate: f64,
    /// Standard error of the mean over independent networks.
    pub standard_error: f64,
    /// (estimate - theory) / standard error; none where the networks do not differ by more than rounding.
    pub z: Option<f64>,
    /// Half width of the simultaneous confidence interval.
    pub half_width: f64,
    /// The outcome.
    pub verdict: Verdict,
}

/// Judges one of `family` claims: `values` are one estimate a network, `theory` and `margin` what they are held
/// against.
///
/// # Errors
/// Fewer than two networks.
pub fn judge(values: &[f64], theory: f64, margin: f64, family: usize) -> Result<Judgement, ValidateError> {
    let networks = values.len();
    if networks < 2 {
        return Err(ValidateError::TooFewNetworks { networks });
    }
    let count = networks as f64;
    let estimate = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - estimate).powi(2)).sum::<f64>() / (count - 1.0);
    let standard_error = (variance / count).sqrt();
    let half_width = quantile(networks - 1, family) * standard_error;
    let off = estimate - theory;
    let rounding = ROUNDING * estimate.abs().max(theory.abs());
    let spread = standard_error > rounding || standard_error.is_nan();
    let z = spread.then_some(off / standard_error);
    let verdict = if !spread {
        if off.abs() <= margin.max(rounding) { Verdict::Pass } else { Verdict::Fail }
    } else if off.abs() + half_width <= margin {
        Verdict::Pass
    } else if off.abs() > half_width {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    };
    Ok(Judgement { estimate, standard_error, z, half_width, verdict })
}

/// Two-sided quantile of Student's t at level FALSE_ALARM_RATE / family.
fn quantile(degrees: usize, family: usize) -> f64 {
    let tail = 0.5 * FALSE_ALARM_RATE / family.max(1) as f64;
    // Degrees of freedom are at least one, for which the distribution exists.
    StudentsT::new(0.0, 1.0, degrees as f64).map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        // t_{0.995, 10} = 3.1693, t_{0.9995, 30} = 3.6460 (one-sided tables).
        assert!((quantile(10, 1) - 3.1693).abs() < 1e-4);
        assert!((quantile(30, 10) - 3.6460).abs() < 1e-4);
    }

    #[test]
    fn the_three_outcomes() {
        let near = [0.99, 1.01, 1.0, 1.0, 1.01, 0.99];
        let verdict = |values: &[f64], theory| judge(values, theory, 0.05, 1).unwrap().verdict;
        assert_eq!(verdict(&near, 1.0), Verdict::Pass);
        assert_eq!(verdict(&near, 1.2), Verdict::Fail);
        assert_eq!(verdict(&[0.0, 2.0, 1.5, 0.5], 1.0), Verdict::Inconclusive);
        // A noisy estimate on the spot does not pass; NaN neither.
        assert_eq!(verdict(&[f64::NAN, 1.0], 1.0), Verdict::Inconclusive);
        // Estimates without a spread are judged by their distance, and have no z.
        let still = |values: [f64; 3], theory, margin| {
            let judgement = judge(&values, theory, margin, 1).unwrap();
            (judgement.verdict, judgement.z)
        };
        let next = 0.3_f64.next_up();
        assert_eq!(still([0.3; 3], 0.31, 0.02), (Verdict::Pass, None));
        assert_eq!(still([0.3, next, 0.3], 0.3 + 1e-15, 0.0), (Verdict::Pass, None));
        assert_eq!(still([0.3, next, 0.3], 0.31, 1e-3), (Verdict::Fail, None));
        assert_eq!(still([0.0; 3], 0.0, 0.0), (Verdict::Pass, None));
        assert_eq!(judge(&[1.0], 1.0, 0.1, 1), Err(ValidateError::TooFewNetworks { networks: 1 }));
    }

    /// Standard normals by Box-Muller on a fixed congruential generator.
    fn normals(seed: &mut u64) -> f64 {
        let mut uniform = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((*seed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
    }

    #[test]
    fn the_false_alarm_rate_is_what_it_says() {
        // 2000 runs of 40 claims of 12 networks with exact theory and a margin of zero, so that only noise decides:
        // runs with a failed claim are binomial with p <= 0.01. Five standard errors above 20 is 43.
        let (mut seed, mut alarms) = (3, 0);
        for _ in 0..2000 {
            let failed = (0..40).any(|_| {
                let values: Vec<f64> = (0..12).map(|_| normals(&mut seed)).collect();
                judge(&values, 0.0, 0.0, 40).unwrap().verdict == Verdict::Fail
            });
            alarms += usize::from(failed);
        }
        assert!((2..43).contains(&alarms), "{alarms}");
    }

    #[test]
    fn a_truth_one_margin_away_does_not_pass() {
        let (mut seed, mut passed) = (9, 0);
        for _ in 0..2000 {
            let values: Vec<f64> = (0..12).map(|_| 1.0 + 0.1 * normals(&mut seed)).collect();
            passed += usize::from(judge(&values, 0.0, 1.0, 1).unwrap().verdict == Verdict::Pass);
        }
        assert!(passed < 30, "{passed}"); // 0.5 per cent of 2000 is 10, five standard errors more is 26
    }
}
