//! What is wrong with a result of theory, if anything: everything that must hold for whatever model.

use lowrank_meanfield::{
    Branch, BranchEnd, Chaotic, Event, EventKind, MeanFieldError, Stability, Stationary, Transient,
};
use lowrank_model::{Model, OrderParameters, Variant};

/// What every solver promises.
const RESIDUAL: f64 = 1e-10;
/// Rounding, relative to the largest of the numbers compared.
const SLACK: f64 = 1e-9;
/// A growth rate this close to zero has no sign: rounding of an eigenvalue near one.
const NEUTRAL: f64 = 1e-7;
/// A spectrum may be negative by this part of its largest value: the panels' resolution.
const SPECTRUM: f64 = 1e-7;
/// A transient iterates to this, relative to max(1, |value|).
const TRANSIENT: f64 = 1e-8;

fn unless(fine: bool, found: impl FnOnce() -> String) -> Option<String> {
    if fine { None } else { Some(found()) }
}

/// Finite, variances in order.
pub fn wrong_order(o: &OrderParameters) -> Option<String> {
    let one = [
        o.mu,
        o.delta_0,
        o.delta_0_individual,
        o.delta_inf,
        o.delta_t,
        o.r_mean,
        o.r_second_moment,
        o.r_temporal_variance,
    ];
    let finite = one.iter().chain(&o.kappa).all(|v| v.is_finite());
    let slack = SLACK * o.delta_0.max(1.0);
    let ordered = o.delta_0_individual >= 0.0
        && o.delta_0 >= o.delta_0_individual - slack
        && o.delta_t >= 0.0
        && o.delta_inf >= -slack
        && (o.delta_0 - o.delta_inf - o.delta_t).abs() <= slack
        && o.r_second_moment - o.r_mean * o.r_mean >= -SLACK * o.r_second_moment.max(1.0);
    unless(finite && ordered, || format!("{o:?}"))
}

/// Residual, and the sign of the growth rate: an eigenvalue lambda of S is unstable where tau_s tau_r (Im lambda)^2 >
/// (tau_s + tau_r)^2 (1 - Re lambda), the outside of (T11)'s parabola.
pub fn wrong_stationary(s: &Stationary, variant: Variant) -> Option<String> {
    let (tau_s, tau_r) = variant.time_constants();
    let beyond = |(re, im): (f64, f64)| tau_s * tau_r * im * im + (tau_s + tau_r).powi(2) * (re - 1.0);
    let furthest = s.outliers.iter().map(|l| beyond(*l)).fold(beyond((s.rho, 0.0)), f64::max);
    let neutral = furthest.abs() < NEUTRAL || s.growth_rate.abs() < NEUTRAL;
    let sign =
        neutral || (s.growth_rate > 0.0) == (furthest > 0.0) && (s.stability == Stability::Stable) == (furthest < 0.0);
    let outside = s.outliers.iter().all(|(re, im)| re.is_finite() && re.hypot(*im) > s.rho);
    let fine = s.residual <= RESIDUAL && s.rho.is_finite() && s.rho >= 0.0 && s.growth_rate.is_finite();
    let still = s.order.delta_t == 0.0;
    unless(fine && sign && outside && still, || format!("{s:?}")).or_else(|| wrong_order(&s.order))
}

/// Residual, rho above one unless there is noise, order parameters.
pub fn wrong_chaotic(c: &Chaotic, sigma: f64) -> Option<String> {
    let fine = c.residual <= RESIDUAL && c.rho.is_finite() && (c.rho > 1.0 || sigma > 0.0) && c.order.delta_t > 0.0;
    unless(fine, || format!("rho {} residual {:e} {:?}", c.rho, c.residual, c.order)).or_else(|| wrong_order(&c.order))
}

/// Delta(tau) starts at Delta_0 and falls to Delta_inf, the rates' lagged moment at C_r(0); the spectrum is not negative.
///
/// # Errors
/// Those of the solver.
pub fn wrong_autocovariance(c: &Chaotic, model: &Model) -> Result<Option<String>, MeanFieldError> {
    let (delta, o) = (c.autocovariance()?, &c.order);
    let rate = delta.decay_rate();
    let lags = [0.0, 0.5 / rate, 1.0, 2.0 / rate, 10.0 / rate.min(1.0)];
    let slack = SLACK * o.delta_0.max(1.0);
    let values = lags.iter().map(|lag| delta.at(*lag)).collect::<Result<Vec<_>, _>>()?;
    let starts = (values[0] - o.delta_0).abs() <= slack;
    let within = values.iter().all(|v| (o.delta_inf - slack..=o.delta_0 + slack).contains(v));
    let falls = values[1] <= values[0] + slack && values[3] <= values[1] + slack && values[4] <= values[3] + slack;
    let rates = delta.rate_second_moment(0.0)?;
    let same = (rates - o.r_second_moment).abs() <= 1e-8 * rates.abs().max(1.0) || model.g() < 1e-3;
    let mut spectrum = Vec::new();
    for frequency in [0.0, rate, 1.0, 4.0] {
        spectrum.push(delta.spectrum(frequency)?);
    }
    let largest = spectrum.iter().fold(0.0_f64, |a, s| a.max(s.abs()));
    let positive = spectrum.iter().all(|s| *s >= -SPECTRUM * largest) && spectrum[0] > 0.0;
    let time = (0.5 * spectrum[0] / o.delta_t / delta.correlation_time() - 1.0).abs() < 1e-6;
    let fine = starts && within && falls && same && positive && time && rate.is_finite() && rate > 0.0;
    Ok(unless(fine, || {
        format!(
            "Delta {values:?} rate {rate} C_r(0) {rates} spectrum {spectrum:?} time {} of {o:?}",
            delta.correlation_time()
        )
    }))
}

/// A Lyapunov exponent: positive without noise.
///
/// # Errors
/// Those of the solver.
pub fn wrong_lyapunov(c: &Chaotic, sigma: f64) -> Result<Option<String>, MeanFieldError> {
    let l = c.lyapunov()?;
    let fine = l.residual <= RESIDUAL && l.exponent.is_finite() && (l.exponent > 0.0 || sigma > 0.0);
    Ok(unless(fine, || format!("{l:?} of {:?}", c.order)))
}

/// All snapshots finite, variances not negative, C(t, s)^2 <= C(t, t) C(s, s).
///
/// # Errors
/// Those of the solver.
pub fn wrong_transient(t: &Transient) -> Result<Option<String>, MeanFieldError> {
    for s in &t.snapshots {
        let one = [s.mu, s.delta_0, s.delta_0_individual, s.r_mean, s.r_second_moment];
        let finite = one.iter().chain(&s.kappa).all(|v| v.is_finite());
        let slack = 1e-6 * s.delta_0.max(1.0);
        let ordered = s.delta_0_individual >= -slack
            && s.delta_0 >= s.delta_0_individual - slack
            && s.r_second_moment - s.r_mean.powi(2) >= -1e-6 * s.r_second_moment.max(1.0);
        if !(finite && ordered) {
            return Ok(Some(format!("{s:?}")));
        }
    }
    let (early, late) = (0.3 * t.end(), t.end());
    let [cc, ee, ll] = [(early, late), (early, early), (late, late)].map(|(a, b)| t.individual_autocovariance(a, b));
    let (cc, ee, ll) = (cc?, ee?, ll?);
    let fine = t.residual <= TRANSIENT && cc * cc <= ee * ll * (1.0 + 1e-6) + 1e-12;
    Ok(unless(fine, || format!("residual {:e}, C {cc} {ee} {ll}", t.residual)))
}

/// Every point and event a right stationary solution; what vanishes at an event small.
pub fn wrong_branch(b: &Branch, model: &Model) -> Option<String> {
    let solutions = b.points.iter().map(|p| &p.solution).chain(b.events.iter().map(|e| &e.solution));
    // At infinity the residual is the distance by which the parameter was extrapolated.
    let limit = |e: &Event| if e.kind == EventKind::Infinity { 1e-2 * e.parameter.abs().max(1.0) } else { 1e-6 };
    let event = b.events.iter().find(|e| e.residual.is_nan() || e.residual.abs() > limit(e));
    let wrong = solutions.filter_map(|s| wrong_stationary(s, model.variant())).next();
    // Where the activity is beyond 1e4 from the start there is nothing to follow.
    let beyond = b.ends == [BranchEnd::Unbounded; 2];
    wrong
        .or_else(|| event.map(|e| format!("{e:?}")))
        .or_else(|| unless(b.points.len() > 1 || beyond, || "no branch".to_owned()))
}
