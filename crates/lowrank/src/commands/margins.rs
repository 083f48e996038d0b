//! Margins of a check, fixed before anything is simulated.
//!
//! They are those of the harness' own points at standard effort (1000 neurons, 96 networks), as parts of the scale of each
//! statistic, and follow N and the number of networks as the harness' do (`Effort::margin_factor`). A network near a
//! transition fluctuates more than they allow.

use lowrank_model::{Model, Vector};
use lowrank_validate::{Findings, Margin, Phase, Statistic};

/// Below this everything is at rest: x and what is made of it, and kappa in units of n or of 1 / m, whichever is smaller.
const REST: f64 = 1e-3;

/// Times of a course that differ by less than this part are one: rounding.
const SAME_TIME: f64 = 1e-9;

/// The most that a variance of the random part is judged by, in units of itself: at ordinary points the whole variance is less.
const OF_INDIVIDUAL: f64 = 3.0;

/// Half of the networks.
const MAJORITY: f64 = 0.5;

/// The margin of a statistic, given what theory predicts.
pub(super) fn margin(statistic: Statistic, phase: Phase, model: &Model, predicted: Option<&Findings>) -> Margin {
    use Statistic::{
        Autocovariance, Delta0, Delta0At, Delta0Individual, DeltaInf, DeltaT, Kappa, KappaAt, Lyapunov, Mu, MuAt,
        OutlierIm, OutlierRe, RAutocovariance, RMean, RSecondMoment, RTemporalVariance, Unbounded,
    };
    let order = predicted.and_then(|findings| findings.order.as_ref());
    // The scale of a course is its largest variance; of one that grows beyond theory, that until then.
    let until = match statistic {
        KappaAt(_, t) | MuAt(t) | Delta0At(t) if predicted.is_some_and(|findings| findings.stopped.is_some()) => t,
        _ => f64::INFINITY,
    };
    let course = predicted.map(|findings| findings.course.as_slice()).unwrap_or_default();
    let so_far = course.iter().filter(|moment| moment.time <= until * (1.0 + SAME_TIME));
    let delta_0 = order.map_or(0.0, |o| o.delta_0).max(so_far.map(|m| m.delta_0).fold(0.0, f64::max));
    // What the random part makes does not grow with what strong vectors and inputs do.
    let individual = order.map_or(delta_0, |o| delta_0.min(OF_INDIVIDUAL * o.delta_0_individual));
    // phi is at most one or two for most functions; where it is not, rates are as large as x.
    let rate = order.map_or(model.transfer().bound().unwrap_or(delta_0.sqrt()), |o| o.r_second_moment.sqrt());
    let part = if matches!(phase, Phase::Chaotic | Phase::Fluctuating) { CHAOTIC } else { CALM };
    let absolute = match statistic {
        Kappa(k) | KappaAt(k, _) => part.kappa * size_of(model, Vector::N(k)) * rate,
        Mu | MuAt(_) => part.mu * delta_0.sqrt(),
        RMean => part.r_mean * rate,
        RSecondMoment | RAutocovariance(_) | RTemporalVariance => part.r_second_moment * rate * rate,
        Delta0 | Delta0At(_) => part.delta_0 * delta_0,
        Delta0Individual => part.delta_0 * individual,
        DeltaInf | Autocovariance(_) => part.delta_inf * delta_0,
        DeltaT => part.delta_inf * individual,
        OutlierRe(_) | OutlierIm(_) => OUTLIER,
        Lyapunov => EXPONENT,
        // The part of the networks that grow without bound: more than half or less.
        Unbounded => return Margin { relative: 0.0, absolute: MAJORITY },
    };
    let rest = match statistic {
        Kappa(k) | KappaAt(k, _) => REST * unit_of_kappa(model, k),
        _ => REST,
    };
    Margin { relative: 0.0, absolute: absolute.max(rest) }
}

/// Root mean square of the entries of a vector.
fn size_of(model: &Model, vector: Vector) -> f64 {
    let Ok(moments) = model.ensemble().moments() else { return 0.0 };
    moments.layout().index(vector).map_or(0.0, |a| (moments.mean()[a].powi(2) + moments.covariance(a, a)).sqrt())
}

/// The smaller one of the size of n^(k) and of one over that of m^(k); one where neither is told.
fn unit_of_kappa(model: &Model, k: usize) -> f64 {
    let units = [size_of(model, Vector::N(k)), 1.0 / size_of(model, Vector::M(k))];
    let unit = units.into_iter().filter(|unit| *unit > 0.0).fold(f64::INFINITY, f64::min);
    if unit.is_finite() { unit } else { 1.0 }
}

/// Parts of the scales.
#[derive(Clone, Copy)]
struct Parts {
    kappa: f64,
    mu: f64,
    r_mean: f64,
    r_second_moment: f64,
    delta_0: f64,
    delta_inf: f64,
}

/// Of networks at rest and of transients: the widest of the harness' points (`structured-stationary`, `driven`, `step-input`).
const CALM: Parts =
    Parts { kappa: 0.045, mu: 0.04, r_mean: 0.025, r_second_moment: 0.03, delta_0: 0.05, delta_inf: 0.05 };
/// Of chaotic networks (`structured-chaos`): they differ in their slow fluctuations.
const CHAOTIC: Parts =
    Parts { kappa: 0.04, mu: 0.055, r_mean: 0.045, r_second_moment: 0.055, delta_0: 0.04, delta_inf: 0.08 };
/// Of the outliers' parts (`positive-overlap`).
const OUTLIER: f64 = 0.02;
/// Of the largest Lyapunov exponent (`tangent`), most of it finite size.
const EXPONENT: f64 = 0.04;
