//! Chaos of threshold-linear networks under inhibition, at every strength and size of the input: found, or told to be missing.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use lowrank_meanfield::{MeanFieldError, Stability, chaotic_solutions, stationary_branches, unbounded_states};
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
    for (g, inhibition) in [
        (2.0, -4.0),
        (2.0, -8.0),
        (2.0, -15.0),
        (2.0, -20.0),
        (2.0, -50.0),
        (1.7, -30.0),
        (2.0, -1e3),
        (2.0, -3e4),
        (2.0, -1e6),
    ] {
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

#[test]
fn chaos_is_proportional_to_the_input_of_any_size() {
    let one = chaotic_solutions(&driven(1.8, -4.0, 1.0)).unwrap()[0].order.clone();
    for amplitude in [1e-12, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 10.0, 100.0, 1e3, 1e4, 1e6, 1e12] {
        let model = driven(1.8, -4.0, amplitude);
        let found = chaotic_solutions(&model).unwrap();
        assert_eq!(found.len(), 1, "{amplitude}");
        let order = &found[0].order;
        let off = [order.kappa[0] / amplitude / one.kappa[0], order.delta_0 / amplitude.powi(2) / one.delta_0];
        assert!(off.iter().all(|off| (off - 1.0).abs() < 1e-9), "{amplitude}: {off:?}");
        assert_eq!(stationary_branches(&model).unwrap().len(), 1, "{amplitude}");
    }
    // Where stationary solutions are stable nothing is missing.
    let quiet = driven(1.2, -4.0, 1e-3);
    assert!(chaotic_solutions(&quiet).unwrap().is_empty() && stationary_branches(&quiet).unwrap()[0].rho < 1.0);
}

/// \<\[t + z\]_+> and its square's average, and Phi(t), for normal z.
fn above(t: f64) -> (f64, f64, f64) {
    let density = (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let below = 0.5 * libm::erfc(-t / 2f64.sqrt());
    (t * below + density, (1.0 + t * t) * below + t * density, below)
}

/// The root of a rising function by bisection.
fn root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// With m = 1 all is a function of t = mu / sqrt(delta_0): 1 = g^2 \<\[t + z\]_+^2>, sqrt(delta_0) = 1 / (t - n \<\[t + z\]_+>).
#[test]
fn stationary_solutions_are_found_however_strong_inhibition_is() {
    for g in [0.5, 1.2, 2.0] {
        let t = root(-8.0, 40.0, |t| g * g * above(t).1 - 1.0);
        for n in [-0.5, -4.0, -15.0, -200.0, -1e3, -2e3, -1e4, -3e4, -1e5, -1e6] {
            let model = driven(g, n, 1.0);
            let size = 1.0 / (t - n * above(t).0);
            if size < 0.0 {
                assert!(!unbounded_states(&model).unwrap().is_empty(), "{g} {n}");
                continue;
            }
            let found = stationary_branches(&model).unwrap();
            assert_eq!(found.len(), 1, "{g} {n}");
            let order = &found[0].order;
            let off = [order.delta_0.sqrt() / size - 1.0, order.kappa[0] / (n * size * above(t).0) - 1.0];
            // kappa is minus one but for a part of 1 / n, whose digits the sum with the input costs.
            assert!(off.iter().all(|off| off.abs() < 1e-9 * n.abs().max(1.0)), "{g} {n}: {off:?}");
            assert_eq!(found[0].stability == Stability::Stable, g < 1.4, "{g} {n}");
            assert!(unbounded_states(&model).unwrap().is_empty(), "{g} {n}");
        }
    }
}

/// Along the ray t = kappa / sigma solves n \<\[t + z\]_+> = lambda t, lambda = g sqrt(\<\[t + z\]_+^2>).
#[test]
fn growth_under_inhibition_is_that_of_the_ray_or_undecided() {
    let lambda = |g: f64, t: f64| g * above(t).1.sqrt();
    for (g, n) in
        [(0.5, -10.0), (0.5, -1e4), (1.2, -1e5), (0.5, -1e6), (1.2, -1e12), (3.0, -4.0), (3.5, -4.0), (5.0, -10.0)]
    {
        let t = root(-9.0, 0.0, |t| lambda(g, t) * t - n * above(t).0);
        let undriven = driven(g, n, 0.0);
        let rest = &stationary_branches(&undriven).unwrap()[0];
        assert!((rest.growth_rate - (lambda(g, t) - 1.0)).abs() < 1e-9, "{g} {n}: {}", rest.growth_rate);
        let far = unbounded_states(&driven(g, n, 1.0)).unwrap();
        assert_eq!(far.len(), usize::from(lambda(g, t) > 1.0), "{g} {n}: {far:?}");
    }
    // Networks of 2000 neurons decay at 0.03 where the ray grows at 0.0056, and at 0.02 where it grows at 0.094.
    for (g, n, rate) in [(2.5, -4.0, 0.0056), (3.6, -10.0, 0.0938)] {
        for amplitude in [0.0, 1.0] {
            let Err(MeanFieldError::UndecidedGrowth { along, slower }) = stationary_branches(&driven(g, n, amplitude))
            else {
                panic!("{g} {n} is decided")
            };
            assert!((along - rate).abs() < 1e-4 && slower > along, "{along} {slower}");
        }
    }
}
