//! The amplitude of one input over time: steps, plus a table that is linear between its times, plus a sine.

use std::f64::consts::TAU;

use serde::Serialize;

use crate::ModelError;
use crate::error::{finite, positive};

/// amplitude sin(2 pi t / period + phase).
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
struct Sine {
    amplitude: f64,
    period: f64,
    phase: f64,
}

/// An amplitude a(t), continuous from the right, defined for all times: piecewise constant, plus the values of a table with straight
/// lines between them and constant beyond its ends, plus a sine.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TimeCourse {
    before: f64,
    changes: Vec<(f64, f64)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    table: Vec<(f64, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sine: Option<Sine>,
}

impl TimeCourse {
    /// a(t) = amplitude.
    ///
    /// # Errors
    /// An amplitude that is not finite.
    pub fn constant(amplitude: f64) -> Result<Self, ModelError> {
        Self::piecewise(amplitude, &[])
    }

    /// a(t) = before for t < at, after from `at` on. Times in unit time constants.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn step(at: f64, before: f64, after: f64) -> Result<Self, ModelError> {
        Self::piecewise(before, &[(at, after)])
    }

    /// a(t) = before until the first change; each change is (time, amplitude from then on).
    ///
    /// # Errors
    /// A number that is not finite; times that do not increase.
    pub fn piecewise(before: f64, changes: &[(f64, f64)]) -> Result<Self, ModelError> {
        finite("amplitude before the first change of an input", before)?;
        increasing(changes)?;
        Ok(Self { before, changes: changes.to_vec(), table: Vec::new(), sine: None })
    }

    /// The same amplitude plus amplitude sin(2 pi t / period + phase), the phase in radians.
    ///
    /// # Errors
    /// A number that is not finite; a period not above zero.
    pub fn with_sine(mut self, amplitude: f64, period: f64, phase: f64) -> Result<Self, ModelError> {
        finite("amplitude of the sine of an input", amplitude)?;
        positive("period of the sine of an input", period)?;
        finite("phase of the sine of an input", phase)?;
        self.sine = Some(Sine { amplitude, period, phase });
        Ok(self)
    }

    /// The same amplitude plus that of a table of (time, amplitude): straight lines between its times, its first amplitude before the
    /// first and its last after the last one.
    ///
    /// # Errors
    /// A number that is not finite; times that do not increase.
    pub fn with_table(mut self, table: &[(f64, f64)]) -> Result<Self, ModelError> {
        increasing(table)?;
        self.table = table.to_vec();
        Ok(self)
    }

    /// The amplitude at time t.
    pub fn at(&self, t: f64) -> f64 {
        let sine = self.sine.as_ref().map_or(0.0, |s| s.amplitude * (TAU * t / s.period + s.phase).sin());
        self.steps(t) + self.line(t).0 + sine
    }

    /// The amplitude after the last change and the last time of the table, without the sine.
    pub fn last(&self) -> f64 {
        let steps = self.changes.last().map_or(self.before, |&(_, amplitude)| amplitude);
        steps + self.table.last().map_or(0.0, |&(_, amplitude)| amplitude)
    }

    /// The times at which the amplitude jumps or bends.
    pub fn breakpoints(&self) -> impl Iterator<Item = f64> + '_ {
        self.changes.iter().chain(&self.table).map(|&(time, _)| time)
    }

    /// Whether it moves between its breakpoints.
    pub fn is_moving(&self) -> bool {
        self.sine.is_some() || self.table.windows(2).any(|pair| pair[0].1 != pair[1].1)
    }

    /// The period of its sine; none without one.
    pub fn period(&self) -> Option<f64> {
        self.sine.as_ref().map(|sine| sine.period)
    }

    /// V(t) of tau dV/dt = -V + a from V(start) = value, without a breakpoint between; a(t) for tau = 0 (T39): V - P decays, where P
    /// follows a line by tau times its slope later and a sine with the gain and the lag of the filter.
    pub(super) fn filtered(&self, tau: f64, start: f64, value: f64, t: f64) -> f64 {
        let (level, slope) = self.line(start);
        let constant = self.steps(start) + level;
        let particular = |t: f64| {
            let sine = self.sine.as_ref().map_or(0.0, |sine| {
                let frequency = TAU / sine.period;
                let (gain, lag) = ((frequency * tau).hypot(1.0).recip(), (frequency * tau).atan());
                sine.amplitude * gain * (frequency * t + sine.phase - lag).sin()
            });
            constant + slope * (t - start - tau) + sine
        };
        if tau > 0.0 { particular(t) + (value - particular(start)) * (-(t - start) / tau).exp() } else { particular(t) }
    }

    /// The same amplitude, later by a time.
    pub(super) fn delayed(&self, by: f64) -> Result<Self, ModelError> {
        let later = |points: &[(f64, f64)]| points.iter().map(|(time, a)| (time + by, *a)).collect::<Vec<_>>();
        let mut delayed = Self::piecewise(self.before, &later(&self.changes))?.with_table(&later(&self.table))?;
        if let Some(sine) = &self.sine {
            delayed = delayed.with_sine(sine.amplitude, sine.period, sine.phase - TAU * by / sine.period)?;
        }
        Ok(delayed)
    }

    fn steps(&self, t: f64) -> f64 {
        let passed = self.changes.partition_point(|&(time, _)| time <= t);
        if passed == 0 { self.before } else { self.changes[passed - 1].1 }
    }

    /// The table's value and its slope from t on.
    fn line(&self, t: f64) -> (f64, f64) {
        let passed = self.table.partition_point(|&(time, _)| time <= t);
        match (passed.checked_sub(1).map(|last| self.table[last]), self.table.get(passed)) {
            (Some((t0, a0)), Some((t1, a1))) => {
                let slope = (a1 - a0) / (t1 - t0);
                (a0 + slope * (t - t0), slope)
            }
            (Some((_, end)), None) | (None, Some(&(_, end))) => (end, 0.0),
            (None, None) => (0.0, 0.0),
        }
    }
}

fn increasing(points: &[(f64, f64)]) -> Result<(), ModelError> {
    for (index, &(time, amplitude)) in points.iter().enumerate() {
        finite("time of an input's change", time)?;
        finite("amplitude of an input", amplitude)?;
        if index > 0 && time <= points[index - 1].0 {
            return Err(ModelError::TimesNotIncreasing { index, time, previous: points[index - 1].0 });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_linear_between_its_times_and_constant_beyond() {
        let course = TimeCourse::constant(0.5).unwrap().with_table(&[(1.0, 0.0), (3.0, 4.0), (4.0, -1.0)]).unwrap();
        for (t, expected) in [(-5.0, 0.5), (1.0, 0.5), (2.0, 2.5), (3.0, 4.5), (3.5, 2.0), (4.0, -0.5), (1e3, -0.5)] {
            assert!((course.at(t) - expected).abs() < 1e-14, "{t}: {}", course.at(t));
        }
        assert!(course.is_moving() && course.last() == -0.5 && course.period().is_none());
        assert_eq!(course.breakpoints().collect::<Vec<_>>(), [1.0, 3.0, 4.0]);
        assert!(TimeCourse::constant(0.0).unwrap().with_table(&[(1.0, 0.0), (1.0, 2.0)]).is_err());
        for (amplitude, period, phase) in [(f64::NAN, 1.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, f64::INFINITY)] {
            assert!(TimeCourse::constant(0.0).unwrap().with_sine(amplitude, period, phase).is_err());
        }
    }

    #[test]
    fn the_filter_solves_its_equation_and_without_time_constant_passes_everything() {
        let course = TimeCourse::step(1.0, 0.2, -0.4).unwrap();
        let course =
            course.with_table(&[(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)]).unwrap().with_sine(0.7, 1.3, 0.4).unwrap();
        for tau in [0.3, 1.0, 4.0] {
            // Runge-Kutta of order 4 with a step of 1e-3 on either side of the breakpoint.
            let (mut v, dt) = (0.9, 1e-3);
            for i in 0..1500 {
                let t = f64::from(i) * dt;
                // At the end of the first piece its own amplitude holds.
                let a = |t: f64| course.at(if i < 1000 { t.min(1.0 - 1e-15) } else { t });
                let rest = |t: f64, v: f64| (a(t) - v) / tau;
                let k1 = rest(t, v);
                let k2 = rest(t + dt / 2.0, v + dt / 2.0 * k1);
                let k3 = rest(t + dt / 2.0, v + dt / 2.0 * k2);
                let k4 = rest(t + dt, v + dt * k3);
                v += dt * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0;
            }
            let exact = course.filtered(tau, 1.0, course.filtered(tau, 0.0, 0.9, 1.0), 1.5);
            assert!((exact - v).abs() < 1e-10, "{tau}: {exact} {v}");
        }
        assert!((course.filtered(0.0, 1.0, 7.0, 1.7) - course.at(1.7)).abs() < 1e-14);
        let later = course.delayed(0.6).unwrap();
        assert!([0.1, 0.9, 2.3, 5.0].iter().all(|t| (later.at(t + 0.6) - course.at(*t)).abs() < 1e-13));
    }
}
