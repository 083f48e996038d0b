//! Transients: the two-time mean field (T19) from an initial state, for all three variants (T2) and every ensemble.
//!
//! Time is cut into panels with Gauss-Legendre nodes; filters are exact integrals of the sources' interpolating
//! polynomials, so that the error falls exponentially with the number of nodes. The length of a panel follows how well
//! the sources are resolved in it: the highest Legendre coefficients stay below the tolerance. Changes of the input fall
//! between panels. The work grows as (number of times)^2, for given vectors times N.

mod classes;
mod drive;
mod latent;
mod march;
mod pairs;
mod panel;
mod readouts;

use lowrank_model::{Initial, Model};
use serde::Serialize;

use self::classes::{Class, Row, covariance};
pub(crate) use self::latent::Slaved;
pub use self::latent::{Latent, latent, latent_as_far};
use self::march::{CHANGE_LIMIT, March, Trial};
use self::pairs::LANES;
pub use self::readouts::readouts;
use crate::MeanFieldError;
use crate::neurons::dot;
use crate::units::Units;

/// The first panel halved this often is the shortest tried before its sources count as not smooth.
const MOST_HALVINGS: i32 = 12;
/// Shortest and longest transient.
const SHORTEST: f64 = 1e-9;
const LONGEST: f64 = 1e9;
/// Most nodes of all panels together: 540 MB for C.
const MOST_TIMES: usize = 12_000;
/// Panels shorter than this part of the shorter time constant take these few nodes: their Legendre coefficients fall by (1/16)^7 from
/// the first to the last, below the tolerance.
const SHORT_PANEL: f64 = 0.25;
const FEW_NODES: usize = 8;
/// Part of the tolerance at which panels aim, so that few are tried in vain.
const SPARE: f64 = 0.2;

/// How time is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransientOptions {
    /// Largest of the two highest Legendre coefficients of any source in a panel, relative to max(1, |source|).
    pub tolerance: f64,
    /// Longest panel in units of the longer time constant; the first one, and those after a change of the input, are at
    /// most as long in units of the shorter one.
    pub panel: f64,
    /// Nodes a panel, 4 to 16.
    pub nodes: usize,
}

impl Default for TransientOptions {
    /// 1e-8, which leaves errors of 1e-12 at the nodes and 1e-10 between them; panels of one time constant, 16 nodes.
    fn default() -> Self {
        Self { tolerance: 1e-8, panel: 1.0, nodes: 16 }
    }
}

/// What a simulation would measure at one time.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Snapshot {
    /// Time, in the unit of the time constants.
    pub time: f64,
    /// kappa_k = \<n^(k) r>, one an outer product.
    pub kappa: Vec<f64>,
    /// Readouts \<w^(p) r>, one a readout vector.
    pub readouts: Vec<f64>,
    /// Population mean of x.
    pub mu: f64,
    /// Population variance of x.
    pub delta_0: f64,
    /// Variance of x over draws of chi, C(t, t).
    pub delta_0_individual: f64,
    /// Population mean of r.
    pub r_mean: f64,
    /// Population second moment of r.
    pub r_second_moment: f64,
}

/// A solution of (T19) on \[0, end\].
#[derive(Debug)]
pub struct Transient {
    /// Order parameters at the nodes, in the order of time; the ends of the interval are not among them.
    pub snapshots: Vec<Snapshot>,
    /// Largest change of an order parameter or covariance in the last iteration of any panel, relative to
    /// max(1, |value|).
    pub residual: f64,
    /// Iterations of all panels together.
    pub iterations: usize,
    /// How well the sources are resolved: see [`TransientOptions::tolerance`].
    pub tail: f64,
    end: f64,
    /// Those of `march`, `population` and `k`.
    units: Units,
    march: March,
    /// Moments of all neurons together.
    population: Class,
    /// K at the nodes.
    k: Vec<Vec<f64>>,
}

/// The transient of a model from an initial state until `end`, in the unit of the time constants. The noise-free theory
/// of an infinite network: it follows the branch that the initial state leads to; where the initial state keeps a symmetry,
/// so does the solution.
///
/// # Errors
/// White noise; `end` not within 1e-9 and 1e9; an initial state with a vector that is not there; activity beyond 1e6;
/// sources that are not smooth, or do not converge, however short the panel; more than 12000 times.
pub fn transient(model: &Model, initial: &Initial, end: f64) -> Result<Transient, MeanFieldError> {
    transient_with(model, initial, end, options(model, end))
}

/// [`transient`] as far as it can be followed: where it cannot until `end`, what was solved until then, whose
/// [`end`](Transient::end) is earlier, and the reason.
///
/// # Errors
/// Those of [`transient`] that leave nothing solved.
pub fn transient_as_far(
    model: &Model,
    initial: &Initial,
    end: f64,
) -> Result<(Transient, Option<MeanFieldError>), MeanFieldError> {
    as_far(model, initial, end, options(model, end))
}

/// How time is cut until `end` unless it is said otherwise.
fn options(model: &Model, end: f64) -> TransientOptions {
    let edges = model.input().breakpoints(0.0, end).len() + 1;
    let (tau_s, tau_r) = model.variant().time_constants();
    let shorter = if tau_s.min(tau_r) > 0.0 { tau_s.min(tau_r) } else { tau_s.max(tau_r) };
    // Where changes of the input cut time this finely, fewer nodes resolve the sources as well.
    let nodes = if end < SHORT_PANEL * shorter * edges as f64 { FEW_NODES } else { TransientOptions::default().nodes };
    TransientOptions { nodes, ..TransientOptions::default() }
}

/// [`transient`] with time cut otherwise.
///
/// # Errors
/// Those of [`transient`]; an option outside its limits.
pub fn transient_with(
    model: &Model,
    initial: &Initial,
    end: f64,
    options: TransientOptions,
) -> Result<Transient, MeanFieldError> {
    let (solved, stopped) = as_far(model, initial, end, options)?;
    stopped.map_or(Ok(solved), Err)
}

/// The transient until the end, or until the panel that cannot be solved, with the reason.
fn as_far(
    model: &Model,
    initial: &Initial,
    end: f64,
    options: TransientOptions,
) -> Result<(Transient, Option<MeanFieldError>), MeanFieldError> {
    check(model, end, options)?;
    let units = Units::of(model);
    let (model, initial) = (&*units.model(model), &units.initial(initial));
    let march = March::new(model, initial, options.nodes)?;
    let population = Class::gaussian(1.0, &model.ensemble().moments()?);
    let (snapshots, k) = (Vec::new(), Vec::new());
    let mut this = Transient { snapshots, residual: 0.0, iterations: 0, tail: 0.0, end, units, march, population, k };
    let (tau_s, tau_r) = model.variant().time_constants();
    // A quarter of a period of the input on 16 nodes is resolved to rounding.
    let period = model.input().shortest_period().unwrap_or(f64::INFINITY);
    let longest = (options.panel * tau_s.max(tau_r)).min(0.25 * period);
    let first = if tau_s.min(tau_r) > 0.0 { (options.panel * tau_s.min(tau_r)).min(longest) } else { longest };
    let mut start = 0.0;
    for edge in model.input().breakpoints(0.0, end).into_iter().chain([end]) {
        let mut length = first;
        while start < edge {
            let (trial, used) = match this.next_panel(start, edge, length, first, options) {
                Ok(solved) => solved,
                Err(error) if this.snapshots.is_empty() => return Err(error),
                Err(error) => {
                    this.end = start;
                    return Ok((this, Some(error)));
                }
            };
            length = (used * factor(trial.tail, options, 0.5, 2.0)).min(longest);
            // The last panel ends at the edge itself, whatever rounding says.
            start = if edge - start <= used * (1.0 + 1e-9) { edge } else { start + used };
            this.record(trial);
        }
    }
    Ok((this, None))
}

fn check(model: &Model, end: f64, options: TransientOptions) -> Result<(), MeanFieldError> {
    if let Some((input, &strength)) = model.input().noise().iter().enumerate().find(|(_, s)| **s > 0.0) {
        return Err(MeanFieldError::NoisyInput { input, strength });
    }
    if model.noise() > 0.0 {
        let found = format!("white noise of strength {} on every unit", model.noise());
        return Err(MeanFieldError::WrongModel { what: "the theory of transients", found, needs: "noise 0" });
    }
    let limits = [
        ("end", end, SHORTEST, LONGEST),
        ("tolerance", options.tolerance, 1e-13, 1e-2),
        ("panel", options.panel, 1e-3, 1e2),
        ("nodes", options.nodes as f64, 4.0, LANES as f64),
    ];
    let beyond = limits.into_iter().find(|(_, value, low, high)| !(low..=high).contains(&value));
    if let Some((field, value, low, high)) = beyond {
        return Err(MeanFieldError::BadOption { field, value, low, high });
    }
    // Every change of the input begins a panel: what they alone need is known before anything is solved.
    let changes = model.input().breakpoints(0.0, end);
    let (times, limit) = ((changes.len() + 1) * options.nodes, MOST_TIMES);
    if times > limit {
        return Err(MeanFieldError::TooManyTimes { times, limit, time: 0.0, end });
    }
    Ok(())
}

/// The factor by which a panel may grow, or must shrink, for its tail to keep a part of the tolerance: the tail goes
/// as length^(nodes - 1).
fn factor(tail: f64, options: TransientOptions, least: f64, most: f64) -> f64 {
    (SPARE * options.tolerance / tail.max(f64::MIN_POSITIVE))
        .powf(1.0 / (options.nodes as f64 - 1.0))
        .clamp(least, most)
}

impl Transient {
    /// The longest panel from `start`, at most `length`, that resolves its sources, with its length.
    fn next_panel(
        &self,
        start: f64,
        edge: f64,
        mut length: f64,
        first: f64,
        options: TransientOptions,
    ) -> Result<(Trial, f64), MeanFieldError> {
        let (times, limit) = (self.snapshots.len() + options.nodes, MOST_TIMES);
        if times > limit {
            return Err(MeanFieldError::TooManyTimes { times, limit, time: start, end: self.end });
        }
        loop {
            let rest = edge - start;
            let used = if rest <= length { rest } else { length.min(0.5 * rest) };
            let shortest = used <= first * 0.5_f64.powi(MOST_HALVINGS);
            // An iteration that leaves the region where averages can be taken may stay within it on a shorter panel.
            match self.march.solve(start, used) {
                Ok(trial) if trial.residual <= CHANGE_LIMIT && trial.tail <= options.tolerance => {
                    return Ok((trial, used));
                }
                Ok(trial) if shortest => {
                    let (tail, residual, tolerance) = (trial.tail, trial.residual, options.tolerance);
                    return Err(MeanFieldError::Unresolved { time: start, tail, tolerance, residual, length: used });
                }
                Err(error) if shortest => return Err(error),
                Ok(trial) if trial.residual <= CHANGE_LIMIT => length = used * factor(trial.tail, options, 0.2, 0.8),
                _ => length = 0.5 * used,
            }
        }
    }

    fn record(&mut self, trial: Trial) {
        self.residual = self.residual.max(trial.residual);
        self.iterations += trial.iterations;
        self.tail = self.tail.max(trial.tail);
        let (first, p) = (self.k.len(), self.march.rule.nodes.len());
        let rank = self.march.rank();
        let at = |i: usize| trial.averages.iter().map(|a| a[i]).collect::<Vec<_>>();
        let mut records = Vec::with_capacity(p);
        for j in 0..p {
            self.k.push(at(j)[..rank].to_vec());
            records.push((at(p + j), trial.r_second_moment(j)));
        }
        self.march.accept(trial);
        for (j, (rates, r_second_moment)) in records.into_iter().enumerate() {
            let time = self.march.time(first + j);
            let row = self.march.drive.row(time, &self.k[first + j]);
            let individual = self.march.g_squared * self.march.h_h[first + j][first + j];
            self.snapshots.push(self.snapshot(time, &row, individual, rates, r_second_moment));
        }
    }

    fn snapshot(&self, time: f64, row: &Row, individual: f64, rates: Vec<f64>, r_second_moment: f64) -> Snapshot {
        let rank = self.march.rank();
        let delta_0 = individual + covariance(row, &self.population.covector(row));
        let mut kappa = rates[..rank].to_vec();
        self.units.kappa_back(&mut kappa);
        Snapshot {
            time,
            kappa,
            readouts: rates[rank..rates.len() - 1].to_vec(),
            mu: self.population.mean(row),
            delta_0,
            delta_0_individual: individual,
            r_mean: rates[rates.len() - 1],
            r_second_moment,
        }
    }

    /// End of the interval that was solved.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// Order parameters at any time, by the panels' polynomials; at a change of the input, what holds after it.
    ///
    /// # Errors
    /// A time outside \[0, end\].
    pub fn at(&self, t: f64) -> Result<Snapshot, MeanFieldError> {
        let place = self.place(t)?;
        let (first, weights) = &place;
        let near = &self.snapshots[*first..first + weights.len()];
        let mean = |f: &dyn Fn(&Snapshot) -> f64| near.iter().zip(weights).map(|(s, w)| w * f(s)).sum::<f64>();
        let kappa: Vec<f64> = (0..self.march.rank()).map(|k| mean(&|s| s.kappa[k])).collect();
        let mut rates = self.units.kappa(&kappa);
        let readouts = near.first().map_or(0, |s| s.readouts.len());
        rates.extend((0..readouts).map(|p| mean(&|s| s.readouts[p])));
        rates.push(mean(&|s| s.r_mean));
        let individual = self.individual(&place, &place);
        Ok(self.snapshot(t, &self.row(t, &place), individual, rates, mean(&|s| s.r_second_moment)))
    }

    /// C(t, s): covariance of x at two times over draws of chi, one neuron.
    ///
    /// # Errors
    /// A time outside \[0, end\].
    pub fn individual_autocovariance(&self, t: f64, s: f64) -> Result<f64, MeanFieldError> {
        Ok(self.individual(&self.place(t)?, &self.place(s)?))
    }

    /// Delta(t, s): population covariance of x at two times.
    ///
    /// # Errors
    /// A time outside \[0, end\].
    pub fn autocovariance(&self, t: f64, s: f64) -> Result<f64, MeanFieldError> {
        let (at, there) = (self.place(t)?, self.place(s)?);
        let drive = covariance(&self.row(t, &at), &self.population.covector(&self.row(s, &there)));
        Ok(self.individual(&at, &there) + drive)
    }

    /// The first node of the panel of t and the weights of its nodes at t.
    fn place(&self, t: f64) -> Result<(usize, Vec<f64>), MeanFieldError> {
        let passed = self.march.panels.partition_point(|panel| panel.start <= t);
        match passed.checked_sub(1).map(|i| (i, &self.march.panels[i])) {
            Some((i, panel)) if t <= self.end => {
                let weights = self.march.rule.lagrange((t - panel.start) / panel.length);
                Ok((i * weights.len(), weights))
            }
            _ => Err(MeanFieldError::OutsideTransient { time: t, end: self.end }),
        }
    }

    /// u(t).
    fn row(&self, t: f64, (first, weights): &(usize, Vec<f64>)) -> Row {
        let near = &self.k[*first..first + weights.len()];
        let k: Vec<f64> =
            (0..self.march.rank()).map(|k| near.iter().zip(weights).map(|(at, w)| w * at[k]).sum()).collect();
        self.march.drive.row(t, &k)
    }

    fn individual(&self, at: &(usize, Vec<f64>), there: &(usize, Vec<f64>)) -> f64 {
        let ((late, late_weights), (early, early_weights)) = if at.0 >= there.0 { (at, there) } else { (there, at) };
        let p = early_weights.len();
        let lines = self.march.h_h[*late..late + p].iter();
        let sum: f64 = lines.zip(late_weights).map(|(line, w)| w * dot(&line[*early..early + p], early_weights)).sum();
        self.march.g_squared * sum
    }
}
