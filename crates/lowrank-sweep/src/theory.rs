//! Theory beside the simulated fields: what mean-field theory says a network of each cell shows.
//!
//! Along the axis g, or else the last one, solutions are followed from value to value (`solutions_along`). Given is the state
//! that the start leads to (`lowrank_meanfield::selection`), as in every command. Where networks choose a sign by chance, what is
//! odd in x (kappa_k, mu, the mean rate) is absent; on a ring kappa_k are. Fluctuations are those within the window of the runs,
//! as the networks' are (T23), and the phase is told from the fields by the thresholds that tell the networks'.

use std::fmt;

use lowrank_meanfield::selection::{Selected, State};
use lowrank_meanfield::{MeanFieldError, Solutions, solutions_along, unbounded_states};
use lowrank_model::{Initial, Model, ModelError, OrderParameters, Phase};
use lowrank_spec::{Parameter, SpecError};
use rayon::prelude::*;

use crate::{Sweep, SweepError, fields};

/// Theory of one cell from one start; NaN where theory has no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Theory {
    pub(crate) values: Vec<f64>,
    pub(crate) phase: Option<Phase>,
    /// The reason where there is no answer.
    pub(crate) missing: Option<Missing>,
}

/// Why theory has no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Missing {
    /// No stationary solution is stable and none is chaotic: networks do something else.
    NoState,
    /// Activity grows without bound, at this rate (T29).
    Unbounded(f64),
    /// A solver failed, and says this.
    Failed(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoState => f.write_str("theory finds no stable state, neither stationary nor chaotic"),
            Self::Unbounded(rate) => write!(f, "activity grows without bound, at the rate {rate}"),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

impl Sweep {
    /// Theory of every cell of a variant, from every start, `[cell][start]`.
    pub(crate) fn theory(&self, variant: usize) -> Vec<Vec<Theory>> {
        let along = self.axes().iter().position(|(parameter, _)| *parameter == Parameter::G);
        let along = along.unwrap_or(self.axes().len().saturating_sub(1));
        let length = self.axes().get(along).map_or(1, |(_, values)| values.len());
        // Cells along this axis are a stride apart.
        let stride: usize = self.axes().iter().skip(along + 1).map(|(_, values)| values.len()).product();
        let line = |first: usize| {
            let all = (0..length).map(|i| first + i * stride);
            // Cells without a network leave the line of the others.
            let (cells, without): (Vec<usize>, Vec<usize>) = all.partition(|cell| self.has_model(variant, *cell));
            let solved = if cells.is_empty() { Ok(Vec::new()) } else { self.line(variant, along, &cells) };
            let theories = solved.unwrap_or_else(|_| {
                // One cell without an answer must not take its line with it.
                let alone = |cell: &usize| match self.line(variant, along, &[*cell]) {
                    Ok(rows) => rows.into_iter().flatten().collect(),
                    Err(error) => {
                        let failed = Missing::Failed(error.to_string());
                        let theory = match self.model(variant, *cell) {
                            Ok(model) => Theory::without(self.rank(), &model, failed),
                            Err(_) => Theory::missing(self.rank(), failed),
                        };
                        vec![theory; self.starts()]
                    }
                };
                cells.iter().map(alone).collect()
            });
            let refused = |cell: usize| {
                let reason = self.model(variant, cell).err().map_or_else(String::new, |error| error.to_string());
                (cell, vec![Theory::missing(self.rank(), Missing::Failed(reason)); self.starts()])
            };
            cells.into_iter().zip(theories).chain(without.into_iter().map(refused)).collect::<Vec<_>>()
        };
        let firsts: Vec<usize> = (0..self.grid()).filter(|cell| (cell / stride).is_multiple_of(length)).collect();
        let mut theories = vec![Vec::new(); self.grid()];
        for of_line in firsts.into_par_iter().map(line).collect::<Vec<_>>() {
            of_line.into_iter().for_each(|(cell, theory)| theories[cell] = theory);
        }
        theories
    }

    /// Cells that differ in axis `along` alone; in nothing where there are no axes.
    fn line(&self, variant: usize, along: usize, cells: &[usize]) -> Result<Vec<Vec<Theory>>, SweepError> {
        let values: Vec<Vec<f64>> = cells.iter().map(|cell| self.values(*cell)).collect();
        let of_axis: Vec<f64> = values.iter().map(|values| values.get(along).copied().unwrap_or(0.0)).collect();
        let family = |value: f64| {
            let mut at = values[0].clone();
            at.iter_mut().skip(along).take(1).for_each(|at| *at = value);
            match self.draft_at(&at) {
                Ok(draft) => draft.model(self.variants[variant]),
                Err(SpecError::Model(error)) => Err(error),
                // All values were checked when the sweep was built.
                Err(_) => Err(ModelError::NotFinite { field: "a parameter of the grid".to_owned(), value }),
            }
        };
        let all = solutions_along(family, &of_axis)?;
        let of = |(solutions, cell): (&Solutions, &usize)| {
            self.selected(&family(solutions.parameter)?, &self.draft(*cell)?.initial(), solutions)
        };
        all.iter().zip(cells).map(of).collect()
    }

    /// From every start of a cell.
    fn selected(&self, model: &Model, given: &Initial, solutions: &Solutions) -> Result<Vec<Theory>, SweepError> {
        let opposite = given.along.iter().map(|(vector, c)| (*vector, -c)).collect();
        let starts = [given.clone(), Initial { along: opposite, ..given.clone() }];
        let of_start = |start: &Initial| match solutions.selected(model, start) {
            Ok(selected) => Theory::of(&selected, self),
            Err(MeanFieldError::NoStableState { .. }) => Ok(Theory::without(self.rank(), model, Missing::NoState)),
            Err(error @ MeanFieldError::Unbounded { .. }) => {
                Ok(Theory::without(self.rank(), model, Missing::Failed(error.to_string())))
            }
            Err(error) => Ok(Theory::missing(self.rank(), Missing::Failed(error.to_string()))),
        };
        starts[..self.starts()].iter().map(of_start).collect()
    }
}

impl Theory {
    fn missing(rank: usize, missing: Missing) -> Self {
        Self { values: vec![f64::NAN; fields::names(rank).len()], phase: None, missing: Some(missing) }
    }

    /// Theory of a model whose start leads to no bounded state that was found: growth without bound where the model can (T29), else `missing`.
    fn without(rank: usize, model: &Model, missing: Missing) -> Self {
        match unbounded_states(model).unwrap_or_default().first() {
            Some(fastest) => {
                let missing = Missing::Unbounded(fastest.growth_rate);
                Self { phase: Some(Phase::Unbounded), ..Self::missing(rank, missing) }
            }
            None => Self::missing(rank, missing),
        }
    }

    fn of(selected: &Selected<'_>, sweep: &Sweep) -> Result<Self, SweepError> {
        let state = selected.state;
        let OrderParameters { kappa, mu, delta_0, delta_inf, delta_t, r_mean, r_second_moment, .. } = state.order();
        // The variance of a window's mean is missing from the variance within; one sample has none within.
        let samples = sweep.protocol.samples();
        let loss = match state {
            State::Fluctuating(c) if samples > 1 => {
                c.autocovariance()?.window_loss(sweep.spec.run.interval, samples)?
            }
            _ => 0.0,
        };
        let thresholds = &sweep.spec.thresholds;
        let structure = kappa.iter().map(|kappa| kappa * kappa).sum::<f64>().sqrt();
        let within = (delta_t - loss).max(0.0);
        // Where networks have one sample, which tells no phase, theory's is that of all times.
        let phase = Phase::of(structure, within.sqrt(), thresholds);
        let delta_t = if samples > 1 { within } else { f64::NAN };
        // One replica shows no Delta_inf.
        let delta_inf = if sweep.spec.start.copies == 1 { f64::NAN } else { *delta_inf };
        let lambda_max = match state {
            State::Stationary(s) => s.growth_rate,
            State::Fluctuating(c) => c.lyapunov()?.exponent,
        };
        let mut values = vec![structure, delta_t.sqrt()];
        let odd = |value: f64| if selected.by_chance { f64::NAN } else { value };
        let on_ring = state.ring().is_some();
        values.extend(kappa.iter().map(|k| if on_ring { f64::NAN } else { odd(*k) }));
        values.extend([odd(*mu), *delta_0, delta_inf, delta_t, odd(*r_mean), *r_second_moment, lambda_max]);
        Ok(Self { values, phase, missing: None })
    }
}
