//! Unstructured chaos with a tangent vector: the largest Lyapunov exponent (T17, T18).

use lowrank_connectivity::BulkKind;
use lowrank_model::{ModelError, Variant};
use lowrank_simulate::Timing;

use super::{STEP, absolute, unstructured_chaos};
use crate::{OperatingPoint, Statistic};

/// The method starts anew, with two steps of Runge-Kutta, wherever the tangent vector is brought back to unit length: no order
/// is lost, but eight more products of J an interval. At 4 they are 7 a unit of time, and the vector grows by e.
const INTERVAL: f64 = 4.0;

pub(super) fn point() -> Result<OperatingPoint, ModelError> {
    Ok(OperatingPoint {
        name: "tangent".into(),
        why: "the unstructured chaotic point; exponents of networks lie below theory by 12 to 15 / N (current, rate) and 3 to 5 / N \
              (1, 1), most of the margin".into(),
        copies: 1,
        every: 2,
        bulk: BulkKind::Gaussian,
        timing: Timing { transient: 20.0, window: 64.0, interval: INTERVAL, step: STEP },
        chosen_step: false,
        lags: Vec::new(),
        statistics: Vec::new(),
        variants: vec![
            (Variant::Current, vec![(Statistic::Lyapunov, absolute(0.04))]),
            (Variant::Rate, vec![(Statistic::Lyapunov, absolute(0.04))]),
            (Variant::two_timescale(1.0, 1.0)?, vec![(Statistic::Lyapunov, absolute(0.017))]),
        ],
        ..unstructured_chaos::point()?
    })
}
