//! The exact growth of small changes of a fluctuating solution (T43), from (T19) around it.
//!
//! A change that grows as e^(s t) moves kappa by y_l e^(s t), and C(t, t') by c(tau) e^(s (t + t') / 2), tau = t - t':
//!
//! ```text
//!   prod_tau [(1 + tau s / 2)^2 - tau^2 d^2] c = g^2 C_phi'(tau) c + cosh(s tau / 2) (S_0(tau) c(0) + sum_l S_l(tau) y_l)
//!   (1 + tau_s s)(1 + tau_r s) y_k = sum_l dF_k/dkappa_l y_l + dF_k/dDelta_0 c(0)
//! ```
//!
//! S are the derivatives of g^2 C_phi at covariance Delta(tau) by Delta_0 and by kappa. With c(0) by the first line from unit sources
//! a determinant D(s) is left, whose zeros are the growth rates. It tends to one at infinity and has as many poles to the right as the
//! first line has growing solutions without sources: one, at twice the largest Lyapunov exponent, where that is positive. So the
//! turns of D along a vertical line count the growth rates to its right (argument principle).

use std::f64::consts::PI;

use faer::{Mat, c64};

use lowrank_model::OrderParameters;

use crate::Averages;
use crate::autocovariance::{Autocovariance, Sampled};
use crate::excess::covariance;
use crate::lyapunov::exponent;
use crate::neurons::Neurons;
use crate::stationary::evaluate;

/// Cells that a panel of Delta is cut into, and half as many for the extrapolation of differences of second order.
const CELLS: usize = 48;
/// Chebyshev nodes of the sources, as functions of the root of (Delta_0 - Delta) / Delta_T; for given vectors, whose averages are
/// dear, fewer.
const SOURCE_NODES: usize = 40;
const FEWER_SOURCE_NODES: usize = 14;
const MANY_CLASSES: usize = 50;
/// The line along which turns are counted lies so far to the right of zero: the sign of a real rate nearer to zero is told by (T32).
const OFFSET: f64 = 1e-3;
/// Smallest and largest frequency of the line; what is left beyond is that of D = 1.
const FREQUENCIES: (f64, f64) = (1e-4, 1e4);
/// Cells end at so many times over which Delta falls by e: what is beyond is in the condition at the end.
const LONGEST: f64 = 16.0;
/// Between two places D turns at most by so much, after so many halvings at most.
const LARGEST_TURN: f64 = 0.6;
const MOST_HALVINGS: usize = 22;
/// A count of turns is a whole number to this.
const WHOLE: f64 = 0.1;
/// Doublings of the offset, and halvings of the interval then, in which the fastest growth is looked for, and how exactly.
const MOST_DOUBLINGS: usize = 24;
const BISECTIONS: usize = 12;
const SECANT_STEPS: usize = 30;
const ACCURACY: f64 = 1e-9;

/// The fastest growing change: rate and angular frequency.
pub(crate) type Fastest = (f64, f64);

/// The fastest growing change of a solution, none where all decay; an error where turns cannot be counted. Rates below 1e-3 are not
/// seen.
pub(crate) fn fastest(
    neurons: &Neurons,
    order: &OrderParameters,
    delta: &Autocovariance,
) -> Result<Option<Fastest>, Uncounted> {
    Perturbation::around(neurons, order, delta).ok_or(Uncounted)?.fastest()
}

/// (T43) at one solution.
struct Perturbation {
    rank: usize,
    taus: (f64, f64),
    /// The rows of (T8) in Newton's Jacobian, `[R x (R + 1)]`: by kappa, and by Delta_0.
    rows: Mat<f64>,
    /// Fine cells, and cells twice as long.
    grids: [Grid; 2],
    gain_far: f64,
    sources_far: Vec<f64>,
    /// The rate at which Delta falls.
    omega: f64,
    /// Twice the largest Lyapunov exponent: a pole of D.
    pole: f64,
}

struct Grid {
    lengths: Vec<f64>,
    lags: Vec<f64>,
    gain: Vec<f64>,
    /// S_0, S_1, ... at the lags.
    sources: Vec<Vec<f64>>,
}

impl Perturbation {
    /// Around a solution with its Delta(tau); none where an average cannot be taken.
    fn around(neurons: &Neurons, order: &OrderParameters, delta: &Autocovariance) -> Option<Self> {
        let rank = neurons.rank;
        let pole = 2.0 * exponent(delta, neurons.variant.time_constants()).ok()?.exponent;
        let (zero, inf) = (order.delta_0_individual, order.delta_0_individual - order.delta_t);
        let x: Vec<f64> = order.kappa.iter().copied().chain([zero]).collect();
        let rows = evaluate(neurons, Averages::at, &x)?.jacobian;
        let table = sources(neurons, &order.kappa, zero, inf)?;
        let Sampled { line, decayed } = delta.sampled();
        let omega = delta.decay_rate();
        let grid = |cells: usize| {
            let mut lags = vec![0.0];
            for ends in line.ends().windows(2).filter(|ends| ends[0] * omega < LONGEST) {
                lags.extend((1..=cells).map(|i| ends[0] + (ends[1] - ends[0]) * i as f64 / cells as f64));
            }
            let lengths = lags.windows(2).map(|w| w[1] - w[0]).collect();
            let at = |lag: &f64| table.at(line.interpolate(&decayed, *lag, omega) / (zero - inf));
            let values: Vec<Vec<f64>> = lags.iter().map(at).collect();
            let column = |j: usize| values.iter().map(|v| v[j]).collect::<Vec<f64>>();
            Grid { lengths, lags, gain: column(0), sources: (1..rank + 2).map(column).collect() }
        };
        let far = table.at(0.0);
        Some(Self {
            rank,
            taus: neurons.variant.time_constants(),
            rows,
            grids: [grid(CELLS), grid(CELLS / 2)],
            gain_far: far[0],
            sources_far: far[1..].to_vec(),
            omega,
            pole,
        })
    }

    fn fastest(&self) -> Result<Option<Fastest>, Uncounted> {
        if self.right_of(OFFSET)?.0 == 0 {
            return Ok(None);
        }
        let (mut low, mut high) = (OFFSET, 2.0 * OFFSET);
        for _ in 0..MOST_DOUBLINGS {
            if self.right_of(high)?.0 == 0 {
                break;
            }
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (low + high);
            if self.right_of(middle)?.0 == 0 { high = middle } else { low = middle }
        }
        let frequency = self.right_of(0.5 * (low + high))?.1;
        Ok(Some(self.refined(0.5 * (low + high), frequency, high - low)))
    }

    /// Secant from near a zero; what it started from where it leads away.
    fn refined(&self, rate: f64, frequency: f64, width: f64) -> Fastest {
        let start = c64::new(rate, frequency);
        let (mut before, mut now) = (start, start + width);
        let (mut d_before, mut d_now) = (self.determinant(before), self.determinant(now));
        for _ in 0..SECANT_STEPS {
            let next = now - d_now * (now - before) / (d_now - d_before);
            if !next.re.is_finite() || !next.im.is_finite() {
                break;
            }
            (before, d_before) = (now, d_now);
            (now, d_now) = (next, self.determinant(next));
            if (now - before).norm() < ACCURACY * (1.0 + now.norm()) {
                let is_near = (now.re - rate).abs() <= 4.0 * width + 0.05 * rate.abs();
                return if is_near { (now.re, now.im.abs()) } else { (rate, frequency) };
            }
        }
        (rate, frequency)
    }

    /// Number of growth rates to the right of a line, and the frequency at which D is smallest on it.
    fn right_of(&self, offset: f64) -> Result<(usize, f64), Uncounted> {
        let at = |frequency: f64| self.determinant(c64::new(offset, frequency));
        let (lowest, highest) = FREQUENCIES;
        let doublings = (highest / lowest).log2().ceil() as i32;
        let mut places = vec![0.0];
        places.extend((0..=doublings).map(|k| lowest * 2.0_f64.powi(k)));
        let mut turned = 0.0;
        let mut smallest = (0.0, f64::INFINITY);
        let mut here = (0.0, at(0.0));
        for next in &places[1..] {
            // Halved until D turns by little.
            let mut ahead = vec![(*next, at(*next), 0)];
            while let Some((frequency, value, halvings)) = ahead.pop() {
                if here.1.norm() < smallest.1 {
                    smallest = (here.0, here.1.norm());
                }
                let turn = (value / here.1).arg();
                if !turn.is_finite() {
                    return Err(Uncounted);
                }
                if turn.abs() <= LARGEST_TURN {
                    turned += turn;
                    here = (frequency, value);
                } else if halvings == MOST_HALVINGS {
                    return Err(Uncounted);
                } else {
                    let middle = 0.5 * (here.0 + frequency);
                    ahead.push((frequency, value, halvings + 1));
                    ahead.push((middle, at(middle), halvings + 1));
                }
            }
        }
        // On to D = 1.
        turned -= here.1.arg();
        let poles = f64::from(u8::from(self.pole > offset));
        let count = poles - turned / PI;
        if (count - count.round()).abs() > WHOLE || count.round() < 0.0 {
            return Err(Uncounted);
        }
        Ok((count.round() as usize, smallest.0))
    }

    /// D(s), differences of second order extrapolated.
    fn determinant(&self, s: c64) -> c64 {
        let [fine, coarse] = [0, 1].map(|i| self.response(&self.grids[i], s));
        let (tau_s, tau_r) = self.taus;
        let filter = (s * tau_s + 1.0) * (s * tau_r + 1.0);
        let rank = self.rank;
        let mut rows: Vec<Vec<c64>> = vec![vec![c64::new(0.0, 0.0); rank + 1]; rank + 1];
        for (j, (fine, coarse)) in fine.iter().zip(&coarse).enumerate() {
            rows[0][j] = -(*fine * 4.0 - *coarse) / 3.0;
        }
        rows[0][0] += 1.0;
        for k in 0..rank {
            rows[k + 1][0] = -c64::new(self.rows[(k, rank)], 0.0) / filter;
            for l in 0..rank {
                rows[k + 1][l + 1] = -c64::new(self.rows[(k, l)], 0.0) / filter;
            }
            rows[k + 1][k + 1] += 1.0;
        }
        determinant(rows)
    }

    /// c(0) for unit sources, by elimination from the far end; c and what is left of it after the filter of tau_r are the unknowns.
    fn response(&self, grid: &Grid, s: c64) -> Vec<c64> {
        let (tau_s, tau_r) = self.taus;
        let a = (s * (0.5 * tau_s) + 1.0).powi(2);
        let b = (s * (0.5 * tau_r) + 1.0).powi(2);
        // Far out c is a multiple of cosh, which is taken away.
        let far_filter = (s * tau_s + 1.0) * (s * tau_r + 1.0) - self.gain_far;
        let far: Vec<c64> = self.sources_far.iter().map(|source| c64::new(*source, 0.0) / far_filter).collect();
        let last = grid.lags.len() - 1;
        let mut inverse = [[c64::new(0.0, 0.0); 2]; 2];
        let mut carried = vec![[c64::new(0.0, 0.0); 2]; far.len()];
        for i in (0..=last).rev() {
            // -d^2 on (w, c) at one place: what it takes of the place after, and of itself.
            let (after, here) = if i == last {
                let h = grid.lengths[last - 1];
                let decay = c64::new(self.omega, 0.0) - s * 0.5;
                (0.0, decay * (2.0 / h) + 2.0 / (h * h))
            } else {
                let right = grid.lengths[i];
                // An even function has its mirror image before zero.
                let left = if i == 0 { right } else { grid.lengths[i - 1] };
                let after = if i == 0 { 2.0 / (right * right) } else { 2.0 / (right * (left + right)) };
                (after, c64::new(2.0 / (left * right), 0.0))
            };
            let (square_s, square_r) = (tau_s * tau_s, tau_r * tau_r);
            let mut block =
                [[a + here * square_s, c64::new(-grid.gain[i], 0.0)], [c64::new(-1.0, 0.0), b + here * square_r]];
            let growth = (s * (0.5 * grid.lags[i])).cosh();
            let mut right: Vec<[c64; 2]> = (0..far.len())
                .map(|j| {
                    let near = c64::new(grid.sources[j][i] - self.sources_far[j], 0.0);
                    [(near + far[j] * (grid.gain[i] - self.gain_far)) * growth, c64::new(0.0, 0.0)]
                })
                .collect();
            if i < last {
                let up = [-after * square_s, -after * square_r];
                // What the place after takes of this one.
                let h = grid.lengths[i];
                let of_next = if i + 1 == last { 2.0 / (h * h) } else { 2.0 / (h * (h + grid.lengths[i + 1])) };
                let down = [-of_next * square_s, -of_next * square_r];
                for p in 0..2 {
                    for q in 0..2 {
                        block[p][q] -= inverse[p][q] * (up[p] * down[q]);
                    }
                }
                for (right, carried) in right.iter_mut().zip(&carried) {
                    for p in 0..2 {
                        right[p] -= (inverse[p][0] * carried[0] + inverse[p][1] * carried[1]) * up[p];
                    }
                }
            }
            let det = block[0][0] * block[1][1] - block[0][1] * block[1][0];
            inverse = [[block[1][1] / det, -block[0][1] / det], [-block[1][0] / det, block[0][0] / det]];
            carried = right;
        }
        carried
            .iter()
            .zip(&far)
            .map(|(right, far)| inverse[1][0] * right[0] + inverse[1][1] * right[1] + *far)
            .collect()
    }
}

/// Turns of D that cannot be counted.
#[derive(Debug)]
pub(crate) struct Uncounted;

/// By elimination with pivots.
fn determinant(mut rows: Vec<Vec<c64>>) -> c64 {
    let mut product = c64::new(1.0, 0.0);
    let size = rows.len();
    for i in 0..size {
        let pivot = (i..size).max_by(|p, q| rows[*p][i].norm().total_cmp(&rows[*q][i].norm())).unwrap_or(i);
        if pivot != i {
            rows.swap(i, pivot);
            product = -product;
        }
        product *= rows[i][i];
        let (above, below) = rows.split_at_mut(i + 1);
        for row in below {
            let factor = row[i] / above[i][i];
            row.iter_mut().zip(&above[i]).skip(i).for_each(|(value, pivot)| *value -= factor * *pivot);
        }
    }
    product
}

/// g^2 C_phi' and S_0, S_1, ... as Chebyshev series in the root of (Delta_0 - Delta) / Delta_T, in which they are smooth.
struct Table {
    coefficients: Vec<Vec<f64>>,
}

fn sources(neurons: &Neurons, kappa: &[f64], zero: f64, inf: f64) -> Option<Table> {
    let g_squared = neurons.g * neurons.g;
    let classes = neurons.drives(kappa).count();
    let nodes = if classes > MANY_CLASSES { FEWER_SOURCE_NODES } else { SOURCE_NODES };
    let mut values = vec![vec![0.0; neurons.rank + 2]; nodes];
    for (j, values) in values.iter_mut().enumerate() {
        let root = 0.5 * (1.0 - (PI * (j as f64 + 0.5) / nodes as f64).cos());
        let at = zero - (zero - inf) * root * root;
        for d in neurons.drives(kappa) {
            let c = covariance(neurons.transfer, d.mu, zero + d.s_squared, at + d.s_squared).ok()?;
            let weight = d.weight * g_squared;
            values[0] += weight * c.by_a;
            values[1] += weight * c.by_d;
            for l in 0..neurons.rank {
                values[l + 2] += weight * (c.by_mu * d.m[l] + 2.0 * (c.by_a + c.by_d) * d.m_u[l]);
            }
        }
    }
    let coefficient = |of: usize, k: usize| {
        let term = |(j, v): (usize, &Vec<f64>)| v[of] * (PI * k as f64 * (j as f64 + 0.5) / nodes as f64).cos();
        values.iter().enumerate().map(term).sum::<f64>() * if k == 0 { 1.0 } else { 2.0 } / nodes as f64
    };
    let of = |of: usize| (0..nodes).map(|k| coefficient(of, k)).collect();
    let coefficients: Vec<Vec<f64>> = (0..neurons.rank + 2).map(of).collect();
    coefficients.iter().flatten().all(|c| c.is_finite()).then_some(Table { coefficients })
}

impl Table {
    /// Where (Delta - Delta_inf) / Delta_T is this.
    fn at(&self, part: f64) -> Vec<f64> {
        let root = (1.0 - part).clamp(0.0, 1.0).sqrt();
        let x = 1.0 - 2.0 * root;
        let clenshaw = |c: &Vec<f64>| {
            let (mut now, mut before) = (0.0, 0.0);
            for c in c.iter().skip(1).rev() {
                (now, before) = (c + 2.0 * x * now - before, now);
            }
            c[0] + x * now - before
        };
        self.coefficients.iter().map(clenshaw).collect()
    }
}

#[cfg(test)]
mod tests {
    use lowrank_model::Vector::{I, M, N};
    use lowrank_model::{Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

    use super::*;
    use crate::chaotic_solutions;

    const VARIANTS: [Variant; 3] = [Variant::Current, Variant::Rate, Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.6 }];

    /// Of every chaotic solution.
    fn all(model: &Model) -> Vec<(f64, Option<Fastest>, crate::StructureGrowth)> {
        let of = |c: &crate::Chaotic| {
            let neurons = Neurons::new(model).unwrap();
            let found = fastest(&neurons, &c.order, &c.autocovariance().unwrap());
            (c.order.kappa.first().copied().unwrap_or(0.0), found.unwrap(), c.structure_growth.clone())
        };
        chaotic_solutions(model).unwrap().iter().map(of).collect()
    }

    fn published(g: f64, variant: Variant) -> Model {
        let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), 2.0);
        let ensemble = moments.variance(M(0), 1.0).variance(N(0), 1.0).build().unwrap();
        Model::new(g, Transfer::Tanh, variant, ensemble, Input::none()).unwrap()
    }

    /// m = 1, n = `n` in every unit, the same input to all.
    fn uniform(transfer: Transfer, g: f64, n: f64, variant: Variant) -> Model {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), n).mean(I(0), 1.0);
        Model::new(g, transfer, variant, moments.build().unwrap(), Input::constant(&[1.0]).unwrap()).unwrap()
    }

    /// At kappa = 0 of a symmetric model (T32) is exact, and without structure chaos is stable.
    #[test]
    fn the_growth_of_the_central_solution_and_the_stability_of_bare_chaos_are_known() {
        for variant in VARIANTS {
            for g in [1.81, 2.1, 2.2] {
                let found = all(&published(g, variant));
                let (_, fastest, growth) = found.iter().find(|(kappa, ..)| *kappa == 0.0).unwrap();
                let rate = growth.growth_rate.unwrap();
                match fastest {
                    Some((found, frequency)) => {
                        assert!((found - rate).abs() < 1e-9 && *frequency < 1e-9, "{variant} {g}")
                    }
                    None => assert!(rate < 0.0 && g > 2.15, "{variant} {g} {rate}"),
                }
                let structured = found.iter().filter(|(kappa, ..)| *kappa != 0.0);
                structured.for_each(|(_, fastest, _)| assert_eq!(*fastest, None, "{variant} {g}"));
            }
            for (transfer, g) in [(Transfer::Tanh, 1.3), (Transfer::Tanh, 4.0), (Transfer::OnePlusTanh, 3.0)] {
                let bare = Model::new(g, transfer, variant, Gaussian::unstructured(), Input::none()).unwrap();
                all(&bare).iter().for_each(|(_, fastest, _)| assert_eq!(*fastest, None, "{variant} {transfer} {g}"));
            }
        }
    }

    /// Networks of 3000 neurons fluctuate about kappa = -5.57 and -1.74 there; with kappa held, Delta grows.
    #[test]
    fn strong_inhibition_holds_chaos_that_is_unstable_at_fixed_kappa() {
        for variant in VARIANTS {
            for (transfer, g, n, kappa) in
                [(Transfer::OnePlusTanh, 8.0, -50.0, -5.53), (Transfer::ThresholdLinear, 2.0, -4.0, -1.733)]
            {
                let model = uniform(transfer, g, n, variant);
                let found = chaotic_solutions(&model).unwrap();
                assert!(found.len() == 1 && (found[0].order.kappa[0] - kappa).abs() < 0.04, "{variant} {transfer}");
                let growth = &found[0].structure_growth;
                assert!(growth.is_folded() && growth.stability == crate::Stability::Stable, "{variant} {transfer}");
                let neurons = Neurons::new(&model).unwrap();
                let delta = found[0].autocovariance().unwrap();
                let mut held = Perturbation::around(&neurons, &found[0].order, &delta).unwrap();
                assert_eq!(held.fastest().unwrap(), None, "{variant} {transfer}");
                held.rows = Mat::zeros(1, 2);
                let (rate, frequency) = held.fastest().unwrap().unwrap();
                assert!(rate > 0.01 && frequency < 1e-6, "{variant} {transfer}: {rate} {frequency}");
            }
        }
    }

    /// Of the two solutions that meet in a fold one grows (docs/theory.md, section 6).
    #[test]
    fn of_two_solutions_that_meet_in_a_fold_one_grows() {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.1).mean(N(0), 2.0).mean(I(0), 1.0);
        let ensemble = moments.variance(M(0), 1.0).variance(N(0), 1.0).build().unwrap();
        let input = Input::constant(&[2.7e-4]).unwrap();
        let found = all(&Model::new(2.1, Transfer::Tanh, Variant::Current, ensemble, input).unwrap());
        assert_eq!(found.len(), 3);
        assert!(found[0].1.is_none() && found[2].1.is_none(), "{found:?}");
        let (rate, frequency) = found[1].1.unwrap();
        // (T32) lets Delta follow at once.
        let at_once = found[1].2.growth_rate.unwrap();
        assert!(frequency == 0.0 && rate > 0.2 * at_once && rate < 2.0 * at_once, "{rate} {at_once}");
    }
}
