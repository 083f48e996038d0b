//! Where a stationary branch becomes unstable to oscillations: a complex pair of outliers (T10) reaches the imaginary
//! axis of the Jacobian, on Re lambda = 1 or on the parabola of (T11), whichever the model's variant has.

use lowrank_model::{Model, ModelError, OrderParameters};
use serde::Serialize;

use crate::newton::{Outcome, RESIDUAL_LIMIT};
use crate::root::bracketed_root;
use crate::stability::{HOPF_LIMIT, exponent, is_outlier, pair_growth};
use crate::stationary::{all_eigenvalues, describe, neurons_at_rest, solve, unknowns};
use crate::units::Units;
use crate::{MeanFieldError, Stationary};

/// Parts of the bracket over which the branch is followed and the growth rate looked at.
const PARTS: usize = 32;
const WHAT: &str = "the growth rate of the complex pair";

/// Where oscillations set in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hopf {
    /// The parameter.
    pub parameter: f64,
    /// Angular frequency of the oscillation there, in inverse units of time.
    pub frequency: f64,
    /// The stationary solution there.
    pub solution: Stationary,
    /// Growth rate of the pair there, which should vanish.
    pub residual: f64,
    /// Steps of the root finder.
    pub iterations: u64,
}

/// The first parameter in `bracket` at which the growth rate of the fastest complex pair of outliers crosses zero, on
/// the branch that passes through `start` at the lower end of the bracket. The branch is followed by parameter stepping: it must
/// have no fold in the bracket ([`crate::continue_branch`] finds the crossings of branches that do).
///
/// # Errors
/// A bracket that is none; a model that `family` refuses; no solution near the last one; no pair that crosses; a pair that
/// turns real where its growth rate changes sign; a pair that crosses inside the disc, where it is no eigenvalue.
pub fn hopf_threshold(
    family: impl Fn(f64) -> Result<Model, ModelError>,
    bracket: (f64, f64),
    start: &OrderParameters,
) -> Result<Hopf, MeanFieldError> {
    let (low, high) = bracket;
    let units = Units::of_family(&family, &[low]);
    let (family, start) = (units.family(family), &units.order(start));
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(MeanFieldError::BadInterval { low, high });
    }
    let at = |p: f64, x: Vec<f64>| -> Result<(Outcome, Option<f64>), MeanFieldError> {
        let neurons = neurons_at_rest(&family(p)?)?;
        if x.len() != neurons.rank + 1 {
            let (field, mend) = ("kappa of the start".to_owned(), "give one an outer product");
            return Err(ModelError::Length { field, found: x.len() - 1, expected: neurons.rank, mend }.into());
        }
        let outcome = solve(&neurons, x);
        if !outcome.is_solution() {
            let (what, residual) = ("stationary solution along the bracket", outcome.residual);
            return Err(MeanFieldError::NoSolution { what, starts: 1, residual, limit: RESIDUAL_LIMIT });
        }
        let pair = pair_growth(&all_eigenvalues(&neurons, &outcome.x), neurons.variant);
        Ok((outcome, pair.map(|(growth, _)| growth)))
    };
    let mut last: Option<(f64, Vec<f64>, Option<f64>)> = None;
    let mut ends = (f64::NAN, f64::NAN);
    for i in 0..=PARTS {
        let p = low + (high - low) * i as f64 / PARTS as f64;
        let from = last.as_ref().map_or_else(|| unknowns(start), |l| l.1.clone());
        let (here, growth) = at(p, from)?;
        if let Some(growth) = growth {
            ends = (if ends.0.is_nan() { growth } else { ends.0 }, growth);
        }
        if let (Some((before, x, Some(f_before))), Some(f_here)) = (&last, growth)
            && (*f_before > 0.0) != (f_here > 0.0)
        {
            let between = |q: f64| {
                let part = (q - before) / (p - before);
                x.iter().zip(&here.x).map(|(a, b)| a + part * (b - a)).collect::<Vec<_>>()
            };
            let root = bracketed_root(WHAT, (*before, p), 0.0, |q| Ok(at(q, between(q))?.1.unwrap_or(f64::NAN)))?;
            let outcome = at(root.x, between(root.x))?.0;
            let hopf = describe_crossing(&family(root.x)?, outcome, root.x, root.iterations)?;
            return Ok(Hopf { solution: units.stationary_back(hopf.solution), ..hopf });
        }
        last = Some((p, here.x, growth));
    }
    if ends.0.is_nan() {
        let found = "a branch whose outliers are all real".to_owned();
        return Err(MeanFieldError::WrongModel {
            what: WHAT,
            found,
            needs: "a complex pair, as antisymmetric overlaps of rank two make it",
        });
    }
    Err(MeanFieldError::NoSignChange { what: WHAT, low, high, f_low: ends.0, f_high: ends.1 })
}

fn describe_crossing(model: &Model, outcome: Outcome, parameter: f64, iterations: u64) -> Result<Hopf, MeanFieldError> {
    let neurons = neurons_at_rest(model)?;
    let pair = pair_growth(&all_eigenvalues(&neurons, &outcome.x), neurons.variant);
    let solution = describe(&neurons, outcome);
    let residual = pair.map_or(f64::NAN, |(growth, _)| growth);
    if residual.is_nan() || residual.abs() > HOPF_LIMIT {
        let found = format!("parameter {parameter}, near which the pair turns real or another takes its place");
        return Err(MeanFieldError::WrongModel { what: WHAT, found, needs: "a pair that is complex where it crosses" });
    }
    match pair {
        Some((residual, lambda)) if is_outlier(lambda, solution.rho) => {
            let frequency = exponent(lambda, neurons.variant).1.abs();
            Ok(Hopf { parameter, frequency, solution, residual, iterations })
        }
        _ => {
            let found =
                format!("parameter {parameter}, where the pair lies inside the disc of radius {}", solution.rho);
            Err(MeanFieldError::WrongModel { what: WHAT, found, needs: "a pair outside the disc" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stationary_branches;
    use lowrank_model::Vector::{M, N};
    use lowrank_model::{Input, Layout, Moments, Transfer, Variant};

    const B: f64 = 1.3;

    fn rotating(a: f64, g: f64, variant: Variant) -> Result<Model, ModelError> {
        let mut moments = Moments::new(Layout::rank(2));
        for k in 0..2 {
            moments = moments.variance(M(k), 3.0).variance(N(k), 3.0).covariance(M(k), N(k), a);
        }
        let ensemble = moments.covariance(M(0), N(1), B).covariance(M(1), N(0), -B).build()?;
        Model::new(g, Transfer::Tanh, variant, ensemble, Input::none())
    }

    #[test]
    fn oscillations_set_in_where_the_closed_form_says() {
        for (tau_s, tau_r) in [(1.0, 1.0), (1.0, 0.3), (0.2, 2.0), (1.0, 0.0), (0.0, 1.0)] {
            let variant = match (tau_s, tau_r) {
                (_, 0.0) => Variant::Current,
                (0.0, _) => Variant::Rate,
                _ => Variant::TwoTimescale { tau_s, tau_r },
            };
            let family = |a| rotating(a, 0.3, variant);
            let quiet = stationary_branches(&family(0.1).unwrap()).unwrap().remove(0);
            let hopf = hopf_threshold(family, (0.1, 1.5), &quiet.order).unwrap();
            let sum = tau_s + tau_r;
            // T11, second line; in the one-timescale variants Re lambda = 1 and s = i Im lambda.
            let a_c = 1.0 - tau_s * tau_r * (B / sum).powi(2);
            assert!((hopf.parameter - a_c).abs() < 1e-10, "{variant:?}: {} {a_c}", hopf.parameter);
            assert!((hopf.frequency - B / sum).abs() < 1e-10, "{}", hopf.frequency);
            assert!(hopf.residual.abs() < 1e-12);
        }
    }

    #[test]
    fn what_does_not_cross_is_an_error() {
        let family = |a| rotating(a, 0.3, Variant::Current);
        let quiet = stationary_branches(&family(0.1).unwrap()).unwrap().remove(0);
        let error = hopf_threshold(family, (0.1, 0.9), &quiet.order).unwrap_err();
        assert!(matches!(error, MeanFieldError::NoSignChange { .. }), "{error}");
        assert!(matches!(hopf_threshold(family, (0.9, 0.1), &quiet.order), Err(MeanFieldError::BadInterval { .. })));
        // g = 2: the pair a +- i b is inside the disc when its real part passes one.
        let inside = hopf_threshold(|a| rotating(a, 2.0, Variant::Current), (0.5, 1.2), &quiet.order).unwrap_err();
        assert!(matches!(inside, MeanFieldError::WrongModel { .. }), "{inside}");
    }
}
