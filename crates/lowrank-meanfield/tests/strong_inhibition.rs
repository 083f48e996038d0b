//! Chaos of threshold-linear networks under inhibition, at every strength and size of the input: found, or told to be missing.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{MeanFieldError, chaotic_solutions, stationary_branches};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, Moments, Transfer, Variant};

fn driven(g: f64, inhibition: f64, amplitude: f64) -> Model {
    let layout = Layout::rank(1).with_inputs(1);
    let moments = Moments::new(layout).mean(M(0), 1.0).mean(N(0), inhibition).mean(I(0), 1.0).build().unwrap();
    let input = Input::constant(&[amplitude]).unwrap();
    Model::new(g, Transfer::ThresholdLinear, Variant::Current, moments, input).unwrap()
}

#[test]
fn strong_inhibition_has_chaos_as_weak_has() {
    for (g, inhibition) in [(2.0, -4.0), (2.0, -8.0), (2.0, -15.0), (2.0, -20.0), (2.0, -50.0), (1.7, -30.0)] {
        let model = driven(g, inhibition, 1.0);
        let found = chaotic_solutions(&model).unwrap();
        assert_eq!(found.len(), 1, "{g} {inhibition}");
        // The ratio mu / sqrt(delta_0) follows from g alone: (T7), (T14) and (T21) have no other scale.
        let ratio = |n: f64| {
            let order = &chaotic_solutions(&driven(g, n, 1.0)).unwrap()[0].order;
            (order.mu / order.delta_0.sqrt(), order.delta_inf / order.delta_0)
        };
        let (here, there) = (ratio(inhibition), ratio(-3.0));
        assert!(
            (here.0 - there.0).abs() < 1e-6 && (here.1 - there.1).abs() < 1e-6,
            "{g} {inhibition}: {here:?} {there:?}"
        );
    }
}

/// All of it is proportional to the input; where the search cannot follow that, it says so.
#[test]
fn chaos_is_proportional_to_the_input_or_said_to_be_missing() {
    let one = chaotic_solutions(&driven(1.8, -4.0, 1.0)).unwrap()[0].order.clone();
    for amplitude in [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 10.0, 100.0, 1e3, 1e4, 1e6] {
        let model = driven(1.8, -4.0, amplitude);
        match chaotic_solutions(&model) {
            Ok(found) => {
                assert_eq!(found.len(), 1, "{amplitude}");
                let order = &found[0].order;
                let off = [order.kappa[0] / amplitude / one.kappa[0], order.delta_0 / amplitude.powi(2) / one.delta_0];
                assert!(off.iter().all(|off| (off - 1.0).abs() < 1e-5), "{amplitude}: {off:?}");
            }
            Err(error) => {
                let told = matches!(
                    error,
                    MeanFieldError::ChaosNotFound { .. }
                        | MeanFieldError::NoSolution { .. }
                        | MeanFieldError::BadArgument { .. }
                );
                assert!(told && !(0.1..=100.0).contains(&amplitude), "{amplitude}: {error}");
            }
        }
    }
    // Where stationary solutions are stable nothing is missing.
    let quiet = driven(1.2, -4.0, 1e-3);
    assert!(chaotic_solutions(&quiet).unwrap().is_empty() && stationary_branches(&quiet).unwrap()[0].rho < 1.0);
}
