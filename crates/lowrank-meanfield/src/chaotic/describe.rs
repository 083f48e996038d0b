//! What follows from the unknowns of a chaotic solution: its order parameters, its radius, its stability.

use lowrank_model::{Model, OrderParameters, Variant};

use super::{Chaotic, evaluate};
use crate::autocovariance::Autocovariance;
use crate::chaotic_stability::{StructureGrowth, is_folded};
use crate::lyapunov::{Lyapunov, exponent};
use crate::nested::FULL;
use crate::neurons::Neurons;
use crate::newton::{Outcome, RESIDUAL_LIMIT};
use crate::stability::radius_at;
use crate::stationary::SMALLEST_KAPPA;
use crate::{Averages, MeanFieldError};

impl Chaotic {
    /// The largest Lyapunov exponent, given Delta(tau). Without noise it is positive: where rounding hides that it is none.
    pub(crate) fn lyapunov_of(&self, delta: &Autocovariance) -> Result<Lyapunov, MeanFieldError> {
        let taus = self.model.variant().time_constants();
        let found = exponent(delta, taus)?;
        if self.model.noise() == 0.0 && found.is_hidden(taus) {
            return Err(MeanFieldError::WeakChaos { g: self.model.g(), excess: self.rho - 1.0 });
        }
        Ok(found)
    }
}

pub(super) fn describe(model: &Model, neurons: &Neurons, outcome: Outcome) -> Chaotic {
    debug_assert!(outcome.residual <= RESIDUAL_LIMIT);
    let rank = neurons.rank;
    let mut kappa = outcome.x[..rank].to_vec();
    let is_central = neurons.is_symmetric() && kappa.iter().all(|k| k.abs() < SMALLEST_KAPPA);
    if is_central {
        kappa.fill(0.0);
    }
    let kappa = &kappa[..];
    let (individual_0, individual_inf) = (outcome.x[rank], outcome.x[rank + 1].max(0.0));
    let (mu, from_drive) = neurons.mean_and_drive_variance(kappa);
    let (mut r_mean, mut phi_sq) = (0.0, 0.0);
    for d in neurons.drives(kappa) {
        let a = Averages::at(neurons.transfer, d.mu, individual_0 + d.s_squared);
        r_mean += d.weight * a.phi;
        phi_sq += d.weight * a.phi_sq;
    }
    let g_squared = neurons.g * neurons.g;
    let delta_t = individual_0 - individual_inf;
    let r_second_moment = match model.variant() {
        // T15; the noise reaches x, not r.
        Variant::Rate => (individual_0 - neurons.sigma.powi(2)) / g_squared,
        _ => phi_sq,
    };
    let order = OrderParameters {
        kappa: kappa.to_vec(),
        mu,
        delta_0: individual_0 + from_drive,
        delta_0_individual: individual_0,
        delta_inf: individual_inf + from_drive,
        delta_t,
        r_mean,
        r_second_moment,
        r_temporal_variance: r_second_moment - individual_inf / g_squared,
    };
    let rho = radius_at(neurons, kappa, individual_0);
    // A solution was evaluated before: it can be once more.
    let jacobian =
        evaluate(neurons, FULL, &outcome.x).map_or_else(|| faer::Mat::zeros(rank + 2, rank + 2), |at| at.jacobian);
    // Without a mean to hold it, Delta of a symmetric model is stable, as without structure: next to onset rounding would decide.
    let folded = !is_central && is_folded(&jacobian, rank);
    let structure_growth = StructureGrowth::of(&jacobian, rank, folded, model.variant());
    let structure_growth = structure_growth.exact(neurons, &order, || Autocovariance::of(model, &order).ok());
    let (model, found) = (model.clone(), order.clone());
    let (residual, iterations) = (outcome.residual, outcome.iterations);
    Chaotic {
        order,
        rho,
        residual,
        iterations,
        grid: None,
        structure_growth,
        family: None,
        model,
        found,
        known: None,
        size: 1.0,
    }
}
