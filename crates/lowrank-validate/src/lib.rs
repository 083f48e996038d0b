//! Claims that theory and simulation agree, and their verdicts (docs/theory.md section 12).
//!
//! An [`OperatingPoint`] is a network in a known phase. At each, theory predicts statistics, independent simulated
//! networks estimate them, and every comparison becomes a [`Claim`] with a verdict. A [`Plant`] puts a known fault
//! into the simulation or into what theory is told, which the claims must catch. Nothing is printed here.

mod claim;
mod effort;
mod error;
mod findings;
mod outcome;
mod plant;
mod point;
mod points;
mod prediction;
mod realisation;
mod run;
mod scaling;
mod statistic;
mod verdict;

pub use claim::Claim;
pub use effort::Effort;
pub use error::ValidateError;
pub use findings::{Findings, Moment};
pub use outcome::{Config, FailedRun, Outcome, PointRecord, Unclaimed};
pub use plant::Plant;
pub use point::{OperatingPoint, Phase, Predictor};
pub use points::all_points;
pub use prediction::predict;
pub use run::{Progress, run, run_points, runs_of, runs_of_points};
pub use scaling::Scaling;
pub use statistic::{Margin, Statistic};
pub use verdict::{FALSE_ALARM_RATE, Judgement, Verdict, judge};
