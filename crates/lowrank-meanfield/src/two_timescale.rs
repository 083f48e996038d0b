//! Chaos with two time scales (T16), with white noise of every unit's own (T24): no energy integral exists, and
//! Delta(tau) itself is an unknown.
//!
//! With A(tau) = Delta(tau) - Delta_inf (individual), T16 is A = F g^2 (C_phi(Delta_inf + A) - C_phi(Delta_inf)) + E, where
//! F filters with tau_s and tau_r and E(tau) = sigma^2 / tau_s e^(-tau / tau_s). A lives on panels of the half line
//! (`half_line.rs`), where it is smooth even with noise; the unknowns (kappa, Delta_inf, A) are found by Newton from the
//! current variant's solution on a stretched time axis, after damped iterations where that is too far.

use faer::Mat;
use lowrank_model::{Model, OrderParameters};

use crate::autocovariance::{Autocovariance, panels};
use crate::chaotic::{SMALLEST_INF, SMALLEST_TEMPORAL_PART};
use crate::chaotic_stability::StructureGrowth;
use crate::excess::covariance;
use crate::half_line::HalfLine;
use crate::neurons::Neurons;
use crate::newton::{Evaluation, Outcome, RESIDUAL_LIMIT, fixed_point_within, sharpened};
use crate::stationary::evaluate as evaluate_stationary;
use crate::{Averages, MeanFieldError};

/// Newton's goal: rounding of a filter on a few hundred nodes.
const GOAL: f64 = 1e-13;
/// Damped iterations between attempts of Newton, and their damping.
const DAMPED: usize = 40;
const DAMPING: f64 = 0.5;
/// How hard Newton tries: attempts, with damped iterations in between, and the steps and halvings of each.
pub(crate) struct Effort(usize, (usize, usize));
/// For a start far away, and for one so near that Newton needs few steps or none helps.
pub(crate) const WHOLE_WAY: Effort = Effort(2, (20, 6));
pub(crate) const SHORT_WAY: Effort = Effort(1, (12, 3));
/// What the nodes may leave unresolved, as a part of Delta_T, besides rounding, and how often panels are halved to get there.
const UNRESOLVED: f64 = 1e-11;
const HALVINGS: usize = 3;
/// Rounding of g^2 C_phi, a rounding error of Delta_0, goes into A times 1 / (1 - gain at infinity) at most, as slow functions
/// pass the filters: near onset more than `UNRESOLVED`, and no panels resolve it. Never more than this part of Delta_T.
const LARGEST_ROUNDING: f64 = 1e-6;
/// Rounding units of Delta_0 that its filtered covariance leaves in T16: from g = 140 on more than a residual may have otherwise.
const ROUNDING: f64 = 32.0;

/// The grid a two-timescale solution was found on.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Grid {
    /// Number of nodes.
    pub nodes: usize,
    /// Shortest panel, of 16 nodes, in units of time.
    pub shortest_panel: f64,
    /// End of the grid; beyond it Delta decays exponentially.
    pub window: f64,
    /// (Delta - Delta_inf) / Delta_T at the end.
    pub tail: f64,
    /// Largest of the highest Legendre coefficients of Delta in any panel, as a part of Delta_T.
    pub unresolved: f64,
}

/// A solution: order parameters but for those of r, Delta(tau), and how it was found.
pub(crate) struct Solution {
    pub(crate) order: OrderParameters,
    pub(crate) autocovariance: Autocovariance,
    pub(crate) residual: f64,
    pub(crate) iterations: usize,
    pub(crate) grid: Grid,
    /// Where it was solved: panels, the rate beyond them, and (kappa, Delta_inf, A).
    place: (HalfLine, f64, Vec<f64>),
}

impl Solution {
    /// Distance from one of the real eigenvalue of the equations' Jacobian that is nearest to one: it vanishes where the
    /// branch turns or meets another. Infinite where there is none.
    pub(crate) fn distance_to_fold(&self, model: &Model, neurons: &Neurons) -> f64 {
        let (line, rate, x) = &self.place;
        let problem = Problem::new(neurons, line.clone(), model.variant().time_constants(), *rate);
        let eigenvalues = problem.evaluate(x).and_then(|at| at.jacobian.eigenvalues().ok()).unwrap_or_default();
        eigenvalues.iter().filter(|l| l.im == 0.0).map(|l| (l.re - 1.0).abs()).fold(f64::INFINITY, f64::min)
    }
}

impl Solution {
    /// Growth of small changes of kappa (T32), given whether the autocovariance is unstable at this kappa: as that of the
    /// solution of one time scale which this one continues.
    pub(crate) fn structure_growth(&self, model: &Model, neurons: &Neurons, is_folded: bool) -> StructureGrowth {
        let (line, rate, x) = &self.place;
        let problem = Problem::new(neurons, line.clone(), model.variant().time_constants(), *rate);
        // A solution was evaluated before: it can be once more.
        let jacobian = problem.evaluate(x).map_or_else(|| Mat::zeros(x.len(), x.len()), |at| at.jacobian);
        StructureGrowth::of(&jacobian, neurons.rank, is_folded, model.variant())
    }
}

/// The problem on one set of panels.
struct Problem<'a> {
    neurons: &'a Neurons,
    line: HalfLine,
    /// F as a matrix.
    filter: Mat<f64>,
    /// E at the nodes.
    noise: Vec<f64>,
}

/// The rate omega at which Delta - Delta_inf falls: (1 - tau_s^2 omega^2)(1 - tau_r^2 omega^2) = gain, the smaller root.
fn decay_rate((tau_s, tau_r): (f64, f64), gain: f64) -> f64 {
    let (sum, product) = (tau_s * tau_s + tau_r * tau_r, (tau_s * tau_r).powi(2));
    let rest = 1.0 - gain;
    let root = (sum * sum - 4.0 * product * rest).max(0.0).sqrt();
    (2.0 * rest / (sum + root)).max(0.0).sqrt()
}

/// The solution of `model` that Newton reaches from `start`, a solution for other time constants whose Delta(tau) has the
/// given shape if time is stretched; none where Newton does not converge or leaves chaos.
pub(crate) fn continued(
    model: &Model,
    neurons: &Neurons,
    start: &OrderParameters,
    (shape, stretch): (&Autocovariance, f64),
    effort: &Effort,
) -> Result<Option<Solution>, MeanFieldError> {
    let taus = model.variant().time_constants();
    let rank = neurons.rank;
    let mut unknowns: Vec<f64> = start.kappa.clone();
    unknowns.push(start.delta_0_individual - start.delta_t);
    let mut bending = shape.sampled().line.nodes().iter().map(|(t, _)| *t).find(|t| shape.decayed(*t) < 0.78);
    bending = bending.map(|t| t * stretch);
    let mut rate = decay_rate(taus, shape.gain(0.0));
    if rate == 0.0 {
        return Ok(None);
    }
    let mut value: Box<dyn Fn(f64) -> f64> = Box::new(|t| start.delta_t * shape.decayed(t / stretch));
    let mut first = bending.unwrap_or(stretch);
    if model.noise() > 0.0 && taus.0 > 0.0 {
        first = first.min(taus.0);
    }
    let mut iterations = 0;
    for refined in 0..=HALVINGS {
        let problem = Problem::new(neurons, panels(first, rate, refined), taus, rate);
        let nodes = problem.line.nodes();
        let mut x = unknowns[..=rank].to_vec();
        x.extend(nodes.iter().map(|(t, _)| value(*t)));
        let Some(outcome) = problem.solve(x, effort) else { return Ok(None) };
        iterations += outcome.iterations;
        let decayed = outcome.x[rank + 1..].to_vec();
        unknowns.clone_from(&outcome.x);
        let delta_t = problem.at_zero(&decayed);
        let unresolved = problem.line.unresolved(&decayed) / delta_t;
        let (order, gain) = problem.order(&outcome.x);
        let solved_with = rate;
        rate = decay_rate(taus, gain);
        let line = problem.line.clone();
        let rounding = f64::EPSILON * order.delta_0 / (delta_t * (1.0 - gain).max(f64::MIN_POSITIVE));
        if unresolved <= UNRESOLVED.max(rounding.min(LARGEST_ROUNDING)) {
            let grid = Grid {
                nodes: nodes.len(),
                shortest_panel: line.shortest(),
                window: line.end(),
                tail: line.interpolate(&decayed, line.end(), rate) / delta_t,
                unresolved,
            };
            let place = (line.clone(), solved_with, outcome.x);
            let autocovariance = Autocovariance::on_panels(model, &order, line, &decayed, rate)?;
            return Ok(Some(Solution { order, autocovariance, residual: outcome.residual, iterations, grid, place }));
        }
        value = Box::new(move |t| line.interpolate(&decayed, t, rate));
    }
    Ok(None)
}

impl<'a> Problem<'a> {
    fn new(neurons: &'a Neurons, line: HalfLine, (tau_s, tau_r): (f64, f64), rate: f64) -> Self {
        let size = line.nodes().len();
        let filter = line.filter(tau_s, rate).matrix(size) * line.filter(tau_r, rate).matrix(size);
        // Without a current to filter it, noise enters filtered with time constant one (T3).
        let tau = if tau_s > 0.0 { tau_s } else { 1.0 };
        let variance = neurons.sigma.powi(2) / tau;
        let noise = line.nodes().iter().map(|(t, _)| variance * (-t / tau).exp()).collect();
        Self { neurons, line, filter, noise }
    }

    fn at_zero(&self, decayed: &[f64]) -> f64 {
        self.line.at_zero().iter().zip(decayed).map(|(w, a)| w * a).sum()
    }

    /// Newton, with damped iterations before it where it fails.
    fn solve(&self, mut x: Vec<f64>, &Effort(attempts, steps): &Effort) -> Option<Outcome> {
        let rank = self.neurons.rank;
        let admissible = |x: &[f64]| {
            let delta_t = self.at_zero(&x[rank + 1..]);
            x.iter().all(|v| v.is_finite()) && delta_t > 0.0 && x[rank] >= -SMALLEST_INF * delta_t
        };
        let mut iterations = 0;
        for attempt in 1..=attempts {
            let mut outcome = fixed_point_within(steps, x.clone(), GOAL, admissible, |x| self.evaluate(x));
            iterations += outcome.iterations;
            let zero = outcome.x[rank] + self.at_zero(&outcome.x[rank + 1..]);
            if outcome.residual <= RESIDUAL_LIMIT.max(ROUNDING * f64::EPSILON * zero) {
                outcome.iterations = iterations;
                if self.neurons.is_weak(&outcome.x[..rank], zero) {
                    outcome = sharpened(
                        outcome,
                        |x| [self.sizes(x), self.sizes(x)],
                        |_| {},
                        admissible,
                        |x| self.evaluate(x),
                    );
                    if !outcome.is_solution() {
                        return None;
                    }
                }
                let zero = outcome.x[rank] + self.at_zero(&outcome.x[rank + 1..]);
                let delta_t = zero - outcome.x[rank];
                return (delta_t > SMALLEST_TEMPORAL_PART * zero).then_some(outcome);
            }
            if attempt == attempts {
                break;
            }
            for _ in 0..DAMPED {
                iterations += 1;
                let image = self.evaluate(&x)?.image;
                x.iter_mut().zip(image).for_each(|(x, f)| *x += DAMPING * (f - *x));
            }
        }
        None
    }

    /// What the unknowns are measured by in a weak state.
    fn sizes(&self, x: &[f64]) -> Vec<f64> {
        let rank = self.neurons.rank;
        let zero = x[rank].max(0.0) + self.at_zero(&x[rank + 1..]);
        let size = self.neurons.square_size(&x[..rank], zero).sqrt();
        (0..x.len()).map(|k| if k < rank { size } else { zero }).collect()
    }

    /// The right sides of T8, T14 and T16 in the form x = F(x), with their derivatives; x = (kappa, Delta_inf, A).
    fn evaluate(&self, x: &[f64]) -> Option<Evaluation> {
        let neurons = self.neurons;
        let rank = neurons.rank;
        let (kappa, inf, decayed) = (&x[..rank], x[rank].max(0.0), &x[rank + 1..]);
        let zero = inf + self.at_zero(decayed);
        let (size, count) = (x.len(), decayed.len());
        let mut with_zero = kappa.to_vec();
        with_zero.push(zero);
        let stationary = evaluate_stationary(neurons, Averages::at, &with_zero)?;
        let mut jacobian = Mat::zeros(size, size);
        // By Delta_0 = Delta_inf + A(0): by Delta_inf, and by the first panel's A.
        let by_zero = |jacobian: &mut Mat<f64>, row: usize, slope: f64| {
            jacobian[(row, rank)] += slope;
            for (j, weight) in self.line.at_zero().iter().enumerate() {
                jacobian[(row, rank + 1 + j)] += slope * weight;
            }
        };
        for k in 0..rank {
            (0..rank).for_each(|l| jacobian[(k, l)] = stationary.jacobian[(k, l)]);
            by_zero(&mut jacobian, k, stationary.jacobian[(k, rank)]);
        }
        // g^2 C_phi at every node, less that at infinity, and its derivatives: by A, by Delta_0 and by each kappa.
        let mut far = 0.0;
        let (mut part, mut by_a) = (vec![0.0; count], vec![0.0; count]);
        let (mut by_d, mut by_inf) = (vec![0.0; count], vec![0.0; count]);
        let mut by_kappa = vec![vec![0.0; count]; rank];
        for d in neurons.drives(kappa) {
            let variance = zero + d.s_squared;
            let weight = d.weight * neurons.g * neurons.g;
            let end = covariance(neurons.transfer, d.mu, variance, (inf + d.s_squared).min(variance)).ok()?;
            far += weight * end.value;
            for l in 0..rank {
                jacobian[(rank, l)] += weight * (end.by_mu * d.m[l] + 2.0 * (end.by_a + end.by_d) * d.m_u[l]);
            }
            jacobian[(rank, rank)] += weight * end.by_a;
            by_zero(&mut jacobian, rank, weight * end.by_d);
            for j in 0..count {
                let c = (inf + decayed[j] + d.s_squared).clamp(0.0, variance);
                let here = covariance(neurons.transfer, d.mu, variance, c).ok()?;
                part[j] += weight * (here.value - end.value);
                by_a[j] += weight * here.by_a;
                by_inf[j] += weight * (here.by_a - end.by_a);
                by_d[j] += weight * (here.by_d - end.by_d);
                let by_s_squared = here.by_a + here.by_d - end.by_a - end.by_d;
                for (slopes, (m, m_u)) in by_kappa.iter_mut().zip(d.m.iter().zip(&d.m_u)) {
                    slopes[j] += weight * ((here.by_mu - end.by_mu) * m + 2.0 * by_s_squared * m_u);
                }
            }
        }
        let filtered = |values: &[f64]| -> Mat<f64> { &self.filter * Mat::from_fn(count, 1, |i, _| values[i]) };
        let mut image = stationary.image[..rank].to_vec();
        image.push(far);
        let part = filtered(&part);
        image.extend((0..count).map(|i| part[(i, 0)] + self.noise[i]));
        let (by_d, by_inf) = (filtered(&by_d), filtered(&by_inf));
        for j in 0..count {
            for i in 0..count {
                jacobian[(rank + 1 + i, rank + 1 + j)] = self.filter[(i, j)] * by_a[j];
            }
        }
        for i in 0..count {
            jacobian[(rank + 1 + i, rank)] += by_inf[(i, 0)];
            by_zero(&mut jacobian, rank + 1 + i, by_d[(i, 0)]);
        }
        for (l, slopes) in by_kappa.iter().enumerate() {
            let slopes = filtered(slopes);
            (0..count).for_each(|i| jacobian[(rank + 1 + i, l)] = slopes[(i, 0)]);
        }
        // Where x -> -x is a symmetry kappa = 0 stays, exactly: rounding must not lead Newton away next to a pitchfork.
        if neurons.is_symmetric() && kappa.iter().all(|k| *k == 0.0) {
            image[..rank].fill(0.0);
            (0..rank).for_each(|k| (rank..size).for_each(|j| jacobian[(k, j)] = 0.0));
        }
        image.iter().all(|v| v.is_finite()).then_some(Evaluation { image, jacobian })
    }

    /// Order parameters, those of r left to the autocovariance; and the gain g^2 C_phi'(Delta_inf).
    fn order(&self, x: &[f64]) -> (OrderParameters, f64) {
        let neurons = self.neurons;
        let rank = neurons.rank;
        let (kappa, inf) = (x[..rank].to_vec(), x[rank].max(0.0));
        let delta_t = self.at_zero(&x[rank + 1..]);
        let zero = inf + delta_t;
        let (mu, from_drive) = neurons.mean_and_drive_variance(&kappa);
        let (mut r_mean, mut gain) = (0.0, 0.0);
        for d in neurons.drives(&kappa) {
            r_mean += d.weight * Averages::at(neurons.transfer, d.mu, zero + d.s_squared).phi;
            let end = covariance(neurons.transfer, d.mu, zero + d.s_squared, inf + d.s_squared);
            gain += d.weight * neurons.g * neurons.g * end.map_or(f64::NAN, |c| c.by_a);
        }
        let order = OrderParameters {
            kappa,
            mu,
            delta_0: zero + from_drive,
            delta_0_individual: zero,
            delta_inf: inf + from_drive,
            delta_t,
            r_mean,
            r_second_moment: 0.0,
            r_temporal_variance: 0.0,
        };
        (order, gain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decay_rate_solves_its_equation_and_has_the_one_timescale_limits() {
        for (tau_s, tau_r, gain) in [(1.0, 1.0, 0.4), (0.3, 2.0, 0.9), (1.0, 0.0, 0.5), (0.0, 1.0, 0.5)] {
            let w = decay_rate((tau_s, tau_r), gain);
            let product = (1.0 - (tau_s * w).powi(2)) * (1.0 - (tau_r * w).powi(2));
            assert!((product - gain).abs() < 1e-14 && w > 0.0);
        }
    }

    /// One time scale is the limit in which a filter is the identity: panels and Newton against the energy integral.
    #[test]
    fn the_panels_agree_with_the_energy_integral_to_1e_9() {
        use lowrank_model::{Gaussian, Input, Transfer, Variant};
        for (g, sigma) in [(1.4, 0.0), (2.5, 0.0), (0.6, 0.4), (2.0, 0.7)] {
            for variant in [Variant::Current, Variant::Rate] {
                let model = Model::new(g, Transfer::Tanh, variant, Gaussian::unstructured(), Input::none()).unwrap();
                let model = model.with_noise(sigma).unwrap();
                let neurons = Neurons::new(&model).unwrap();
                let energy = crate::chaotic_solutions(&model).unwrap().remove(0);
                let shape = energy.autocovariance().unwrap();
                let panels = continued(&model, &neurons, &energy.order, (&shape, 1.0), &WHOLE_WAY).unwrap().unwrap();
                let off = (panels.order.delta_0 / energy.order.delta_0 - 1.0).abs();
                assert!(off < 1e-11, "{g} {sigma}: Delta_0 {off}");
                for lag in [0.0, 0.2, 1.0, 3.0, 10.0] {
                    let (a, b) = (panels.autocovariance.at(lag).unwrap(), shape.at(lag).unwrap());
                    assert!((a - b).abs() < 1e-9 * energy.order.delta_0, "{g} {sigma} {lag}: {a} {b}");
                    let (a, b) = (panels.autocovariance.rate_second_moment(lag), shape.rate_second_moment(lag));
                    assert!((a.unwrap() - b.unwrap()).abs() < 1e-9, "{g} {sigma} {lag}: rates");
                }
                let of = |delta| crate::lyapunov::exponent(delta, variant.time_constants()).unwrap().exponent;
                let (a, b) = (of(&panels.autocovariance), of(&shape));
                assert!((a - b).abs() < 1e-9, "{g} {sigma}: exponents {a} {b}");
            }
        }
    }
}
