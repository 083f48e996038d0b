//! The vectors of a spec: moments by name, a named geometry, populations, or a file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::whole::whole_count;

/// More vectors of a kind than this are a typing error.
pub(crate) const MOST_VECTORS: usize = 100;

/// The vectors m, n, I, w of the structured part: their moments, or a geometry, or populations, or a file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Structure {
    /// Rank R; a geometry has rank one and needs none here.
    #[serde(deserialize_with = "whole_count")]
    pub rank: usize,
    /// Readout vectors w.
    #[serde(deserialize_with = "whole_count")]
    pub readouts: usize,
    /// Means by vector, "m\[0]", "n\[0]", "I\[0]", "w\[0]"; what is not named is zero.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub means: BTreeMap<String, f64>,
    /// Covariances by pair, "m\[0] n\[0]", a variance by its one vector; what is not named is zero.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub covariances: BTreeMap<String, f64>,
    /// A geometry by name, in place of means and covariances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
    /// Populations with their own means and covariances, in place of those of all neurons.
    #[serde(rename = "population", skip_serializing_if = "Vec::is_empty")]
    pub populations: Vec<Population>,
    /// An .npy file of the vectors themselves, `[vectors x N]`: m, then n, then I, then w. Relative to the spec's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vectors: Option<String>,
    /// How vectors are drawn.
    pub sampling: Sampled,
}

/// The moments of one population.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Population {
    /// Its part of the neurons; weights are scaled to sum to one.
    pub weight: f64,
    /// Means by vector.
    #[serde(default)]
    pub means: BTreeMap<String, f64>,
    /// Covariances by pair, variances by one vector.
    #[serde(default)]
    pub covariances: BTreeMap<String, f64>,
}

/// How vectors are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sampled {
    /// With exactly the moments of the ensemble.
    #[default]
    Matched,
    /// Neuron by neuron.
    Independent,
}

/// Named geometries of rank one (docs/theory.md section 8). An input vector of which nothing else is said has variance one
/// and is orthogonal to all others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Geometry {
    /// m and n overlap by their means alone, both the root of the strength.
    Strength(Strength),
    /// (a) m, n and the inputs are mutually orthogonal: no response along m.
    Orthogonal(Orthogonal),
    /// (b) m is orthogonal to n, the first input overlaps n and drives kappa.
    Driven(Driven),
    /// (c) m and n overlap by their means, the first input lies along the part of n that is orthogonal to m: two branches
    /// under weak input, one under strong. A second input of amplitude one is the background of the published figure.
    Bistable(Bistable),
}

/// Means sqrt(strength) of m and n.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Strength {
    /// Overlap of the means, >= 0.
    pub strength: f64,
    /// Variance of m.
    pub variance_m: f64,
    /// Variance of n.
    pub variance_n: f64,
}

/// All orthogonal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Orthogonal {
    /// Variance of m.
    pub variance_m: f64,
    /// Variance of n.
    pub variance_n: f64,
}

/// The first input overlaps n.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Driven {
    /// Covariance of n and the first input, whose variance is one.
    pub overlap: f64,
    /// Variance of m.
    pub variance_m: f64,
    /// Variance of n.
    pub variance_n: f64,
}

/// m and n overlap by their means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Bistable {
    /// Mean of m.
    pub mean_m: f64,
    /// Mean of n.
    pub mean_n: f64,
    /// Variance of m.
    pub variance_m: f64,
    /// Variance of n, and of the first input, which is the deviation of n from its mean.
    pub variance_n: f64,
}

impl Default for Strength {
    fn default() -> Self {
        Self { strength: 2.0, variance_m: 1.0, variance_n: 1.0 }
    }
}

impl Default for Orthogonal {
    fn default() -> Self {
        Self { variance_m: 1.0, variance_n: 1.0 }
    }
}

impl Default for Driven {
    fn default() -> Self {
        Self { overlap: 0.8, variance_m: 1.0, variance_n: 1.0 }
    }
}

impl Default for Bistable {
    fn default() -> Self {
        Self { mean_m: 3.5, mean_n: 1.0, variance_m: 1.0, variance_n: 1.0 }
    }
}
