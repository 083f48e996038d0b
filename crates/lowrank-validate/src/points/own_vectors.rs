//! Structured stationary with vectors drawn independently, theory solved for each network's own vectors.

use lowrank_model::ModelError;

use super::structured_stationary;
use crate::{OperatingPoint, Predictor};

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    Ok(OperatingPoint {
        name: "own-vectors".into(),
        why: "the structured stationary point with vectors as drawn: the empirical ensemble predicts each network"
            .into(),
        predictor: Predictor::EachNetwork,
        ..structured_stationary::point()?
    })
}
