//! Theory of a trial: the slaved dynamics of kappa (T28) under the same input and the same noise.

use lowrank_meanfield::latent;
use lowrank_model::{Ensemble, Model, Variant};

use crate::{Condition, Task, TaskError};

/// The course of kappa_1..R, z_1..P at the samples of a trial, of an ensemble: the task's own for an infinite network, that of
/// the moments of one network's vectors for that network but for its bulk. `normal` gives the noise, as in
/// [`Input::felt`](lowrank_model::Input::felt).
///
/// # Errors
/// What theory cannot do.
pub fn predict(
    task: &Task,
    ensemble: &Ensemble,
    condition: &Condition,
    variant: Variant,
    normal: impl FnMut() -> f64,
) -> Result<Vec<Vec<f64>>, TaskError> {
    let felt = condition.input.felt(variant, task.dt, task.steps(), normal)?;
    predict_felt(task, task.g, ensemble, condition, variant, &felt)
}

/// [`predict`] at another random strength, from an input as it is felt.
pub(crate) fn predict_felt(
    task: &Task,
    g: f64,
    ensemble: &Ensemble,
    condition: &Condition,
    variant: Variant,
    felt: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>, TaskError> {
    let model = Model::new(g, task.transfer, variant, ensemble.clone(), condition.input.clone())?;
    let course = latent(&model, &task.initial, felt, task.dt)?;
    let sampled = course.into_iter().step_by(task.every());
    Ok(sampled.map(|state| state.kappa.into_iter().chain(state.readouts).collect()).collect())
}
