//! Spiral: rank two with antisymmetric overlaps, whose outliers (T10) are a complex pair.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{AT_REST, absolute, at_rest_within, both};
use crate::{OperatingPoint, Phase, Predictor, Statistic};

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let mut moments = Moments::new(Layout::rank(2).with_inputs(1)).mean(I(0), 0.2).variance(I(0), 0.3);
    for k in 0..2 {
        moments = moments.variance(M(k), 1.2).variance(N(k), 1.2).covariance(M(k), N(k), 0.5);
    }
    let ensemble =
        moments.covariance(M(0), N(1), 0.9).covariance(M(1), N(0), -0.9).covariance(N(0), I(0), 0.3).build()?;
    let mut statistics = at_rest_within(2, [0.0075, 0.0078, 0.026, 0.051, 0.0065, 0.021]);
    statistics.extend([(Statistic::OutlierRe(0), absolute(0.0125)), (Statistic::OutlierIm(0), absolute(0.014))]);
    Ok(OperatingPoint {
        name: "spiral".into(),
        why: "S_mn = [[0.5, 0.9], [-0.9, 0.5]] at g = 0.5, an input along n_1: at rest away from zero, outliers 0.33 +- 0.66 i \
              outside the disc of radius 0.39".into(),
        model: Model::new(0.5, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[1.0])?)?,
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
        statistics,
        variants: both(),
    })
}
