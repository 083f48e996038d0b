//! What theory predicts at an operating point, as the simulation will measure it.

use lowrank_meanfield::{Chaotic, Stationary, chaotic_solutions, stationary_branches};
use lowrank_model::{Model, OrderParameters, Variant};

use crate::{OperatingPoint, ValidateError};

/// Predicted order parameters; temporal variances are those within the measuring window.
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
            let solutions = chaotic_solutions(model)?;
            Self::chaotic(point, model, nearest(point, &solutions, |c| &c.order).ok_or(missing)?)
        } else {
            let branches = stationary_branches(model)?;
            // A stationary state that the bulk makes unstable is not what a network shows.
            let stable: Vec<Stationary> = branches.into_iter().filter(|b| b.rho < 1.0).collect();
            let order = nearest(point, &stable, |s| &s.order).ok_or(missing)?.order.clone();
            Ok(Self { order, autocovariance: Vec::new() })
        }
    }

    /// Section 12: the variance within a window misses the variance of the window's mean.
    fn chaotic(point: &OperatingPoint, model: &Model, solution: &Chaotic) -> Result<Self, ValidateError> {
        let protocol = point.protocol(1.0)?;
        let loss = solution.autocovariance.window_loss(point.timing.interval, protocol.samples())?;
        let mut order = solution.order.clone();
        order.delta_t -= loss;
        if model.variant() == Variant::Rate {
            order.r_temporal_variance -= loss / (model.g() * model.g());
        }
        let at = |lag: &f64| Ok(solution.autocovariance.at(*lag)?);
        let autocovariance = point.lags.iter().map(at).collect::<Result<_, ValidateError>>()?;
        Ok(Self { order, autocovariance })
    }
}

/// The solution whose kappa is nearest to the point's.
fn nearest<'a, S>(point: &OperatingPoint, solutions: &'a [S], order: impl Fn(&S) -> &OrderParameters) -> Option<&'a S> {
    let distance = |s: &S| -> f64 { order(s).kappa.iter().zip(&point.kappa).map(|(a, b)| (a - b).powi(2)).sum() };
    solutions.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
