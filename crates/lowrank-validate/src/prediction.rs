//! What theory predicts at an operating point, as the simulation will measure it.

use lowrank_meanfield::{Stationary, chaotic_solutions, stationary_branches, stationary_from, transient_as_far};
use lowrank_model::{Ensemble, Model, OrderParameters, Variant};

use crate::findings::sort_outliers;
use crate::{Findings, OperatingPoint, Phase, Statistic, ValidateError};

/// Solves theory for `model`, the model of `point` or one with a network's own vectors, and takes the solution nearest
/// to the kappa of the point's state, which is the same but for the vectors or the variant. `delta_t`, and for the rate variant `r_temporal_variance`, are those within the
/// measuring window; the other variants' `r_temporal_variance` is that of an infinite one, and not claimed.
///
/// # Errors
/// Theory fails, or has no solution of the point's phase.
pub fn predict(point: &OperatingPoint, model: &Model) -> Result<Findings, ValidateError> {
    match point.phase {
        Phase::AtRest => at_rest(point, model),
        Phase::Chaotic | Phase::Fluctuating => chaotic(point, model, true),
        Phase::Transient => course(point, model),
        Phase::Unbounded => Ok(Findings { unbounded: true, ..Findings::default() }),
    }
}

/// The same without the correction for the finite window: a planted fault.
///
/// # Errors
/// As for [`predict`].
pub(crate) fn predict_infinite_window(point: &OperatingPoint, model: &Model) -> Result<Findings, ValidateError> {
    if matches!(point.phase, Phase::Chaotic | Phase::Fluctuating) {
        chaotic(point, model, false)
    } else {
        predict(point, model)
    }
}

/// The stable stationary solution with its outliers.
fn at_rest(point: &OperatingPoint, model: &Model) -> Result<Findings, ValidateError> {
    let Stationary { order, mut outliers, .. } = resting(point, model)?;
    sort_outliers(&mut outliers);
    Ok(Findings { order: Some(order.into()), outliers, ..Findings::default() })
}

fn resting(point: &OperatingPoint, model: &Model) -> Result<Stationary, ValidateError> {
    let missing = ValidateError::WrongPhase { point: point.name.to_string(), phase: point.phase.name() };
    // A stationary state that the bulk makes unstable is not what a network shows.
    let stable = |s: &Stationary| s.rho < 1.0;
    let solution = if let Ensemble::Empirical(given) = model.ensemble() {
        // The branch of the ensemble alike, refined for these vectors.
        let alike = resting(point, &model.with_ensemble(given.moments()?)?)?.order;
        Some(stationary_from(model, &alike)?).filter(stable)
    } else {
        let branches: Vec<Stationary> = stationary_branches(model)?.into_iter().filter(stable).collect();
        nearest(point, &branches, |s| &s.order).cloned()
    };
    solution.ok_or(missing)
}

/// The chaotic solution. Section 12: the variance within a window misses the variance of the window's mean.
fn chaotic(point: &OperatingPoint, model: &Model, finite_window: bool) -> Result<Findings, ValidateError> {
    let missing = ValidateError::WrongPhase { point: point.name.to_string(), phase: point.phase.name() };
    let solutions = chaotic_solutions(model)?;
    let solution = nearest(point, &solutions, |c| &c.order).ok_or(missing)?;
    let of_lag = solution.autocovariance()?;
    let samples = point.protocol(1.0)?.samples();
    let loss = if finite_window { of_lag.window_loss(point.timing.interval, samples)? } else { 0.0 };
    let mut order = solution.order.clone();
    order.delta_t -= loss;
    if model.variant() == Variant::Rate {
        order.r_temporal_variance -= loss / (model.g() * model.g());
    }
    let claims_exponent = point.statistics_of(model.variant()).any(|(s, _)| s == Statistic::Lyapunov);
    Ok(Findings {
        order: Some(order.into()),
        autocovariance: point.lags.iter().map(|lag| of_lag.at(*lag)).collect::<Result<_, _>>()?,
        r_autocovariance: point.lags.iter().map(|lag| of_lag.rate_second_moment(*lag)).collect::<Result<_, _>>()?,
        lyapunov: if claims_exponent { Some(solution.lyapunov()?.exponent) } else { None },
        ..Findings::default()
    })
}

/// The transient from the point's initial state, at its samples, as far as theory follows it.
fn course(point: &OperatingPoint, model: &Model) -> Result<Findings, ValidateError> {
    let protocol = point.protocol(1.0)?;
    let times: Vec<f64> = (0..protocol.samples()).map(|sample| protocol.sample_time(sample)).collect();
    let end = point.timing.transient + point.timing.window;
    let (solution, stopped) = transient_as_far(model, &point.initial, end)?;
    let solved = times.iter().filter(|t| stopped.is_none() || **t <= solution.end());
    let course = solved.map(|t| Ok(solution.at(t.min(solution.end()))?.into()));
    let course = course.collect::<Result<_, ValidateError>>()?;
    Ok(Findings { course, stopped: stopped.map(|reason| (solution.end(), reason)), ..Findings::default() })
}

/// The solution that is the point's state: its kappa is nearest.
fn nearest<'a, S>(point: &OperatingPoint, solutions: &'a [S], order: impl Fn(&S) -> &OrderParameters) -> Option<&'a S> {
    let distance = |s: &S| -> f64 { order(s).kappa.iter().zip(&point.kappa).map(|(a, b)| (a - b).powi(2)).sum() };
    solutions.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
