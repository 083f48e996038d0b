//! All solutions of a family of models at many values of its parameter: the table behind a figure along g, or along a
//! row of a phase diagram.
//!
//! All branches are searched at the first value, where the number of stationary branches or the number of those beyond
//! rho = 1 changes, and ten times along the values besides. In between they are followed from value to value, forwards;
//! what a search finds that was not followed there is followed backwards. Chaotic solutions are refused where their spectrum
//! is negative, followed ones as searched ones.

use lowrank_model::{Initial, Model, ModelError, OrderParameters};

use crate::chaotic::{Chaotic, chaotic_from, chaotic_solutions};
use crate::selection::{Selected, select};
use crate::stationary::{MERGE_DISTANCE, compare, distance};
use crate::units::Units;
use crate::{MeanFieldError, Stationary, stationary_branches, stationary_from};

/// Searches along the values, at least.
const SEARCHES: usize = 10;

/// All solutions at one value of the parameter.
#[derive(Debug, Clone)]
pub struct Solutions {
    /// The value.
    pub parameter: f64,
    /// Stationary branches with radius, outliers and stability, in decreasing order of kappa.
    pub stationary: Vec<Stationary>,
    /// Chaotic solutions, in decreasing order of kappa.
    pub chaotic: Vec<Chaotic>,
}

impl Solutions {
    /// The state that networks from this start end in; `model` is the one that has these solutions.
    ///
    /// # Errors
    /// Those of [`select`].
    pub fn selected(&self, model: &Model, initial: &Initial) -> Result<Selected<'_>, MeanFieldError> {
        select(model, initial, &self.stationary, &self.chaotic)
    }
}

/// All solutions of `family` at every one of `values`, in their order; neighbouring values should be close.
///
/// # Errors
/// Any error of the family or of a search.
pub fn solutions_along(
    family: impl Fn(f64) -> Result<Model, ModelError>,
    values: &[f64],
) -> Result<Vec<Solutions>, MeanFieldError> {
    solutions_with(SEARCHES, chaotic_from, family, values)
}

/// Chaotic solutions of a model from those of its neighbour.
pub(crate) type Follow = fn(&Model, &[OrderParameters]) -> Result<Vec<Chaotic>, MeanFieldError>;

/// The same with so many searches at least, and chaotic solutions followed with or without a look at their spectra.
pub(crate) fn solutions_with(
    searches: usize,
    follow: Follow,
    family: impl Fn(f64) -> Result<Model, ModelError>,
    values: &[f64],
) -> Result<Vec<Solutions>, MeanFieldError> {
    let units = Units::of_family(&family, &values[values.len() / 2..]);
    let mut rows = in_units(searches, follow, units.family(family), values)?;
    for row in &mut rows {
        row.stationary = row.stationary.drain(..).map(|solution| units.stationary_back(solution)).collect();
        row.chaotic = row.chaotic.drain(..).map(|solution| units.chaotic_back(solution)).collect();
    }
    Ok(rows)
}

/// The same for vectors m of about the size one.
fn in_units(
    searches: usize,
    follow: Follow,
    family: impl Fn(f64) -> Result<Model, ModelError>,
    values: &[f64],
) -> Result<Vec<Solutions>, MeanFieldError> {
    let stride = values.len().div_ceil(searches);
    let mut rows: Vec<Solutions> = Vec::with_capacity(values.len());
    let mut models: Vec<Model> = Vec::with_capacity(values.len());
    for (index, &parameter) in values.iter().enumerate() {
        let model = family(parameter)?;
        let followed = match rows.last() {
            Some(last) if index % stride != 0 => {
                let stationary = followed_branches(&model, &rows, parameter)?;
                // Where a branch is lost or its phase changes, new ones may have come.
                (phases(&stationary) == phases(&last.stationary)).then_some(stationary)
            }
            _ => None,
        };
        let (stationary, chaotic) = match followed {
            Some(stationary) => {
                let starts = extrapolated(&rows, parameter, |row| row.chaotic.iter().map(|c| &c.order).collect());
                (stationary, follow(&model, &starts)?)
            }
            None => {
                let (stationary, chaotic) = (stationary_branches(&model)?, chaotic_solutions(&model)?);
                stationary_back(&mut rows, &models, &stationary);
                chaotic_back(&mut rows, &models, &chaotic, follow)?;
                (stationary, chaotic)
            }
        };
        rows.push(Solutions { parameter, stationary, chaotic });
        models.push(model);
    }
    Ok(rows)
}

/// The stationary branches of the last row, continued to `model`.
fn followed_branches(model: &Model, rows: &[Solutions], parameter: f64) -> Result<Vec<Stationary>, MeanFieldError> {
    let starts = extrapolated(rows, parameter, |row| row.stationary.iter().map(|s| &s.order).collect());
    let mut found: Vec<Stationary> = Vec::new();
    for start in &starts {
        match stationary_from(model, start) {
            Ok(solution) => {
                add(&mut found, solution, |s| &s.order);
            }
            Err(MeanFieldError::NoSolution { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_by(|a, b| compare(&key(&b.order), &key(&a.order)));
    Ok(found)
}

/// Adds what is new, and says whether it was.
fn add<S>(found: &mut Vec<S>, solution: S, order: impl Fn(&S) -> &OrderParameters) -> bool {
    let new = found.iter().all(|f| distance(&key(order(f)), &key(order(&solution))) > MERGE_DISTANCE);
    if new {
        found.push(solution);
    }
    new
}

/// How many branches there are, and how many beyond rho = 1: what changes where chaos may be born.
fn phases(stationary: &[Stationary]) -> (usize, usize) {
    (stationary.len(), stationary.iter().filter(|s| s.rho > 1.0).count())
}

/// The order parameters of the last row's solutions, continued linearly to `parameter`.
fn extrapolated(
    rows: &[Solutions],
    parameter: f64,
    orders: impl Fn(&Solutions) -> Vec<&OrderParameters>,
) -> Vec<OrderParameters> {
    let Some((last, earlier)) = rows.split_last() else { return Vec::new() };
    let now = orders(last);
    let before = earlier.last().map(|row| (row.parameter, orders(row))).filter(|(_, o)| o.len() == now.len());
    let continued = |(index, order): (usize, &&OrderParameters)| {
        let mut order = (*order).clone();
        if let Some((at, before)) = &before {
            let part = (parameter - last.parameter) / (last.parameter - at);
            let along = |now: f64, before: f64| now + part * (now - before);
            for (k, before) in order.kappa.iter_mut().zip(&before[index].kappa) {
                *k = along(*k, *before);
            }
            let inf = |o: &OrderParameters| o.delta_0_individual - o.delta_t;
            let (zero, inf) = (
                along(order.delta_0_individual, before[index].delta_0_individual),
                along(inf(&order), inf(before[index])),
            );
            // Beyond an end of the branch the last solution is the better start.
            if inf >= 0.0 && zero >= inf {
                order.delta_0_individual = zero;
                order.delta_t = zero - inf;
            }
        }
        order
    };
    now.iter().enumerate().map(continued).collect()
}

/// Follows the stationary branches that a search found, and the rows before did not know, back along them.
fn stationary_back(rows: &mut [Solutions], models: &[Model], searched: &[Stationary]) {
    let mut new: Vec<OrderParameters> = searched.iter().map(|s| s.order.clone()).collect();
    for (row, model) in rows.iter_mut().zip(models).rev() {
        let found: Vec<Stationary> = new.iter().filter_map(|start| stationary_from(model, start).ok()).collect();
        new.clear();
        for solution in found {
            let order = solution.order.clone();
            if add(&mut row.stationary, solution, |s| &s.order) {
                new.push(order);
            }
        }
        if new.is_empty() {
            break;
        }
        row.stationary.sort_by(|a, b| compare(&key(&b.order), &key(&a.order)));
    }
}

/// The same for chaotic solutions.
fn chaotic_back(
    rows: &mut [Solutions],
    models: &[Model],
    searched: &[Chaotic],
    follow: Follow,
) -> Result<(), MeanFieldError> {
    let mut new: Vec<OrderParameters> = searched.iter().map(|c| c.order.clone()).collect();
    for (row, model) in rows.iter_mut().zip(models).rev() {
        let found = follow(model, &new)?;
        new.clear();
        for solution in found {
            let order = solution.order.clone();
            if add(&mut row.chaotic, solution, |c| &c.order) {
                new.push(order);
            }
        }
        if new.is_empty() {
            break;
        }
        row.chaotic.sort_by(|a, b| compare(&key(&b.order), &key(&a.order)));
    }
    Ok(())
}

/// What tells solutions apart, and their order.
fn key(order: &OrderParameters) -> Vec<f64> {
    order.kappa.iter().copied().chain([order.delta_0_individual, order.delta_t]).collect()
}
