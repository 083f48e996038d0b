//! Growth along directions where phi has a kink, and at infinity (T29): threshold-linear is homogeneous there, not linear.
//!
//! A deviation y from a state whose neurons sit at the kink obeys dy/dt = -y + J max(y, 0), whose slope differs from
//! direction to direction, so that no one matrix decides stability. Its exact exponential solutions are rays: the law of y,
//! (kappa, sigma) with sigma the deviation that the random part makes, is mapped to lambda times itself. Far from the origin
//! every neuron counts as at the kink and input as nothing, so that the same rays say whether activity has a bound.

mod line;
mod turning;

use faer::Mat;
use lowrank_model::{Model, Transfer, Variant};
use serde::Serialize;

use self::turning::{Flow, Turned};
use crate::MeanFieldError;
use crate::averages::Averages;
use crate::branches::halton;
use crate::neurons::Neurons;
use crate::newton::{Evaluation, RESIDUAL_GOAL, fixed_point};
use crate::stability::{GROWTH_MARGIN, Instability, OUTLIER_MARGIN, Spectrum, Stability, growth_rate};
use crate::stationary::{MERGE_DISTANCE, SMALLEST_KAPPA, by_kappa};
use crate::units::Units;

/// Directions from which rays are looked for, a dimension, besides the axes.
const STARTS_PER_DIMENSION: usize = 4;
/// How far starts lie off the axes, so that none stays on a ray that others overtake.
const ASIDE: f64 = 1e-2;
/// Newton may move a direction that has settled by no more than this.
const LARGEST_MOVE: f64 = 0.1;
/// Where the direction of a ray fluctuates, lambda < rho, networks grow more slowly than lambda - 1 by at most this part of rho - lambda
/// (0.13 to 0.27 at overlaps -4 and -10, g 2.5 to 4).
const SLOWED: f64 = 0.5;

/// A direction that the network answers with less than this part of it, and that has settled, decays by itself.
const PASSED_ON: f64 = 1e-6;

/// A way in which activity grows without bound: along a ray, exponentially.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Unbounded {
    /// kappa along the ray, `[R]`, in units of the root mean square of x.
    pub kappa: Vec<f64>,
    /// Rate of the exponential growth in the model's variant, in inverse units of time (T29, T11).
    pub growth_rate: f64,
}

/// The ways in which a network's activity grows without bound, the fastest first; empty where it has a bound: where phi has
/// one, or nothing grows far from the origin. Noise and constant inputs change nothing there. A network may have bounded
/// states besides.
///
/// # Errors
/// White noise that an input shares among units; strong inhibition that makes the direction of a ray fluctuate, where this theory cannot
/// tell whether activity has a bound.
pub fn unbounded_states(model: &Model) -> Result<Vec<Unbounded>, MeanFieldError> {
    if model.transfer() != Transfer::ThresholdLinear {
        return Ok(Vec::new());
    }
    let units = Units::of(model);
    let neurons = Neurons::new(&units.model(model))?;
    let cone = Cone::at_infinity(&neurons);
    let (rays, open) = cone.rays();
    cone.decided(&rays, open)?;
    let growing = rays.into_iter().filter_map(|ray| {
        let rate = ray.rate;
        (rate > GROWTH_MARGIN).then(|| {
            let square: f64 = neurons.directions(ray.kappa()).map(|d| d.weight * (d.mu * d.mu + d.s_squared)).sum();
            let size = (square + ray.sigma().powi(2)).sqrt();
            let mut kappa: Vec<f64> = ray.kappa().iter().map(|k| k / size).collect();
            units.kappa_back(&mut kappa);
            Unbounded { kappa, growth_rate: rate }
        })
    });
    Ok(growing.collect())
}

/// The spectrum of the state of rest where all neurons sit at the kink: growth there is that at infinity. None where some do not.
///
/// # Errors
/// Growth at infinity that is not decided.
pub(crate) fn spectrum_of_rest(neurons: &Neurons) -> Result<Option<Spectrum>, MeanFieldError> {
    let cone = Cone::at(neurons, &vec![0.0; neurons.rank], 0.0);
    let Some(cone) = cone.filter(|cone| cone.answers.iter().all(|a| matches!(a, Answer::Kink))) else {
        return Ok(None);
    };
    let (rays, open) = cone.rays();
    cone.decided(&rays, open)?;
    Ok(Some(cone.spectrum(&rays)))
}

/// The spectrum of a stationary solution some of whose neurons sit at the kink; none where none does.
pub(crate) fn spectrum_at_kink(neurons: &Neurons, kappa: &[f64], individual: f64) -> Option<Spectrum> {
    let cone = Cone::at(neurons, kappa, individual)?;
    let (rays, _) = cone.rays();
    Some(cone.spectrum(&rays))
}

/// A law of deviations that the network maps to lambda times itself.
#[derive(Debug, Clone)]
struct Ray {
    /// (kappa, sigma), of length one.
    v: Vec<f64>,
    lambda: f64,
    /// The growth rate of the ray in the model's variant; the mean growth rate where it turns.
    rate: f64,
    /// Whether the direction turns for ever: `v` is one of those it takes, and lambda is one more than the mean growth rate.
    turning: bool,
    /// The states that a turning direction has passed through.
    orbit: Vec<Vec<f64>>,
}

impl Ray {
    fn kappa(&self) -> &[f64] {
        &self.v[..self.v.len() - 1]
    }

    fn sigma(&self) -> f64 {
        self.v.last().copied().unwrap_or(0.0)
    }
}

/// How a class of neurons answers a deviation.
enum Answer {
    /// max(y, 0), from the kink.
    Kink,
    /// Linearly: its part of (T10), row by row, and its \<phi'^2>.
    Linear(Vec<f64>, f64),
}

/// The homogeneous map of laws of deviations (T29).
struct Cone<'a> {
    neurons: &'a Neurons,
    answers: Vec<Answer>,
}

impl<'a> Cone<'a> {
    /// Around a state; none where no neuron sits at a kink.
    fn at(neurons: &'a Neurons, kappa: &[f64], individual: f64) -> Option<Self> {
        if neurons.transfer != Transfer::ThresholdLinear {
            return None;
        }
        let rank = neurons.rank;
        let answer = |d: crate::neurons::Drive<'_>| {
            let variance = individual + d.s_squared;
            if d.mu == 0.0 && variance == 0.0 {
                return Answer::Kink;
            }
            let a = Averages::at(neurons.transfer, d.mu, variance);
            Answer::Linear((0..rank * rank).map(|e| by_kappa(&d, &a, e / rank, e % rank)).collect(), a.d1_sq)
        };
        let answers: Vec<Answer> = neurons.drives(kappa).map(answer).collect();
        answers.iter().any(|a| matches!(a, Answer::Kink)).then_some(Self { neurons, answers })
    }

    /// Far from the origin.
    fn at_infinity(neurons: &'a Neurons) -> Self {
        let origin = vec![0.0; neurons.rank];
        Self { neurons, answers: neurons.directions(&origin).map(|_| Answer::Kink).collect() }
    }

    /// (\<n_k phi>, g sqrt(\<phi^2>)) of the deviations with this law.
    fn image(&self, v: &[f64]) -> Vec<f64> {
        let rank = self.neurons.rank;
        let (kappa, sigma) = (&v[..rank], v[rank]);
        let (mut image, mut square) = (vec![0.0; rank + 1], 0.0);
        for (d, answer) in self.neurons.directions(kappa).zip(&self.answers) {
            match answer {
                Answer::Kink => {
                    let a = Averages::at(Transfer::ThresholdLinear, d.mu, sigma * sigma + d.s_squared);
                    for (image, (n, n_u)) in image.iter_mut().zip(d.n.iter().zip(&d.n_u)) {
                        *image += d.weight * (n * a.phi + n_u * a.d1);
                    }
                    square += d.weight * a.phi_sq;
                }
                Answer::Linear(matrix, _) => {
                    for (image, row) in image.iter_mut().zip(matrix.chunks_exact(rank)) {
                        *image += d.weight * row.iter().zip(kappa).map(|(j, x)| j * x).sum::<f64>();
                    }
                }
            }
        }
        image[rank] = self.neurons.g * square.sqrt();
        image
    }

    /// g sqrt(\<phi'^2>) along a ray.
    fn radius(&self, v: &[f64]) -> f64 {
        let rank = self.neurons.rank;
        let squares = self.neurons.directions(&v[..rank]).zip(&self.answers).map(|(d, answer)| {
            d.weight
                * match answer {
                    Answer::Kink => Averages::at(Transfer::ThresholdLinear, d.mu, v[rank].powi(2) + d.s_squared).d1_sq,
                    Answer::Linear(_, square) => *square,
                }
        });
        self.neurons.g * squares.sum::<f64>().sqrt()
    }

    /// What these rays say of the state.
    fn spectrum(&self, rays: &[Ray]) -> Spectrum {
        // A deviation that no neuron passes on decays by itself.
        let by_itself = growth_rate((0.0, 0.0), self.neurons.variant);
        let fastest = rays.first().filter(|ray| ray.rate > by_itself);
        let along = |ray: &Ray| ray.kappa().iter().any(|k| k.abs() > SMALLEST_KAPPA);
        let by = match fastest {
            Some(ray) if ray.turning => Instability::ComplexPair,
            Some(ray) if along(ray) => Instability::RealOutlier,
            _ => Instability::Bulk,
        };
        // The disc is that of the slopes along the fastest ray.
        let rho = fastest.map_or(0.0, |ray| self.radius(&ray.v));
        let outlying = rays.iter().filter(|ray| along(ray) && !ray.turning && ray.lambda > rho + OUTLIER_MARGIN);
        let outliers = outlying.map(|ray| (ray.lambda, 0.0)).collect();
        let growth = fastest.map_or(by_itself, |ray| ray.rate);
        let stability = if growth > GROWTH_MARGIN { Stability::Unstable(by) } else { Stability::Stable };
        Spectrum { rho, outliers, growth_rate: growth, stability }
    }

    /// Refuses growth that these rays, and the largest growth of a direction that has found none, leave open.
    fn decided(&self, rays: &[Ray], open: f64) -> Result<(), MeanFieldError> {
        let found = rays.first().map_or(-1.0, |ray| ray.rate);
        if open > found.max(GROWTH_MARGIN) {
            return Err(MeanFieldError::UndecidedDirection { found, at_most: open });
        }
        // The direction fluctuates where its deviations grow faster than it does, and activity then grows more slowly than along the ray.
        if let Some(ray) = rays.first().filter(|ray| !ray.turning && ray.lambda > 1.0) {
            let beyond = self.radius(&ray.v) - ray.lambda;
            if beyond > 0.0 && ray.lambda - 1.0 <= SLOWED * beyond {
                return Err(MeanFieldError::UndecidedGrowth { along: ray.lambda - 1.0, slower: SLOWED * beyond });
            }
        }
        Ok(())
    }

    /// Number of entries of a law.
    fn size(&self) -> usize {
        self.neurons.rank + 1
    }

    /// How F(v) changes with v, `[(R + 1) x (R + 1)]` row by row; as F is homogeneous, F(v) is this matrix times v.
    fn response(&self, v: &[f64]) -> Vec<f64> {
        let (rank, size) = (self.neurons.rank, self.size());
        let (kappa, sigma) = (&v[..rank], v[rank]);
        let (mut response, mut square) = (vec![0.0; size * size], 0.0);
        for (d, answer) in self.neurons.directions(kappa).zip(&self.answers) {
            match answer {
                Answer::Kink => {
                    let a = Averages::at(Transfer::ThresholdLinear, d.mu, sigma * sigma + d.s_squared);
                    // The change with sigma is sigma times that with half the variance.
                    let square_slope = a.d1_sq + a.phi_d2;
                    for k in 0..rank {
                        for l in 0..rank {
                            response[k * size + l] += d.weight * by_kappa(&d, &a, k, l);
                        }
                        if sigma != 0.0 {
                            response[k * size + rank] += d.weight * sigma * (d.n[k] * a.d2 + d.n_u[k] * a.d3);
                        }
                    }
                    for l in 0..rank {
                        response[rank * size + l] += d.weight * (d.m[l] * a.phi_d1 + d.m_u[l] * square_slope);
                    }
                    response[rank * size + rank] += d.weight * sigma * square_slope;
                    square += d.weight * a.phi_sq;
                }
                Answer::Linear(matrix, _) => {
                    for (k, row) in matrix.chunks_exact(rank).enumerate() {
                        row.iter().enumerate().for_each(|(l, j)| response[k * size + l] += d.weight * j);
                    }
                }
            }
        }
        let scale = if square > 0.0 { self.neurons.g / square.sqrt() } else { 0.0 };
        response[rank * size..].iter_mut().for_each(|x| *x *= scale);
        response
    }

    /// The rays to which directions are drawn, in decreasing order of growth, and the largest growth that a direction may have which has
    /// found none in its time. With two time scales the rays to which the directions of one are drawn count as well: rays are exact in every variant.
    fn rays(&self) -> (Vec<Ray>, f64) {
        let mut rays: Vec<Ray> = if self.neurons.rank == 1 { self.rays_of_rank_one() } else { Vec::new() };
        let two_timescales = matches!(self.neurons.variant, Variant::TwoTimescale { .. });
        let starts = if rays.is_empty() || two_timescales { self.starts() } else { Vec::new() };
        let largest = starts.iter().map(|v| norm(&self.image(v))).fold(0.0, f64::max);
        let (flow, of_one) =
            (Flow::new(self, self.neurons.variant, largest), Flow::new(self, Variant::Current, largest));
        let mut open = f64::NEG_INFINITY;
        for start in starts {
            if two_timescales {
                let mut state = of_one.start(&start);
                if !of_one.settle(&mut state, &[]) {
                    keep(&mut rays, self.polished(&state));
                }
            }
            match self.end_of(&flow, flow.start(&start), &rays) {
                Turned::Ray(ray) => keep(&mut rays, Some(ray)),
                Turned::AtMost(growth) => open = open.max(growth),
                Turned::Known => {}
            }
        }
        rays.sort_by(|a, b| {
            b.rate.total_cmp(&a.rate).then_with(|| b.v.partial_cmp(&a.v).unwrap_or(std::cmp::Ordering::Equal))
        });
        (rays, open)
    }

    /// The ray on which a state settles, or the growth along a direction that turns.
    fn end_of(&self, flow: &Flow<'_, '_>, mut state: Vec<f64>, known: &[Ray]) -> Turned {
        let moves = flow.settle(&mut state, known);
        if let Some(ray) = (!moves).then(|| self.polished(&flow.direction(&state))).flatten() {
            return Turned::Ray(ray);
        }
        if turning::is_known(known, &state) {
            return Turned::Known;
        }
        let turned = flow.turning(&mut state, known);
        // What spirals in slowly has settled by now.
        let settled = !flow.settle(&mut state, &[]);
        let ray = settled.then(|| self.polished(&flow.direction(&state))).flatten();
        ray.map_or(turned, Turned::Ray)
    }

    /// Both ends of every axis of kappa with and without a random part, a little aside, and quasi-random directions.
    fn starts(&self) -> Vec<Vec<f64>> {
        let rank = self.neurons.rank;
        let mut starts = vec![std::iter::repeat_n(0.0, rank).chain([1.0]).collect::<Vec<f64>>()];
        for k in 0..rank {
            for (sign, sigma) in [(1.0, 0.0), (-1.0, 0.0), (1.0, 1.0), (-1.0, 1.0)] {
                let mut start = vec![0.0; rank + 1];
                (start[k], start[rank]) = (sign, sigma);
                starts.push(start);
            }
        }
        for i in 1..=STARTS_PER_DIMENSION * rank {
            starts.push((0..=rank).map(|k| if k < rank { 2.0 * halton(i, k) - 1.0 } else { halton(i, k) }).collect());
        }
        for (i, start) in starts.iter_mut().enumerate() {
            for (k, x) in start.iter_mut().enumerate().take(rank) {
                *x += ASIDE * (2.0 * halton(i + 1, k) - 1.0);
            }
            // Without a random part there is none to start with.
            if self.neurons.g == 0.0 && rank > 0 {
                start[rank] = 0.0;
            }
            normalise(start);
        }
        starts
    }

    /// How a direction changes, lambda - 1 along it with one added, and the largest of these.
    fn change(&self, v: &[f64]) -> (Vec<f64>, f64, f64) {
        let image = self.image(v);
        let lambda: f64 = image.iter().zip(v).map(|(f, v)| f * v).sum();
        let change: Vec<f64> = image.iter().zip(v).map(|(f, v)| f - lambda * v).collect();
        (change, lambda, norm(&image).max(f64::MIN_POSITIVE))
    }

    /// A ray by Newton on F(v) = lambda v, |v| = 1, if it lies where the flow has led.
    fn polished(&self, v: &[f64]) -> Option<Ray> {
        let (change, lambda, scale) = self.change(v);
        let size = v.len();
        // What activates no neuron, or fewer and fewer, is passed on by none.
        if norm(&change) <= f64::EPSILON * scale || scale <= PASSED_ON {
            return Some(self.ray(v.to_vec(), lambda));
        }
        let evaluate = |x: &[f64]| {
            let (v, lambda) = (&x[..size], x[size]);
            let rest = self.image(v).into_iter().zip(v).map(|(f, v)| (f - lambda * v) / scale);
            let image = v.iter().zip(rest).map(|(v, rest)| v + rest);
            let response = self.response(v);
            let mut jacobian = Mat::zeros(size + 1, size + 1);
            for l in 0..size {
                for k in 0..size {
                    let unit = f64::from(u8::from(k == l));
                    jacobian[(k, l)] = (response[k * size + l] - lambda * unit) / scale + unit;
                }
                jacobian[(l, size)] = -v[l] / scale;
                jacobian[(size, l)] = v[l];
            }
            jacobian[(size, size)] = 1.0;
            let mut image: Vec<f64> = image.collect();
            image.push(lambda + 0.5 * (v.iter().map(|v| v * v).sum::<f64>() - 1.0));
            Some(Evaluation { image, jacobian })
        };
        let start = v.iter().copied().chain([lambda]).collect();
        let outcome = fixed_point(start, RESIDUAL_GOAL, |x| x.iter().all(|v| v.is_finite()), evaluate);
        let mut found = outcome.x.clone();
        let lambda = found.pop()?;
        let near = distance(&found, v) <= LARGEST_MOVE;
        // sigma and -sigma are one.
        found[size - 1] = found[size - 1].abs();
        (outcome.is_solution() && near).then(|| self.ray(found, lambda))
    }

    /// A direction that the map keeps.
    fn ray(&self, v: Vec<f64>, lambda: f64) -> Ray {
        let rate = growth_rate((lambda, 0.0), self.neurons.variant);
        Ray { v, lambda, rate, turning: false, orbit: Vec::new() }
    }
}

/// Adds a ray that is not yet among these.
fn keep(rays: &mut Vec<Ray>, found: Option<Ray>) {
    let Some(ray) = found else { return };
    let same = |r: &Ray| {
        r.turning == ray.turning
            && (r.lambda - ray.lambda).abs() <= MERGE_DISTANCE * ray.lambda.abs().max(1.0)
            && (r.turning || distance(&r.v, &ray.v) <= MERGE_DISTANCE)
    };
    if !rays.iter().any(same) {
        rays.push(ray);
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn normalise(v: &mut [f64]) {
    let length = norm(v);
    v.iter_mut().for_each(|v| *v /= length);
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
