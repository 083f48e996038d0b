//! Inputs over time: I_i(t) = sum_q a_q(t) I_i^(q), each amplitude a_q constant, a step, or piecewise constant,
//! with white noise on top where asked.

use serde::Serialize;

use crate::ModelError;
use crate::error::{finite, non_negative};

/// A piecewise constant amplitude a(t), continuous from the right, defined for all times.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TimeCourse {
    before: f64,
    changes: Vec<(f64, f64)>,
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
        for (index, &(time, amplitude)) in changes.iter().enumerate() {
            finite("time of an input's change", time)?;
            finite("amplitude of an input", amplitude)?;
            if index > 0 && time <= changes[index - 1].0 {
                return Err(ModelError::TimesNotIncreasing { index, time, previous: changes[index - 1].0 });
            }
        }
        Ok(Self { before, changes: changes.to_vec() })
    }

    /// The amplitude at time t.
    pub fn at(&self, t: f64) -> f64 {
        let passed = self.changes.partition_point(|&(time, _)| time <= t);
        if passed == 0 { self.before } else { self.changes[passed - 1].1 }
    }

    /// The amplitude after the last change.
    pub fn last(&self) -> f64 {
        self.changes.last().map_or(self.before, |&(_, amplitude)| amplitude)
    }

    /// The times at which the amplitude changes, increasing.
    pub fn breakpoints(&self) -> impl Iterator<Item = f64> + '_ {
        self.changes.iter().map(|&(time, _)| time)
    }
}

/// The time courses of all input vectors, and the white noise on each.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Input {
    courses: Vec<TimeCourse>,
    noise: Vec<f64>,
}

impl Input {
    /// No input vector at all.
    pub fn none() -> Self {
        Self { courses: Vec::new(), noise: Vec::new() }
    }

    /// One time course an input vector, without noise.
    pub fn new(courses: Vec<TimeCourse>) -> Self {
        let noise = vec![0.0; courses.len()];
        Self { courses, noise }
    }

    /// Every input vector at a constant amplitude.
    ///
    /// # Errors
    /// An amplitude that is not finite.
    pub fn constant(amplitudes: &[f64]) -> Result<Self, ModelError> {
        Ok(Self::new(amplitudes.iter().map(|&a| TimeCourse::constant(a)).collect::<Result<_, _>>()?))
    }

    /// The same input with amplitude a_q(t) + sqrt(2) noise\[q\] xi_q(t), xi_q independent unit white noises: the convention
    /// of (T24), in which the amplitude filtered by a unit time constant has standard deviation noise\[q\].
    ///
    /// # Errors
    /// A strength that is negative or not finite; not one strength an input vector.
    pub fn with_noise(mut self, noise: &[f64]) -> Result<Self, ModelError> {
        if noise.len() != self.courses.len() {
            return Err(ModelError::Length {
                field: "noise of the inputs".to_owned(),
                found: noise.len(),
                expected: self.courses.len(),
                mend: "give one noise strength an input vector",
            });
        }
        for &strength in noise {
            non_negative("noise strength of an input", strength)?;
        }
        self.noise = noise.to_vec();
        Ok(self)
    }

    /// The same input without noise.
    #[must_use]
    pub fn without_noise(&self) -> Self {
        Self::new(self.courses.clone())
    }

    /// Number of input vectors.
    pub fn len(&self) -> usize {
        self.courses.len()
    }

    /// Whether there is no input vector.
    pub fn is_empty(&self) -> bool {
        self.courses.is_empty()
    }

    /// Amplitudes of all input vectors at time t.
    pub fn at(&self, t: f64) -> Vec<f64> {
        self.courses.iter().map(|c| c.at(t)).collect()
    }

    /// Amplitudes after the last change: what a stationary theory of the long run takes.
    pub fn last(&self) -> Vec<f64> {
        self.courses.iter().map(TimeCourse::last).collect()
    }

    /// White-noise strengths sigma_q, one an input vector; the noise is sqrt(2) sigma_q xi_q(t).
    pub fn noise(&self) -> &[f64] {
        &self.noise
    }

    /// Whether any input vector carries white noise.
    pub fn is_noisy(&self) -> bool {
        self.noise.iter().any(|&s| s > 0.0)
    }

    /// All times within (start, end) at which some amplitude changes, increasing, each once.
    pub fn breakpoints(&self, start: f64, end: f64) -> Vec<f64> {
        let mut times: Vec<f64> =
            self.courses.iter().flat_map(TimeCourse::breakpoints).filter(|&t| t > start && t < end).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_continuous_from_the_right() {
        let step = TimeCourse::step(2.0, -1.0, 3.0).unwrap();
        assert_eq!((step.at(1.999), step.at(2.0), step.at(9.0), step.last()), (-1.0, 3.0, 3.0, 3.0));
    }

    #[test]
    fn breakpoints_are_sorted_unique_and_strictly_inside() {
        let a = TimeCourse::piecewise(0.0, &[(1.0, 1.0), (3.0, 0.0)]).unwrap();
        let b = TimeCourse::piecewise(0.0, &[(0.0, 1.0), (2.0, 0.5), (3.0, 2.0), (9.0, 0.0)]).unwrap();
        let input = Input::new(vec![a, b]);
        assert_eq!(input.breakpoints(0.0, 9.0), vec![1.0, 2.0, 3.0]);
        assert_eq!(input.at(2.5), vec![1.0, 0.5]);
        assert_eq!(input.last(), vec![0.0, 0.0]);
    }
}
