//! The bulk of signs, chi_ij = +-1/sqrt(N): mean field depends on chi through its first two moments alone, so that the theory
//! of the Gaussian bulk is that of the signs.

use lowrank_connectivity::BulkKind;
use lowrank_model::{ModelError, Variant};

use super::{absolute, part, structured_stationary, unstructured_chaos};
use crate::{OperatingPoint, Statistic};

/// [`structured_stationary`] on signs.
pub(super) fn at_rest() -> Result<OperatingPoint, ModelError> {
    Ok(OperatingPoint {
        name: "sign-stationary".into(),
        why: "structured-stationary on a bulk of signs: the same theory".into(),
        bulk: BulkKind::Sign,
        variants: vec![(Variant::Current, Vec::new())],
        ..structured_stationary::point()?
    })
}

/// [`unstructured_chaos`] on signs, half as many networks, margins half as wide again.
pub(super) fn chaotic() -> Result<OperatingPoint, ModelError> {
    Ok(OperatingPoint {
        name: "sign-chaos".into(),
        why: "unstructured-chaos on a bulk of signs: the same theory".into(),
        bulk: BulkKind::Sign,
        every: 2,
        lags: Vec::new(),
        statistics: vec![
            (Statistic::Kappa(0), absolute(0.015)),
            (Statistic::RSecondMoment, part(0.02)),
            (Statistic::Delta0, part(0.0375)),
            (Statistic::DeltaT, absolute(0.5)),
        ],
        variants: vec![(Variant::Current, Vec::new()), (Variant::Rate, Vec::new())],
        ..unstructured_chaos::point()?
    })
}
