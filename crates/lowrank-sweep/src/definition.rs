//! What a sweep is: a file that a person writes, field by field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::SweepError;

/// A sweep as it is written down in TOML; unknown fields are refused. Times in unit time constants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Definition {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Independent networks at every point of the grid.
    #[serde(default = "one")]
    pub realisations: u64,
    /// Whether the cells of a realisation share their bulk and the random numbers of their vectors.
    #[serde(default)]
    pub bulk_for: BulkFor,
    /// Cells that are advanced together; more fill the product better and take more memory.
    #[serde(default = "cells_a_block")]
    pub cells_a_block: usize,
    /// The network.
    pub network: Network,
    /// Its vectors.
    #[serde(default)]
    pub structure: Structure,
    /// Where the networks start.
    #[serde(default)]
    pub start: Start,
    /// How they are run and measured.
    #[serde(default)]
    pub run: Run,
    /// The axes of the grid, the last one fastest.
    #[serde(default, rename = "axis")]
    pub axes: Vec<Axis>,
    /// From which structure and which chaoticity on a cell counts as structured and as chaotic.
    #[serde(default)]
    pub thresholds: Thresholds,
}

/// The network, but for its vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// Neurons N.
    pub neurons: usize,
    /// Random strength g.
    #[serde(default = "unit")]
    pub g: f64,
    /// Transfer function by its name.
    #[serde(default = "tanh")]
    pub transfer: String,
    /// "current", "rate", "two-timescale": each is swept by itself.
    pub variants: Vec<String>,
    /// Time constants of the two-timescale variant.
    #[serde(default = "unit")]
    pub tau_s: f64,
    /// The other.
    #[serde(default = "unit")]
    pub tau_r: f64,
    /// "gaussian", "sign" or "sparse:K".
    #[serde(default = "gaussian")]
    pub bulk: String,
    /// Of matrix and states; statistics are in `f64` always.
    #[serde(default)]
    pub precision: Precision,
}

/// Means and covariances of the vectors by name, "m\[0]", "n\[0]", "I\[0]"; what is not named is zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Structure {
    /// Rank R.
    pub rank: usize,
    /// Input vectors.
    pub inputs: usize,
    /// Means by vector.
    pub means: BTreeMap<String, f64>,
    /// Covariances by pair: "m\[0] n\[0]", a variance by its one vector.
    pub covariances: BTreeMap<String, f64>,
    /// Constant amplitude of each input vector.
    pub amplitudes: Vec<f64>,
    /// How vectors are drawn.
    pub sampling: Sampled,
}

/// The initial currents x_i(0) = sum_v c_v v_i + deviation xi_i.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Start {
    /// Coefficients by vector.
    pub along: BTreeMap<String, f64>,
    /// Deviation of the independent part.
    pub deviation: f64,
    /// States with independent parts of their own; two or more give an unbiased Delta_inf.
    pub copies: Copies,
    /// Also from the state of opposite sign. Where the network is odd it is not simulated: its course is the mirror image.
    pub mirrored: bool,
}

/// A number of copies, one unless given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Copies(pub usize);

impl Default for Copies {
    fn default() -> Self {
        Self(1)
    }
}

/// Times and method of every run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Run {
    /// "etd-ab3", "euler" or "exponential-euler".
    pub method: String,
    /// Step.
    pub step: f64,
    /// Time before the first sample, a multiple of the step.
    pub transient: f64,
    /// Length of the measuring window.
    pub window: f64,
    /// Time between samples, a multiple of the step.
    pub interval: f64,
    /// Whether cells at rest leave their block.
    pub leave_at_rest: bool,
    /// Whether largest Lyapunov exponents are measured: twice the cost, and no cell leaves.
    pub lyapunov: bool,
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
        }
    }
}

/// One axis: a parameter with its values, given or evenly spaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Axis {
    /// "g", "strength", "mean m\[0]", "covariance m\[0] n\[0]", "amplitude 0", "deviation", "tau-s", "tau-r".
    pub parameter: String,
    /// The values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f64>,
    /// First of evenly spaced values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Last of evenly spaced values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// How many they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<usize>,
}

/// Where phases begin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Thresholds {
    /// Of the structure |kappa|.
    pub structure: f64,
    /// Of the chaoticity \<std_t(x_i)>_i.
    pub chaoticity: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { structure: 0.1, chaoticity: 0.1 }
    }
}

/// Which cells share a bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BulkFor {
    /// All of a realisation: one product advances many, and cells differ by their parameters alone.
    #[default]
    Realisation,
    /// Each has its own.
    Cell,
}

/// Number type of matrix and states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Double.
    #[default]
    F64,
    /// Single: half the memory, half the time.
    F32,
}

/// How vectors are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampled {
    /// With exactly the moments of the ensemble.
    #[default]
    Matched,
    /// Neuron by neuron.
    Independent,
}

fn one() -> u64 {
    1
}

fn unit() -> f64 {
    1.0
}

fn cells_a_block() -> usize {
    128
}

fn tanh() -> String {
    "tanh".to_owned()
}

fn gaussian() -> String {
    "gaussian".to_owned()
}

impl Definition {
    /// Reads a definition from TOML.
    ///
    /// # Errors
    /// What is no TOML; an unknown field; a value of the wrong kind. The message is one line that names the place.
    pub fn from_toml(text: &str) -> Result<Self, SweepError> {
        toml::from_str(text).map_err(|error| {
            let place =
                error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
            let line = place.map(|line| format!("line {line}: ")).unwrap_or_default();
            let message = error.message().lines().map(str::trim).collect::<Vec<_>>().join(" ");
            SweepError::NotUnderstood { reason: format!("{line}{message}") }
        })
    }

    /// Reads a definition from its canonical text.
    ///
    /// # Errors
    /// Any other text.
    pub fn from_canonical(text: &str) -> Result<Self, SweepError> {
        serde_json::from_str(text).map_err(|error| SweepError::NotUnderstood { reason: error.to_string() })
    }

    /// The canonical text: JSON with every field, the same bytes for the same sweep however it was written down.
    ///
    /// # Errors
    /// A number that JSON does not have.
    pub fn canonical(&self) -> Result<String, SweepError> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|error| SweepError::NotWritten { reason: error.to_string() })
    }
}
