//! What to validate, and what came of it: the record of a run.

use lowrank_model::{Model, Variant};
use lowrank_simulate::Protocol;
use serde::Serialize;

use crate::{Claim, Effort, OperatingPoint, Phase, Plant, Predictor, Scaling, Verdict};

/// What to validate.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Size of the run.
    pub effort: Effort,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Only claims whose name contains this.
    pub only: Option<String>,
    /// A fault to plant in the simulation.
    pub plant: Option<Plant>,
    /// Number of threads; the result does not depend on it.
    pub threads: usize,
}

/// What came of it. Serialised as the record of a run: nothing in it depends on threads, clocks or machines.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Outcome {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Size of the run.
    pub effort: Effort,
    /// (N, networks) of every size that was run.
    pub sizes: Vec<(usize, usize)>,
    /// What the margins of the points are multiplied by.
    pub margin_factor: f64,
    /// The pattern that chose the claims, if any.
    pub only: Option<String>,
    /// The planted fault, if any.
    pub plant: Option<Plant>,
    /// Family-wise probability that a correct theory fails any claim.
    pub false_alarm_rate: f64,
    /// Number of claims over which it is shared out, whether or not all were run.
    pub family: usize,
    /// Every parameter of the operating points of the claims.
    pub points: Vec<PointRecord>,
    /// The claims.
    pub claims: Vec<Claim>,
    /// Networks that could not be run, or have no Lyapunov exponent; the claims are judged over the others, and over all that was measured.
    pub failures: Vec<FailedRun>,
    /// Variants of which nothing is claimed, or nothing from a time on.
    pub unclaimed: Vec<Unclaimed>,
    /// How deviations from theory shrink as networks grow; empty where one size was run.
    pub scaling: Vec<Scaling>,
}

/// A network of an operating point that could not be run in a variant, or of which an exponent could not be computed.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FailedRun {
    /// Name of the operating point.
    pub point: String,
    /// The variant.
    pub variant: Variant,
    /// Neurons of the network.
    pub neurons: usize,
    /// Which network.
    pub realisation: u64,
    /// The reason, in one line.
    pub reason: String,
}

/// A variant of which theory has nothing to claim, or nothing from a time on.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Unclaimed {
    /// The variant.
    pub variant: Variant,
    /// From when on theory does not follow a transient; none where nothing at all is claimed.
    pub from: Option<f64>,
    /// The reason, in one line.
    pub reason: String,
}

/// The parameters of an operating point.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PointRecord {
    /// Its name.
    pub name: String,
    /// Why it was chosen.
    pub why: String,
    /// The model; its variant stands for all.
    pub model: Model,
    /// Which theory it is held against.
    pub phase: Phase,
    /// The variants that claims are made of, time constants included.
    pub variants: Vec<Variant>,
    /// Rough kappa of the branch that is meant.
    pub kappa: Vec<f64>,
    /// The initial currents: coefficients of vectors by name, and the deviation of the independent part.
    pub initial: (Vec<(String, f64)>, f64),
    /// Neurons of each network that is judged.
    pub neurons: usize,
    /// Independent networks.
    pub networks: usize,
    /// Kind of bulk.
    pub bulk: String,
    /// States of one network run together.
    pub copies: usize,
    /// Whose moments theory is given.
    pub predictor: Predictor,
    /// Method of integration.
    pub method: &'static str,
    /// Largest step.
    pub step: f64,
    /// Time before measuring.
    pub transient: f64,
    /// Length of the measuring window.
    pub window: f64,
    /// Time between samples.
    pub interval: f64,
    /// Lags of the autocovariance.
    pub lags: Vec<f64>,
}

impl std::fmt::Display for Unclaimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let from = self.from.map_or(String::new(), |time| format!(" from time {time:.4} on"));
        write!(f, "no claim on the {} variant{from}: {}", self.variant, self.reason)
    }
}

impl Outcome {
    /// Whether every claim passed.
    pub fn passed(&self) -> bool {
        self.claims.iter().all(|c| c.judgement.verdict == Verdict::Pass)
    }

    /// What is missing, one line each: networks that could not be run (their number and the first reason), variants without claims.
    pub fn missing(&self) -> Vec<String> {
        let failed = self.failures.first().map(|first| {
            let FailedRun { point, variant, realisation, reason, .. } = first;
            let (count, first) = (self.failures.len(), format!("{point}, {variant}, realisation {realisation}"));
            format!("{count} networks could not be run in full, the first of them {first}: {reason}")
        });
        self.unclaimed.iter().map(Unclaimed::to_string).chain(failed).collect()
    }

    /// Number of claims with this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.claims.iter().filter(|c| c.judgement.verdict == verdict).count()
    }
}

/// The parameters of a point, run by this protocol.
pub(crate) fn record(point: &OperatingPoint, protocol: &Protocol, neurons: usize, networks: usize) -> PointRecord {
    let timing = protocol.timing();
    PointRecord {
        name: point.name.to_string(),
        why: point.why.to_string(),
        model: point.model.clone(),
        phase: point.phase,
        variants: point.variants.iter().map(|(v, _)| *v).collect(),
        kappa: point.kappa.clone(),
        initial: (point.initial.along.iter().map(|(v, c)| (v.to_string(), *c)).collect(), point.initial.deviation),
        neurons,
        networks: point.networks_of(networks),
        bulk: point.bulk.to_string(),
        copies: point.copies,
        predictor: point.predictor,
        method: point.method.name(),
        step: timing.step,
        transient: timing.transient,
        window: timing.window,
        interval: timing.interval,
        lags: point.lags.clone(),
    }
}
