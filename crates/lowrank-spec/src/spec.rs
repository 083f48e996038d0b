//! What a spec is: a file that a person writes, field by field.

use lowrank_model::{Layout, Thresholds, Transfer, Variant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{out_of_range, unknown};
use crate::ranges::VARIANTS;
use crate::whole::{some_count, whole, whole_count};
use crate::{InputCourse, Run, SpecError, Start, Structure};

/// A network, what drives it, how it is run and along which axes it is varied, as written down in TOML; unknown fields are
/// refused. Times in unit time constants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "lowrank spec")]
pub struct Spec {
    /// Seed of all random numbers.
    #[serde(deserialize_with = "whole")]
    pub seed: u64,
    /// Independent networks, at every point of the grid if there are axes.
    #[serde(default = "one", deserialize_with = "whole")]
    pub realisations: u64,
    /// Whether the cells of a sweep's realisation share their bulk and the random numbers of their vectors.
    #[serde(default)]
    pub bulk_for: BulkFor,
    /// Cells of a sweep that are advanced together, best a multiple of six: fewer read the bulk more often, and the
    /// states of more than a hundred leave the near caches.
    #[serde(default = "cells_a_block", deserialize_with = "whole_count")]
    pub cells_a_block: usize,
    /// The network.
    pub network: Network,
    /// Its vectors.
    #[serde(default)]
    pub structure: Structure,
    /// Its inputs over time, one a vector I.
    #[serde(default, rename = "input", skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<InputCourse>,
    /// Where the networks start.
    #[serde(default)]
    pub start: Start,
    /// How they are run and measured.
    #[serde(default)]
    pub run: Run,
    /// The axes of the grid, the last one fastest.
    #[serde(default, rename = "axis", skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
    /// From which structure and which chaoticity on a cell of a sweep counts as structured and as chaotic.
    #[serde(default)]
    pub thresholds: Thresholds,
}

/// The network, but for its vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// Neurons N; theory takes N to infinity and does not look at it.
    #[serde(deserialize_with = "whole_count")]
    pub neurons: usize,
    /// Random strength g.
    #[serde(default = "unit")]
    pub g: f64,
    /// Transfer function: "tanh", "logistic", "one-plus-tanh", "threshold-linear" or "erf".
    #[serde(default = "tanh")]
    pub transfer: String,
    /// "current", "rate", "two-timescale": each by itself.
    #[serde(default = "current")]
    pub variants: Vec<String>,
    /// Time constant of x in the two-timescale variant.
    #[serde(default = "unit")]
    pub tau_s: f64,
    /// Time constant of r in the two-timescale variant.
    #[serde(default = "unit")]
    pub tau_r: f64,
    /// Random part: "gaussian", "sign" or "sparse:K" with K inputs a unit.
    #[serde(default = "gaussian")]
    pub bulk: String,
    /// Number type of a sweep's matrix and states; statistics are in f64 always.
    #[serde(default)]
    pub precision: Precision,
    /// Strength sigma of the white noise sqrt(2) sigma xi(t) that every unit has of its own (T24).
    #[serde(default)]
    pub noise: f64,
}

/// One axis: a parameter with its values, given or evenly spaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_count")]
    pub points: Option<usize>,
}

/// Which cells share a bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BulkFor {
    /// All of a realisation: one product advances many, and cells differ by their parameters alone.
    #[default]
    Realisation,
    /// Each has its own.
    Cell,
}

/// Number type of matrix and states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Double.
    #[default]
    F64,
    /// Single: half the memory, half the time.
    F32,
}

impl Spec {
    /// Whether white noise drives the units or an input.
    pub fn is_noisy(&self) -> bool {
        self.network.noise > 0.0 || self.inputs.iter().any(|input| input.noise > 0.0)
    }

    /// The variants by name, each once.
    ///
    /// # Errors
    /// None; one twice; a name that is not known; a time constant not above zero.
    pub fn variants(&self) -> Result<Vec<Variant>, SpecError> {
        let network = &self.network;
        let mut variants = Vec::new();
        for name in &network.variants {
            let variant = match name.as_str() {
                "current" => Variant::Current,
                "rate" => Variant::Rate,
                "two-timescale" => Variant::two_timescale(network.tau_s, network.tau_r)?,
                _ => return Err(unknown("network.variants", name, &VARIANTS)),
            };
            if variants.contains(&variant) {
                return Err(out_of_range("network.variants", format!("{name} twice"), "each variant once"));
            }
            variants.push(variant);
        }
        if variants.is_empty() {
            return Err(out_of_range("network.variants", "empty", "one or more of current, rate, two-timescale"));
        }
        Ok(variants)
    }

    /// How many vectors of each kind there are; a geometry has rank one.
    pub fn layout(&self) -> Layout {
        let rank = if self.structure.geometry.is_some() { 1 } else { self.structure.rank };
        Layout::rank(rank).with_inputs(self.inputs.len()).with_readouts(self.structure.readouts)
    }

    /// The transfer function by name.
    ///
    /// # Errors
    /// A name that is not known.
    pub fn transfer(&self) -> Result<Transfer, SpecError> {
        let name = &self.network.transfer;
        name.parse().map_err(|_| unknown("network.transfer", name, &Transfer::ALL.map(Transfer::name)))
    }
}

fn one() -> u64 {
    1
}

fn unit() -> f64 {
    1.0
}

/// Whole tiles of the product, and few enough that their states stay in the second cache.
fn cells_a_block() -> usize {
    60
}

fn tanh() -> String {
    "tanh".to_owned()
}

fn current() -> Vec<String> {
    vec!["current".to_owned()]
}

fn gaussian() -> String {
    "gaussian".to_owned()
}
