//! Chaos and noise by two independent routes: the energy integral against the solver on panels, Lyapunov exponents
//! against shooting, limits and symmetries of the two time scales, values of docs/theory.md section 6.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lowrank_meanfield::{Autocovariance, Chaotic, PairAverage, chaotic_solutions};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

fn unstructured(g: f64, variant: Variant) -> Model {
    Model::new(g, Transfer::Tanh, variant, Gaussian::unstructured(), Input::none()).unwrap()
}

/// Structured chaos with an input: the ensemble of docs/theory.md section 12.
fn structured(g: f64, variant: Variant) -> Model {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 1.0)
        .mean(N(0), 1.2)
        .mean(I(0), 0.3)
        .variance(M(0), 1.0)
        .variance(N(0), 2.0)
        .variance(I(0), 0.6)
        .covariance(M(0), N(0), 0.8)
        .covariance(M(0), I(0), 0.2)
        .covariance(N(0), I(0), 0.5)
        .build()
        .unwrap();
    Model::new(g, Transfer::Tanh, variant, ensemble, Input::constant(&[1.0]).unwrap()).unwrap()
}

fn published(g: f64, variant: Variant) -> Model {
    let ensemble =
        Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0).variance(N(0), 1.0);
    Model::new(g, Transfer::Tanh, variant, ensemble.build().unwrap(), Input::none()).unwrap()
}

fn two(tau_s: f64, tau_r: f64) -> Variant {
    Variant::two_timescale(tau_s, tau_r).unwrap()
}

fn first(model: &Model) -> Chaotic {
    chaotic_solutions(model).unwrap().remove(0)
}

fn close(seen: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((seen - wanted).abs() <= tolerance * wanted.abs().max(1e-3), "{what}: {seen} {wanted}");
}

fn agree(a: &Chaotic, b: &Chaotic, tolerance: f64, what: &str) {
    for (seen, wanted) in a.order.kappa.iter().zip(&b.order.kappa) {
        close(*seen, *wanted, tolerance, what);
    }
    close(a.order.delta_0, b.order.delta_0, tolerance, what);
    close(a.order.delta_t, b.order.delta_t, tolerance, what);
    let (x, y) = (a.autocovariance().unwrap(), b.autocovariance().unwrap());
    for lag in [0.0, 0.3, 1.0, 2.5, 7.0, 20.0] {
        close(x.at(lag).unwrap(), y.at(lag).unwrap(), tolerance, what);
    }
}

#[test]
fn both_limits_of_two_time_scales_are_the_one_timescale_solution() {
    for model in [unstructured(2.0, Variant::Current), structured(2.8, Variant::Current)] {
        let one = first(&model);
        // Both limits are quadratic in the small time constant.
        for variant in [two(1.0, 1e-4), two(1e-4, 1.0)] {
            agree(&first(&model.with_variant(variant).unwrap()), &one, 1e-7, &format!("{variant:?}"));
        }
    }
}

#[test]
fn time_constants_may_be_exchanged_and_scaled() {
    let model = structured(2.8, Variant::Current);
    let at = |variant| first(&model.with_variant(variant).unwrap());
    agree(&at(two(0.4, 1.7)), &at(two(1.7, 0.4)), 1e-9, "exchanged");
    // Time in other units.
    let (slow, fast) = (at(two(3.0, 1.5)), at(two(1.0, 0.5)));
    close(slow.order.delta_0, fast.order.delta_0, 1e-10, "scaled");
    let (slow_delta, fast_delta) = (slow.autocovariance().unwrap(), fast.autocovariance().unwrap());
    close(slow_delta.at(6.0).unwrap(), fast_delta.at(2.0).unwrap(), 1e-9, "scaled lag");
    close(3.0 * slow.lyapunov().unwrap().exponent, fast.lyapunov().unwrap().exponent, 1e-8, "scaled exponent");
    // Rates are not symmetric: where tau_r is short they are rough.
    assert!(at(two(1.7, 0.4)).order.r_second_moment > at(two(0.4, 1.7)).order.r_second_moment + 1e-3);
}

#[test]
fn the_values_of_the_theory_come_out() {
    let (current, rate) = (first(&unstructured(2.0, Variant::Current)), first(&unstructured(2.0, Variant::Rate)));
    let both = first(&unstructured(2.0, two(1.0, 1.0)));
    for (seen, wanted) in [(current.order.delta_0, 1.924805), (both.order.delta_0, 1.927321)] {
        assert!((seen - wanted).abs() < 1e-6, "{seen} {wanted}");
    }
    for (seen, wanted) in [(&current, 0.513), (&rate, 0.481), (&both, 0.496)].map(|(s, w)| (s.order.r_second_moment, w))
    {
        assert!((seen - wanted).abs() < 1e-3, "{seen} {wanted}");
    }
    let exponent = first(&unstructured(3.0, Variant::Current)).lyapunov().unwrap();
    assert!((exponent.exponent - 0.2355).abs() < 5e-5 && exponent.residual < 1e-10, "{exponent:?}");
    let grid = both.grid.unwrap();
    assert!(grid.tail < 1e-9 && grid.unresolved < 1e-11 && both.residual < 1e-10, "{grid:?} {}", both.residual);
}

/// \[MO18\]'s ensemble with (1, 1): structured chaos ends at g = 2.134562, where overlap \<phi'> = 1.
#[test]
fn structured_chaos_ends_earlier_with_two_time_scales() {
    for (variant, end) in [(Variant::Current, 2.135792), (two(1.0, 1.0), 2.134562)] {
        let count = |g: f64| chaotic_solutions(&published(g, variant)).unwrap().len();
        assert_eq!((count(end - 4e-4), count(end + 1e-5)), (3, 1), "{variant:?}");
    }
}

/// E_0 by shooting: psi' = p from (1, 0) with fourth-order steps; psi keeps its sign up to where it decays for E below
/// the ground state only.
fn shooting(delta: &Autocovariance, gain: impl Fn(f64) -> f64) -> f64 {
    let end = 25.0 / delta.decay_rate().max(0.2);
    let steps = 6000;
    let h = end / f64::from(steps);
    let potential: Vec<f64> = (0..=2 * steps).map(|i| 1.0 - gain(0.5 * h * f64::from(i))).collect();
    let changes_sign = |energy: f64| {
        let (mut psi, mut slope) = (1.0, 0.0);
        for step in 0..steps as usize {
            let at = |offset: usize, psi: f64| (potential[2 * step + offset] - energy) * psi;
            let (a1, b1) = (slope, at(0, psi));
            let (a2, b2) = (slope + 0.5 * h * b1, at(1, psi + 0.5 * h * a1));
            let (a3, b3) = (slope + 0.5 * h * b2, at(1, psi + 0.5 * h * a2));
            let (a4, b4) = (slope + h * b3, at(2, psi + h * a3));
            psi += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4);
            slope += h / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4);
            if psi < 0.0 {
                return true;
            }
            if psi > 1e6 {
                return false;
            }
        }
        false
    };
    let (mut low, mut high) = (potential.iter().copied().fold(f64::INFINITY, f64::min), 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if changes_sign(middle) { high = middle } else { low = middle }
    }
    -1.0 + (1.0 - 0.5 * (low + high)).sqrt()
}

#[test]
fn the_lyapunov_exponent_is_that_of_shooting() {
    for model in
        [unstructured(1.3, Variant::Current), unstructured(3.0, Variant::Rate), structured(2.8, Variant::Current)]
    {
        let chaos = first(&model);
        let delta = chaos.autocovariance().unwrap();
        // g^2 C_phi'(Delta) from the ODE itself: differentiated, (1 - d^2) Delta' = g^2 C_phi'(Delta) Delta', so that Delta'
        // is an odd eigenfunction of energy zero; here by pair averages.
        let o = &chaos.order;
        let s_squared = o.delta_0 - o.delta_0_individual;
        let pair = lowrank_meanfield::PairAverage::new(Transfer::Tanh, o.mu, o.delta_0).unwrap();
        let g_squared = model.g() * model.g();
        let gain = |t: f64| g_squared * pair.slope(delta.at(t).unwrap().min(o.delta_0)).unwrap();
        assert!(s_squared >= 0.0);
        let (seen, wanted) = (chaos.lyapunov().unwrap().exponent, shooting(&delta, gain));
        assert!((seen - wanted).abs() < 1e-8 && seen > 0.0, "g = {}: {seen} {wanted}", model.g());
    }
}

/// With g -> 0 the noise alone is left: Delta = sigma^2 e^(-tau), and K = -1 is approached from above.
#[test]
fn noise_alone_is_an_ornstein_uhlenbeck_process() {
    for variant in [Variant::Current, Variant::Rate, two(0.5, 2.0)] {
        let model = unstructured(1e-6, variant).with_noise(0.7).unwrap();
        let delta = first(&model).autocovariance().unwrap();
        let tau: f64 = if variant == two(0.5, 2.0) { 0.5 } else { 1.0 };
        for lag in [0.0, 0.4, 1.0, 3.0] {
            let exact = 0.49 / tau * (-lag / tau).exp();
            assert!((delta.at(lag).unwrap() - exact).abs() < 1e-10, "{variant:?} {lag} {}", delta.at(lag).unwrap());
        }
    }
}

/// The energy integral with noise (T24) against the solver on panels, which knows no energy: tau_r -> 0.
#[test]
fn noisy_networks_agree_by_both_routes() {
    for (g, sigma) in [(0.5, 0.3), (1.5, 0.05), (2.0, 0.8)] {
        for make in [unstructured, structured] {
            let noisy = |variant| first(&make(g, variant).with_noise(sigma).unwrap());
            let (energy, panels) = (noisy(Variant::Current), noisy(two(1.0, 1e-5)));
            agree(&panels, &energy, 1e-7, &format!("{g} {sigma}"));
            close(panels.lyapunov().unwrap().exponent, energy.lyapunov().unwrap().exponent, 1e-4, "exponent");
            // (1 - d^2) Delta = g^2 C_phi + s^2 near zero, by the slope there: Delta'(0) = -sigma^2.
            let delta = energy.autocovariance().unwrap();
            let at = |t: f64| delta.at(t).unwrap();
            close(at(0.0), energy.order.delta_0, 1e-14, "Delta(0)");
            let slope = (-1.5 * at(0.0) + 2.0 * at(1e-4) - 0.5 * at(2e-4)) / 1e-4;
            assert!((slope + sigma * sigma).abs() < 1e-4, "{g} {sigma}: {slope}");
        }
    }
}

#[test]
fn spectra_of_solutions_are_positive_and_sum_to_the_variance() {
    for model in [unstructured(1.2, Variant::Current), structured(2.8, Variant::Rate), unstructured(3.0, two(0.5, 1.0))]
    {
        let chaos = first(&model);
        let delta = chaos.autocovariance().unwrap();
        let (step, count) = (0.02, 1500);
        let spectrum: Vec<f64> = (0..count).map(|i| delta.spectrum(step * f64::from(i)).unwrap()).collect();
        assert!(spectrum.iter().all(|s| *s > -1e-8));
        let total = step / std::f64::consts::PI * (spectrum.iter().sum::<f64>() - 0.5 * spectrum[0]);
        assert!((total / chaos.order.delta_t - 1.0).abs() < 1e-5, "{total} {}", chaos.order.delta_t);
        close(0.5 * spectrum[0] / chaos.order.delta_t, delta.correlation_time(), 1e-9, "correlation time");
    }
}

/// (T16) by the recipe of the literature, which shares nothing with the panels but C_phi: damped iteration on a cosine
/// grid, both filters applied in Fourier space. The grid's Delta at its points.
fn cosine_grid(g: f64, (tau_s, tau_r): (f64, f64), start: impl Fn(f64) -> f64, window: f64) -> Vec<f64> {
    const M: usize = 600;
    let cosines: Vec<f64> = (0..2 * M).map(|i| (std::f64::consts::PI * i as f64 / M as f64).cos()).collect();
    let transform = |values: &[f64]| -> Vec<f64> {
        let at = |k: usize| -> f64 {
            let ends = 0.5 * (values[0] + values[M] * cosines[k * M % (2 * M)]);
            ends + (1..M).map(|j| values[j] * cosines[j * k % (2 * M)]).sum::<f64>()
        };
        (0..=M).map(at).collect()
    };
    let mut delta: Vec<f64> = (0..=M).map(|i| start(window * i as f64 / M as f64)).collect();
    for _ in 0..3000 {
        let pair = PairAverage::new(Transfer::Tanh, 0.0, delta[0]).unwrap();
        let source: Vec<f64> =
            delta.iter().map(|d| g * g * pair.covariance(d.clamp(-delta[0], delta[0])).unwrap()).collect();
        let filter = |k: usize| {
            let w = std::f64::consts::PI * k as f64 / window;
            2.0 / (M as f64 * (1.0 + (tau_s * w).powi(2)) * (1.0 + (tau_r * w).powi(2)))
        };
        let filtered: Vec<f64> = transform(&source).iter().enumerate().map(|(k, s)| s * filter(k)).collect();
        let image = transform(&filtered);
        let mut farthest = 0.0_f64;
        for (d, i) in delta.iter_mut().zip(image) {
            farthest = farthest.max((i - *d).abs());
            *d += 0.5 * (i - *d);
        }
        if farthest < 1e-12 {
            return delta;
        }
    }
    panic!("the damped iteration has not converged");
}

#[test]
fn two_time_scales_agree_with_an_iteration_in_fourier_space() {
    for (g, taus) in [(2.0, (1.0, 1.0)), (2.0, (0.5, 1.0)), (1.5, (1.0, 0.2))] {
        let chaos = first(&unstructured(g, two(taus.0, taus.1)));
        let delta = chaos.autocovariance().unwrap();
        let window = 28.0 / delta.decay_rate();
        // Started off the solution.
        let grid = cosine_grid(g, taus, |t| 1.05 * delta.at(t).unwrap(), window);
        for (i, wanted) in grid.iter().enumerate().step_by(7) {
            let seen = delta.at(window * i as f64 / (grid.len() - 1) as f64).unwrap();
            assert!((seen - wanted).abs() < 1e-9 * grid[0], "{g} {taus:?} point {i}: {seen} {wanted}");
        }
    }
}

/// A mixture of two equal halves is the one population: every solver that sums over classes must find the same.
#[test]
fn two_halves_of_one_population_are_that_population() {
    for variant in [Variant::Current, Variant::Rate, two(0.6, 1.0)] {
        for sigma in [0.0, 0.4] {
            let whole = structured(2.8, variant).with_noise(sigma).unwrap();
            let lowrank_model::Ensemble::Gaussian(one) = whole.ensemble() else { panic!("a Gaussian ensemble") };
            let halves = lowrank_model::Mixture::new(vec![(0.3, one.clone()), (0.7, one.clone())]).unwrap();
            let halves = whole.with_ensemble(halves).unwrap();
            let (a, b) = (chaotic_solutions(&whole).unwrap(), chaotic_solutions(&halves).unwrap());
            assert_eq!(a.len(), b.len(), "{variant} {sigma}");
            for (a, b) in a.iter().zip(&b) {
                agree(a, b, 1e-9, &format!("{variant} {sigma}"));
                close(a.lyapunov().unwrap().exponent, b.lyapunov().unwrap().exponent, 1e-8, "exponent");
                let moments = [a, b].map(|c| c.autocovariance().unwrap().rate_second_moment(1.3).unwrap());
                close(moments[0], moments[1], 1e-9, "moment of the rates");
            }
        }
    }
}
