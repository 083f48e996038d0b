//! Pair averages C_phi(c; mu, D) (T5), the covariance of phi at two times when x has variance D and covariance c.
//!
//! By the Hermite (Mehler) series C_phi(c) = sum_k b_k (c / D)^k, b_k = (int Dz phi(mu + sqrt(D) z) h_k(z))^2 with
//! normalised Hermite polynomials h_k: one set of coefficients gives every c, its slope and its integrals, and all
//! terms are positive, so that nothing cancels. Threshold-linear has a kink and slowly falling coefficients; its
//! pair averages are closed forms with one smooth integral (`pair/threshold_linear.rs`).

pub(crate) mod threshold_linear;

use lowrank_model::Transfer;

use crate::MeanFieldError;
use crate::averages::{Averages, check};
use crate::hermite::hermite_coefficients;
use crate::large::{Grid, is_large, pair_slope};
use crate::nested::FULL;
use crate::slope_table::SlopeTable;
use threshold_linear::{both_positive_below, both_positive_product, excess_slope, mean_excess};

/// C_phi(c; mu, D) for all c in \[0, D\] at one (mu, D).
#[derive(Debug, Clone)]
pub struct PairAverage {
    d: f64,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// b_k of the Hermite series.
    Series(Vec<f64>),
    /// Large variances: polynomials through the slope at some covariances (T31).
    Large(SlopeTable),
    /// max(x, 0): a = mu / sqrt(D).
    ThresholdLinear { a: f64, phi_sq: f64 },
}

impl PairAverage {
    /// Prepares all pair averages of `transfer` at mean `mu` and variance `d`.
    ///
    /// # Errors
    /// `mu` not finite; `d` negative, not finite or so large that the series does not end.
    pub fn new(transfer: Transfer, mu: f64, d: f64) -> Result<Self, MeanFieldError> {
        check(transfer, mu, d)?;
        let kind = match transfer {
            Transfer::ThresholdLinear if d > 0.0 => {
                Kind::ThresholdLinear { a: mu / d.sqrt(), phi_sq: Averages::at(transfer, mu, d).phi_sq }
            }
            _ if is_large(transfer, d) => {
                let at_zero = Averages::at(transfer, mu, d).phi.powi(2);
                Kind::Large(SlopeTable::new(d, at_zero, |below| pair_slope(Grid::of(FULL), transfer, mu, d, below)))
            }
            _ => Kind::Series(hermite_coefficients(transfer, mu, d)?.iter().map(|a| a * a).collect()),
        };
        Ok(Self { d, kind })
    }

    /// The same where x is `by` times as large, of phi that is homogeneous of degree one.
    pub(crate) fn in_size(self, by: f64) -> Self {
        let kind = match self.kind {
            Kind::Series(b) => Kind::Series(b.into_iter().map(|b| b * by * by).collect()),
            Kind::ThresholdLinear { a, phi_sq } => Kind::ThresholdLinear { a, phi_sq: phi_sq * by * by },
            large @ Kind::Large(_) => large,
        };
        Self { d: self.d * by * by, kind }
    }

    /// Variance D.
    pub fn variance(&self) -> f64 {
        self.d
    }

    /// C_phi(c), -D <= c <= D.
    ///
    /// # Errors
    /// `c` outside \[-D, D\], or outside \[0, D\] at variances above 900.
    pub fn covariance(&self, c: f64) -> Result<f64, MeanFieldError> {
        Ok(self.covariance_at(self.checked(c, self.smallest())?))
    }

    /// d C_phi / dc = C_phi'(c), -D <= c <= D.
    ///
    /// # Errors
    /// `c` outside \[-D, D\], or outside \[0, D\] at variances above 900.
    pub fn slope(&self, c: f64) -> Result<f64, MeanFieldError> {
        Ok(self.slope_at(self.checked(c, self.smallest())?))
    }

    /// int_from^to (C_phi(y) - C_phi(from)) dy / (to - from)^2, 0 <= from <= to <= D; half the slope for from = to.
    ///
    /// # Errors
    /// `from` or `to` outside \[0, D\], or `from` above `to`.
    pub fn mean_excess(&self, from: f64, to: f64) -> Result<f64, MeanFieldError> {
        let (from, to) = (self.checked(from, 0.0)?, self.checked(to, 0.0)?);
        if from > to {
            return Err(MeanFieldError::Reversed { from, to });
        }
        Ok(self.mean_excess_at(from, to))
    }

    fn smallest(&self) -> f64 {
        if matches!(self.kind, Kind::Large(_)) { 0.0 } else { -self.d }
    }

    fn checked(&self, c: f64, low: f64) -> Result<f64, MeanFieldError> {
        if (low..=self.d).contains(&c) { Ok(c) } else { Err(MeanFieldError::BadCovariance { c, low, d: self.d }) }
    }

    pub(crate) fn covariance_at(&self, c: f64) -> f64 {
        match &self.kind {
            Kind::Series(b) => {
                let y = self.normalised(c);
                b.iter().rev().fold(0.0, |sum, b| sum * y + b)
            }
            Kind::Large(table) => table.covariance(c),
            Kind::ThresholdLinear { a, phi_sq } => {
                let rho = c / self.d;
                if rho == 1.0 { *phi_sq } else { self.d * both_positive_product(*a, rho) }
            }
        }
    }

    pub(crate) fn slope_at(&self, c: f64) -> f64 {
        match &self.kind {
            Kind::Series(_) if self.d == 0.0 => 0.0,
            Kind::Series(b) => {
                let y = self.normalised(c);
                let sum = b.iter().enumerate().skip(1).rev().fold(0.0, |sum, (k, b)| sum * y + k as f64 * b);
                sum / self.d
            }
            Kind::Large(table) => table.slope(c),
            Kind::ThresholdLinear { a, .. } => both_positive_below(*a, (self.d - c) / self.d),
        }
    }

    /// By the series: sum_k b_k / (D (k + 1)) sum_{i < k} (i + 1) x^i y^(k - 1 - i) with x = from / D, y = to / D,
    /// the inner sum by its recurrence in k: positive terms only, no cancellation as `from` approaches `to`.
    pub(crate) fn mean_excess_at(&self, from: f64, to: f64) -> f64 {
        match &self.kind {
            Kind::Series(_) if self.d == 0.0 => 0.0,
            Kind::Series(b) => {
                let (x, y) = (self.normalised(from), self.normalised(to));
                let (mut inner, mut power, mut sum) = (0.0, 1.0, 0.0);
                for (k, b) in b.iter().enumerate().skip(1) {
                    inner = y * inner + k as f64 * power;
                    power *= x;
                    sum += b * inner / (k as f64 + 1.0);
                }
                sum / self.d
            }
            Kind::Large(table) => table.mean_excess(from, to),
            Kind::ThresholdLinear { a, .. } => mean_excess(*a, (self.d - to) / self.d, (to - from) / self.d),
        }
    }

    /// (mean_excess(from, D) - mean_excess(from, to)) / (D - to), without cancellation as `to` approaches D: the
    /// difference of the inner sums above has a recurrence with positive terms of its own.
    pub(crate) fn excess_slope_to_variance(&self, from: f64, to: f64) -> f64 {
        match &self.kind {
            Kind::Series(_) if self.d == 0.0 => 0.0,
            Kind::Series(b) => {
                let (x, y) = (self.normalised(from), self.normalised(to));
                let (mut at_one, mut slope, mut power, mut sum) = (0.0, 0.0, 1.0, 0.0);
                for (k, b) in b.iter().enumerate().skip(1) {
                    slope = y * slope + at_one;
                    at_one += k as f64 * power;
                    power *= x;
                    sum += b * slope / (k as f64 + 1.0);
                }
                sum / (self.d * self.d)
            }
            Kind::Large(table) => table.excess_slope_to_variance(from, to),
            Kind::ThresholdLinear { a, .. } => {
                excess_slope(*a, (self.d - from) / self.d, (self.d - to) / self.d) / self.d
            }
        }
    }

    fn normalised(&self, c: f64) -> f64 {
        if self.d == 0.0 { 1.0 } else { c / self.d }
    }
}
