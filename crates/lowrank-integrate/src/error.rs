//! The one error of this crate.

use std::ops::Range;

use thiserror::Error;

/// Why an integration stopped.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum IntegrateError {
    /// A state became infinite or NaN.
    #[error(
        "component {index} of the state or its derivative became {value} at time {time}: lower the step, or the dynamics diverge"
    )]
    NonFinite {
        /// First time at which it was seen.
        time: f64,
        /// Component of the flat state.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// The adaptive method could not take a step.
    #[error("the adaptive step failed at time {time}: {reason}; loosen the tolerance or shorten the interval")]
    StepFailed {
        /// Time reached.
        time: f64,
        /// What the method said.
        reason: String,
    },
    /// The interval is not finite or runs backwards.
    #[error("the time interval is [{start}, {end}]: both ends must be finite and the end not before the start")]
    BadInterval {
        /// Start time.
        start: f64,
        /// End time.
        end: f64,
    },
    /// No step at all, or more than can be counted.
    #[error("the number of steps is {steps}: it must be between 1 and {limit}")]
    BadSteps {
        /// Number of steps asked for.
        steps: usize,
        /// The most there may be.
        limit: usize,
    },
    /// The state has not the field's dimension.
    #[error("the state has {found} components where the vector field has {expected}: give one value a component")]
    WrongDimension {
        /// Components of the state.
        found: usize,
        /// Components of the field.
        expected: usize,
    },
    /// A block of private noise that is no part of the state.
    #[error(
        "the block of private noise is {start}..{end} of a state with {dimension} components: choose start <= end <= {dimension}"
    )]
    BadBlock {
        /// First component.
        start: usize,
        /// The component after the last.
        end: usize,
        /// Components of the state.
        dimension: usize,
    },
    /// An amplitude of private noise that is infinite or NaN.
    #[error("the amplitude of private noise is {value}: it must be a finite number")]
    BadAmplitude {
        /// The value found.
        value: f64,
    },
    /// A tolerance out of range.
    #[error("the {which} tolerance is {value}: it must be a finite number >= {limit:e}")]
    BadTolerance {
        /// "relative" or "absolute".
        which: &'static str,
        /// The value found.
        value: f64,
        /// The limit.
        limit: f64,
    },
}

/// The first component that is not finite, as an error at this time.
pub(crate) fn check_finite(time: f64, state: &[f64]) -> Result<(), IntegrateError> {
    match state.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(index) => Err(IntegrateError::NonFinite { time, index, value: state[index] }),
    }
}

pub(crate) fn check_interval(start: f64, end: f64) -> Result<(), IntegrateError> {
    if start.is_finite() && end.is_finite() && end >= start {
        Ok(())
    } else {
        Err(IntegrateError::BadInterval { start, end })
    }
}

pub(crate) fn check_dimension(found: usize, expected: usize) -> Result<(), IntegrateError> {
    if found == expected { Ok(()) } else { Err(IntegrateError::WrongDimension { found, expected }) }
}

pub(crate) fn check_block(block: &Range<usize>, dimension: usize) -> Result<(), IntegrateError> {
    let Range { start, end } = *block;
    if start <= end && end <= dimension { Ok(()) } else { Err(IntegrateError::BadBlock { start, end, dimension }) }
}

pub(crate) fn check_amplitude(value: f64) -> Result<(), IntegrateError> {
    if value.is_finite() { Ok(()) } else { Err(IntegrateError::BadAmplitude { value }) }
}
