//! The stationary states along the levels of a group of conditions, without noise, and the level at which the state that a
//! trial is in ceases to be: the threshold of detection, the switch of a context.

use lowrank_meanfield::selection::{Selected, State, solutions};
use lowrank_meanfield::{Branch, EventKind, MeanFieldError, branches_along, continue_branch};
use lowrank_model::{Initial, Input, Model, ModelError, Variant, Vector};

use crate::predict::predict;
use crate::{Condition, Task, TaskError};

/// Samples of the parameter from which branches are followed.
const SAMPLES: usize = 5;

/// The conditions of the lowest and of the highest level of a group; none where all have the same.
fn ends<'a>(task: &'a Task, group: &str) -> Option<[&'a Condition; 2]> {
    let [low, high] = task.ends(group)?.map(|place| &task.conditions[place]);
    (low.level < high.level).then_some([low, high])
}

/// The model at a level: late amplitudes on the line through those of both ends.
fn at(task: &Task, [low, high]: [&Condition; 2], variant: Variant, level: f64) -> Result<Model, ModelError> {
    let part = (level - low.level) / (high.level - low.level);
    let (first, last) = (low.input.last(), high.input.last());
    let amplitudes: Vec<f64> = first.iter().zip(&last).map(|(low, high)| low + part * (high - low)).collect();
    Model::new(task.g, task.transfer, variant, task.ensemble.clone(), Input::constant(&amplitudes)?)
}

/// All stationary branches along the levels of a group, from the lowest to `end`; none where the group has no levels.
///
/// # Errors
/// What theory cannot do.
pub fn branches(task: &Task, group: &str, variant: Variant, end: f64) -> Result<Vec<Branch>, TaskError> {
    let Some(ends) = ends(task, group) else { return Ok(Vec::new()) };
    let family = |level: f64| at(task, ends, variant, level);
    Ok(branches_along(family, (ends[0].level, end), SAMPLES)?)
}

/// The fold that ends the state in which a trial of the lowest level ends, between that level and `end`; none if it lasts,
/// or if that state is not at rest or cannot be told from another.
///
/// # Errors
/// What theory cannot do.
pub fn fold(task: &Task, group: &str, variant: Variant, end: f64) -> Result<Option<f64>, TaskError> {
    let Some(ends) = ends(task, group) else { return Ok(None) };
    let lowest = ends[0].level;
    let quiet = Condition { input: ends[0].input.without_noise(), ..ends[0].clone() };
    let course = predict(task, &task.ensemble.clone().into(), &quiet, variant, || 0.0)?;
    let model = at(task, ends, variant, lowest)?;
    // The collective variables come first, then the readouts.
    let kappa = course.last().into_iter().flatten().take(model.rank());
    let along = kappa.enumerate().map(|(k, kappa)| (Vector::M(k), *kappa)).collect();
    let all = solutions(&model)?;
    let start = match all.selected(&model, &Initial { along, deviation: 0.0 }) {
        Ok(Selected { state: State::Stationary(start), .. }) => start,
        Ok(_)
        | Err(
            MeanFieldError::NearSeparatrix { .. }
            | MeanFieldError::SoftState { .. }
            | MeanFieldError::NoStableState { .. },
        ) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let away = |kappa: &[f64]| kappa.iter().zip(&start.order.kappa).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let branch = continue_branch(|level| at(task, ends, variant, level), (lowest, end), (lowest, &start.order))?;
    let mut folds = branch.events.iter().filter(|event| event.kind == EventKind::Fold);
    // The start is one end of the branch, whichever.
    let [first, last] = [branch.points.first(), branch.points.last()]
        .map(|point| point.map_or(f64::INFINITY, |point| away(&point.solution.order.kappa)));
    let nearest = if first <= last { folds.next() } else { folds.next_back() };
    Ok(nearest.map(|event| event.parameter))
}
