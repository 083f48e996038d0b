//! Theory and simulated networks along g, for a figure: kappa, Delta_0 and Delta_T of \[MO18\]'s ensemble through
//! its stationary, structured-chaotic and unstructured-chaotic phases.

use std::sync::Arc;

use lowrank_connectivity::{Bulk, GaussianBulk, Network, Sampling, draw_vectors};
use lowrank_meanfield::{chaotic_solutions, stationary_branches};
use lowrank_model::Initial;
use lowrank_model::{Model, Variant, Vector};
use lowrank_simulate::{Protocol, Timing, initial_currents, simulate};
use rayon::prelude::*;
use serde::Serialize;

use crate::points::structured_stationary_model;
use crate::{OperatingPoint, ValidateError};

/// Independent networks at every g.
const NETWORKS: u64 = 8;
/// Neurons of each.
const NEURONS: usize = 1000;
const TIMING: Timing = Timing { transient: 60.0, window: 80.0, interval: 1.6, step: 0.2 };

/// Mean over networks and standard error of |kappa|, Delta_0 and the temporal variance at one g.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulated {
    /// Random strength.
    pub g: f64,
    /// (mean, standard error) of |kappa|, Delta_0, Delta_T.
    pub values: [(f64, f64); 3],
}

/// Theory at one g: the state a network settles in from kappa > 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predicted {
    /// Random strength.
    pub g: f64,
    /// kappa, Delta_0, Delta_T.
    pub values: [f64; 3],
}

/// The model of the scan.
///
/// # Errors
/// A mistake in its parameters.
pub fn scan_model() -> Result<Model, ValidateError> {
    Ok(structured_stationary_model()?)
}

/// Theory at every g: the stationary solution of largest kappa where it is stable (rho < 1), else the chaotic solution of
/// largest kappa, its temporal variance as the measuring window of [`simulate_along`] shows it.
///
/// # Errors
/// A negative g; no solution.
pub fn predict_along(gs: &[f64]) -> Result<Vec<Predicted>, ValidateError> {
    let model = scan_model()?;
    let samples = Protocol::new(TIMING, OperatingPoint::METHOD)?.samples();
    gs.par_iter()
        .map(|&g| {
            let model = model.with_g(g)?;
            let stationary = stationary_branches(&model)?.swap_remove(0);
            let mut order = stationary.order;
            if stationary.rho >= 1.0 {
                let missing = ValidateError::WrongPhase { point: "along g".to_owned(), phase: "chaotic" };
                let chaos = chaotic_solutions(&model)?.into_iter().next().ok_or(missing)?;
                order = chaos.order.clone();
                order.delta_t -= chaos.autocovariance()?.window_loss(TIMING.interval, samples)?;
            }
            Ok(Predicted { g, values: [order.kappa[0].abs(), order.delta_0, order.delta_t] })
        })
        .collect()
}

/// Simulated networks at every g in one variant; the same networks for every g and variant.
///
/// # Errors
/// A negative g; a simulation that diverges.
pub fn simulate_along(gs: &[f64], variant: Variant, seed: u64) -> Result<Vec<Simulated>, ValidateError> {
    let model = scan_model()?.with_variant(variant)?;
    let protocol = Protocol::new(TIMING, OperatingPoint::METHOD)?;
    let of_network = |realisation: u64| -> Result<Vec<[f64; 3]>, ValidateError> {
        let bulk = Arc::new(Bulk::from(GaussianBulk::draw(NEURONS, seed, realisation)?));
        let vectors = draw_vectors(model.ensemble(), NEURONS, Sampling::Matched, seed, realisation)?;
        gs.iter()
            .map(|&g| {
                let network = Network::new(g, Arc::clone(&bulk), vectors.clone())?;
                let initial = Initial { along: vec![(Vector::M(0), 1.0)], deviation: 1.0 };
                let x0 = initial_currents(&network, &initial, 1, seed, realisation)?;
                let seen = simulate(&network, &model.with_g(g)?, x0.as_ref(), &protocol, (seed, realisation))?;
                Ok([seen.order.kappa[0].abs(), seen.order.delta_0, seen.order.delta_t])
            })
            .collect()
    };
    let networks = (0..NETWORKS).into_par_iter().map(of_network).collect::<Result<Vec<_>, _>>()?;
    let count = NETWORKS as f64;
    let at = |i: usize| {
        let statistic = |k: usize| {
            let mean = networks.iter().map(|n| n[i][k]).sum::<f64>() / count;
            let variance = networks.iter().map(|n| (n[i][k] - mean).powi(2)).sum::<f64>() / (count - 1.0);
            (mean, (variance / count).sqrt())
        };
        Simulated { g: gs[i], values: [statistic(0), statistic(1), statistic(2)] }
    };
    Ok((0..gs.len()).map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dots_lie_on_the_line_in_the_stationary_phase() {
        let gs = [0.5];
        let theory = predict_along(&gs).unwrap()[0].values;
        for variant in [Variant::Current, Variant::Rate] {
            let seen = simulate_along(&gs, variant, 3).unwrap()[0].values;
            for (k, (mean, standard_error)) in seen.into_iter().enumerate() {
                // Eight networks: t at 1e-4 with seven degrees of freedom is 7; the last value is exactly zero in both.
                assert!((mean - theory[k]).abs() <= 7.0 * standard_error, "{variant} {k}: {mean} {}", theory[k]);
            }
        }
        // The control: the dots of another g do not.
        let off = simulate_along(&[1.5], Variant::Current, 3).unwrap()[0].values;
        assert!((off[0].0 - theory[0]).abs() > 7.0 * off[0].1);
    }
}
