//! The autocovariance Delta(tau) of a chaotic solution, by the energy integral of (T12).
//!
//! Energy conservation makes d Delta / d tau = -(Delta - Delta_inf) sqrt(2 h(Delta)) with
//!
//! ```text
//! h(c) = 1/2 - g^2 int_{Delta_inf}^c (C_phi(y) - C_phi(Delta_inf)) dy / (c - Delta_inf)^2,
//! ```
//!
//! zero at c = Delta_0 (T13) and positive below; it is computed as what T13 makes it, g^2 (Delta_0 - c) times a sum of
//! positive terms. Written in y, Delta = Delta_inf + Delta_T e^(-y^2), the time
//! tau = int 2 y dy / sqrt(2 h) has a smooth integrand from y = 0 on; far out y^2 grows as omega tau.

use crate::quadrature::gauss_legendre;
use crate::{MeanFieldError, PairAverage};

/// e^(-y^2) at the end of the table is 2e-16.
const LAST_Y: f64 = 6.0;
/// Panels of the table, with this many Gauss-Legendre points each.
const PANELS: usize = 24;
const POINTS: usize = 12;
/// Most samples that the window sum runs over: it ends by itself unless the interval is far too short.
const MOST_SAMPLES: usize = 10_000_000;
/// Newton steps of the inversion tau -> y; three or four are used.
const MOST_STEPS: usize = 50;

/// Delta(tau) of one chaotic solution.
#[derive(Debug, Clone)]
pub struct Autocovariance {
    g: f64,
    /// Weight, s_u^2 and pair averages of every class of neurons.
    classes: Vec<(f64, f64, PairAverage)>,
    /// Individual Delta_inf and Delta_T.
    individual_inf: f64,
    delta_t: f64,
    /// Population Delta_inf.
    delta_inf: f64,
    rule: Vec<(f64, f64)>,
    /// tau at the panel ends y = LAST_Y i / PANELS.
    ends: Vec<f64>,
}

impl Autocovariance {
    /// `individual` = (Delta_inf, Delta_0) of the individual fluctuations; `delta_inf` the population's.
    pub(crate) fn new(g: f64, classes: Vec<(f64, f64, PairAverage)>, individual: (f64, f64), delta_inf: f64) -> Self {
        let (individual_inf, individual_0) = individual;
        let rule = gauss_legendre(POINTS);
        let delta_t = individual_0 - individual_inf;
        let mut this = Self { g, classes, individual_inf, delta_t, delta_inf, rule, ends: vec![0.0] };
        for panel in 0..PANELS {
            let time = this.ends[panel] + this.time_between(panel_start(panel), panel_start(panel + 1));
            this.ends.push(time);
        }
        this
    }

    /// Delta(tau) at a lag in unit time constants.
    ///
    /// # Errors
    /// A lag that is negative or not finite.
    pub fn at(&self, lag: f64) -> Result<f64, MeanFieldError> {
        check("lag", lag)?;
        Ok(self.delta_inf + self.delta_t * self.decayed(lag))
    }

    /// The rate omega at which Delta(tau) - Delta_inf falls at large lags, 1 / correlation time:
    /// omega^2 = 1 - g^2 C_phi'(Delta_inf).
    pub fn decay_rate(&self) -> f64 {
        (2.0 * self.energy(f64::INFINITY)).max(0.0).sqrt()
    }

    /// The part of Delta_T that the variance over a window of `samples` samples, `interval` apart, misses: the
    /// variance of their mean, (Delta_T / S) (1 + 2 sum_j (1 - j / S) (Delta(j h) - Delta_inf) / Delta_T). For short
    /// intervals it is (2 / T^2) int_0^T (T - tau) (Delta(tau) - Delta_inf) dtau (docs/theory.md section 12).
    ///
    /// # Errors
    /// An interval that is negative or not finite.
    pub fn window_loss(&self, interval: f64, samples: usize) -> Result<f64, MeanFieldError> {
        check("sampling interval", interval)?;
        let count = samples.max(1) as f64;
        // Far out Delta has decayed to Delta_inf and adds nothing.
        let decayed = |j: usize| self.decayed(j as f64 * interval);
        let near = (1..samples.min(MOST_SAMPLES)).map(|j| (j, decayed(j))).take_while(|(_, d)| *d > f64::EPSILON);
        let pairs: f64 = near.map(|(j, d)| (1.0 - j as f64 / count) * d).sum();
        Ok(self.delta_t * (1.0 + 2.0 * pairs) / count)
    }

    /// (Delta(lag) - Delta_inf) / Delta_T.
    fn decayed(&self, lag: f64) -> f64 {
        let panel = self.ends.partition_point(|end| *end <= lag) - 1;
        if panel >= PANELS {
            return (-LAST_Y * LAST_Y - self.decay_rate() * (lag - self.ends[PANELS])).exp();
        }
        let (start, mut y) = (panel_start(panel), panel_start(panel));
        let rest = lag - self.ends[panel];
        for _ in 0..MOST_STEPS {
            let step = (rest - self.time_between(start, y)) / self.time_per_y(y);
            y = (y + step).clamp(start, panel_start(panel + 1));
            if step.abs() <= 1e-14 * LAST_Y {
                break;
            }
        }
        (-y * y).exp()
    }

    fn time_between(&self, from: f64, to: f64) -> f64 {
        let sum: f64 = self.rule.iter().map(|(x, w)| w * self.time_per_y(from + x * (to - from))).sum();
        (to - from) * sum
    }

    /// d tau / d y.
    fn time_per_y(&self, y: f64) -> f64 {
        // The limit at y = 0 is finite; a thousandth of a thousandth of a panel stands for it.
        let y = y.max(1e-7);
        2.0 * y / (2.0 * self.energy(y)).sqrt()
    }

    /// h at Delta = Delta_inf + Delta_T e^(-y^2).
    fn energy(&self, y: f64) -> f64 {
        let c = self.individual_inf + self.delta_t * (-y * y).exp();
        let from_top = -self.delta_t * (-y * y).exp_m1();
        let slope: f64 = self
            .classes
            .iter()
            .map(|(weight, s, pair)| weight * pair.excess_slope_to_variance(self.individual_inf + s, c + s))
            .sum();
        self.g * self.g * from_top * slope
    }
}

fn panel_start(panel: usize) -> f64 {
    LAST_Y * panel as f64 / PANELS as f64
}

fn check(what: &'static str, value: f64) -> Result<(), MeanFieldError> {
    if value.is_finite() && value >= 0.0 { Ok(()) } else { Err(MeanFieldError::BadTime { what, value }) }
}
