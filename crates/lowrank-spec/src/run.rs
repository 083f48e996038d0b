//! Inputs, start and run of a spec.

use std::collections::BTreeMap;

use lowrank_integrate::Method;
use lowrank_simulate::{Protocol, Timing};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::SpecError;
use crate::error::unknown;

/// Standard deviation of a start of which nothing is said: the unit of phi's argument.
const UNIT_DEVIATION: f64 = 1.0;

/// The course in time of one input vector's amplitude.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct InputCourse {
    /// Amplitude until the first change.
    pub amplitude: f64,
    /// Pairs (time, amplitude from then on), times increasing.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "pairs")]
    pub changes: Vec<(f64, f64)>,
    /// A sine that is added to the amplitude.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sine: Option<SineInput>,
    /// File of a table that is added to the amplitude, relative to the spec: a NumPy matrix of times and amplitudes, `[2 x K]`, linear
    /// between the times and constant beyond them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The pairs (time, amplitude) of that file, for whoever has read it.
    #[serde(skip)]
    pub table: Vec<(f64, f64)>,
    /// Strength sigma of white noise sqrt(2) sigma xi(t) on the amplitude, the convention of (T24), shared by all units along the
    /// vector.
    pub noise: f64,
}

/// amplitude sin(2 pi t / period + phase).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SineInput {
    /// Amplitude of the sine.
    pub amplitude: f64,
    /// Period, in unit time constants.
    pub period: f64,
    /// Phase at time 0, in radians.
    #[serde(default)]
    pub phase: f64,
}

impl InputCourse {
    /// The field by which the amplitude depends on time, if it does.
    pub fn changing(&self) -> Option<&'static str> {
        [("changes", !self.changes.is_empty()), ("sine", self.sine.is_some()), ("from", self.from.is_some())]
            .into_iter()
            .find_map(|(field, given)| given.then_some(field))
    }
}

/// Lists of exactly two numbers; the parser of TOML leaves what follows a tuple unread.
fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(f64, f64)>, D::Error> {
    let lists: Vec<Vec<f64>> = Vec::deserialize(deserializer)?;
    let pair = |list: Vec<f64>| match list[..] {
        [time, amplitude] => Ok((time, amplitude)),
        _ => Err(D::Error::custom(format!(
            "invalid length {} in {list:?}: a pair [time, amplitude] is needed, of which each lasts to the next",
            list.len()
        ))),
    };
    lists.into_iter().map(pair).collect()
}

/// The initial currents x_i(0) = sum_v c_v v_i + deviation xi_i.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Start {
    /// Coefficients by vector.
    pub along: BTreeMap<String, f64>,
    /// Standard deviation of the independent part; unless given, 0 where `along` names a vector and else 1, the unit of phi's
    /// argument: no network begins at an unstable zero unasked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviation: Option<f64>,
    /// States with independent parts of their own; two or more give an unbiased Delta_inf.
    pub copies: usize,
    /// Sweeps: also from the state of opposite sign. Where the network is odd it is not simulated: its course is the mirror
    /// image.
    pub mirrored: bool,
}

impl Default for Start {
    fn default() -> Self {
        Self { along: BTreeMap::new(), deviation: None, copies: 1, mirrored: false }
    }
}

impl Start {
    /// The standard deviation of the independent part, as given or as it is unless given.
    pub fn deviation(&self) -> f64 {
        self.deviation.unwrap_or(if self.along.is_empty() { UNIT_DEVIATION } else { 0.0 })
    }
}

/// Times, method and what is measured of every run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Run {
    /// "etd-ab3", "euler", "exponential-euler", "heun" or "rk4"; white noise needs "euler", sweeps take the first three.
    pub method: String,
    /// Step.
    pub step: f64,
    /// Time before the first sample, a multiple of the step in sweeps.
    pub transient: f64,
    /// Length of the measuring window.
    pub window: f64,
    /// Time between samples, a multiple of the step in sweeps.
    pub interval: f64,
    /// Sweeps: whether cells at rest leave their block.
    pub leave_at_rest: bool,
    /// Whether largest Lyapunov exponents are measured: twice the cost, and no cell of a sweep leaves.
    pub lyapunov: bool,
    /// Lags of the autocovariance, multiples of the interval; none in sweeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lags: Vec<f64>,
    /// How many leading eigenvalues of the stability matrix are measured at the end of a run; none in sweeps.
    pub outliers: usize,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            method: "etd-ab3".to_owned(),
            step: 0.2,
            transient: 100.0,
            window: 100.0,
            interval: 1.0,
            leave_at_rest: true,
            lyapunov: false,
            lags: Vec::new(),
            outliers: 0,
        }
    }
}

impl Run {
    /// The method by name.
    ///
    /// # Errors
    /// A name that is not known.
    pub fn method(&self) -> Result<Method, SpecError> {
        let found = Method::ALL.into_iter().find(|method| method.name() == self.method);
        found.ok_or_else(|| unknown("run.method", &self.method, &Method::ALL.map(Method::name)))
    }

    /// The protocol.
    ///
    /// # Errors
    /// A time out of range; a lag off the grid of samples; a method that is not known.
    pub fn protocol(&self) -> Result<Protocol, SpecError> {
        let timing =
            Timing { transient: self.transient, window: self.window, interval: self.interval, step: self.step };
        Ok(Protocol::new(timing, self.method()?)?.with_lags(&self.lags)?)
    }
}
