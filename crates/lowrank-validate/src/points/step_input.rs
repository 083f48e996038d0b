//! Step input: a transient (T19) as in \[MO18\] fig. 5, from an initial state through the onset of an input that overlaps n.

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, TimeCourse, Transfer, Variant};
use lowrank_simulate::Timing;

use super::absolute;
use crate::{Margin, OperatingPoint, Phase, Predictor, Statistic};

/// When the input comes on.
const ONSET: f64 = 6.0;
/// Just after the onset a claim sees single steps: at 0.4 the faster time constant, 0.5, makes mu(6.4) too small by 0.005, three
/// standard errors, at 0.2 by a thirtieth of that.
const STEP: f64 = 0.16;
/// Times of the claims: on the way from the initial state, just after the onset, on the way to the new state.
const TIMES: [f64; 3] = [1.6, 6.4, 8.0];

fn claims() -> Vec<(Statistic, Margin)> {
    let at = |t: f64| {
        [
            (Statistic::KappaAt(0, t), absolute(0.021)),
            (Statistic::MuAt(t), absolute(0.021)),
            (Statistic::Delta0At(t), Margin { relative: 0.02, absolute: 0.012 }),
        ]
    };
    TIMES.into_iter().flat_map(at).collect()
}

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 0.6)
        .mean(N(0), 1.0)
        .mean(I(0), 0.8)
        .variance(M(0), 0.5)
        .variance(N(0), 1.0)
        .variance(I(0), 1.0)
        .covariance(M(0), N(0), 0.1)
        .covariance(N(0), I(0), 0.7)
        .build()?;
    let input = Input::new(vec![TimeCourse::step(ONSET, 0.0, 1.0)?]);
    Ok(OperatingPoint {
        name: "step-input".into(),
        why: "g = 0.8, overlap 0.7, S_nI = 0.7 (section 8, geometry c, one state with and without input): x(0) = m + noise \
              decays, the input comes on at t = 6; M_I = 0.8 makes mu jump in the rate variant".into(),
        model: Model::new(0.8, Transfer::Tanh, Variant::Current, ensemble, input)?,
        phase: Phase::Transient,
        kappa: Vec::new(),
        predictor: Predictor::Ensemble,
        initial: Initial { along: vec![(M(0), 1.0)], deviation: 1.0 },
        copies: 1,
        every: 1,
        bulk: BulkKind::Gaussian,
        method: OperatingPoint::METHOD_OF_TRANSIENTS,
        timing: Timing { transient: 0.0, window: 8.0, interval: 1.6, step: STEP },
        chosen_step: false,
        lags: Vec::new(),
        statistics: claims(),
        variants: vec![
            (Variant::Current, Vec::new()),
            (Variant::Rate, Vec::new()),
            (Variant::two_timescale(0.5, 1.0)?, Vec::new()),
        ],
    })
}
