//! The engine against one network at a time.

use std::sync::Arc;

use lowrank_connectivity::{Bulk, BulkKind, Network, Sampling, draw_vectors};
use lowrank_integrate::Method;
use lowrank_model::{
    Gaussian, Initial, Input, Layout, Model, Moments,
    Vector::{I, M, N},
};

use super::*;
use crate::control::{ERROR_TOLERANCE, MOST_HALVINGS};
use crate::{Observed, Timing, initial_currents, lyapunov, simulate};

const STAY: Watch = Watch { leave_at_rest: false, lyapunov: None, tolerance: f64::INFINITY, halvings: 0 };
const LEAVE: Watch = Watch { leave_at_rest: true, ..STAY };

/// Rank two with an input, so that every term of the drive is there.
fn ensemble() -> Gaussian {
    let moments = Moments::new(Layout::rank(2).with_inputs(1)).mean(M(0), 1.0).mean(N(0), 1.2).mean(I(0), 0.2);
    let moments = moments.variance(M(0), 1.0).variance(M(1), 0.5).variance(N(0), 1.0).variance(N(1), 2.0);
    moments.variance(I(0), 0.5).covariance(M(1), N(1), 0.6).covariance(N(0), I(0), 0.3).build().unwrap()
}

/// Other entries in the same layout.
fn rank_two() -> Gaussian {
    let moments = Moments::new(Layout::rank(2).with_inputs(1)).mean(M(0), 0.4).mean(N(0), 1.9);
    moments.variance(M(1), 1.0).variance(N(1), 1.0).build().unwrap()
}

fn rank_one(overlap: f64) -> Gaussian {
    let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), overlap);
    moments.variance(M(0), 1.0).variance(N(0), 1.0).build().unwrap()
}

struct Setting {
    bulk: Arc<Bulk>,
    vectors: Empirical,
    gs: Vec<f64>,
    variant: Variant,
    amplitudes: Vec<f64>,
    transfer: Transfer,
    x0: Vec<f64>,
}

impl Setting {
    fn new(n: usize, ensemble: Gaussian, gs: &[f64], variant: Variant) -> Self {
        let bulk = Arc::new(Bulk::draw(BulkKind::Gaussian, n, 7, 0).unwrap());
        let amplitudes = vec![0.7; ensemble.layout().inputs];
        let vectors = draw_vectors(&ensemble.into(), n, Sampling::Independent, 7, 0).unwrap();
        let network = Network::new(1.0, Arc::clone(&bulk), vectors.clone()).unwrap();
        let initial = Initial { along: vec![(M(0), 1.0)], deviation: 1.0 };
        let x0 = initial_currents(&network, &initial, 1, 7, 0).unwrap().col(0).iter().copied().collect();
        Self { bulk, vectors, gs: gs.to_vec(), variant, amplitudes, transfer: Transfer::Tanh, x0 }
    }

    fn model(&self, g: f64) -> Model {
        let input = Input::constant(&self.amplitudes).unwrap();
        Model::new(g, self.transfer, self.variant, self.vectors.clone(), input).unwrap()
    }

    fn network(&self, g: f64) -> Network {
        Network::new(g, Arc::clone(&self.bulk), self.vectors.clone()).unwrap()
    }

    fn x0(&self) -> faer::Mat<f64> {
        faer::Mat::from_fn(self.x0.len(), 1, |i, _| self.x0[i])
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let (variant, vectors, amplitudes) = (self.variant, &self.vectors, self.amplitudes.as_slice());
        self.gs.iter().map(|g| Cell { g: *g, variant, vectors, amplitudes, x0: &self.x0 }).collect()
    }

    fn engine(&self, protocol: &Protocol, watch: Watch) -> Vec<Seen> {
        run_cells(&*self.bulk, self.transfer, &self.cells(), protocol, watch, Products::Whole).unwrap()
    }

    fn alone(&self, g: f64, protocol: &Protocol) -> Observed {
        simulate(&self.network(g), &self.model(g), self.x0().as_ref(), protocol, (7, 0)).unwrap()
    }
}

fn protocol(method: Method, step: f64, transient: f64, window: f64) -> Protocol {
    Protocol::new(Timing { transient, window, interval: 1.0, step }, method).unwrap()
}

fn variants() -> [Variant; 3] {
    [Variant::Current, Variant::Rate, Variant::two_timescale(0.7, 1.9).unwrap()]
}

/// The numbers of both records that mean the same, with their names.
fn pairs(seen: &Seen, observed: &Observed) -> Vec<(String, f64, f64)> {
    let o = &observed.order;
    let mut pairs = vec![
        ("mu".to_owned(), seen.mu, o.mu),
        ("delta_0".to_owned(), seen.delta_0, o.delta_0),
        ("delta_t".to_owned(), seen.delta_t.unwrap(), o.delta_t.unwrap()),
        ("chaoticity".to_owned(), seen.chaoticity.unwrap(), observed.chaoticity.unwrap()),
        ("r_mean".to_owned(), seen.r_mean, o.r_mean),
        ("r_second_moment".to_owned(), seen.r_second_moment, o.r_second_moment),
    ];
    pairs.extend(seen.kappa.iter().zip(&o.kappa).enumerate().map(|(k, (a, b))| (format!("kappa {k}"), *a, *b)));
    pairs
}

#[test]
fn every_cell_of_a_block_is_its_network_alone() {
    for variant in variants() {
        let setting = Setting::new(90, ensemble(), &[0.0, 0.8, 1.7, 2.6], variant);
        for method in [Method::Euler, Method::ExponentialEuler] {
            let protocol = protocol(method, 0.125, 2.0, 5.0);
            for (seen, g) in setting.engine(&protocol, STAY).iter().zip(&setting.gs) {
                assert_eq!(seen.end, CellEnd::Ran);
                for (name, a, b) in pairs(seen, &setting.alone(*g, &protocol)) {
                    assert!((a - b).abs() < 1e-11 * b.abs().max(1.0), "{variant} {method} g {g} {name}: {a} {b}");
                }
            }
        }
    }
}

/// Also where some neighbours have the same vectors, equal or identical, and others do not.
#[test]
fn a_cell_shows_the_same_bits_alone_and_beside_any_other() {
    let setting = Setting::new(90, ensemble(), &[0.8, 1.7, 1.7, 2.6, 0.8], Variant::Rate);
    let (equal, other) = (setting.vectors.clone(), Setting::new(90, rank_two(), &[], Variant::Rate).vectors);
    let mut cells = setting.cells();
    (cells[1].vectors, cells[2].vectors, cells[3].vectors) = (&equal, &other, &other);
    let protocol = protocol(Method::EtdAb3, 0.125, 2.0, 5.0);
    let run = |cells: &[Cell<'_>]| {
        run_cells(&*setting.bulk, Transfer::Tanh, cells, &protocol, STAY, Products::Whole).unwrap()
    };
    let together = run(&cells);
    assert!(together[1].kappa != together[2].kappa, "other vectors");
    for (cell, seen) in cells.iter().zip(together) {
        assert_eq!(run(&[*cell]), [seen]);
    }
}

/// The time average of x over short times against a fine RK4. The two first steps of lower order make it order two from
/// the start of a run; what they leave decays with the transient.
#[test]
fn the_multistep_method_converges_on_the_exact_course() {
    for variant in variants() {
        let setting = Setting::new(90, ensemble(), &[0.8, 1.7], variant);
        let exact = setting.gs.iter().map(|g| setting.alone(*g, &protocol(Method::Rk4, 1.0 / 256.0, 2.0, 4.0)));
        let exact: Vec<Observed> = exact.collect();
        let off = |step: f64| -> f64 {
            let seen = setting.engine(&protocol(Method::EtdAb3, step, 2.0, 4.0), STAY);
            let errors = seen.iter().zip(&exact).flat_map(|(seen, exact)| pairs(seen, exact));
            errors.map(|(_, a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        let (coarse, fine) = (off(1.0 / 16.0), off(1.0 / 64.0));
        assert!(coarse < 5e-3 && coarse / fine > 12.0, "{variant}: {coarse} {fine}");
    }
}

#[test]
fn cells_at_rest_leave_and_their_statistics_do_not_show_it() {
    let gs = [0.0, 0.3, 0.6, 0.8, 1.2, 1.8, 2.5];
    for variant in variants() {
        let setting = Setting::new(200, rank_one(2.2), &gs, variant);
        let protocol = protocol(Method::EtdAb3, 0.25, 150.0, 50.0);
        let (stayed, left) = (setting.engine(&protocol, STAY), setting.engine(&protocol, LEAVE));
        let mut at_rest = 0;
        for ((stayed, left), g) in stayed.iter().zip(&left).zip(&gs) {
            if let CellEnd::AtRest(time) = left.end {
                at_rest += 1;
                assert!((5.0..150.0).contains(&time), "{variant} g {g}: {time}");
                assert!(stayed.delta_t.unwrap() < 1e-14, "{variant} g {g} is not at rest: {}", stayed.delta_t.unwrap());
            }
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-7, "{variant} g {g}: {a} {b}");
            // Chaos forgets nothing, also not the rounding of products of another width; but it does not leave.
            if stayed.delta_t.unwrap() < 1e-10 {
                close(stayed.mu, left.mu);
                close(stayed.delta_0, left.delta_0);
                close(stayed.kappa[0], left.kappa[0]);
                close(stayed.r_mean, left.r_mean);
                stayed.x_mean.iter().zip(&left.x_mean).for_each(|(a, b)| close(*a, *b));
            } else {
                assert_eq!(left.end, CellEnd::Ran, "{variant} g {g}");
            }
        }
        assert!(at_rest >= 4, "{variant}: {at_rest} of {} left", gs.len());
    }
}

#[test]
fn a_cell_that_leaves_during_the_window_is_measured_to_its_end() {
    let setting = Setting::new(150, rank_one(2.2), &[0.5, 0.6], Variant::Current);
    // Relaxation takes about thirty units: they leave within the window.
    let protocol = protocol(Method::EtdAb3, 0.25, 4.0, 100.0);
    let (stayed, left) = (setting.engine(&protocol, STAY), setting.engine(&protocol, LEAVE));
    for (stayed, left) in stayed.iter().zip(&left) {
        assert!(matches!(left.end, CellEnd::AtRest(time) if time > 10.0 && time < 100.0), "{:?}", left.end);
        assert!(
            (stayed.delta_t.unwrap() - left.delta_t.unwrap()).abs() < 1e-9 && stayed.delta_t.unwrap() > 1e-6,
            "{}",
            stayed.delta_t.unwrap()
        );
        assert!((stayed.kappa[0] - left.kappa[0]).abs() < 1e-9);
    }
}

#[test]
fn exponents_are_those_of_one_network_at_a_time() {
    for variant in variants() {
        let setting = Setting::new(80, ensemble(), &[0.5, 1.9], variant);
        let protocol = protocol(Method::Euler, 0.125, 3.0, 4.0);
        let watch = Watch { lyapunov: Some((7, 0)), ..LEAVE };
        let cells: Vec<Cell<'_>> = setting.cells();
        for (cell, g) in cells.into_iter().zip(&setting.gs) {
            let seen = run_cells(&*setting.bulk, Transfer::Tanh, &[cell], &protocol, watch, Products::Whole).unwrap();
            let alone = lyapunov(&setting.network(*g), &setting.model(*g), setting.x0().as_ref(), &protocol, (7, 0));
            let (a, b) = (seen[0].lyapunov.unwrap(), alone.unwrap().mean);
            assert!((a - b).abs() < 1e-10, "{variant} g {g}: {a} {b}");
        }
    }
}

#[test]
fn exponents_of_the_multistep_method_survive_rescaling() {
    // At a stable fixed point the exponent is minus the slowest relaxation, whatever the method: Euler with a fine step says
    // the same.
    for variant in variants() {
        let setting = Setting::new(60, rank_one(2.2), &[0.3, 0.5], variant);
        let exponents = |method, step| -> Vec<f64> {
            let watch = Watch { lyapunov: Some((7, 0)), ..STAY };
            let protocol = protocol(method, step, 60.0, 40.0);
            setting.engine(&protocol, watch).iter().map(|seen| seen.lyapunov.unwrap()).collect()
        };
        let (ours, fine) = (exponents(Method::EtdAb3, 0.25), exponents(Method::Euler, 1.0 / 128.0));
        for (a, b) in ours.iter().zip(&fine) {
            assert!((a - b).abs() < 5e-3 && *a < 0.0, "{variant}: {a} {b}");
        }
    }
}

#[test]
fn single_precision_follows_double_for_a_while() {
    for variant in variants() {
        let setting = Setting::new(120, ensemble(), &[0.8, 2.0], variant);
        let protocol = protocol(Method::EtdAb3, 0.2, 2.0, 5.0);
        let double = setting.engine(&protocol, STAY);
        let bulk = Bulk::<f32>::draw(BulkKind::Gaussian, 120, 7, 0).unwrap();
        let single = run_cells(&bulk, Transfer::Tanh, &setting.cells(), &protocol, STAY, Products::Whole).unwrap();
        for (a, b) in double.iter().zip(&single) {
            assert!((a.delta_0 - b.delta_0).abs() < 1e-4 * a.delta_0, "{variant}: {} {}", a.delta_0, b.delta_0);
            assert!((a.kappa[0] - b.kappa[0]).abs() < 1e-4, "{variant}");
        }
    }
}

#[test]
fn a_cell_without_bound_leaves_the_others_alone() {
    let mut setting = Setting::new(100, rank_one(0.5), &[0.5, 4.0, 0.6], Variant::Current);
    setting.transfer = Transfer::ThresholdLinear;
    let protocol = protocol(Method::EtdAb3, 0.25, 900.0, 10.0);
    let seen = setting.engine(&protocol, LEAVE);
    assert!(matches!(seen[1].end, CellEnd::Unbounded(time) if time < 900.0), "{:?}", seen[1].end);
    for other in [0, 2] {
        assert!(matches!(seen[other].end, CellEnd::AtRest(_)) && seen[other].mu.is_finite());
    }
}

#[test]
fn exponents_of_other_cells_survive_one_that_diverges() {
    let mut setting = Setting::new(60, rank_one(0.5), &[0.5, 4.0, 0.6, 0.3], Variant::two_timescale(1.0, 0.5).unwrap());
    setting.transfer = Transfer::ThresholdLinear;
    let watch = Watch { lyapunov: Some((7, 0)), ..STAY };
    // Without the cell that diverges, and none in its place; the tangent vectors start in other directions.
    let protocol = protocol(Method::EtdAb3, 0.25, 900.0, 100.0);
    let seen = setting.engine(&protocol, watch);
    assert!(matches!(seen[1].end, CellEnd::Unbounded(_)), "{:?}", seen[1].end);
    setting.gs.remove(1);
    let expected = setting.engine(&protocol, watch);
    for (a, b) in [0, 2, 3].into_iter().zip(&expected) {
        let (a, b) = (seen[a].lyapunov.unwrap(), b.lyapunov.unwrap());
        assert!((a - b).abs() < 1e-6 && a < 0.0, "{a} {b}");
    }
}

#[test]
fn a_state_lost_after_the_last_look_is_no_result() {
    // Fast growth, a long interval between looks: infinite at the last sample, and only there looked at in vain.
    let mut setting = Setting::new(40, rank_one(0.5), &[60.0], Variant::Current);
    setting.transfer = Transfer::ThresholdLinear;
    let timing = Timing { transient: 0.0, window: 21.0, interval: 0.3, step: 0.3 };
    let lost = (1..=70).map(|k| {
        let timing = Timing { window: 0.3 * f64::from(k), ..timing };
        setting.engine(&Protocol::new(timing, Method::Euler).unwrap(), STAY).remove(0)
    });
    for seen in lost {
        assert!(
            matches!(seen.end, CellEnd::Unbounded(_)) || (seen.delta_0.is_finite() && seen.mu.is_finite()),
            "{seen:?}"
        );
    }
}

#[test]
fn odd_networks_mirror_to_the_last_bit() {
    let setting = Setting::new(130, rank_one(2.2), &[0.7, 2.4], Variant::Rate);
    let mut mirrored = setting.cells();
    let x0: Vec<f64> = setting.x0.iter().map(|x| -x).collect();
    mirrored.iter_mut().for_each(|cell| cell.x0 = &x0);
    let protocol = protocol(Method::EtdAb3, 0.2, 20.0, 20.0);
    let seen = setting.engine(&protocol, STAY);
    let other = run_cells(&*setting.bulk, Transfer::Tanh, &mirrored, &protocol, STAY, Products::Whole).unwrap();
    for (a, b) in seen.into_iter().zip(other) {
        assert_eq!(a.mirrored(), b);
    }
}

#[test]
fn what_the_engine_cannot_run_is_refused_in_one_line() {
    let setting = Setting::new(40, rank_one(1.0), &[1.0], Variant::Current);
    let run = |cells: &[Cell<'_>], timing: Timing, method| {
        let protocol = Protocol::new(timing, method).unwrap();
        run_cells(&*setting.bulk, Transfer::Tanh, cells, &protocol, STAY, Products::Whole).unwrap_err().to_string()
    };
    let good = Timing { transient: 1.0, window: 2.0, interval: 0.5, step: 0.25 };
    let cells = setting.cells();
    let other = Cell { variant: Variant::Rate, ..cells[0] };
    let short = Cell { x0: &[0.0; 39], ..cells[0] };
    let bad = Cell { x0: &[f64::NAN; 40], ..cells[0] };
    let rows = [
        (run(&cells, good, Method::Rk4), ["rk4", "etd-ab3"]),
        (run(&cells, Timing { transient: 1.1, ..good }, Method::Euler), ["run.transient is 1.1", "run.step = 0.25"]),
        (run(&cells, Timing { interval: 0.6, ..good }, Method::Euler), ["interval is 0.6", "0.25"]),
        (run(&[cells[0], other], good, Method::Euler), ["cell 1", "rate"]),
        (run(&[short], good, Method::Euler), ["39", "40"]),
        (run(&[bad], good, Method::Euler), ["NaN", "time 0"]),
    ];
    for (message, parts) in rows {
        assert!(parts.iter().all(|part| message.contains(part)) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn every_overlap_ends_right_or_without_numbers() {
    // Mean overlaps from -20 to 20 without a bulk: negative ones end at rest at zero, positive ones at the root of
    // kappa = <n tanh(m kappa)>, whose vectors are known. Methods whose step is unstable at first are given another.
    let variants = variants();
    let watch = Watch { tolerance: ERROR_TOLERANCE, halvings: MOST_HALVINGS, ..LEAVE };
    for method in [Method::EtdAb3, Method::Euler, Method::ExponentialEuler] {
        for variant in variants {
            for overlap in [-20.0, -7.0, -3.5, -2.7, -2.0, 0.5, 1.5, 4.0, 20.0] {
                let setting = Setting::new(60, rank_one(overlap), &[0.0], variant);
                let seen = setting.engine(&protocol(method, 0.2, 300.0, 10.0), watch).remove(0);
                let vectors = setting.vectors.vectors();
                let own = |kappa: f64| -> f64 {
                    let terms = vectors[0].iter().zip(&vectors[1]).map(|(m, n)| n * (m * kappa).tanh());
                    terms.sum::<f64>() / 60.0
                };
                match seen.end {
                    CellEnd::Ran | CellEnd::AtRest(_) => {
                        let kappa = seen.kappa[0];
                        let (off, still) = ((own(kappa) - kappa).abs(), seen.delta_t.unwrap());
                        assert!(
                            off < 1e-6 && still < 1e-9,
                            "{method} {variant} {overlap}: kappa {kappa} off {off} {still}"
                        );
                        assert!(overlap > 1.0 || kappa.abs() < 1e-6, "{method} {variant} {overlap}: {kappa}");
                        assert!(overlap < 1.2 || kappa.abs() > 0.1, "{method} {variant} {overlap}: {kappa}");
                    }
                    end => assert!(matches!(end, CellEnd::Inaccurate(_)), "{method} {variant} {overlap}: {end:?}"),
                }
                // The default method always finds a step.
                assert!(method != Method::EtdAb3 || seen.delta_0.is_finite(), "{variant} {overlap}: {:?}", seen.end);
                assert!(overlap > -2.7 || method != Method::EtdAb3 || variant != Variant::Current || seen.step < 0.2);
            }
        }
    }
}

#[test]
fn a_step_is_a_cells_own_and_does_not_depend_on_its_block() {
    // At g = 12 the step is halved, beside g = 0.5, where it is not; f32 alike. A given step is only judged.
    let setting = |gs: &[f64]| Setting::new(80, rank_one(0.5), gs, Variant::Current);
    let watch = Watch { tolerance: ERROR_TOLERANCE, halvings: MOST_HALVINGS, ..STAY };
    let protocol = protocol(Method::EtdAb3, 0.2, 20.0, 10.0);
    let together = setting(&[0.5, 12.0, 1.5]).engine(&protocol, watch);
    assert_eq!((together[0].step, together[2].step), (0.2, 0.2));
    assert!(together[1].step < 0.2 && together[1].error_estimate <= ERROR_TOLERANCE, "{:?}", together[1].step);
    assert_eq!(setting(&[12.0]).engine(&protocol, watch)[0], together[1]);
    let given = setting(&[12.0]).engine(&protocol, Watch { halvings: 0, ..watch });
    assert!(matches!(given[0].end, CellEnd::Inaccurate(_)) && given[0].step == 0.2);
}

#[test]
fn growth_without_bound_is_told_before_anything_overflows() {
    // Without vectors a threshold-linear network grows as e^((g / sqrt(2) - 1) t) above g = sqrt(2) and rests below; with an
    // overlap in place of a bulk as e^((overlap - 1) t).
    let mut setting = Setting::new(200, rank_one(0.0), &[1.0, 1.8], Variant::Current);
    setting.transfer = Transfer::ThresholdLinear;
    let seen = setting.engine(&protocol(Method::EtdAb3, 0.2, 150.0, 10.0), LEAVE);
    assert!(seen[0].delta_0.is_finite() && !matches!(seen[0].end, CellEnd::Unbounded(_)), "{:?}", seen[0].end);
    assert!(matches!(seen[1].end, CellEnd::Unbounded(time) if time < 150.0), "{:?}", seen[1].end);
    // The same network by itself.
    let network = Network::new(1.8, Arc::clone(&setting.bulk), setting.vectors.clone()).unwrap();
    let x0 = faer::Mat::from_fn(200, 1, |i, _| setting.x0[i]);
    let short =
        Protocol::new(Timing { transient: 60.0, window: 5.0, interval: 1.0, step: 0.2 }, Method::EtdAb3).unwrap();
    let alone = simulate(&network, &setting.model(1.8), x0.as_ref(), &short, (7, 0));
    assert!(matches!(alone, Err(crate::SimulateError::Unbounded { .. })), "{alone:?}");
    let network = Network::new(1.0, Arc::clone(&setting.bulk), setting.vectors.clone()).unwrap();
    assert!(simulate(&network, &setting.model(1.0), x0.as_ref(), &short, (7, 0)).is_ok());
}
