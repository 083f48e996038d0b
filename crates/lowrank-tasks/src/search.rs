//! Search for the parameters of a context-dependent task, on the mean-field model alone: Nelder and Mead (Comput. J. 7:308,
//! 1965) by argmin, on how many trials go wrong in networks of a finite size.
//!
//! What makes networks fail is that the overlaps of their vectors differ from those of the ensemble by O(1/sqrt N). So the cost is
//! taken over a few draws of the vectors, each replaced by its moments: theory (T28) then predicts every trial of every such
//! network, noise included, in milliseconds. A trial costs 1/(1 + exp(d / d_0)), d the readout's distance from the threshold on
//! the right side: a smooth count of errors. Draws and noise stay the same throughout: the search is a function of its seed. A run
//! of the same seed has the same vectors and noise: what was found is tested with another one.

use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::neldermead::NelderMead;
use argmin_math::{ArgminAdd, ArgminMul, ArgminSub};
use lowrank_connectivity::Sampling;
use lowrank_model::{Ensemble, Role, StreamKey, Variant};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::Serialize;

use crate::context::Context;
use crate::predict::predict;
use crate::{Decision, Networks, Task, TaskError, Wanted, vectors};

/// Readouts of a network of N neurons fluctuate by about this over sqrt(N).
const FLUCTUATION: f64 = 2.0;
/// Relative size of the first simplex.
const SPREAD: f64 = 0.15;
/// The search ends when costs in the simplex differ by less.
const TOLERANCE: f64 = 1e-5;

/// A parameter that is searched, with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Free {
    /// Its name.
    pub name: &'static str,
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
}

impl Free {
    /// Parameters by name, lowest and highest value.
    pub fn all<const COUNT: usize>(bounds: [(&'static str, f64, f64); COUNT]) -> Vec<Self> {
        bounds.map(|(name, low, high)| Self { name, low, high }).to_vec()
    }
}

/// What is searched.
#[derive(Debug, Clone)]
pub struct Search {
    /// Makes the task; what cannot be made costs most.
    pub build: fn(&Context) -> Result<Task, TaskError>,
    /// Where the search starts.
    pub start: Context,
    /// The parameters that are free.
    pub free: Vec<Free>,
    /// Neurons of the networks whose moments are drawn.
    pub neurons: usize,
    /// How many are drawn.
    pub networks: usize,
    /// Seed of draws and noise.
    pub seed: u64,
    /// Rounds: each but the first begins at what the one before has found, with a simplex of half the size.
    pub rounds: usize,
    /// Most iterations of a round.
    pub iterations: u64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Found {
    /// The best parameters.
    pub parameters: Context,
    /// Their cost.
    pub cost: f64,
    /// Cost at the start.
    pub start_cost: f64,
    /// Iterations made.
    pub iterations: u64,
}

/// The parameters by name.
fn field<'a>(context: &'a mut Context, name: &str) -> Option<&'a mut f64> {
    match name {
        "rho_m" => Some(&mut context.rho_m),
        "rho_n" => Some(&mut context.rho_n),
        "b_m" => Some(&mut context.b_m),
        "b_n" => Some(&mut context.b_n),
        "on" => Some(&mut context.on),
        "off" => Some(&mut context.off),
        "stimulus" => Some(&mut context.stimulus),
        "drive" => Some(&mut context.drive),
        _ => None,
    }
}

impl Search {
    /// The parameters with these values of the free ones.
    fn at(&self, values: &[f64]) -> Context {
        let mut context = self.start;
        for (free, value) in self.free.iter().zip(values) {
            if let Some(place) = field(&mut context, free.name) {
                *place = *value;
            }
        }
        context
    }

    /// How far values lie beyond their bounds, in parts of the intervals.
    fn beyond(&self, values: &[f64]) -> f64 {
        let of = |(free, value): (&Free, &f64)| {
            ((free.low - value).max(value - free.high) / (free.high - free.low)).max(0.0)
        };
        self.free.iter().zip(values).map(of).sum()
    }

    /// The mean cost of a trial with these parameters; one and more where the task cannot be made or predicted.
    pub fn cost(&self, context: &Context) -> f64 {
        let Ok(task) = (self.build)(context) else { return 1.0 };
        let Decision::Readout { threshold, .. } = task.decision else { return 1.0 };
        let networks = Networks {
            neurons: self.neurons,
            networks: self.networks,
            seed: self.seed,
            sampling: Sampling::Independent,
            variants: vec![Variant::Current],
            strengths: vec![task.g],
            kept: 0,
        };
        let scale = FLUCTUATION / (self.neurons as f64).sqrt();
        let (rank, times) = (task.ensemble.layout().rank, task.times());
        let of_network = |realisation: u64| -> Result<f64, TaskError> {
            let law: Ensemble = vectors(&task, &networks, realisation)?.moments()?.into();
            let (mut sum, mut count) = (0.0, 0);
            for (line, condition) in task.conditions.iter().enumerate() {
                if matches!(condition.wanted, Wanted::Kept | Wanted::Anything) {
                    continue;
                }
                let key = StreamKey { seed: self.seed, realisation, role: Role::Noise, line: line as u64 };
                let mut rng = lowrank_connectivity::stream(key);
                let normal = || StandardNormal.sample(&mut rng);
                let course = predict(&task, &law, condition, Variant::Current, normal)?;
                let value = task.decision.value(rank, &times, &course);
                let margin = match condition.wanted {
                    Wanted::High => value - threshold,
                    Wanted::Low => threshold - value,
                    _ => threshold - value.abs(),
                };
                sum += 1.0 / (1.0 + (margin / scale).exp());
                count += 1;
            }
            Ok(sum / f64::from(count))
        };
        let costs: Result<Vec<f64>, TaskError> = (0..self.networks as u64).into_par_iter().map(of_network).collect();
        costs.map_or(1.0, |costs| costs.iter().sum::<f64>() / costs.len() as f64)
    }

    /// `first` and a corner along every parameter, a part of its interval away.
    fn simplex(&self, first: &[f64], spread: f64) -> Vec<Point> {
        let corner = |(k, free): (usize, &Free)| {
            let mut corner = first.to_vec();
            let step = spread * (free.high - free.low);
            corner[k] += if corner[k] + step <= free.high { step } else { -step };
            Point(corner)
        };
        std::iter::once(Point(first.to_vec())).chain(self.free.iter().enumerate().map(corner)).collect()
    }

    /// Runs the search. `progress` is called with the number of evaluations made.
    ///
    /// # Errors
    /// A search that finds nothing below the cost of guessing.
    pub fn run(&self, progress: &(dyn Fn(usize) + Sync)) -> Result<Found, TaskError> {
        let mut start = self.start;
        let mut best: Vec<f64> =
            self.free.iter().filter_map(|free| field(&mut start, free.name).map(|value| *value)).collect();
        let (mut cost, mut iterations) = (f64::INFINITY, 0);
        let nothing = |_| TaskError::NothingFound;
        for round in 0..self.rounds {
            let simplex = self.simplex(&best, SPREAD * 0.5_f64.powi(round as i32));
            let solver = NelderMead::new(simplex).with_sd_tolerance(TOLERANCE).map_err(nothing)?;
            let executor = Executor::new(Cost { search: self, progress }, solver);
            let result = executor.configure(|state| state.max_iters(self.iterations)).run().map_err(nothing)?;
            let state = result.state();
            best.clone_from(&state.get_best_param().ok_or(TaskError::NothingFound)?.0);
            cost = state.get_best_cost();
            iterations += state.get_iter();
        }
        let found = Found { parameters: self.at(&best), cost, start_cost: self.cost(&self.start), iterations };
        if found.cost < 0.5 { Ok(found) } else { Err(TaskError::NothingFound) }
    }
}

/// Values of the free parameters, as argmin asks for them: with its own implementation for vectors comes a second generator of
/// random numbers, which theory must not have.
#[derive(Debug, Clone)]
struct Point(Vec<f64>);

impl ArgminAdd<Self, Self> for Point {
    fn add(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a + b).collect())
    }
}

impl ArgminSub<Self, Self> for Point {
    fn sub(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a - b).collect())
    }
}

impl ArgminMul<f64, Self> for Point {
    fn mul(&self, factor: &f64) -> Self {
        Self(self.0.iter().map(|a| a * factor).collect())
    }
}

/// The cost as argmin asks for it.
struct Cost<'a> {
    search: &'a Search,
    progress: &'a (dyn Fn(usize) + Sync),
}

impl CostFunction for Cost<'_> {
    type Param = Point;
    type Output = f64;

    fn cost(&self, Point(values): &Point) -> Result<f64, Error> {
        (self.progress)(1);
        let beyond = self.search.beyond(values);
        Ok(if beyond > 0.0 { 1.0 + beyond } else { self.search.cost(&self.search.at(values)) })
    }
}
