//! Mixture: two populations, of which the input silences one (docs/theory.md section 4).

use lowrank_connectivity::BulkKind;
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Mixture, Model, ModelError, Moments, Transfer, Variant};

use super::{AT_REST, at_rest_within, both};
use crate::{OperatingPoint, Phase, Predictor};

/// A population with this overlap, of m and n and of m and the input, and this mean input.
fn population(overlap: f64, input: f64) -> Result<Gaussian, ModelError> {
    Moments::new(Layout::rank(1).with_inputs(1))
        .mean(N(0), 0.4)
        .mean(M(0), 0.6)
        .mean(I(0), input)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .variance(I(0), 0.2)
        .covariance(M(0), N(0), overlap)
        .build()
}

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    let mixture = Mixture::new(vec![(0.6, population(0.8, 0.1)?), (0.4, population(-0.8, 1.8)?)])?;
    Ok(OperatingPoint {
        name: "mixture".into(),
        why: "g = 0.6, two populations of 60 and 40 %: overlaps of opposite sign, the negative one silenced by its input; \
              all neurons as one Gaussian would have another kappa".into(),
        model: Model::new(0.6, Transfer::Tanh, Variant::Current, mixture, Input::constant(&[1.0])?)?,
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
        statistics: at_rest_within(1, [0.012, 0.017, 0.024, 0.043, 0.0085, 0.0145]),
        variants: both(),
    })
}
