//! The autocovariance Delta(tau) of a chaotic solution (T12, T16), and what follows from it: correlation times, lagged
//! moments of r (T15), the spectrum, the part of the variance that a finite window misses (T23).
//!
//! One-timescale variants: from the energy integral (`energy.rs`). Two time scales: the panels of the solver.

use lowrank_model::{Model, OrderParameters, Variant};

use crate::energy::{Energy, Table};
use crate::half_line::HalfLine;
use crate::neurons::Neurons;
use crate::{MeanFieldError, PairAverage};

/// Most samples that the window sum runs over: it ends by itself unless the interval is far too short.
const MOST_SAMPLES: usize = 10_000_000;
/// Delta - Delta_inf has fallen to e^-34 Delta_T at the end of the panels.
const WINDOW: f64 = 34.0;
/// Growth of the panels, and their longest length times omega.
const GROWTH: f64 = 1.5;
const LONGEST: f64 = 6.0;
/// First panel in units of the time in which Delta bends.
const FIRST: f64 = 0.5;

/// The spectrum is looked at in so many frequencies up to this over the bending time, from lags this part of it apart.
const FREQUENCIES: usize = 32;
const LARGEST_FREQUENCY: f64 = 6.0;
const SPECTRUM_STEP: f64 = 0.3;
const MOST_LAGS: usize = 100_000;
/// Rounding of a spectrum, as a part of its value at zero.
const LARGEST_NEGATIVE: f64 = 1e-9;

/// Delta(tau) of one chaotic solution.
#[derive(Debug, Clone)]
pub struct Autocovariance {
    variant: Variant,
    g: f64,
    sigma: f64,
    /// Weight, s_u^2 and pair averages of every class of neurons.
    classes: Vec<(f64, f64, PairAverage)>,
    /// Individual Delta_inf, and Delta_T.
    inf: f64,
    delta_t: f64,
    /// Population Delta_inf.
    delta_inf: f64,
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    Energy(Box<Table>),
    /// (Delta - Delta_inf) / Delta_T at the nodes, and its decay rate.
    Panels(HalfLine, Vec<f64>, f64),
}

/// Delta(tau) on panels, for solvers that need it as a function.
pub(crate) struct Sampled {
    pub(crate) line: HalfLine,
    /// Individual Delta - Delta_inf at the nodes.
    pub(crate) decayed: Vec<f64>,
}

impl Autocovariance {
    /// From the energy integral at the order parameters of a solution of `model`.
    pub(crate) fn of(model: &Model, order: &OrderParameters) -> Result<Self, MeanFieldError> {
        let neurons = Neurons::new(model)?;
        let classes = neurons.pair_averages(&order.kappa, order.delta_0_individual)?;
        let (inf, delta_t) = (order.delta_0_individual - order.delta_t, order.delta_t);
        let energy = Energy { g: model.g(), sigma: model.noise(), classes, inf, delta_t };
        let shape = Shape::Energy(Box::new(energy.table()));
        let (g, sigma, variant) = (model.g(), model.noise(), model.variant());
        Ok(Self { variant, g, sigma, classes: energy.classes, inf, delta_t, delta_inf: order.delta_inf, shape })
    }

    /// From the panels of the two-timescale solver; `decayed` = Delta - Delta_inf at the nodes.
    pub(crate) fn on_panels(
        model: &Model,
        order: &OrderParameters,
        line: HalfLine,
        decayed: &[f64],
        rate: f64,
    ) -> Result<Self, MeanFieldError> {
        let classes = Neurons::new(model)?.pair_averages(&order.kappa, order.delta_0_individual)?;
        let (inf, delta_t) = (order.delta_0_individual - order.delta_t, order.delta_t);
        let shape = Shape::Panels(line, decayed.iter().map(|d| d / delta_t).collect(), rate);
        let (g, sigma, variant) = (model.g(), model.noise(), model.variant());
        Ok(Self { variant, g, sigma, classes, inf, delta_t, delta_inf: order.delta_inf, shape })
    }

    /// The same where x is `by` times as large, of phi that is homogeneous of degree one.
    pub(crate) fn in_size(self, by: f64) -> Self {
        if by == 1.0 {
            return self;
        }
        let square = by * by;
        let class = |(weight, s, pair): (f64, f64, PairAverage)| (weight, s * square, pair.in_size(by));
        Self {
            sigma: self.sigma * by,
            classes: self.classes.into_iter().map(class).collect(),
            inf: self.inf * square,
            delta_t: self.delta_t * square,
            delta_inf: self.delta_inf * square,
            ..self
        }
    }

    /// Delta(tau) at a lag in unit time constants.
    ///
    /// # Errors
    /// A lag that is negative or not finite.
    pub fn at(&self, lag: f64) -> Result<f64, MeanFieldError> {
        check("lag", lag)?;
        Ok(self.delta_inf + self.delta_t * self.decayed(lag))
    }

    /// The rate omega at which Delta(tau) - Delta_inf falls at large lags: omega^2 = 1 - g^2 C_phi'(Delta_inf), for two
    /// time scales (1 - tau_s^2 omega^2)(1 - tau_r^2 omega^2) = g^2 C_phi'(Delta_inf).
    pub fn decay_rate(&self) -> f64 {
        match &self.shape {
            Shape::Energy(table) => table.omega(),
            Shape::Panels(_, _, rate) => *rate,
        }
    }

    /// The correlation time int_0^inf (Delta(tau) - Delta_inf) dtau / Delta_T, in unit time constants.
    pub fn correlation_time(&self) -> f64 {
        let Sampled { line, decayed } = self.sampled();
        let tail = line.interpolate(&decayed, line.end(), 0.0) / self.decay_rate();
        let inside: f64 = line.nodes().iter().zip(&decayed).map(|((_, w), d)| w * d).sum();
        (inside + tail) / self.delta_t
    }

    /// Second moment of r at two times a lag apart, C_r(lag) = \<r(t) r(t + lag)> (T15): in the current variant
    /// C_phi(Delta(lag)), in the others smoothed by the filter of r.
    ///
    /// # Errors
    /// A lag that is negative or not finite.
    pub fn rate_second_moment(&self, lag: f64) -> Result<f64, MeanFieldError> {
        check("lag", lag)?;
        let individual = |decayed: f64| self.inf + self.delta_t * decayed;
        let of_phi = |decayed: f64| -> f64 {
            let c = |(w, s, pair): &(f64, f64, PairAverage)| {
                w * pair.covariance_at((individual(decayed) + s).min(pair.variance()))
            };
            self.classes.iter().map(c).sum()
        };
        Ok(match self.variant {
            Variant::Current => of_phi(self.decayed(lag)),
            // x = J r + v: what is not noise is g^2 C_r.
            Variant::Rate => (individual(self.decayed(lag)) - self.sigma.powi(2) * (-lag).exp()) / (self.g * self.g),
            Variant::TwoTimescale { tau_r, .. } => {
                let Sampled { line, decayed } = self.sampled();
                let far = of_phi(0.0);
                let part: Vec<f64> = decayed.iter().map(|d| of_phi(d / self.delta_t) - far).collect();
                let filtered = line.filter(tau_r, self.decay_rate()).apply(&part);
                far + line.interpolate(&filtered, lag, self.decay_rate())
            }
        })
    }

    /// The spectrum int cos(w tau) (Delta(tau) - Delta_inf) dtau over the line at angular frequency w >= 0.
    ///
    /// # Errors
    /// A frequency that is negative or not finite.
    pub fn spectrum(&self, frequency: f64) -> Result<f64, MeanFieldError> {
        check("frequency", frequency)?;
        let Sampled { line, decayed } = self.sampled();
        // Panels short enough for the cosine, and at the beginning for what bends there.
        let longest = FIRST * std::f64::consts::PI / frequency.max(self.decay_rate());
        let fine = HalfLine::graded(longest.min(line.shortest()), GROWTH, longest, line.end());
        let value = |t: f64| line.interpolate(&decayed, t, self.decay_rate());
        Ok(2.0 * fine.nodes().iter().map(|(t, w)| w * (frequency * t).cos() * value(*t)).sum::<f64>())
    }

    /// Whether Delta - Delta_inf is a covariance: no negative spectrum.
    pub(crate) fn is_covariance(&self) -> bool {
        let bending = match &self.shape {
            Shape::Energy(table) => table.bending_time(),
            Shape::Panels(line, ..) => line.shortest() / FIRST,
        };
        has_positive_spectrum(|t| self.decayed(t), bending, WINDOW / self.decay_rate())
    }

    /// The part of Delta_T that the variance over a window of `samples` samples, `interval` apart, misses: the
    /// variance of their mean, (Delta_T / S) (1 + 2 sum_j (1 - j / S) (Delta(j h) - Delta_inf) / Delta_T) (T23). For short
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
    pub(crate) fn decayed(&self, lag: f64) -> f64 {
        match &self.shape {
            Shape::Energy(table) => table.decayed(lag),
            Shape::Panels(line, values, rate) => line.interpolate(values, lag, *rate),
        }
    }

    /// Delta - Delta_inf on panels.
    pub(crate) fn sampled(&self) -> Sampled {
        let line = match &self.shape {
            Shape::Energy(table) => panels(table.bending_time(), table.omega(), 0),
            Shape::Panels(line, ..) => line.clone(),
        };
        let decayed = line.nodes().iter().map(|(t, _)| self.delta_t * self.decayed(*t)).collect();
        Sampled { line, decayed }
    }

    /// g^2 C_phi'(Delta) at Delta = Delta_inf + `decayed`, individual: the potential of T17, T18.
    pub(crate) fn gain(&self, decayed: f64) -> f64 {
        let slope =
            |(w, s, pair): &(f64, f64, PairAverage)| w * pair.slope_at((self.inf + decayed + s).min(pair.variance()));
        self.g * self.g * self.classes.iter().map(slope).sum::<f64>()
    }
}

/// Panels for a function that bends within `time` and falls as e^(-omega t), refined so many times.
pub(crate) fn panels(time: f64, omega: f64, refined: usize) -> HalfLine {
    let finer = 0.5_f64.powi(refined as i32);
    let longest = finer * LONGEST / omega;
    HalfLine::graded((finer * FIRST * time).min(longest), GROWTH.powf(finer), longest, WINDOW / omega)
}

/// Whether the spectrum of an even function, one at zero, that bends within `bending` and has vanished at `end` is
/// nowhere negative: trapezoid rule, whose error for smooth even functions is that of aliasing.
fn has_positive_spectrum(value: impl Fn(f64) -> f64, bending: f64, end: f64) -> bool {
    let step = SPECTRUM_STEP * bending;
    let count = ((end / step).ceil() as usize).clamp(1, MOST_LAGS);
    let mut values: Vec<f64> = (0..count).map(|i| value(i as f64 * step)).collect();
    values[0] *= 0.5;
    let total: f64 = values.iter().sum();
    let at = |frequency: f64| {
        // cos(j w h) by its recurrence.
        let twice = 2.0 * (frequency * step).cos();
        let (mut now, mut before, mut sum) = (1.0, 0.5 * twice, 0.0);
        for v in &values {
            sum += v * now;
            (now, before) = (twice * now - before, now);
        }
        sum
    };
    (0..FREQUENCIES)
        .all(|j| at(LARGEST_FREQUENCY / bending * j as f64 / FREQUENCIES as f64) >= -LARGEST_NEGATIVE * total.abs())
        && total > 0.0
}

fn check(what: &'static str, value: f64) -> Result<(), MeanFieldError> {
    if value.is_finite() && value >= 0.0 { Ok(()) } else { Err(MeanFieldError::BadTime { what, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_covariance_is_told_apart() {
        let check = |f: fn(f64) -> f64| has_positive_spectrum(f, 1.0, 40.0);
        assert!(check(|t| (-t * t).exp()) && check(|t| 1.0 / t.cosh()) && check(|t| (-t).exp()));
        // Flatter than any covariance at zero; oscillating with a constant missing.
        assert!(!check(|t| (-t.powi(4)).exp()));
        assert!(!check(|t| (1.0 - 3.0 * t * t) * (-t * t).exp()));
    }
}
