//! All stationary solutions of a model (T6-T8): a search with rough averages, then Newton to rounding.
//!
//! Rough averages (four digits, an eighth of the cost) lead from many starts to approximate solutions: the quiet
//! state, grids on the axes of kappa, Halton points, for rank one the sign changes of kappa - F(kappa) with the
//! variance following kappa from below and from above, for higher ranks all combinations of the kappa_k that were seen;
//! and from known solutions to further ones by deflation (Farrell, Birkisson, Funke 2015: the residual is multiplied by
//! 1 + 1/|x - x_j|^2 for each known x_j). Mirror images under x -> -x are taken, not searched. Given vectors start from
//! the branches of the Gaussian ensemble with the same moments besides.

mod continua;
mod deflation;
mod index;

use faer::Mat;
use lowrank_model::{Ensemble, Model, Transfer};

pub(crate) use self::continua::{CONTINUUM, closest_to_one};
use self::continua::{to_the_end, without_continua};
use self::deflation::deflated;
pub use self::index::misses_solutions;
use self::index::{missing, on_the_curve};

use crate::MeanFieldError;
use crate::averages::{Averages, LARGEST_VARIANCE};
use crate::cone::{spectrum_of_rest, unbounded_states};
use crate::neurons::Neurons;
use crate::newton::{Evaluation, Outcome, RESIDUAL_LIMIT, fixed_point, is_one_solution, newton_step};
use crate::stationary::{
    Family, MERGE_DISTANCE, SMALLEST_KAPPA, Stationary, admissible, compare, describe_with, distance, evaluate,
    neurons_at_rest, solve, unknowns,
};
use crate::units::Units;

/// Quasi-random starts a dimension (rank + 1), besides the corners of the region.
const STARTS_PER_DIMENSION: usize = 10;
/// The same for given vectors, where an evaluation costs as much as there are neurons.
const FEWER_STARTS_PER_DIMENSION: usize = 8;
/// Intervals of the grid on which kappa is searched for sign changes.
const SIGN_GRID: usize = 64;
/// How near the balance of input and inhibition starts come, in decades: overlaps of 1e12 hold kappa as near; and their variances, in
/// units of the distance squared.
const BALANCE_DECADES: i32 = 12;
const BALANCE_VARIANCES: [f64; 3] = [0.1, 1.0, 10.0];
/// kappa within this is searched on grids of the whole region. Beyond it the region is wider than phi bends: halves, quarters, ...
/// of it are looked at besides, and intervals with a sign change are halved so often.
pub(crate) const FAR: f64 = 64.0;
const BISECTIONS: usize = 12;
/// Iterations in which the variance follows kappa from one grid point to the next.
const FOLLOWING_ITERATIONS: usize = 2;
/// Plain iterations x <- F(x) before Newton, which lead to stable branches from afar.
const PLAIN_ITERATIONS: usize = 8;
/// Residual to which leads are brought, and with which they still count: rough averages have four digits, and near a
/// fold a solution may exist for exact averages alone.
const ROUGH_GOAL: f64 = 1e-7;
const ROUGH_LIMIT: f64 = 1e-2;
/// Leads closer than this are one, and a search that comes so close to one ends there.
const ROUGH_DISTANCE: f64 = 1e-4;
/// Combinations of seen kappa_k that are tried: all 3^R up to rank seven with three values each.
const MOST_COMBINATIONS: usize = 2187;
/// Seen values of one kappa_k this close (relative to the largest) are one.
const SAME_VALUE: f64 = 1e-2;
/// A real eigenvalue of (T10) this close to one tells of a fold nearby, and how far aside its solutions are looked for.
const NEAR_FOLD: f64 = 0.03;
const PARTNER_OFFSETS: [f64; 3] = [1e-2, 1e-3, 1e-4];
/// Solutions farther apart than this are different, as no residual is that flat: a degenerate root of third order has a residual of
/// 1e-10 within 1e-3 of it.
const LARGEST_FLAT: f64 = 1e-2;
/// An eigenvalue of (T10) this close to one may be that of a neutral direction, along which nothing is searched.
const NEUTRAL: f64 = 1e-6;

/// All stationary solutions of a model, at the amplitudes its inputs have after their last change; in decreasing
/// order of kappa, then of variance. They do not depend on the variant, their stability does. Where solutions form a
/// continuum (a ring) one of it is returned. Up to 3^R are found; beyond rank seven not every combination is tried;
/// [`misses_solutions`] may tell that some are missing. None may exist where activity is unbounded ([`unbounded_states`]).
///
/// # Errors
/// No solution with residual <= 1e-10 though activity has a bound; white noise.
pub fn stationary_branches(model: &Model) -> Result<Vec<Stationary>, MeanFieldError> {
    let units = Units::with_drive(model);
    let found = branches_in_units(&units.model(model)).map_err(|error| units.error_back(error))?;
    Ok(found.into_iter().map(|solution| units.stationary_back(solution)).collect())
}

/// The same for vectors m of the size one.
fn branches_in_units(model: &Model) -> Result<Vec<Stationary>, MeanFieldError> {
    let neurons = neurons_at_rest(model)?;
    let mut leads = Leads { neurons: &neurons, symmetric: neurons.is_symmetric(), found: Vec::new(), starts: 0 };
    if let Ensemble::Empirical(given) = model.ensemble() {
        let alike = stationary_branches(&model.with_ensemble(given.moments()?)?);
        alike.iter().flatten().for_each(|s| leads.search(unknowns(&s.order), 0));
    }
    search(model, &mut leads);
    let mut best = f64::INFINITY;
    let mut found: Vec<Outcome> = Vec::new();
    brought_to_rounding(&leads, 0, &mut found, &mut best);
    // What is known to be missing is worth a dearer search.
    if neurons.rank == 1 && missing(&neurons, &without_duplicates(&neurons, found.clone())) {
        let known = leads.found.len();
        on_the_curve(&leads).into_iter().for_each(|start| leads.search(start, 0));
        brought_to_rounding(&leads, known, &mut found, &mut best);
    }
    if found.is_empty() {
        if !unbounded_states(model)?.is_empty() {
            return Ok(Vec::new());
        }
        let what = "stationary solution";
        return Err(MeanFieldError::NoSolution { what, starts: leads.starts, residual: best, limit: RESIDUAL_LIMIT });
    }
    // At a kink the growth at rest is that at infinity, which may be refused.
    let is_rest = |o: &Outcome| o.x.iter().all(|v| *v == 0.0);
    let has_rest = neurons.transfer == Transfer::ThresholdLinear && found.iter().any(is_rest);
    let mut at_rest = if has_rest { spectrum_of_rest(&neurons)? } else { None };
    if has_rest && at_rest.is_none() {
        unbounded_states(model)?;
    }
    let mut found = without_duplicates(&neurons, found);
    found.sort_by(|a, b| compare(&b.x, &a.x));
    let found = without_continua(&neurons, found);
    let described = |(outcome, family): (Outcome, Option<Family>)| {
        let known = if is_rest(&outcome) { at_rest.take() } else { None };
        Stationary { family, ..describe_with(&neurons, outcome, known) }
    };
    Ok(found.into_iter().map(described).collect())
}

/// Newton from the leads that were found from some number on, each with its partners and mirror images.
fn brought_to_rounding(leads: &Leads<'_>, from: usize, found: &mut Vec<Outcome>, best: &mut f64) {
    let neurons = leads.neurons;
    let mirrors = |x: &[f64]| leads.symmetric && x[..neurons.rank].iter().any(|k| k.abs() > SMALLEST_KAPPA);
    for lead in &leads.found[from..] {
        let outcome = to_the_end(neurons, solve(neurons, lead.clone()));
        *best = best.min(outcome.residual);
        let partners = leads.partners(&outcome).into_iter().map(|partner| to_the_end(neurons, partner));
        for outcome in partners.chain(Some(outcome.clone())).filter(Outcome::is_solution) {
            if mirrors(&outcome.x) {
                merge(found, Outcome { x: mirrored(&outcome.x, neurons.rank), ..outcome });
            }
            merge(found, outcome);
        }
    }
}

fn merge(found: &mut Vec<Outcome>, outcome: Outcome) {
    match found.iter_mut().find(|f| distance(&f.x, &outcome.x) < MERGE_DISTANCE) {
        Some(same) if same.residual > outcome.residual => *same = outcome,
        Some(_) => {}
        None => found.push(outcome),
    }
}

/// Of solutions that the residual cannot tell apart only one: the central one where x -> -x is a symmetry, else that of the
/// smallest residual.
fn without_duplicates(neurons: &Neurons, mut found: Vec<Outcome>) -> Vec<Outcome> {
    let central = |o: &Outcome| neurons.is_symmetric() && o.x[..neurons.rank].iter().all(|k| k.abs() < SMALLEST_KAPPA);
    found.sort_by(|a, b| central(b).cmp(&central(a)).then(a.residual.total_cmp(&b.residual)));
    let mut kept: Vec<Outcome> = Vec::new();
    for outcome in found {
        let exact = |x: &[f64]| evaluate(neurons, Averages::at, x);
        let near = |k: &&Outcome| distance(&k.x, &outcome.x) < LARGEST_FLAT;
        if !kept.iter().filter(near).any(|k| is_one_solution(&k.x, &outcome.x, exact)) {
            kept.push(outcome);
        }
    }
    kept
}

fn mirrored(x: &[f64], rank: usize) -> Vec<f64> {
    x.iter().enumerate().map(|(k, v)| if k < rank { -v } else { *v }).collect()
}

/// Approximate solutions found so far.
struct Leads<'a> {
    neurons: &'a Neurons,
    symmetric: bool,
    found: Vec<Vec<f64>>,
    starts: usize,
}

impl Leads<'_> {
    fn evaluate(&self, x: &[f64]) -> Option<Evaluation> {
        evaluate(self.neurons, Averages::rough, x)
    }

    fn is_known(&self, x: &[f64]) -> bool {
        self.found.iter().any(|f| distance(f, x) < ROUGH_DISTANCE)
    }

    /// Follows one start, first by some plain iterations x <- F(x), and keeps what is new.
    fn search(&mut self, mut x: Vec<f64>, plain_iterations: usize) {
        self.starts += 1;
        for _ in 0..plain_iterations {
            match self.evaluate(&x) {
                Some(at) if x[self.neurons.rank] != 0.0 => x = at.image,
                _ => break,
            }
            if self.is_known(&x) {
                return;
            }
        }
        // What is known counts as solved, which ends the search there.
        let d = x.len();
        let evaluate = |x: &[f64]| {
            let known = || Some(Evaluation { image: x.to_vec(), jacobian: Mat::zeros(d, d) });
            if self.is_known(x) { known() } else { self.evaluate(x) }
        };
        let outcome = fixed_point(x, ROUGH_GOAL, admissible, evaluate);
        self.keep(outcome);
    }

    fn keep(&mut self, outcome: Outcome) {
        let Outcome { mut x, residual, .. } = outcome;
        if self.symmetric && x[..self.neurons.rank].iter().all(|k| k.abs() < ROUGH_GOAL) {
            x[..self.neurons.rank].fill(0.0);
        }
        if residual < ROUGH_LIMIT && !self.is_known(&x) {
            if self.symmetric && x[..self.neurons.rank].iter().any(|k| *k != 0.0) {
                self.found.push(mirrored(&x, self.neurons.rank));
            }
            self.found.push(x);
        }
    }

    /// Near a fold or a pitchfork, what rough averages may not tell apart: the other solutions that meet there, or all of
    /// them if `near` is none but close to one. By deflation along the direction of the eigenvalue near one.
    fn partners(&self, near: &Outcome) -> Vec<Outcome> {
        let (rank, d) = (self.neurons.rank, near.x.len());
        let exact = |x: &[f64]| evaluate(self.neurons, Averages::at, x);
        let solved = near.is_solution();
        let mut found = Vec::new();
        if self.symmetric && near.x[..rank].iter().all(|k| k.abs() < PARTNER_OFFSETS[0]) {
            let mut central = vec![0.0; d];
            central[rank] = near.x[rank];
            found.push(solve(self.neurons, central));
        }
        let Some(at) = exact(&near.x) else { return found };
        let closest = closest_to_one(&at);
        if closest < NEAR_FOLD && (closest > NEUTRAL || !solved) {
            let ones = Evaluation { image: vec![1.0; d], jacobian: at.jacobian };
            let direction = newton_step(&vec![0.0; d], &ones).unwrap_or_default();
            let largest = direction.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
            let known = if solved { vec![near.x.clone()] } else { Vec::new() };
            for offset in PARTNER_OFFSETS.iter().flat_map(|o| [*o, -o]) {
                let moved = near.x.iter().zip(&direction).map(|(x, v)| x + offset * v / largest);
                let aside: Vec<f64> = moved.enumerate().map(|(k, x)| if k == rank { x.max(0.0) } else { x }).collect();
                if aside.len() == d {
                    let end = deflated(exact, &known, aside, &vec![1.0; d]);
                    found.extend(end.map(|x| solve(self.neurons, x)));
                }
            }
        }
        found.retain(Outcome::is_solution);
        found
    }

    fn deflated_search(&mut self, start: Vec<f64>, widths: &[f64]) {
        if let Some(x) = deflated(|x| self.evaluate(x), &self.found, start, widths) {
            self.search(x, 0);
        }
    }
}

fn search(model: &Model, leads: &mut Leads<'_>) {
    let neurons = leads.neurons;
    let rank = neurons.rank;
    let quasi_random = match model.ensemble() {
        Ensemble::Gaussian(_) | Ensemble::Mixture(_) => STARTS_PER_DIMENSION,
        Ensemble::Empirical(_) => FEWER_STARTS_PER_DIMENSION,
    };
    leads.search(vec![0.0; rank + 1], 0);
    if rank == 1 {
        sign_changes(leads).into_iter().chain(balanced(neurons)).for_each(|start| leads.search(start, 0));
    } else {
        // Between states that large overlaps hold far apart kappa is of order one, with the variance that it has there.
        let mut middle = vec![0.0; rank + 1];
        middle[rank] = (neurons.g * neurons.bound()).powi(2).min(neurons.largest_variance());
        for _ in 0..FOLLOWING_ITERATIONS {
            middle[rank] = leads.evaluate(&middle).map_or(middle[rank], |at| at.image[rank]);
        }
        leads.search(middle, 0);
    }
    // Of unbounded activity they lead away, to infinity.
    let plain_iterations = if neurons.transfer.bound().is_some() { PLAIN_ITERATIONS } else { 1 };
    for start in starting_points(neurons, quasi_random) {
        // Where x -> -x is a symmetry half of the region is enough.
        if !leads.symmetric || start[..rank].iter().find(|k| **k != 0.0).is_none_or(|k| *k > 0.0) {
            leads.search(start, plain_iterations);
        }
    }
    if rank > 1 {
        combinations(leads).into_iter().for_each(|start| leads.search(start, 0));
    }
    let bound = neurons.bound();
    let top = (neurons.g * bound).powi(2).min(neurons.largest_variance());
    let mut widths: Vec<f64> = (0..rank).map(|k| neurons.kappa_bound(k, bound)).collect();
    widths.push(top);
    widths.iter_mut().for_each(|w| *w = w.max(1e-3));
    for fraction in [0.05, 0.3] {
        let mut start = vec![0.0; rank + 1];
        start.iter_mut().zip(&widths).enumerate().for_each(|(k, (x, w))| *x = fraction * w / (1.0 + k as f64));
        leads.deflated_search(start, &widths);
    }
}

/// Rank one: starts where kappa - F(kappa) changes sign on a grid, the variance following kappa, once from the quiet
/// side and once from the largest variance. They find the unstable branches between stable ones, however steep.
fn sign_changes(leads: &Leads<'_>) -> Vec<Vec<f64>> {
    let neurons = leads.neurons;
    let widest = neurons.kappa_bound(0, neurons.bound());
    let mut starts = Vec::new();
    for from in [0.0, (neurons.g * neurons.bound()).powi(2).min(neurons.largest_variance())] {
        let (mut before, mut individual): (Option<(f64, f64, f64)>, f64) = (None, from);
        for kappa in sign_grid(widest) {
            if leads.symmetric && kappa < 0.0 {
                break;
            }
            for _ in 0..FOLLOWING_ITERATIONS {
                individual = leads.evaluate(&[kappa, individual]).map_or(individual, |at| at.image[1]);
            }
            let Some(at) = leads.evaluate(&[kappa, individual]) else { continue };
            let rest = kappa - at.image[0];
            if let Some((last_kappa, last_rest, earlier)) = before {
                let (rise, bend): (f64, f64) = (rest - last_rest, rest - 2.0 * last_rest + earlier);
                if (last_rest > 0.0) != (rest > 0.0) && widest > FAR {
                    let (mut low, mut high) = ((last_kappa, last_rest), (kappa, rest));
                    for _ in 0..BISECTIONS {
                        let middle = 0.5 * (low.0 + high.0);
                        let Some(at) = leads.evaluate(&[middle, individual]) else { break };
                        let between = (middle, middle - at.image[0]);
                        if (between.1 > 0.0) == (low.1 > 0.0) { low = between } else { high = between }
                    }
                    starts.push(vec![low.0, individual]);
                    starts.push(vec![high.0, individual]);
                } else if (last_rest > 0.0) != (rest > 0.0) {
                    starts.push(vec![last_kappa + last_rest / (last_rest - rest) * (kappa - last_kappa), individual]);
                } else if last_rest.abs() <= earlier.abs().min(rest.abs()) && (earlier > 0.0) == (rest > 0.0) {
                    // Closest to zero without passing it: near a fold there may be two solutions between.
                    let vertex = if bend == 0.0 { 0.0 } else { 0.5 - rise / bend };
                    starts.push(vec![last_kappa + vertex.clamp(-1.0, 1.0) * (kappa - last_kappa), individual]);
                }
                before = Some((kappa, rest, last_rest));
            } else {
                before = Some((kappa, rest, rest));
            }
        }
    }
    starts
}

/// Threshold-linear networks of rank one: starts where strong inhibition all but cancels the mean input. As near as kappa is to that,
/// activity is small, and its variance is of the order of the distance squared.
fn balanced(neurons: &Neurons) -> Vec<Vec<f64>> {
    let mean = |kappa: f64| neurons.mean_and_drive_variance(&[kappa]).0;
    let kappa = -mean(0.0) / (mean(1.0) - mean(0.0));
    if neurons.transfer != Transfer::ThresholdLinear || !kappa.is_finite() || kappa == 0.0 {
        return Vec::new();
    }
    let parts = (0..=BALANCE_DECADES).flat_map(|k| [1.0, -1.0].map(|sign| sign * kappa * 10f64.powi(-k)));
    parts.flat_map(|part| BALANCE_VARIANCES.map(|variance| vec![kappa + part, variance * part * part])).collect()
}

/// Values of kappa from one end of the region to the other, closer and closer to zero where it is wide.
fn sign_grid(widest: f64) -> Vec<f64> {
    let mut grid: Vec<f64> = (0..=SIGN_GRID).map(|i| widest * (1.0 - 2.0 * i as f64 / SIGN_GRID as f64)).collect();
    if widest > FAR {
        let inner = widest * 2.0 / SIGN_GRID as f64;
        grid.extend(halvings(inner).flat_map(|kappa| [kappa, -kappa]));
        grid.sort_by(|a, b| b.total_cmp(a));
    }
    grid
}

/// Halves, quarters, ... of a kappa, down to those of order one.
pub(crate) fn halvings(kappa: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(0.5 * kappa), |k| Some(0.5 * k)).take_while(|k| *k > 0.5)
}

/// Every combination of the values that each kappa_k has in the leads, at the variance F gives them.
fn combinations(leads: &Leads<'_>) -> Vec<Vec<f64>> {
    let rank = leads.neurons.rank;
    let mut starts = vec![Vec::new()];
    for k in 0..rank {
        let mut values: Vec<f64> = leads.found.iter().map(|x| x[k]).collect();
        let largest = values.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| (*a - *b).abs() <= SAME_VALUE * largest);
        starts = starts
            .iter()
            .flat_map(|s: &Vec<f64>| values.iter().map(move |v| s.iter().copied().chain([*v]).collect()))
            .take(MOST_COMBINATIONS)
            .collect();
    }
    let individual = leads.found.iter().map(|x| x[rank]).fold(0.0, f64::max);
    let mut full = Vec::new();
    for mut start in starts {
        start.push(individual);
        for _ in 0..FOLLOWING_ITERATIONS {
            start[rank] = leads.evaluate(&start).map_or(start[rank], |at| at.image[rank]);
        }
        full.push(start);
    }
    full
}

/// Starts that cover |kappa_k| <= bound sqrt(\<n_k^2>), 0 <= delta <= g^2 bound^2: a grid on the
/// axes of kappa, and Halton points. Where phi is unbounded, variances rise by steps of sqrt(10) and kappa with them.
fn starting_points(neurons: &Neurons, quasi_random: usize) -> Vec<Vec<f64>> {
    let rank = neurons.rank;
    let bound = neurons.bound();
    let widest: Vec<f64> = (0..rank).map(|k| neurons.kappa_bound(k, bound)).collect();
    let top = (neurons.g * bound).powi(2).min(neurons.largest_variance());
    let mut starts = Vec::new();
    for level in [1e-4, 0.1, 0.3, 1.0] {
        let mut quiet = vec![0.0; rank + 1];
        quiet[rank] = level * top;
        starts.push(quiet.clone());
        for k in 0..rank {
            for part in [-0.9, -0.4, -0.1, 0.1, 0.4, 0.9] {
                let mut start = quiet.clone();
                start[k] = part * widest[k];
                starts.push(start);
            }
        }
    }
    for k in (0..rank).filter(|k| widest[*k] > FAR) {
        for kappa in halvings(0.1 * widest[k]).step_by(2).flat_map(|kappa| [kappa, -kappa]) {
            let mut start = vec![0.0; rank + 1];
            (start[k], start[rank]) = (kappa, 0.1 * top);
            starts.push(start);
        }
    }
    if neurons.transfer.bound().is_none() {
        let levels =
            std::iter::successors(Some(1e-4), |l| Some(l * 10.0_f64.sqrt())).take_while(|l| *l <= LARGEST_VARIANCE);
        for level in levels {
            let mut quiet = vec![0.0; rank + 1];
            quiet[rank] = level;
            starts.push(quiet.clone());
            for k in 0..rank {
                for part in [-0.7, -0.3, -0.1, 0.1, 0.3, 0.7] {
                    let mut start = quiet.clone();
                    start[k] = part * neurons.kappa_bound(k, level.sqrt());
                    starts.push(start);
                }
            }
        }
    }
    for i in 1..=quasi_random * (rank + 1) {
        let mut start: Vec<f64> = (0..rank).map(|k| widest[k] * (2.0 * halton(i, k + 1) - 1.0)).collect();
        start.push(top * halton(i, 0).powi(2));
        starts.push(start);
    }
    starts
}

/// The i-th Halton number in the base of the given dimension.
pub(crate) fn halton(mut i: usize, dimension: usize) -> f64 {
    const PRIMES: [usize; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    let base = PRIMES[dimension % PRIMES.len()];
    let (mut value, mut scale) = (0.0, 1.0);
    while i > 0 {
        scale /= base as f64;
        value += scale * (i % base) as f64;
        i /= base;
    }
    value
}

#[cfg(test)]
mod tests;
