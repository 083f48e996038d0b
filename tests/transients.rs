//! Transients (T19) in networks: fifty networks of 800 neurons with matched vectors, started from x(0) = m / 2 + noise; an
//! input with a mean and an overlap with n comes on at t = 4 and halves at t = 8.
//!
//! Three statements are judged for each variant, on kappa, mu and delta_0 at 15 times:
//!
//! - The course as a whole, by Hotelling's T^2: the deviations of networks from theory at five of the times, 15 numbers, have
//!   the mean zero, in units of their own covariance. It takes correlations into account, so that its false-alarm rate is
//!   known: (n - p) / (p (n - 1)) T^2 is F(p, n - p), n = 50, p = 15, if theory is exact. 1 % over the three variants
//!   (Bonferroni).
//! - No one of the 45 comparisons is beyond four standard errors: Student's t with 49 degrees of freedom gives a false-alarm
//!   rate of at most 45 x 2.1e-4 = 1 % a variant (Bonferroni).
//! - At least 95 % (43 of 45) are within two standard errors. 42.7 are expected, and those of a variant move together, so that
//!   exact theory breaks this with some seeds: it is asked of the fixed seed alone.
//!
//! With seeds 100 to 114 (current) and 100 to 110 (rate) the probability of the joint statistic was between 0.06 and 0.97, but
//! for one: 1.2e-5, current, seed 113, with no comparison beyond 1.8 standard errors. It is not explained: either deviations of
//! networks have longer tails than Gaussian ones, or some combination of the 15 is biased. Until it is, the joint statement too
//! is asked of the fixed seed alone. The planted faults have a probability far below 1e-5 with seed 1: the input a tenth of a
//! unit of time late, a fiftieth late (which the second statement missed with nine of eleven seeds), theory told g = 0.84 in place
//! of 0.8.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::Method;
use lowrank_meanfield::transient;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Initial, Input, Layout, Model, Moments, TimeCourse, Transfer, Variant};
use lowrank_simulate::{Protocol, Timing, initial_currents, simulate};
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

const NEURONS: usize = 800;
const NETWORKS: u64 = 50;
/// RK4 at 0.2 is off by about 1e-4 where the time constant is 0.5; standard errors are 2e-3 or more.
const TIMING: Timing = Timing { transient: 0.0, window: 11.2, interval: 0.8, step: 0.2 };
const G: f64 = 0.8;
const ONSET: f64 = 4.0;
/// The planted faults: the onset this much late, theory told another g.
const LATE: f64 = 0.1;
const LITTLE_LATE: f64 = 0.02;
const OTHER_G: f64 = 0.84;
const SEED: u64 = 1;
/// Standard errors: the rule's two limits.
const NEAR: f64 = 2.0;
const FAR: f64 = 4.0;
/// Samples of the joint statement: t = 1.6, 3.2, 4.8, 7.2, 10.4, before, between and after the changes of the input.
const JOINT: [usize; 5] = [2, 4, 6, 9, 13];
/// False-alarm rate of the joint statement, over the variants.
const FALSE_ALARM: f64 = 0.01;
const VARIANTS: f64 = 3.0;
/// A planted fault is caught with this probability of the joint statistic or a smaller one.
const CAUGHT: f64 = 1e-5;

fn model(variant: Variant, (g, onset): (f64, f64)) -> Model {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 0.7)
        .mean(N(0), 1.0)
        .mean(I(0), 0.6)
        .variance(M(0), 0.6)
        .variance(N(0), 1.0)
        .variance(I(0), 0.8)
        .covariance(M(0), N(0), 0.2)
        .covariance(M(0), I(0), 0.2)
        .covariance(N(0), I(0), 0.6)
        .build()
        .unwrap();
    let course = TimeCourse::piecewise(0.0, &[(onset, 1.0), (onset + 4.0, 0.5)]).unwrap();
    Model::new(g, Transfer::Tanh, variant, ensemble, Input::new(vec![course])).unwrap()
}

fn initial() -> Initial {
    Initial { along: vec![(M(0), 0.5)], deviation: 0.8 }
}

/// kappa, mu and delta_0 at every sample, one after the other.
type Course = Vec<f64>;

fn predicted(variant: Variant, told: (f64, f64)) -> Course {
    let protocol = Protocol::new(TIMING, Method::Rk4).unwrap();
    let solution = transient(&model(variant, told), &initial(), TIMING.window).unwrap();
    let at = |sample| {
        let s = solution.at(protocol.sample_time(sample).min(solution.end())).unwrap();
        [s.kappa[0], s.mu, s.delta_0]
    };
    (0..protocol.samples()).flat_map(at).collect()
}

/// The courses of the networks.
fn seen(variant: Variant, seed: u64) -> Vec<Course> {
    let model = model(variant, (G, ONSET));
    let protocol = Protocol::new(TIMING, Method::Rk4).unwrap();
    let of_network = |realisation| -> Course {
        let network = Network::draw(&model, NEURONS, Sampling::Matched, seed, realisation).unwrap();
        let x0 = initial_currents(&network, &initial(), 1, seed, realisation).unwrap();
        let run = simulate(&network, &model, x0.as_ref(), &protocol, (seed, realisation)).unwrap();
        (0..run.times.len()).flat_map(|s| [run.kappa[s][0][0], run.mu_of_time[s], run.delta_0_of_time[s]]).collect()
    };
    (0..NETWORKS).map(of_network).collect()
}

/// The verdict on one theory.
#[derive(Debug)]
struct Judged {
    /// How many comparisons are within two standard errors, and the largest of all.
    near: usize,
    largest: f64,
    /// Probability of a T^2 this large or larger if the theory is exact.
    joint: f64,
}

impl Judged {
    /// What exact theory fulfils with any seed.
    fn possible(&self) -> bool {
        self.largest <= FAR && self.joint >= FALSE_ALARM / VARIANTS
    }
}

fn judged(runs: &[Course], theory: &Course) -> Judged {
    let count = runs.len() as f64;
    let mean: Course =
        (0..theory.len()).map(|i| runs.iter().map(|run| run[i] - theory[i]).sum::<f64>() / count).collect();
    // Of the means of two numbers.
    let covariance = |i: usize, j: usize| {
        let off = |run: &Course, i: usize| run[i] - theory[i] - mean[i];
        runs.iter().map(|run| off(run, i) * off(run, j)).sum::<f64>() / (count - 1.0) / count
    };
    let z: Vec<f64> = (0..theory.len()).map(|i| mean[i].abs() / covariance(i, i).sqrt()).collect();
    let taken: Vec<usize> = JOINT.iter().flat_map(|s| 3 * s..3 * s + 3).collect();
    let of_taken = Mat::from_fn(taken.len(), taken.len(), |i, j| covariance(taken[i], taken[j]));
    let deviation = Mat::from_fn(taken.len(), 1, |i, _| mean[taken[i]]);
    let solved = of_taken.llt(Side::Lower).unwrap().solve(&deviation);
    let t_squared = (deviation.transpose() * solved)[(0, 0)];
    let p = taken.len() as f64;
    let joint = FisherSnedecor::new(p, count - p).unwrap().sf(t_squared * (count - p) / (p * (count - 1.0)));
    Judged { near: z.iter().filter(|z| **z <= NEAR).count(), largest: z.into_iter().fold(0.0, f64::max), joint }
}

fn check(variant: Variant, other: Variant) {
    let seen = seen(variant, SEED);
    let theory = predicted(variant, (G, ONSET));
    assert_eq!(theory.len(), 45);
    let found = judged(&seen, &theory);
    assert!(found.possible() && found.near >= 43, "{variant}: {found:?}");
    let late = [LATE, LITTLE_LATE].map(|late| (variant, (G, ONSET + late)));
    for fault in late.into_iter().chain([(other, (G, ONSET)), (variant, (OTHER_G, ONSET))]) {
        let planted = judged(&seen, &predicted(fault.0, fault.1));
        assert!(planted.joint < CAUGHT, "{variant}: the fault {fault:?} went unnoticed: {planted:?}");
    }
}

/// The rates of the header: `cargo test -p lowrank-tests --test transients -- --ignored --nocapture`.
#[test]
#[ignore = "minutes: how the statements fare with other seeds"]
fn other_seeds() {
    let two = Variant::two_timescale(0.5, 1.0).unwrap();
    for variant in [Variant::Current, Variant::Rate, two] {
        for seed in 100..115 {
            let seen = seen(variant, seed);
            println!("{variant} {seed}: {:?}", judged(&seen, &predicted(variant, (G, ONSET))));
            for told in [(G, ONSET + LATE), (OTHER_G, ONSET), (G, ONSET + LITTLE_LATE)] {
                println!("  {told:?}: {:?}", judged(&seen, &predicted(variant, told)));
            }
        }
    }
}

#[test]
fn the_current_variant_follows_theory() {
    check(Variant::Current, Variant::two_timescale(0.5, 1.0).unwrap());
}

#[test]
fn the_rate_variant_follows_theory_and_jumps_with_its_input() {
    check(Variant::Rate, Variant::Current);
    // mu at the sample of the onset holds the jump M_I = 0.6.
    let sample = 3 * 5 + 1;
    let at = |onset| predicted(Variant::Rate, (G, onset))[sample];
    let (before, after) = (at(ONSET + LATE), at(ONSET));
    assert!((after - before - 0.6).abs() < 1e-9, "{before} {after}");
}

#[test]
fn the_two_timescale_variant_follows_theory() {
    // The time constants the wrong way round are a fault too.
    check(Variant::two_timescale(0.5, 1.0).unwrap(), Variant::two_timescale(1.0, 0.5).unwrap());
}
