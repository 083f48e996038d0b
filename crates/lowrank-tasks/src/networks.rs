//! A task in drawn networks: every condition and trial of a network side by side, in every variant, beside what theory says
//! of the same trial of the same network.

use lowrank_connectivity::{Bulk, BulkKind, Sampling, draw_vectors, stream};
use lowrank_model::{Empirical, Ensemble, Role, StreamKey, Variant, Vector};
use lowrank_simulate::{Course, Recording, Trial, initial_currents_along, run_trials};
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
}

/// What the columns of one network have in common.
struct Column {
    variant: usize,
    strength: usize,
    condition: usize,
    felt: Vec<Vec<f64>>,
}

/// All trials of all networks, `[network][trial]`, in a fixed order, on the current rayon pool; nothing depends on its size.
/// `progress` is called with the number of finished networks.
///
/// # Errors
/// Networks that cannot be drawn; what simulation or theory cannot do.
pub fn run_networks(
    task: &Task,
    networks: &Networks,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Vec<Ran>>, TaskError> {
    let expected = expected(task, networks)?;
    let each = |realisation: usize| {
        let ran = run_network(task, networks, realisation as u64, &expected)?;
        progress(1);
        Ok(ran)
    };
    (0..networks.networks).into_par_iter().map(each).collect()
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

fn run_network(
    task: &Task,
    networks: &Networks,
    realisation: u64,
    expected: &[Vec<Vec<f64>>],
) -> Result<Vec<Ran>, TaskError> {
    let network = Drawn::new(task, networks, realisation)?;
    let law: Ensemble = network.vectors.moments()?.into();
    let columns = columns(task, networks, realisation)?;
    let (rank, times) = (task.ensemble.layout().rank, task.times());
    let followed = Task::followed(task.ensemble.layout());
    let mut ran = Vec::with_capacity(columns.len());
    for columns in columns.chunks(COLUMNS) {
        let courses = network.run(task, networks, columns, (&followed, false))?;
        for (column, course) in columns.iter().zip(courses) {
            let condition = &task.conditions[column.condition];
            let (g, variant) = (networks.strengths[column.strength], networks.variants[column.variant]);
            let theory = predict_felt(task, g, &law, condition, variant, &column.felt)?;
            let expected = expected[column.variant][column.strength][column.condition];
            let judge =
                |course: &[Vec<f64>]| task.decision.judge(condition, (rank, task.onset), &times, course, expected);
            let (seen, predicted) = (judge(&course.along), judge(&theory));
            let kept = (realisation as usize) < networks.kept;
            let courses = if kept { [course.along, theory] } else { [Vec::new(), Vec::new()] };
            let Column { variant, strength, condition, .. } = *column;
            ran.push(Ran { variant, strength, condition, seen, predicted, courses });
        }
    }
    Ok(ran)
}

/// A network and its start, the same for all its trials.
struct Drawn {
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
        Ok(Self { vectors, bulk, x0 })
    }

    fn run(
        &self,
        task: &Task,
        networks: &Networks,
        columns: &[Column],
        (along, states): (&[Vector], bool),
    ) -> Result<Vec<Course>, TaskError> {
        let mut trials = Vec::with_capacity(columns.len());
        for column in columns {
            let (g, variant) = (networks.strengths[column.strength], networks.variants[column.variant]);
            trials.push(Trial { g, variant, x0: &self.x0, felt: &column.felt });
        }
        let recording = Recording { every: task.every(), along, states };
        let times = (task.dt, task.steps());
        Ok(run_trials(&self.bulk, &self.vectors, task.transfer, &trials, times, recording)?)
    }
}

/// Every trial of a network: variants and random strengths are given the same noise.
fn columns(task: &Task, networks: &Networks, realisation: u64) -> Result<Vec<Column>, TaskError> {
    let mut columns = Vec::new();
    for (variant, form) in networks.variants.iter().enumerate() {
        for (condition, given) in task.conditions.iter().enumerate() {
            for trial in 0..task.trials {
                let line = (condition * task.trials + trial) as u64;
                let mut rng = stream(StreamKey { seed: networks.seed, realisation, role: Role::Noise, line });
                let felt = given.input.felt(*form, task.dt, task.steps(), || StandardNormal.sample(&mut rng))?;
                let at = |strength| Column { variant, strength, condition, felt: felt.clone() };
                columns.extend((0..networks.strengths.len()).map(at));
            }
        }
    }
    Ok(columns)
}

/// r of one network over the first trial of every condition at the first random strength: `[variant][condition][sample]`, N entries
/// each.
///
/// # Errors
/// As [`run_networks`].
pub fn record(task: &Task, networks: &Networks, realisation: u64) -> Result<Vec<Vec<Vec<Vec<f32>>>>, TaskError> {
    let network = Drawn::new(task, networks, realisation)?;
    let per_condition = task.trials * networks.strengths.len();
    let firsts: Vec<Column> = columns(task, networks, realisation)?.into_iter().step_by(per_condition).collect();
    let of_variant = |columns: &[Column]| {
        let courses = network.run(task, networks, columns, (&[], true))?;
        Ok(courses.into_iter().map(|course| course.states).collect())
    };
    firsts.chunks(task.conditions.len()).map(of_variant).collect()
}
