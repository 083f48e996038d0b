//! A task in drawn networks: every condition and trial of a network side by side, in every variant, beside what theory says
//! of the same trial of the same network.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use lowrank_connectivity::{Bulk, BulkKind, Sampling, draw_vectors, stream};
use lowrank_model::{Empirical, Ensemble, Role, StreamKey, Variant, Vector};
use lowrank_simulate::{
    Course, MOST_HALVINGS, Recording, SimulateError, Trial, halve_until_believed, initial_currents_along, run_trials,
};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::Serialize;

use crate::predict::predict_felt;
use crate::{Condition, Judged, Task, TaskError};

/// The most columns of one product: their states stay near.
pub const COLUMNS: usize = 96;

/// Which networks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Networks {
    /// Neurons of each.
    pub neurons: usize,
    /// How many.
    pub networks: usize,
    /// Seed of all random numbers.
    pub seed: u64,
    /// How vectors are drawn.
    #[serde(serialize_with = "named")]
    pub sampling: Sampling,
    /// The variants that are given the same trials.
    pub variants: Vec<Variant>,
    /// Random strengths that are given the same trials, on the same chi.
    pub strengths: Vec<f64>,
    /// Of so many networks, from the first on, the courses are kept.
    pub kept: usize,
}

fn named<S: serde::Serializer>(sampling: &Sampling, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match sampling {
        Sampling::Independent => "independent",
        Sampling::Matched => "matched",
    })
}

/// One trial of one network.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// Place of its variant.
    pub variant: usize,
    /// Place of its random strength.
    pub strength: usize,
    /// Place of its condition.
    pub condition: usize,
    /// What the network did.
    pub seen: Judged,
    /// What theory says that it does.
    pub predicted: Judged,
    /// Both courses, `[sample][kappa.., z..]`: the network's and theory's; empty unless kept.
    pub courses: [Vec<Vec<f64>>; 2],
    /// The step that it took: the task's, or a half, a quarter, ... of it.
    pub step: f64,
    /// The largest estimated local error per unit time (T37).
    pub error_estimate: f64,
}

/// A network in one variant at one random strength of which some trial could not be run: it is in no score.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Lost {
    /// Name of the variant.
    pub variant: &'static str,
    /// Random strength.
    pub g: f64,
    /// Neurons.
    pub neurons: usize,
    /// Which network.
    pub realisation: u64,
    /// The reason, in one line.
    pub reason: String,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variant, g, neurons, realisation, reason } = self;
        write!(f, "{variant}, g = {g}, {neurons} neurons, realisation {realisation}: {reason}")
    }
}

/// One trial of a network: its variant, random strength and condition, and the line of its noise.
#[derive(Debug, Clone, Copy)]
struct Column {
    variant: usize,
    strength: usize,
    condition: usize,
    line: u64,
}

/// A trial that was run: its input as it was felt at its step, and its course.
struct Given {
    step: f64,
    felt: Rc<Vec<Vec<f64>>>,
    course: Course,
}

/// All trials of all networks, `[network][trial]`, in a fixed order, on the current rayon pool; nothing depends on its size.
/// `progress` is called with the number of finished networks. Of a network of which some trial cannot be run in a variant at a random
/// strength there are no trials of these, and it is listed as lost.
///
/// # Errors
/// Networks that cannot be drawn; theory of the infinite network that has no answer.
pub fn run_networks(
    task: &Task,
    networks: &Networks,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(Vec<Vec<Ran>>, Vec<Lost>), TaskError> {
    let expected = expected(task, networks)?;
    let each = |realisation: usize| {
        let ran = run_network(task, networks, realisation as u64, &expected)?;
        progress(1);
        Ok(ran)
    };
    let of_networks = (0..networks.networks).into_par_iter().map(each).collect::<Result<Vec<_>, TaskError>>()?;
    let (ran, lost): (Vec<Vec<Ran>>, Vec<Vec<Lost>>) = of_networks.into_iter().unzip();
    Ok((ran, lost.into_iter().flatten().collect()))
}

/// The vectors of one network of these.
///
/// # Errors
/// Too few neurons.
pub fn vectors(task: &Task, networks: &Networks, realisation: u64) -> Result<Empirical, TaskError> {
    let ensemble = task.ensemble.clone().into();
    Ok(draw_vectors(&ensemble, networks.neurons, networks.sampling, networks.seed, realisation)?)
}

/// What theory says of an infinite network, `[variant][strength][condition]`, without noise.
fn expected(task: &Task, networks: &Networks) -> Result<Vec<Vec<Vec<f64>>>, TaskError> {
    let (rank, times, law) = (task.ensemble.layout().rank, task.times(), task.ensemble.clone().into());
    let of = |variant: &Variant, g: f64, condition: &Condition| {
        let felt = condition.input.without_noise().felt(*variant, task.dt, task.steps(), || 0.0)?;
        let course = predict_felt(task, g, &law, condition, *variant, &felt)?;
        let value = task.decision.value(rank, &times, &course);
        // Networks that fail with theory would agree with it.
        let (field, limit) =
            ("what theory says of an infinite network", "a number: choose parameters with which it does the task");
        if value.is_finite() { Ok(value) } else { Err(TaskError::BadNumber { field, value, limit }) }
    };
    let conditions = |variant: &Variant, g: f64| task.conditions.iter().map(|c| of(variant, g, c)).collect();
    let strengths = |variant| networks.strengths.iter().map(|g| conditions(variant, *g)).collect();
    networks.variants.iter().map(strengths).collect()
}

/// The trials of one network, and where it is lost.
fn run_network(
    task: &Task,
    networks: &Networks,
    realisation: u64,
    expected: &[Vec<Vec<f64>>],
) -> Result<(Vec<Ran>, Vec<Lost>), TaskError> {
    let network = Drawn::new(task, networks, realisation)?;
    let law: Ensemble = network.vectors.moments()?.into();
    let columns = columns(task, networks);
    let (rank, times) = (task.ensemble.layout().rank, task.times());
    let followed = Task::followed(task.ensemble.layout());
    let of_trial = |column: &Column, given: Result<Given, TaskError>| {
        let Given { step, felt, course } = given?;
        let condition = &task.conditions[column.condition];
        let (g, variant) = (networks.strengths[column.strength], networks.variants[column.variant]);
        let theory = predict_felt(&task.at_step(step), g, &law, condition, variant, &felt)?;
        let expected = expected[column.variant][column.strength][column.condition];
        let judge = |course: &[Vec<f64>]| task.decision.judge(condition, (rank, task.onset), &times, course, expected);
        let (seen, predicted) = (judge(&course.along), judge(&theory));
        let kept = (realisation as usize) < networks.kept;
        let error_estimate = course.error_estimate;
        let courses = if kept { [course.along, theory] } else { [Vec::new(), Vec::new()] };
        let Column { variant, strength, condition, .. } = *column;
        Ok::<_, TaskError>(Ran { variant, strength, condition, seen, predicted, courses, step, error_estimate })
    };
    let mut ran = Vec::with_capacity(columns.len());
    // The first reason of each variant and random strength, in their order.
    let mut failed: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for columns in columns.chunks(COLUMNS) {
        let given = network.run(task, networks, columns, (&followed, false))?;
        for (column, given) in columns.iter().zip(given) {
            match of_trial(column, given) {
                Ok(trial) => ran.push(trial),
                Err(error) => {
                    failed.entry((column.variant, column.strength)).or_insert_with(|| error.to_string());
                }
            }
        }
    }
    // Part of its trials would be another task.
    ran.retain(|ran| !failed.contains_key(&(ran.variant, ran.strength)));
    let lost = failed.into_iter().map(|((variant, strength), reason)| {
        let (variant, g) = (networks.variants[variant].name(), networks.strengths[strength]);
        Lost { variant, g, neurons: networks.neurons, realisation, reason }
    });
    Ok((ran, lost.collect()))
}

/// A network and its start, the same for all its trials.
struct Drawn {
    realisation: u64,
    vectors: Empirical,
    bulk: Bulk<f32>,
    x0: Vec<f64>,
}

impl Drawn {
    fn new(task: &Task, networks: &Networks, realisation: u64) -> Result<Self, TaskError> {
        let vectors = vectors(task, networks, realisation)?;
        let bulk = Bulk::draw(BulkKind::Gaussian, networks.neurons, networks.seed, realisation)?;
        let x0 = initial_currents_along(&vectors, &task.initial, 1, networks.seed, realisation)?;
        let x0 = x0.col(0).iter().copied().collect();
        Ok(Self { realisation, vectors, bulk, x0 })
    }

    /// Every trial at the longest of the task's step, half of it, a quarter, ... at which it is believed, or why there is none: by itself,
    /// whatever is run beside it.
    fn run(
        &self,
        task: &Task,
        networks: &Networks,
        columns: &[Column],
        (along, states): (&[Vector], bool),
    ) -> Result<Vec<Result<Given, TaskError>>, TaskError> {
        let of = |column: &Column| (networks.strengths[column.strength], networks.variants[column.variant]);
        let at = |halvings: u32, due: &[usize]| {
            let step = task.dt / f64::from(1_u32 << halvings);
            let task = task.at_step(step);
            let columns: Vec<Column> = due.iter().map(|place| columns[*place]).collect();
            let felt = self.felt(&task, networks, &columns)?;
            let mut trials = Vec::with_capacity(columns.len());
            for (column, felt) in columns.iter().zip(&felt) {
                let (g, variant) = of(column);
                trials.push(Trial { g, variant, x0: &self.x0, felt });
            }
            let recording = Recording { every: task.every(), along, states };
            let courses =
                run_trials(&self.bulk, &self.vectors, task.transfer, &trials, (step, task.steps()), recording)?;
            let given = |(course, felt): (Result<Course, SimulateError>, Rc<_>)| {
                course.map(|course| Given { step, felt, course })
            };
            Ok(courses.into_iter().zip(felt).map(given).collect::<Vec<_>>())
        };
        let outcomes = halve_until_believed::<_, TaskError>(&vec![0; columns.len()], MOST_HALVINGS, at, Result::is_ok)?;
        let believed = |(outcome, column): (Result<Given, SimulateError>, &Column)| {
            let (g, variant) = of(column);
            outcome.map_err(|error| TaskError::NoStep { g, variant: variant.name(), error })
        };
        Ok(outcomes.into_iter().zip(columns).map(believed).collect())
    }

    /// The inputs of these trials as they are felt at the task's step. Variants and random strengths are given the same noise, and
    /// columns that differ in random strength alone share it.
    fn felt(&self, task: &Task, networks: &Networks, columns: &[Column]) -> Result<Vec<Rc<Vec<Vec<f64>>>>, TaskError> {
        let mut felt: Vec<Rc<Vec<Vec<f64>>>> = Vec::with_capacity(columns.len());
        for (place, column) in columns.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| &columns[before]);
            let same = |before: &Column| (before.variant, before.line) == (column.variant, column.line);
            if let Some(shared) = felt.last().filter(|_| before.is_some_and(same)) {
                let shared = Rc::clone(shared);
                felt.push(shared);
                continue;
            }
            let (seed, realisation) = (networks.seed, self.realisation);
            let mut rng = stream(StreamKey { seed, realisation, role: Role::Noise, line: column.line });
            let (input, variant) = (&task.conditions[column.condition].input, networks.variants[column.variant]);
            felt.push(Rc::new(input.felt(variant, task.dt, task.steps(), || StandardNormal.sample(&mut rng))?));
        }
        Ok(felt)
    }
}

/// Every trial of a network, in their order.
fn columns(task: &Task, networks: &Networks) -> Vec<Column> {
    let mut columns = Vec::new();
    for variant in 0..networks.variants.len() {
        for condition in 0..task.conditions.len() {
            for trial in 0..task.trials {
                let line = (condition * task.trials + trial) as u64;
                columns.extend((0..networks.strengths.len()).map(|strength| Column {
                    variant,
                    strength,
                    condition,
                    line,
                }));
            }
        }
    }
    columns
}

/// r of one network over the first trial of every condition at the first random strength: `[variant][condition][sample]`, N entries
/// each.
///
/// # Errors
/// As [`run_networks`].
pub fn record(task: &Task, networks: &Networks, realisation: u64) -> Result<Vec<Vec<Vec<Vec<f32>>>>, TaskError> {
    let network = Drawn::new(task, networks, realisation)?;
    let per_condition = task.trials * networks.strengths.len();
    let firsts: Vec<Column> = columns(task, networks).into_iter().step_by(per_condition).collect();
    let of_variant = |columns: &[Column]| {
        let given = network.run(task, networks, columns, (&[], true))?;
        given.into_iter().map(|given| Ok(given?.course.states)).collect()
    };
    firsts.chunks(task.conditions.len()).map(of_variant).collect()
}
