//! Inputs over time: I_i(t) = sum_q a_q(t) I_i^(q), with white noise on top where asked.

mod course;

use serde::Serialize;

pub use self::course::TimeCourse;
use crate::ModelError;
use crate::error::non_negative;

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

    /// Whether some amplitude moves between its breakpoints: sines, and tables that are not flat.
    pub fn is_moving(&self) -> bool {
        self.courses.iter().any(TimeCourse::is_moving)
    }

    /// The first input whose amplitude never comes to rest, with the period of its sine.
    pub fn endless(&self) -> Option<(usize, f64)> {
        self.courses.iter().enumerate().find_map(|(q, course)| Some((q, course.period()?)))
    }

    /// The shortest period of the sines; none without a sine.
    pub fn shortest_period(&self) -> Option<f64> {
        self.courses.iter().filter_map(TimeCourse::period).min_by(f64::total_cmp)
    }

    /// Whether some amplitude jumps or bends at this time.
    pub fn breaks_at(&self, t: f64) -> bool {
        self.courses.iter().flat_map(TimeCourse::breakpoints).any(|time| time == t)
    }

    /// Whether every amplitude has one value on \[start, end\].
    pub fn is_constant(&self, start: f64, end: f64) -> bool {
        !self.is_moving() && self.breakpoints(start, end).is_empty()
    }

    /// The amplitudes filtered by a time constant tau, at a time t with no breakpoint between `start` and it, from their filtered
    /// values there: tau dV/dt = -V + a(t), exactly (T39). For tau = 0 the amplitudes themselves.
    pub fn filtered(&self, tau: f64, start: f64, filtered: &[f64], t: f64) -> Vec<f64> {
        self.courses.iter().zip(filtered).map(|(course, value)| course.filtered(tau, start, *value, t)).collect()
    }

    /// The same input, later by a time.
    ///
    /// # Errors
    /// Times that are no longer finite.
    pub fn delayed(&self, by: f64) -> Result<Self, ModelError> {
        let courses = self.courses.iter().map(|course| course.delayed(by)).collect::<Result<_, _>>()?;
        Ok(Self { courses, noise: self.noise.clone() })
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
