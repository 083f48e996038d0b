//! What a task is: a geometry, inputs over time for each condition, a readout and a rule that says what is right.

use lowrank_model::{Gaussian, Initial, Input, Layout, Model, Transfer, Variant, Vector};
use serde::Serialize;

use crate::TaskError;
use crate::decide::Decision;
use crate::predict::predict;

/// A task. Every network of its ensemble, in every variant, is given the same conditions.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Task {
    /// Vectors m, n, I and w.
    pub ensemble: Gaussian,
    /// Random strength g.
    pub g: f64,
    /// Transfer function phi.
    pub transfer: Transfer,
    /// Law of the currents at time 0.
    pub initial: Initial,
    /// The step, halved for trials of networks that are not believed at it (T36, T37).
    pub dt: f64,
    /// Length of a trial.
    pub duration: f64,
    /// Time between samples, a multiple of the step.
    pub interval: f64,
    /// Start of what is to be told, from which reaction times count.
    pub onset: f64,
    /// What a network is given.
    pub conditions: Vec<Condition>,
    /// Trials of each condition in each network; more than one where there is noise.
    pub trials: usize,
    /// How a trial is decided.
    pub decision: Decision,
    /// Part of a network's trials that must be right for the network to do the task.
    pub required: f64,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Condition {
    /// In tables and legends.
    pub label: String,
    /// Conditions of one group form a psychometric curve along their levels.
    pub group: String,
    /// Strength of what is to be told: of the stimulus, of the cued signal; an angle for the ring.
    pub level: f64,
    /// Amplitudes over time.
    pub input: Input,
    /// What is right.
    pub wanted: Wanted,
}

/// What is right in a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// A readout above the threshold.
    High,
    /// A readout below it.
    Low,
    /// A readout between minus the threshold and the threshold.
    Quiet,
    /// What the decision itself measures: an angle, a period.
    Kept,
    /// Nothing: the condition is there for the psychometric curve.
    Anything,
}

impl Task {
    /// Vectors whose overlaps with r are followed: n^(k), then w^(p).
    pub fn followed(layout: Layout) -> Vec<Vector> {
        (0..layout.rank).map(Vector::N).chain((0..layout.readouts).map(Vector::W)).collect()
    }

    /// The same task at another step.
    pub(crate) fn at_step(&self, dt: f64) -> Self {
        Self { dt, ..self.clone() }
    }

    /// Number of steps of a trial.
    pub fn steps(&self) -> usize {
        (self.duration / self.dt).round() as usize
    }

    /// Steps between samples.
    pub fn every(&self) -> usize {
        (self.interval / self.dt).round().max(1.0) as usize
    }

    /// Times of the samples.
    pub fn times(&self) -> Vec<f64> {
        (0..=self.steps()).step_by(self.every()).map(|step| step as f64 * self.dt).collect()
    }

    /// The model of a condition.
    ///
    /// # Errors
    /// A description that cannot be.
    pub fn model(&self, condition: &Condition, variant: Variant) -> Result<Model, TaskError> {
        Ok(Model::new(self.g, self.transfer, variant, self.ensemble.clone(), condition.input.clone())?)
    }

    /// The groups of conditions, in order.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for condition in &self.conditions {
            if !condition.group.is_empty() && !groups.contains(&condition.group.as_str()) {
                groups.push(&condition.group);
            }
        }
        groups
    }

    /// The levels of a group, ascending, each once.
    pub fn levels(&self, group: &str) -> Vec<f64> {
        let own = self.conditions.iter().filter(|condition| condition.group == group);
        let mut levels: Vec<f64> = own.map(|condition| condition.level).collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        levels
    }

    /// Places of the first condition of the lowest level of a group and of the last of the highest; none where there is no such group.
    pub fn ends(&self, group: &str) -> Option<[usize; 2]> {
        let level = |place: usize| self.conditions[place].level;
        let own = || (0..self.conditions.len()).filter(|place| self.conditions[*place].group == group);
        let low = own().min_by(|a, b| level(*a).total_cmp(&level(*b)))?;
        let high = own().max_by(|a, b| level(*a).total_cmp(&level(*b)))?;
        Some([low, high])
    }

    /// The same task decided halfway between theory's lowest readout where it must be high and its highest elsewhere, without
    /// noise, in the current variant.
    ///
    /// # Errors
    /// Theory that cannot tell them apart.
    pub(crate) fn with_threshold_from_theory(mut self) -> Result<Self, TaskError> {
        let (mut above, mut below) = (f64::INFINITY, f64::NEG_INFINITY);
        for condition in self.conditions.iter().filter(|condition| condition.wanted != Wanted::Anything) {
            let quiet = Condition { input: condition.input.without_noise(), ..condition.clone() };
            let course = predict(&self, &self.ensemble.clone().into(), &quiet, Variant::Current, || 0.0)?;
            let value = self.decision.value(self.ensemble.layout().rank, &self.times(), &course);
            match condition.wanted {
                Wanted::High => above = above.min(value),
                Wanted::Low => below = below.max(value),
                Wanted::Quiet => below = below.max(value.abs()),
                Wanted::Kept | Wanted::Anything => {}
            }
        }
        if above <= below {
            return Err(TaskError::NotSeparated { below, above });
        }
        if let Decision::Readout { threshold, .. } = &mut self.decision {
            *threshold = 0.5 * (above + below);
        }
        Ok(self)
    }
}
