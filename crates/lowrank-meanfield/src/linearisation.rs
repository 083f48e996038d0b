//! The whole of (T10) at a stationary solution: the eigenvalues inside the disc too, and the mean slope.
//!
//! Inside the disc an eigenvalue of (T10) is none of the stability matrix, whose bulk hides it; it still says how the order
//! parameters respond to a constant change, and where an outlier came from.

use lowrank_model::Model;
use serde::Serialize;

use crate::averages::Averages;
use crate::cone::spectrum_at_kink;
use crate::stationary::{all_eigenvalues, neurons_at_rest, unknowns};
use crate::units::Units;
use crate::{MeanFieldError, Stationary, stationary::check_rank};

/// How the neurons and the order parameters respond to small changes of a stationary state.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Linearisation {
    /// Mean slope \<phi'> over neurons.
    pub mean_slope: f64,
    /// All eigenvalues (re, im) of (T10), in decreasing real part, of a pair the upper one first; those of modulus above the bulk
    /// radius are the outliers. There are R + 1 of them, R in a network at rest without input.
    pub eigenvalues: Vec<(f64, f64)>,
}

/// The linearisation at a stationary solution of `model`; none where neurons sit at a kink of phi, where no one matrix
/// describes small changes (T29).
///
/// # Errors
/// White noise, which leaves no stationary solution; not one kappa an outer product.
pub fn linearisation(model: &Model, solution: &Stationary) -> Result<Option<Linearisation>, MeanFieldError> {
    let units = Units::with_drive(model);
    let neurons = neurons_at_rest(&units.model(model)).map_err(|error| units.error_back(error))?;
    let order = &units.order(&solution.order);
    check_rank(order, neurons.rank)?;
    let individual = order.delta_0_individual;
    if spectrum_at_kink(&neurons, &order.kappa, individual).is_some() {
        return Ok(None);
    }
    let slope =
        |d: crate::neurons::Drive<'_>| d.weight * Averages::at(neurons.transfer, d.mu, individual + d.s_squared).d1;
    let mean_slope = neurons.drives(&order.kappa).map(slope).sum();
    Ok(Some(Linearisation { mean_slope, eigenvalues: all_eigenvalues(&neurons, &unknowns(order)) }))
}

#[cfg(test)]
mod tests {
    use lowrank_model::Vector::{I, M, N};
    use lowrank_model::{Gaussian, Input, Layout, Moments, Transfer, Variant};

    use super::*;
    use crate::stationary_branches;

    fn all(model: &Model) -> Vec<Option<Linearisation>> {
        let branches = stationary_branches(model).unwrap();
        branches.iter().map(|s| linearisation(model, s).unwrap()).collect()
    }

    /// At x = 0 every slope is one: (T10) is the matrix of overlaps, here a rotation by an overlap of 0.3 +- 0.4i, inside the disc.
    #[test]
    fn at_rest_the_eigenvalues_are_those_of_the_overlaps() {
        let moments = [M(0), M(1)].into_iter().fold(Moments::new(Layout::rank(2)), |m, v| m.variance(v, 1.0));
        let moments = [N(0), N(1)].into_iter().fold(moments, |m, v| m.variance(v, 4.0));
        let moments = moments.covariance(M(0), N(0), 0.3).covariance(M(1), N(1), 0.3);
        let ensemble = moments.covariance(M(1), N(0), 0.4).covariance(M(0), N(1), -0.4).build().unwrap();
        let model = Model::new(0.9, Transfer::Tanh, Variant::Rate, ensemble, Input::none()).unwrap();
        let found = all(&model);
        let [Some(at_rest)] = found.as_slice() else { panic!("{found:?}") };
        assert!((at_rest.mean_slope - 1.0).abs() < 1e-14);
        for (found, expected) in at_rest.eigenvalues.iter().zip([(0.3, 0.4), (0.3, -0.4)]) {
            assert!((found.0 - expected.0).hypot(found.1 - expected.1) < 1e-14, "{found:?}");
        }
        assert_eq!(at_rest.eigenvalues.len(), 2);
    }

    /// Without structure (T10) is one number, half the change of <phi^2> with the variance times g^2: by a difference of averages.
    #[test]
    fn without_structure_the_eigenvalue_is_the_slope_of_the_variance() {
        let moments = Moments::new(Layout::rank(0).with_inputs(1)).variance(I(0), 0.8).build().unwrap();
        let input = Input::constant(&[1.0]).unwrap();
        let model = Model::new(0.8, Transfer::Tanh, Variant::Current, moments, input).unwrap();
        let solution = &stationary_branches(&model).unwrap()[0];
        let found = linearisation(&model, solution).unwrap().unwrap();
        let square = |delta: f64| Averages::at(Transfer::Tanh, 0.0, delta).phi_sq;
        let (at, step) = (solution.order.delta_0, 1e-5);
        let expected = 0.64 * (square(at + step) - square(at - step)) / (2.0 * step);
        assert!(
            (found.eigenvalues[0].0 - expected).abs() < 1e-9 && found.eigenvalues.len() == 1,
            "{found:?} {expected}"
        );
        // Stein's lemma: <z phi(sqrt(d) z)> = sqrt(d) <phi'>.
        let mean = Averages::at(Transfer::Tanh, 0.0, at).d1;
        assert!((found.mean_slope - mean).abs() < 1e-14 && mean < 1.0);
    }

    #[test]
    fn at_a_kink_there_is_no_matrix_and_noise_leaves_no_state() {
        let unstructured = Gaussian::unstructured();
        let at_kink =
            Model::new(0.5, Transfer::ThresholdLinear, Variant::Current, unstructured.clone(), Input::none()).unwrap();
        assert_eq!(all(&at_kink), [None]);
        let calm = Model::new(0.5, Transfer::Tanh, Variant::Current, unstructured, Input::none()).unwrap();
        let rest = &stationary_branches(&calm).unwrap()[0];
        assert!(matches!(
            linearisation(&calm.with_noise(0.1).unwrap(), rest),
            Err(MeanFieldError::NoStationaryState { .. })
        ));
    }
}
