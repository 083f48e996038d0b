//! Unstructured chaos: the structure is too weak for g, kappa vanishes.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{CHAOTIC, LAGS, absolute, at_lags, part, r_at_lags};
use crate::{OperatingPoint, Phase, Predictor, Statistic};

/// Delta_0 of the theory, roughly: the scale of the margins of what depends on time. Networks differ in their slow
/// fluctuations, so that these are wider.
const DELTA_0: f64 = 5.4;

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), 0.5)
        .mean(N(0), 1.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()?;
    let mut statistics = vec![
        (Statistic::Kappa(0), absolute(0.01)),
        (Statistic::Mu, absolute(0.02)),
        (Statistic::RMean, absolute(0.006)),
        (Statistic::RSecondMoment, part(0.013)),
        (Statistic::Delta0, part(0.025)),
        (Statistic::Delta0Individual, part(0.025)),
        (Statistic::DeltaInf, absolute(0.05 * DELTA_0)),
        (Statistic::DeltaT, absolute(0.06 * DELTA_0)),
    ];
    statistics.extend(at_lags(absolute(0.07 * DELTA_0)));
    statistics.extend(r_at_lags(0.014, 0.036));
    Ok(OperatingPoint {
        name: "unstructured-chaos".into(),
        why: "g = 3, far above 1; overlap 0.5 times <phi'> is about 0.2, far below the 1 that would give kappa".into(),
        model: Model::new(3.0, Transfer::Tanh, Variant::Current, ensemble, Input::none())?,
        phase: Phase::Chaotic,
        kappa: Vec::new(),
        predictor: Predictor::Ensemble,
        initial: Initial { along: Vec::new(), deviation: 2.0 },
        copies: 4,
        every: 1,
        bulk: BulkKind::Gaussian,
        method: OperatingPoint::METHOD,
        timing: CHAOTIC,
        chosen_step: false,
        lags: LAGS.to_vec(),
        statistics,
        variants: vec![
            (Variant::Current, Vec::new()),
            (Variant::Rate, vec![(Statistic::RTemporalVariance, absolute(0.035))]),
            (Variant::two_timescale(1.0, 1.0)?, Vec::new()),
        ],
    })
}
