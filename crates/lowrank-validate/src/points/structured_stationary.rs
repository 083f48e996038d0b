//! Structured stationary: the overlap of m and n sustains a heterogeneous fixed point.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{AT_REST, at_rest, both};
use crate::{OperatingPoint, Phase, Predictor};

/// \[MO18\]'s ensemble, without input, at g = 0.8.
pub(crate) fn model() -> Result<Model, ModelError> {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), 1.1)
        .mean(N(0), 2.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()?;
    Model::new(0.8, Transfer::Tanh, Variant::Current, ensemble, Input::none())
}

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    Ok(OperatingPoint {
        name: "structured-stationary".into(),
        why: "[MO18]'s ensemble (overlap 2.2) at g = 0.8: bulk radius 0.41, chaos sets in at 1.80; the start chooses kappa > 0".into(),
        model: model()?,
        phase: Phase::AtRest,
        kappa: Vec::new(),
        predictor: Predictor::Ensemble,
        initial: Initial { along: vec![(M(0), 1.0)], deviation: 1.0 },
        copies: 1,
        every: 1,
        bulk: BulkKind::Gaussian,
        method: OperatingPoint::METHOD,
        timing: AT_REST,
        chosen_step: false,
        lags: Vec::new(),
        statistics: at_rest(1),
        variants: both(),
    })
}
