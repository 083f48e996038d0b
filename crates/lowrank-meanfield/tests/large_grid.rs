//! Stationary and chaotic solutions from onset to g = 1000 and drives to a million, checked by quadratures of their own.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{chaotic_solutions, stationary_branches};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Model, Moments, OrderParameters, Transfer, Variant};

const TRANSFERS: [Transfer; 4] = [Transfer::Tanh, Transfer::Erf, Transfer::Logistic, Transfer::OnePlusTanh];

/// Gauss-Legendre with eight nodes on \[-1, 1\] (M. Abramowitz and I. Stegun, table 25.4), the positive half.
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_47),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// int f over \[low, high\] on panels of this width or less.
fn integral(low: f64, high: f64, widest: f64, f: impl Fn(f64) -> f64) -> f64 {
    let count = ((high - low) / widest).ceil().max(1.0);
    let half = 0.5 * (high - low) / count;
    let panel = |i: usize| {
        let middle = low + (2 * i + 1) as f64 * half;
        NODES.iter().map(|(x, w)| w * (f(middle - half * x) + f(middle + half * x))).sum::<f64>() * half
    };
    (0..count as usize).map(panel).sum()
}

fn normal(x: f64, variance: f64) -> f64 {
    (-0.5 * x * x / variance).exp() / (2.0 * std::f64::consts::PI * variance).sqrt()
}

/// One law of x: averages by rules that share nothing with those of the library but phi.
struct Law {
    mu: f64,
    d: f64,
    /// Beyond this phi is constant to rounding; phi' at the multiples of the step up to there, on both sides.
    reach: f64,
    slopes: Vec<f64>,
    transfer: Transfer,
}

const STEP: f64 = 0.25;

impl Law {
    fn new(transfer: Transfer, mu: f64, d: f64) -> Self {
        let reach = if transfer == Transfer::Logistic { 40.0 } else { 20.0 };
        let half = (reach / STEP) as i64;
        let slopes = (-half..=half).map(|i| transfer.jet(i as f64 * STEP).d1).collect();
        Self { mu, d, reach, slopes, transfer }
    }

    /// C_phi' at covariance D - q: in the half sum u, of variance D - q / 2, and the difference v, of variance 2 q, of the
    /// two arguments.
    fn slope(&self, q: f64) -> f64 {
        let (sum, difference) = (self.d - 0.5 * q, 2.0 * q);
        let half = (self.slopes.len() / 2) as i64;
        let outer: Vec<f64> = (-half..=half).map(|i| STEP * normal(i as f64 * STEP - self.mu, sum)).collect();
        // Closer differences where they are small, off the nodes.
        let v_step = (2.0 * STEP).min(0.5 * difference.sqrt());
        let on_nodes = v_step == 2.0 * STEP;
        let last = (9.0 * difference.sqrt() / v_step).min(2.0 * self.reach / v_step) as i64;
        let mut total = 0.0;
        for k in 0..=last {
            let v = k as f64 * v_step;
            let weight = if k == 0 { 1.0 } else { 2.0 } * v_step * normal(v, difference);
            let products: f64 = if on_nodes {
                let range = (k as usize)..(self.slopes.len() - (k as usize).min(self.slopes.len()));
                range.map(|i| outer[i] * self.slopes[i - k as usize] * self.slopes[i + k as usize]).sum()
            } else {
                let at = |i: i64| {
                    let u = i as f64 * STEP;
                    self.transfer.jet(u - 0.5 * v).d1 * self.transfer.jet(u + 0.5 * v).d1
                };
                (-half..=half).map(|i| outer[(i + half) as usize] * at(i)).sum()
            };
            total += weight * products;
        }
        total
    }

    /// int of f(q) C_phi'(D - q) over q, in ln(1 + q).
    fn over_slopes(&self, from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
        integral(from.ln_1p(), to.ln_1p(), 0.75, |t| {
            let q = t.exp_m1().clamp(from, to);
            t.exp() * f(q) * self.slope(q)
        })
    }

    /// \<phi>: that of the sign, and of what phi differs from it on both sides of zero.
    fn mean(&self) -> f64 {
        let (low, high) = (self.transfer.value(-1e9), self.transfer.value(1e9));
        let rest = |x: f64| {
            (self.transfer.value(x) - high) * normal(x - self.mu, self.d)
                + (self.transfer.value(-x) - low) * normal(-x - self.mu, self.d)
        };
        let sign = libm::erf(self.mu / (2.0 * self.d).sqrt());
        0.5 * (low + high) + 0.5 * (high - low) * sign + integral(0.0, self.reach, 0.5, rest)
    }

    /// \<phi^2>, by what half^2 - (phi - middle)^2 leaves around zero.
    fn square(&self) -> f64 {
        let (low, high) = (self.transfer.value(-1e9), self.transfer.value(1e9));
        let rest =
            |x: f64| (self.transfer.value(x) - low) * (high - self.transfer.value(x)) * normal(x - self.mu, self.d);
        (low + high) * self.mean() - low * high - integral(-self.reach, self.reach, 0.5, rest)
    }
}

fn close(seen: f64, wanted: f64, part: f64, place: &str) {
    assert!((seen - wanted).abs() <= part * wanted.abs(), "{place}: {seen} {wanted}");
}

/// (T13) as (D - c)^2 / 2 = g^2 int (D - y) C_phi'(y) dy, and (T14).
fn check_chaos(g: f64, transfer: Transfer, order: &OrderParameters, place: &str) {
    let law = Law::new(transfer, order.mu, order.delta_0);
    let drive = order.delta_0 - order.delta_0_individual;
    let energy = g * g * law.over_slopes(0.0, order.delta_t, |q| q);
    close(energy, 0.5 * order.delta_t.powi(2), 1e-9, &format!("{place} energy"));
    let mean_square = law.mean().powi(2);
    let far = mean_square + law.over_slopes(order.delta_t, order.delta_0, |_| 1.0);
    let rest = g * g * far + drive - order.delta_inf;
    assert!(rest.abs() <= 1e-9 * order.delta_0, "{place} far: {rest} {}", order.delta_inf);
    close(order.r_second_moment, law.square(), 1e-11, &format!("{place} second moment"));
}

/// Every point has its solution, and chaos just where the stationary one lets deviations grow: by a drive, activity that has a
/// bound is never called unbounded.
#[test]
fn every_point_from_onset_to_large_g_and_drives_is_solved() {
    let mut chaotic = 0;
    for (transfer, onset) in TRANSFERS.into_iter().zip([1.0, 1.0, 10.149, 2.537]) {
        for amplitude in [0.0, 1.0, 10.0, 1e3, 1e6] {
            for g in [1.5 * onset, 3.0, 10.0, 30.0, 39.0, 100.0, 300.0, 1000.0] {
                let place = format!("{transfer} drive {amplitude:e} g {g}");
                let moments = Moments::new(Layout::rank(0).with_inputs(1)).mean(I(0), 0.3).variance(I(0), 1.0);
                let input = Input::constant(&[amplitude]).unwrap();
                let model = Model::new(g, transfer, Variant::Current, moments.build().unwrap(), input).unwrap();
                let rest = stationary_branches(&model).unwrap();
                assert!(!rest.is_empty() && rest.iter().all(|s| s.residual < 1e-10), "{place}");
                // The one that is active, where there is rest besides.
                let rest = &rest[0];
                if rest.order.delta_0 > 0.0 {
                    let law = Law::new(transfer, rest.order.mu, rest.order.delta_0);
                    let wanted = g * g * law.square() + amplitude * amplitude;
                    close(rest.order.delta_0, wanted, 1e-10, &place);
                    let square = |x: f64| transfer.jet(x).d1.powi(2) * normal(x - law.mu, law.d);
                    close(rest.rho, g * integral(-law.reach, law.reach, 0.5, square).sqrt(), 1e-10, &place);
                }
                let all = chaotic_solutions(&model).unwrap();
                assert_eq!(all.len(), usize::from(rest.rho > 1.0), "{place}: rho {}", rest.rho);
                for solution in &all {
                    assert!(solution.residual < 1e-10, "{place}: {}", solution.residual);
                    check_chaos(g, transfer, &solution.order, &place);
                    chaotic += 1;
                }
            }
        }
    }
    assert!(chaotic > 90, "{chaotic}");
}

/// Overlaps of twice g hold activity up against chaos of that size.
#[test]
fn structured_chaos_is_found_at_large_g() {
    for transfer in [Transfer::Tanh, Transfer::OnePlusTanh] {
        for g in [39.1, 300.0] {
            let size = f64::sqrt(2.0 * g);
            let structure: Gaussian =
                Moments::new(Layout::rank(1)).mean(M(0), size).mean(N(0), size).variance(M(0), 0.5).build().unwrap();
            let model = Model::new(g, transfer, Variant::Current, structure, Input::none()).unwrap();
            let all = chaotic_solutions(&model).unwrap();
            assert!(all.iter().any(|s| s.order.kappa[0] > 1.0), "{transfer} {g}");
            for solution in &all {
                let (order, place) = (&solution.order, format!("{transfer} {g} kappa {}", solution.order.kappa[0]));
                let wanted = size * Law::new(transfer, order.mu, order.delta_0).mean();
                assert!((order.kappa[0] - wanted).abs() <= 1e-10 * size, "{place}: {wanted}");
                check_chaos(g, transfer, order, &place);
            }
        }
    }
}
