//! The statistics that theory predicts and simulation estimates.

use std::fmt;

use lowrank_model::OrderParameters;
use lowrank_simulate::Observed;
use serde::Serialize;

use crate::Prediction;

/// One number that both arms produce.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Statistic {
    /// Population mean of x (T6).
    Mu,
    /// Population variance of x (T7).
    Delta0,
    /// Variance of x around u (section 4).
    Delta0Individual,
    /// kappa_k (T8).
    Kappa(usize),
    /// Population covariance of x at infinite lag (T14).
    DeltaInf,
    /// Temporal variance of x in the measuring window.
    DeltaT,
    /// Population autocovariance of x at the point's lag of this index (T12).
    Autocovariance(usize),
    /// Population mean of r.
    RMean,
    /// Population second moment of r (T15).
    RSecondMoment,
    /// Temporal variance of r in the measuring window (T15, rate variant).
    RTemporalVariance,
}

/// The largest difference from theory that counts as agreement, at standard effort.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Margin {
    /// Part of |theory|.
    pub relative: f64,
    /// Added to it.
    pub absolute: f64,
}

impl Margin {
    /// The margin around this theory value.
    pub fn around(self, theory: f64, factor: f64) -> f64 {
        factor * (self.relative * theory.abs() + self.absolute)
    }
}

impl Statistic {
    /// What theory says.
    pub fn predicted(self, prediction: &Prediction) -> f64 {
        self.of(&prediction.order, &prediction.autocovariance)
    }

    /// What one network showed.
    pub fn observed(self, observed: &Observed) -> f64 {
        self.of(&observed.order, &observed.autocovariance)
    }

    fn of(self, order: &OrderParameters, autocovariance: &[f64]) -> f64 {
        match self {
            Self::Mu => order.mu,
            Self::Delta0 => order.delta_0,
            Self::Delta0Individual => order.delta_0_individual,
            Self::Kappa(k) => order.kappa[k],
            Self::DeltaInf => order.delta_inf,
            Self::DeltaT => order.delta_t,
            Self::Autocovariance(lag) => autocovariance[lag],
            Self::RMean => order.r_mean,
            Self::RSecondMoment => order.r_second_moment,
            Self::RTemporalVariance => order.r_temporal_variance,
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mu => f.write_str("mu"),
            Self::Delta0 => f.write_str("delta_0"),
            Self::Delta0Individual => f.write_str("delta_0_individual"),
            Self::Kappa(k) => write!(f, "kappa_{}", k + 1),
            Self::DeltaInf => f.write_str("delta_inf"),
            Self::DeltaT => f.write_str("delta_t"),
            Self::Autocovariance(lag) => write!(f, "autocovariance_{}", lag + 1),
            Self::RMean => f.write_str("r_mean"),
            Self::RSecondMoment => f.write_str("r_second_moment"),
            Self::RTemporalVariance => f.write_str("r_temporal_variance"),
        }
    }
}
