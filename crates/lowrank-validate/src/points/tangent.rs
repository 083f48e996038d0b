//! Unstructured chaos with a tangent vector: the largest Lyapunov exponent (T17, T18).

use lowrank_model::{ModelError, Variant};
use lowrank_simulate::Timing;

use super::{STEP, absolute, unstructured_chaos};
use crate::{OperatingPoint, Statistic};

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    Ok(OperatingPoint {
        name: "tangent",
        why: "the unstructured chaotic point; exponents of networks lie below theory by about 12 / N (current, rate)",
        copies: 1,
        every: 2,
        timing: Timing { transient: 20.0, window: 64.0, interval: 1.6, step: STEP },
        lags: Vec::new(),
        statistics: vec![(Statistic::Lyapunov, absolute(0.035))],
        variants: vec![
            (Variant::Current, Vec::new()),
            (Variant::Rate, Vec::new()),
            (Variant::two_timescale(1.0, 1.0)?, Vec::new()),
        ],
        ..unstructured_chaos::point()?
    })
}
