//! The statistics that theory predicts and simulation estimates.

use std::fmt;

use lowrank_model::Measured;
use serde::Serialize;

use crate::Findings;
use crate::findings::Moment;

/// A time of a claim is a sample's if it is one to this accuracy, in unit time constants.
const SAME_TIME: f64 = 1e-6;

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
    /// Population autocovariance of x at the point's lag of this index (T12, T16).
    Autocovariance(usize),
    /// Population mean of r.
    RMean,
    /// Population second moment of r (T15).
    RSecondMoment,
    /// Temporal variance of r in the measuring window (T15, rate variant).
    RTemporalVariance,
    /// Second moment of r at the point's lag of this index, C_r(lag) (T15).
    RAutocovariance(usize),
    /// Real part of the outlier of this index (T10).
    OutlierRe(usize),
    /// Imaginary part of the outlier of this index (T10).
    OutlierIm(usize),
    /// Largest Lyapunov exponent (T17, T18).
    Lyapunov,
    /// kappa_k at a time of a transient (T19).
    KappaAt(usize, f64),
    /// Population mean of x at a time of a transient (T19).
    MuAt(f64),
    /// Population variance of x at a time of a transient (T19).
    Delta0At(f64),
    /// Whether activity grows without bound (T29, T41): one where it does, else zero; of networks the part that does.
    Unbounded,
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

/// How the numbers of a statistic are found, apart from theory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// In what a run shows.
    Run,
    /// In the spectrum at the state where the run ended.
    Spectrum,
    /// In a run with a tangent vector.
    Tangent,
}

impl Statistic {
    /// Its value among the findings of either arm; none where they do not have it.
    pub fn of(self, findings: &Findings) -> Option<f64> {
        let order = |value: fn(&Measured) -> f64| findings.order.as_ref().map(value);
        let fluctuation = |value: fn(&Measured) -> Option<f64>| findings.order.as_ref().and_then(value);
        match self {
            Self::Mu => order(|o| o.mu),
            Self::Delta0 => order(|o| o.delta_0),
            Self::Delta0Individual => order(|o| o.delta_0_individual),
            Self::Kappa(k) => findings.order.as_ref()?.kappa.get(k).copied(),
            Self::DeltaInf => fluctuation(|o| o.delta_inf),
            Self::DeltaT => fluctuation(|o| o.delta_t),
            Self::Autocovariance(lag) => findings.autocovariance.get(lag).copied(),
            Self::RMean => order(|o| o.r_mean),
            Self::RSecondMoment => order(|o| o.r_second_moment),
            Self::RTemporalVariance => fluctuation(|o| o.r_temporal_variance),
            Self::RAutocovariance(lag) => findings.r_autocovariance.get(lag).copied(),
            Self::OutlierRe(k) => findings.outliers.get(k).map(|l| l.0),
            Self::OutlierIm(k) => findings.outliers.get(k).map(|l| l.1),
            Self::Lyapunov => findings.lyapunov,
            Self::KappaAt(k, time) => at(findings, time)?.kappa.get(k).copied(),
            Self::MuAt(time) => Some(at(findings, time)?.mu),
            Self::Delta0At(time) => Some(at(findings, time)?.delta_0),
            Self::Unbounded => Some(f64::from(u8::from(findings.unbounded))),
        }
    }

    /// What has to be run for it.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::OutlierRe(_) | Self::OutlierIm(_) => Source::Spectrum,
            Self::Lyapunov => Source::Tangent,
            _ => Source::Run,
        }
    }
}

fn at(findings: &Findings, time: f64) -> Option<&Moment> {
    findings.course.iter().find(|moment| (moment.time - time).abs() < SAME_TIME)
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
            Self::RAutocovariance(lag) => write!(f, "r_autocovariance_{}", lag + 1),
            Self::OutlierRe(k) => write!(f, "outlier_{}_re", k + 1),
            Self::OutlierIm(k) => write!(f, "outlier_{}_im", k + 1),
            Self::Lyapunov => f.write_str("lyapunov"),
            Self::KappaAt(k, time) => write!(f, "kappa_{}({time})", k + 1),
            Self::MuAt(time) => write!(f, "mu({time})"),
            Self::Delta0At(time) => write!(f, "delta_0({time})"),
            Self::Unbounded => f.write_str("unbounded"),
        }
    }
}
