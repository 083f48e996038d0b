//! The flow of kappa with the bulk at its own equilibrium, at any kappa: the landscape that trials move in (T28).
//!
//! dkappa_k/dt = -kappa_k + \<n^(k) \[phi]> at (kappa, delta_0_individual), delta_0_individual = g^2 \<phi^2> solved at this kappa.
//! Its zeros are the stationary solutions (T7, T8). In the current variant it is the flow of the filtered kappa, in the rate
//! variant of kappa itself.

use lowrank_model::Model;

use crate::MeanFieldError;
use crate::averages::{Averages, check};
use crate::neurons::Drive;
use crate::root::bracketed_root;
use crate::stationary::{check_kappa, neurons_at_rest};

/// delta_0_individual to this absolute accuracy: that of its averages.
const TOLERANCE: f64 = 1e-7;

/// dkappa/dt at each of these kappa, inputs at their last amplitudes.
///
/// # Errors
/// White noise; not one kappa an outer product; activity beyond 1e6.
pub fn flow(model: &Model, kappas: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, MeanFieldError> {
    let neurons = neurons_at_rest(model)?;
    let g_squared = neurons.g * neurons.g;
    let at = |kappa: &Vec<f64>| {
        check_kappa(kappa, neurons.rank)?;
        let drives: Vec<_> = neurons.drives(kappa).collect();
        let averages = |individual: f64| -> Result<Vec<Averages>, MeanFieldError> {
            let of = |d: &Drive<'_>| {
                check(neurons.transfer, d.mu, individual + d.s_squared)?;
                Ok(Averages::fair(neurons.transfer, d.mu, individual + d.s_squared))
            };
            drives.iter().map(of).collect()
        };
        let excess = |individual: f64| {
            let all = averages(individual)?;
            let square: f64 = drives.iter().zip(&all).map(|(d, a)| d.weight * a.phi_sq).sum();
            Ok(g_squared * square - individual)
        };
        // g^2 times the largest phi^2 bounds it.
        let high = g_squared * neurons.bound() * neurons.bound() * (1.0 + 1e-3) + TOLERANCE;
        let individual = if g_squared == 0.0 {
            0.0
        } else {
            bracketed_root("the variance of the bulk", (0.0, high), TOLERANCE, excess)?.x
        };
        let mut flow: Vec<f64> = kappa.iter().map(|k| -k).collect();
        for (d, a) in drives.iter().zip(averages(individual)?) {
            for (k, flow) in flow.iter_mut().enumerate() {
                *flow += d.weight * (d.n[k] * a.phi + d.n_u[k] * a.d1);
            }
        }
        Ok(flow)
    };
    kappas.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stationary_branches;
    use lowrank_model::Vector::{I, M, N};
    use lowrank_model::{Input, Layout, Moments, Transfer, Variant};

    #[test]
    fn it_vanishes_at_the_stationary_solutions_and_changes_sign_between() {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).variance(M(0), 2.0).variance(N(0), 3.0);
        let moments = moments.covariance(M(0), N(0), 2.0).variance(I(0), 1.0).covariance(N(0), I(0), 0.3);
        let input = Input::constant(&[0.4]).unwrap();
        let model = Model::new(0.8, Transfer::Tanh, Variant::Current, moments.build().unwrap(), input).unwrap();
        let mut kappas: Vec<f64> = stationary_branches(&model).unwrap().iter().map(|s| s.order.kappa[0]).collect();
        kappas.sort_by(f64::total_cmp);
        assert_eq!(kappas.len(), 3);
        let at = |kappa: f64| flow(&model, &[vec![kappa]]).unwrap()[0][0];
        // These averages keep six digits.
        kappas.iter().for_each(|kappa| assert!(at(*kappa).abs() < 1e-5, "{kappa}: {}", at(*kappa)));
        assert!(at(0.5 * (kappas[0] + kappas[1])) < 0.0 && at(0.5 * (kappas[1] + kappas[2])) > 0.0);
        assert!(flow(&model, &[vec![0.0, 0.0]]).is_err());
    }
}
