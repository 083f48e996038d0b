//! Driven: m and n do not overlap, an input that overlaps n evokes kappa (docs/theory.md section 8, geometry b).

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{AT_REST, at_rest, both};
use crate::{OperatingPoint, Phase, Predictor};

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .variance(I(0), 1.0)
        .covariance(N(0), I(0), 0.8)
        .build()?;
    Ok(OperatingPoint {
        name: "driven".into(),
        why: "g = 0.8, centred vectors, S_nI = 0.8: one stable state, kappa = S_nI <phi'>, no transition nearby".into(),
        model: Model::new(0.8, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[1.0])?)?,
        phase: Phase::AtRest,
        kappa: Vec::new(),
        predictor: Predictor::Ensemble,
        initial: Initial { along: Vec::new(), deviation: 1.0 },
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
