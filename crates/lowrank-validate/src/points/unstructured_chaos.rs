//! Unstructured chaos: the structure is too weak for g, kappa vanishes.

use lowrank_model::Vector::{M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};
use lowrank_simulate::Initial;

use super::{CHAOTIC, LAGS, absolute, in_chaos, part};
use crate::{OperatingPoint, Predictor, Statistic};

/// Delta_0 of the theory, roughly: the scale of the margins.
const DELTA_0: f64 = 5.4;

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), 0.5)
        .mean(N(0), 1.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()?;
    let mut statistics = vec![
        (Statistic::Kappa(0), absolute(0.02)),
        (Statistic::Mu, absolute(0.03)),
        (Statistic::RMean, absolute(0.01)),
    ];
    statistics.extend(in_chaos(DELTA_0, part(0.03)));
    Ok(OperatingPoint {
        name: "unstructured-chaos",
        why: "g = 3, far above 1; overlap 0.5 times <phi'> is about 0.2, far below the 1 that would give kappa",
        model: Model::new(3.0, Transfer::Tanh, Variant::Current, ensemble, Input::none())?,
        chaotic: true,
        kappa: vec![0.0],
        predictor: Predictor::Ensemble,
        initial: Initial { along: Vec::new(), deviation: 2.0 },
        copies: 4,
        timing: CHAOTIC,
        lags: LAGS.to_vec(),
        statistics,
        rate_statistics: vec![(Statistic::RTemporalVariance, absolute(0.04))],
    })
}
