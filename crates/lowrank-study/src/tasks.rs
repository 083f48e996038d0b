//! The figures of a task: readouts over time, activity in planes, psychometric curves, the landscape of kappa, success against N
//! and against g.

mod branches;
mod courses;
mod landscape;
mod population;
mod psychometric;
mod success;

use lowrank_tasks::{Decision, Networks, Ran, Score, Task, TaskName, record};
use serde::Serialize;

use crate::{Drawing, StudyError};

/// What is drawn of a task.
#[derive(Debug, Clone, Copy)]
pub struct OfTask<'a> {
    /// Which task.
    pub name: TaskName,
    /// The task, at the first random strength of the networks.
    pub task: &'a Task,
    /// The networks of which courses were kept.
    pub networks: &'a Networks,
    /// Their trials.
    pub ran: &'a [Vec<Ran>],
    /// The scores of all sizes and random strengths.
    pub scores: &'a [Score],
}

impl OfTask<'_> {
    /// The figures that make sense for this task.
    ///
    /// # Errors
    /// What theory or simulation could not do.
    pub fn draw(&self) -> Result<Vec<Drawing>, StudyError> {
        let mut drawings = vec![courses::draw(self)?];
        // Activity is that of the first network, unless it is lost in some variant.
        let of = |variant: usize| (0..self.task.conditions.len()).map(move |condition| (variant, condition));
        let mut all = (0..self.networks.variants.len()).flat_map(of);
        if all.all(|(variant, condition)| self.first(0, variant, condition).is_some()) {
            let states = record(self.task, self.networks, 0)?;
            drawings.push(population::draw(self, &states)?);
            drawings.extend(population::regression(self, &states)?);
        }
        drawings.extend(psychometric::draw(self)?);
        drawings.extend(branches::draw(self)?);
        drawings.extend(landscape::draw(self)?);
        drawings.extend(success::against_neurons(self)?);
        drawings.extend(success::against_strength(self)?);
        Ok(drawings)
    }

    /// Places of the conditions that a figure has room for, four at most: four directions of a ring; of two groups the lowest level
    /// and the highest, of more one of both in turn; the first where there are no groups.
    fn shown(&self) -> Vec<usize> {
        let conditions = &self.task.conditions;
        if matches!(self.task.decision, Decision::Angle { .. }) {
            return (0..conditions.len()).step_by(conditions.len().div_ceil(4).max(1)).collect();
        }
        let groups = self.task.groups();
        let mut shown = Vec::new();
        for (place, ends) in groups.iter().filter_map(|group| self.task.ends(group)).enumerate() {
            let [lowest, highest] = ends;
            match (groups.len() > 2, place % 2) {
                (false, _) => shown.extend(ends),
                (true, 0) => shown.push(highest),
                (true, _) => shown.push(lowest),
            }
        }
        if shown.is_empty() {
            shown.extend(0..conditions.len());
        }
        shown.truncate(4);
        shown
    }

    /// What the levels of its conditions are.
    fn level(&self) -> &'static str {
        match self.name {
            TaskName::Detection => "stimulus strength *c*",
            TaskName::Discrimination => "context: −1 that of the other stimulus, 1 its own",
            _ => "mean of the cued signal",
        }
    }

    /// Where the low state of a group ends in theory of an infinite network, if it does between its levels.
    fn fold(&self, group: &str) -> Option<f64> {
        let (form, g, neurons) = (self.networks.variants[0].name(), self.networks.strengths[0], self.networks.neurons);
        let own = |score: &&Score| score.variant == form && score.g == g && score.neurons == neurons;
        let score = self.scores.iter().find(own)?;
        score.groups.iter().find(|of| of.group == group)?.fold
    }

    /// The first trial of a network at the first random strength in one variant and condition, if its course was kept.
    fn first(&self, network: usize, variant: usize, condition: usize) -> Option<&Ran> {
        let of = |ran: &&Ran| ran.strength == 0 && ran.variant == variant && ran.condition == condition;
        self.ran.get(network)?.iter().find(of).filter(|ran| !ran.courses[0].is_empty())
    }
}

/// The scores behind a figure.
#[derive(Serialize)]
struct Data<'a, T> {
    task: &'a str,
    parameters: &'a Task,
    networks: &'a Networks,
    shown: T,
}

impl<'a> OfTask<'a> {
    fn drawing(
        &self,
        name: &'static str,
        figure: lowrank_report::Figure,
        shown: impl Serialize,
    ) -> Result<Drawing, StudyError> {
        let data = Data { task: self.name.name(), parameters: self.task, networks: self.networks, shown };
        Drawing::new(name, figure, &data)
    }
}
