//! Bulk radius of the stability matrix S_ij = J_ij phi'(x_j) (T9).

use crate::averages::Averages;
use crate::neurons::Neurons;

/// rho = g sqrt(\<phi'^2>) (T9): a stationary solution is stable against the bulk where rho < 1. `d1_sq` = \<phi'^2>.
pub fn bulk_radius(g: f64, d1_sq: f64) -> f64 {
    g * d1_sq.sqrt()
}

/// The radius at a solution (kappa, delta_0_individual) of these neurons.
pub(crate) fn radius_at(neurons: &Neurons, kappa: &[f64], delta_0_individual: f64) -> f64 {
    let d1_sq = neurons
        .drives(kappa)
        .map(|d| d.weight * Averages::at(neurons.transfer, d.mu, delta_0_individual + d.s_squared).d1_sq)
        .sum();
    bulk_radius(neurons.g, d1_sq)
}
