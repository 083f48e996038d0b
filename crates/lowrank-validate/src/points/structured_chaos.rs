//! Structured chaos: kappa differs from zero and activity fluctuates.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

use super::{CHAOTIC, LAGS, absolute, at_lags, part, r_at_lags};
use crate::{OperatingPoint, Phase, Predictor, Statistic};

/// Delta_0 of the theory, roughly: the scale of the margins of what depends on time. Networks differ in their slow
/// fluctuations, so that these are wider.
const DELTA_0: f64 = 12.3;

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 1.0)
        .mean(N(0), 3.0)
        .mean(I(0), 0.3)
        .variance(M(0), 0.25)
        .variance(N(0), 1.0)
        .variance(I(0), 0.3)
        .covariance(M(0), N(0), 0.2)
        .covariance(N(0), I(0), 0.5)
        .build()?;
    let mut statistics = vec![
        (Statistic::Kappa(0), absolute(0.11)),
        (Statistic::Mu, absolute(0.18)),
        (Statistic::RMean, absolute(0.037)),
        (Statistic::RSecondMoment, part(0.02)),
        (Statistic::Delta0, part(0.035)),
        (Statistic::Delta0Individual, part(0.035)),
        (Statistic::DeltaInf, absolute(0.08 * DELTA_0)),
        (Statistic::DeltaT, absolute(0.06 * DELTA_0)),
    ];
    statistics.extend(at_lags(absolute(0.07 * DELTA_0)));
    statistics.extend(r_at_lags(0.023, 0.043));
    Ok(OperatingPoint {
        name: "structured-chaos".into(),
        why: "g = 4, rho = 1.50, nearly half of the variance fluctuates; the input has one sign, so that no network flips between +kappa and -kappa, as they do \
              near the borders of the phase without input".into(),
        model: Model::new(4.0, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[1.0])?)?,
        phase: Phase::Chaotic,
        kappa: Vec::new(),
        predictor: Predictor::Ensemble,
        initial: Initial { along: vec![(M(0), 0.5), (I(0), 1.0)], deviation: 2.0 },
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
            (Variant::Rate, vec![(Statistic::RTemporalVariance, absolute(0.04))]),
            (Variant::two_timescale(0.5, 1.0)?, Vec::new()),
        ],
    })
}
