//! Inputs, start and run of a spec.

use std::collections::BTreeMap;

use lowrank_integrate::Method;
use lowrank_simulate::{Protocol, Timing};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::SpecError;
use crate::error::{out_of_range, unknown};
use crate::whole::whole_count;

/// The method that is chosen.
const AUTO: &str = "auto";
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
    #[serde(deserialize_with = "whole_count")]
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

/// The step of the integration.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Step {
    /// Chosen from the network and the error of the run.
    #[default]
    Auto,
    /// Given, in unit time constants.
    Fixed(f64),
}

/// The longest step that is chosen: ETD-AB3 is accurate with it up to g = 3 (docs/theory.md, section 13).
const LONGEST_AUTO: f64 = 0.2;
/// Parts of the interval that are tried for one that the transient is a multiple of too.
const MOST_PARTS: usize = 64;

impl Step {
    /// The longest step that is taken: the given one, or the longest up to 0.2 that transient and interval are multiples of, and
    /// where there is none, one that the interval is a multiple of.
    fn longest(self, transient: f64, interval: f64) -> f64 {
        let Self::Auto = self else {
            let Self::Fixed(step) = self else { return LONGEST_AUTO };
            return step;
        };
        if !(interval > 0.0 && interval.is_finite()) {
            return LONGEST_AUTO;
        }
        let least = (interval / LONGEST_AUTO * (1.0 - 1e-9)).ceil().max(1.0);
        let whole = |step: &f64| {
            let steps = transient / step;
            (steps - steps.round()).abs() <= 1e-9 * steps.max(1.0)
        };
        let parts = (0..MOST_PARTS).map(|more| interval / (least + more as f64));
        parts.into_iter().find(whole).unwrap_or(interval / least)
    }
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Fixed(step) => serializer.serialize_f64(*step),
        }
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfStep;
        impl serde::de::Visitor<'_> for OfStep {
            type Value = Step;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("\"auto\" or a number")
            }
            fn visit_f64<E>(self, step: f64) -> Result<Step, E> {
                Ok(Step::Fixed(step))
            }
            fn visit_i64<E>(self, step: i64) -> Result<Step, E> {
                Ok(Step::Fixed(step as f64))
            }
            fn visit_u64<E>(self, step: u64) -> Result<Step, E> {
                Ok(Step::Fixed(step as f64))
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Step, E> {
                if name == "auto" {
                    Ok(Step::Auto)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(name), &self))
                }
            }
        }
        deserializer.deserialize_any(OfStep)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Step".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [{ "const": "auto" }, { "type": "number" }] })
    }
}

/// Times, method and what is measured of every run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Run {
    /// "etd-ab3", "euler", "exponential-euler", "heun" or "rk4"; or "auto", which is "euler" where there is white noise, which no other
    /// method integrates, and else "etd-ab3". Sweeps take the first three.
    pub method: String,
    /// Step: "auto", which takes 0.2 or a half, a quarter, ... of it, as short as the network needs to be integrated stably and
    /// accurately; or a number, which is refused where it is not.
    pub step: Step,
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
    #[serde(deserialize_with = "whole_count")]
    pub outliers: usize,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            method: AUTO.to_owned(),
            step: Step::Auto,
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
    /// The method of a network, which white noise drives or not.
    ///
    /// # Errors
    /// A name that is not known; a method other than "euler" under white noise.
    pub fn method(&self, noisy: bool) -> Result<Method, SpecError> {
        let found = match self.method.as_str() {
            AUTO if noisy => Some(Method::Euler),
            AUTO => Some(Method::EtdAb3),
            name => Method::ALL.into_iter().find(|method| method.name() == name),
        };
        let method = found.ok_or_else(|| unknown("run.method", &self.method, &Self::methods()))?;
        if noisy && method != Method::Euler {
            let relation = "\"euler\" where there is white noise, as it is where the field is left out";
            return Err(out_of_range("run.method", format!("{:?}", self.method), relation));
        }
        Ok(method)
    }

    /// The names that `method` may have.
    pub(crate) fn methods() -> Vec<&'static str> {
        [AUTO].into_iter().chain(Method::ALL.map(Method::name)).collect()
    }

    /// The given step, or the longest one where the step is chosen: up to 0.2, such that transient and interval are multiples of it.
    pub fn longest_step(&self) -> f64 {
        self.step.longest(self.transient, self.interval)
    }

    /// The protocol of a network, which white noise drives or not.
    ///
    /// # Errors
    /// A time out of range; a lag off the grid of samples; a method that is not known, or that does not integrate white noise.
    pub fn protocol(&self, noisy: bool) -> Result<Protocol, SpecError> {
        let longest = self.longest_step();
        let timing = Timing { transient: self.transient, window: self.window, interval: self.interval, step: longest };
        let protocol = Protocol::new(timing, self.method(noisy)?)?.with_lags(&self.lags)?;
        Ok(if self.step == Step::Auto { protocol.with_chosen_step() } else { protocol })
    }
}
