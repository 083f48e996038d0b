//! What theory predicts at an operating point, as the simulation will measure it.

use lowrank_meanfield::{Stationary, chaotic_solutions, stationary_branches, stationary_from};
use lowrank_model::{Ensemble, Model, OrderParameters, Variant};

use crate::{OperatingPoint, ValidateError};

/// Predicted order parameters. `delta_t`, and for the rate variant `r_temporal_variance`, are those within the measuring
/// window; the current variant's `r_temporal_variance` is that of an infinite one, and not claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Order parameters.
    pub order: OrderParameters,
    /// Autocovariance of x at the point's lags.
    pub autocovariance: Vec<f64>,
}

impl Prediction {
    /// Solves theory for `model`, the model of `point` or one with a network's own vectors, and takes the solution
    /// nearest to the kappa that the point names.
    ///
    /// # Errors
    /// Theory fails, or has no solution of the point's phase.
    pub fn new(point: &OperatingPoint, model: &Model) -> Result<Self, ValidateError> {
        let phase = if point.chaotic { "chaotic" } else { "stationary" };
        let missing = ValidateError::WrongPhase { point: point.name, phase };
        if point.chaotic {
            Self::chaotic(point, model, true)
        } else if let Ensemble::Empirical(given) = model.ensemble() {
            // The branch of the ensemble alike, refined for these vectors.
            let alike = Self::new(point, &model.with_ensemble(given.moments()?)?)?;
            let own = stationary_from(model, &alike.order)?;
            if own.rho < 1.0 { Ok(Self { order: own.order, autocovariance: Vec::new() }) } else { Err(missing) }
        } else {
            let branches = stationary_branches(model)?;
            // A stationary state that the bulk makes unstable is not what a network shows.
            let stable: Vec<Stationary> = branches.into_iter().filter(|b| b.rho < 1.0).collect();
            let order = nearest(point, &stable, |s| &s.order).ok_or(missing)?.order.clone();
            Ok(Self { order, autocovariance: Vec::new() })
        }
    }

    /// The same without the correction for the finite window: a planted fault.
    ///
    /// # Errors
    /// As for [`Prediction::new`].
    pub(crate) fn of_infinite_window(point: &OperatingPoint, model: &Model) -> Result<Self, ValidateError> {
        if point.chaotic { Self::chaotic(point, model, false) } else { Self::new(point, model) }
    }

    /// Section 12: the variance within a window misses the variance of the window's mean.
    fn chaotic(point: &OperatingPoint, model: &Model, finite_window: bool) -> Result<Self, ValidateError> {
        let missing = ValidateError::WrongPhase { point: point.name, phase: "chaotic" };
        let solutions = chaotic_solutions(model)?;
        let solution = nearest(point, &solutions, |c| &c.order).ok_or(missing)?;
        let autocovariance = solution.autocovariance()?;
        let samples = point.protocol(1.0)?.samples();
        let loss = if finite_window { autocovariance.window_loss(point.timing.interval, samples)? } else { 0.0 };
        let mut order = solution.order.clone();
        order.delta_t -= loss;
        if model.variant() == Variant::Rate {
            order.r_temporal_variance -= loss / (model.g() * model.g());
        }
        let at = |lag: &f64| Ok(autocovariance.at(*lag)?);
        let at_lags = point.lags.iter().map(at).collect::<Result<_, ValidateError>>()?;
        Ok(Self { order, autocovariance: at_lags })
    }
}

/// The solution whose kappa is nearest to the point's.
fn nearest<'a, S>(point: &OperatingPoint, solutions: &'a [S], order: impl Fn(&S) -> &OrderParameters) -> Option<&'a S> {
    let distance = |s: &S| -> f64 { order(s).kappa.iter().zip(&point.kappa).map(|(a, b)| (a - b).powi(2)).sum() };
    solutions.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
