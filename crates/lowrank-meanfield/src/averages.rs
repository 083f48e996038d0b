//! Gaussian averages \<f>(mu, D) = int Dz f(mu + sqrt(D) z) (T4).
//!
//! Trapezoid rule on a window of +-9 standard deviations: for a function analytic around the real line its error
//! falls as e^(-2 pi a / h), a the distance of the nearest singularity in z. tanh has poles at i pi / 2, in z at
//! i pi / (2 sqrt(D)), so the step goes as 1 / sqrt(D): below 1e-12 for D in \[0, 100\] and beyond, where Gauss-Hermite
//! with 200 nodes is off by 5e-3 at D = 50. Threshold-linear has a kink; its averages are closed forms.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use lowrank_model::Transfer;

use crate::MeanFieldError;
use crate::large::is_large;

/// Half width of the window in standard deviations: e^(-81/2) = 3e-18.
const WINDOW: f64 = 9.0;
/// Largest step: the Gaussian itself to e^(-2 pi^2 / h^2) = 5e-35.
const LARGEST_STEP: f64 = 0.5;
/// Step times sqrt(D): tanh to e^(-pi^2 / 0.22) = 3e-20.
const STEP_TIMES_DEVIATION: f64 = 0.22;
/// The same three for a search: window to e^(-25/2) = 4e-6, tanh to e^(-pi^2) = 5e-5, an eighth of the nodes.
const ROUGH: [f64; 3] = [5.0, 0.8, 1.0];
/// The same for courses in time: window to e^(-36/2) = 1e-8, tanh to e^(-pi^2 / 0.6) = 7e-8, a quarter of the nodes.
const FAIR: [f64; 3] = [6.0, 0.6, 0.6];
/// Largest variance and largest mean of an average of any function (80 thousand nodes, a millisecond); of phi they are
/// [`LARGEST_ARGUMENT`].
pub(crate) const LARGEST_VARIANCE: f64 = 1e6;
/// Largest variance and mean of averages of phi: their squares must not overflow.
pub(crate) const LARGEST_ARGUMENT: f64 = 1e100;

/// The averages that the stationary theory is made of, all at one (mu, D).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Averages {
    /// \<phi>.
    pub phi: f64,
    /// \<phi'>.
    pub d1: f64,
    /// \<phi''>.
    pub d2: f64,
    /// \<phi'''>.
    pub d3: f64,
    /// \<phi^2>.
    pub phi_sq: f64,
    /// \<phi'^2>.
    pub d1_sq: f64,
    /// \<phi phi'>.
    pub phi_d1: f64,
    /// \<phi phi''>.
    pub phi_d2: f64,
}

impl Averages {
    /// All averages of `transfer` at mean `mu` and variance `d`; at `d` = 0 the function values.
    ///
    /// # Errors
    /// `mu` beyond +-1e100 (threshold-linear: +-1e6) or not a number; `d` outside \[0, 1e100\] (1e6).
    pub fn new(transfer: Transfer, mu: f64, d: f64) -> Result<Self, MeanFieldError> {
        check(transfer, mu, d)?;
        Ok(Self::at(transfer, mu, d))
    }

    /// The same for arguments known to be valid.
    pub(crate) fn at(transfer: Transfer, mu: f64, d: f64) -> Self {
        Self::on([WINDOW, LARGEST_STEP, STEP_TIMES_DEVIATION], transfer, mu, d)
    }

    /// The same with four digits, at an eighth of the cost: for a search.
    pub(crate) fn rough(transfer: Transfer, mu: f64, d: f64) -> Self {
        Self::on(ROUGH, transfer, mu, d)
    }

    /// The same with six digits, at a quarter of the cost: for a course of many steps.
    pub(crate) fn fair(transfer: Transfer, mu: f64, d: f64) -> Self {
        Self::on(FAIR, transfer, mu, d)
    }

    fn on(grid: [f64; 3], transfer: Transfer, mu: f64, d: f64) -> Self {
        if transfer == Transfer::ThresholdLinear && d > 0.0 {
            return threshold_linear(mu, d);
        }
        if transfer == Transfer::ThresholdLinear && mu == 0.0 {
            // At the kink half of all deviations meet the slope 1: what is left of small variances (T29).
            return Averages { d1: 0.5, d1_sq: 0.5, ..Averages::default() };
        }
        if is_large(transfer, d) {
            return crate::large::averages(transfer, mu, d);
        }
        let mut sum = Self::default();
        for_each_node(grid, mu, d, |weight, x| {
            let jet = transfer.jet(x);
            sum.phi += weight * jet.value;
            sum.d1 += weight * jet.d1;
            sum.d2 += weight * jet.d2;
            sum.d3 += weight * jet.d3;
            sum.phi_sq += weight * jet.value * jet.value;
            sum.d1_sq += weight * jet.d1 * jet.d1;
            sum.phi_d1 += weight * jet.value * jet.d1;
            sum.phi_d2 += weight * jet.value * jet.d2;
        });
        sum
    }
}

/// \<f>(mu, d) of a function that is analytic within pi / 2 of the real line, such as a primitive of phi (T4).
///
/// # Errors
/// `mu` not finite; `d` negative, not finite or above 1e6.
pub fn average(mu: f64, d: f64, f: impl Fn(f64) -> f64) -> Result<f64, MeanFieldError> {
    check_within(LARGEST_VARIANCE, mu, d)?;
    let mut sum = 0.0;
    for_each_node([WINDOW, LARGEST_STEP, STEP_TIMES_DEVIATION], mu, d, |weight, x| sum += weight * f(x));
    Ok(sum)
}

/// Refuses arguments at which averages of phi are not taken. Of an unbounded phi they mean that activity runs away.
pub(crate) fn check(transfer: Transfer, mu: f64, d: f64) -> Result<(), MeanFieldError> {
    check_within(if transfer.bound().is_some() { LARGEST_ARGUMENT } else { LARGEST_VARIANCE }, mu, d)
}

fn check_within(limit: f64, mu: f64, d: f64) -> Result<(), MeanFieldError> {
    if mu.abs() <= limit && (0.0..=limit).contains(&d) {
        Ok(())
    } else {
        Err(MeanFieldError::BadArgument { mu, d, limit })
    }
}

/// Calls `visit(weight, mu + sqrt(d) z)` at the nodes z of a grid (window, largest step, step times deviation); the
/// weights are those of a standard normal.
fn for_each_node(
    [window, largest_step, step_times_deviation]: [f64; 3],
    mu: f64,
    d: f64,
    mut visit: impl FnMut(f64, f64),
) {
    if d == 0.0 {
        visit(1.0, mu);
        return;
    }
    let deviation = d.sqrt();
    let step = largest_step.min(step_times_deviation / deviation);
    let half = (window / step).ceil() as i64;
    for i in -half..=half {
        let z = i as f64 * step;
        visit(step * density(z), mu + deviation * z);
    }
}

/// Density of a standard normal.
pub(crate) fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// Distribution function of a standard normal.
pub(crate) fn distribution(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// max(x, 0): the derivatives at the kink count as distributions, \<phi''> is the density at 0 and \<phi phi''> = 0.
fn threshold_linear(mu: f64, d: f64) -> Averages {
    let deviation = d.sqrt();
    let a = mu / deviation;
    let (above, at_zero) = (distribution(a), density(a));
    let phi = mu * above + deviation * at_zero;
    Averages {
        phi,
        d1: above,
        d2: at_zero / deviation,
        d3: -a * at_zero / d,
        phi_sq: (mu * mu + d) * above + mu * deviation * at_zero,
        d1_sq: above,
        phi_d1: phi,
        phi_d2: 0.0,
    }
}
