//! Delta(tau) of the one-timescale variants from the energy integral (T22; with noise T24).
//!
//! d Delta / d tau = -(Delta - Delta_inf) sqrt(1 - 2 g^2 Q(Delta_inf, Delta)). What stands under the root is zero at
//! Delta_0 without noise, sigma^4 / Delta_T^2 with it, and grows from there by a sum of positive terms times
//! Delta_0 - Delta. In y, Delta = Delta_inf + Delta_T e^(-y^2), the time tau = int 2 y dy / sqrt(..) has a smooth
//! integrand from y = 0 on; weak noise bends it within y0 of zero, which y = y0 sinh(u) resolves. Far out y^2 grows as
//! omega tau.

use crate::PairAverage;
use crate::half_line::HalfLine;

/// e^(-y^2) at the end of the table is 2e-16.
const LAST_Y: f64 = 6.0;
/// Panels of the table.
const PANELS: usize = 24;
/// Newton steps of the inversion tau -> u; three or four are used.
const MOST_STEPS: usize = 50;
/// Smaller y stand for 0, where the integrand has its limit.
const SMALLEST_Y: f64 = 1e-7;

/// What the energy integral needs: one entry a class of neurons.
#[derive(Debug, Clone)]
pub(crate) struct Energy {
    pub(crate) g: f64,
    pub(crate) sigma: f64,
    /// Weight, s_u^2 and pair averages of every class.
    pub(crate) classes: Vec<(f64, f64, PairAverage)>,
    /// Individual Delta_inf, and Delta_T.
    pub(crate) inf: f64,
    pub(crate) delta_t: f64,
}

/// (Delta(tau) - Delta_inf) / Delta_T as a table of tau over u.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Width of the layer that noise makes; none without.
    y0: Option<f64>,
    /// Panels in u.
    panels: HalfLine,
    /// d tau / d u and tau at the nodes, and tau at the panels' ends.
    slope: Vec<f64>,
    time: Vec<f64>,
    times: Vec<f64>,
    omega: f64,
}

impl Energy {
    /// 1 - 2 g^2 Q(Delta_inf, Delta) at Delta = Delta_inf + Delta_T e^(-y^2).
    fn under_root(&self, y: f64) -> f64 {
        let c = self.inf + self.delta_t * (-y * y).exp();
        let from_top = -self.delta_t * (-y * y).exp_m1();
        let slope =
            |(weight, s, pair): &(f64, f64, PairAverage)| weight * pair.excess_slope_to_variance(self.inf + s, c + s);
        let rise: f64 = self.classes.iter().map(slope).sum();
        (self.sigma.powi(2) / self.delta_t).powi(2) + 2.0 * self.g * self.g * from_top * rise
    }

    /// omega^2 = 1 - g^2 C_phi'(Delta_inf): the rate at which Delta - Delta_inf falls at large lags.
    fn omega(&self) -> f64 {
        self.under_root(f64::INFINITY).max(0.0).sqrt()
    }

    pub(crate) fn table(&self) -> Table {
        let floor = (self.sigma.powi(2) / self.delta_t).powi(2);
        // Near zero the root is floor + curvature y^2.
        let curvature = (self.under_root(SMALLEST_Y.sqrt()) - floor) / SMALLEST_Y;
        let y0 = (self.sigma > 0.0 && curvature > 0.0).then(|| (floor / curvature).sqrt());
        let last = y0.map_or(LAST_Y, |y0| (LAST_Y / y0).asinh());
        let width = last / PANELS as f64;
        let panels = HalfLine::graded(width, 1.0, width, last * (1.0 - 1e-12));
        let mut table =
            Table { y0, panels, slope: Vec::new(), time: Vec::new(), times: Vec::new(), omega: self.omega() };
        for (u, _) in table.panels.nodes() {
            let (y, by_u) = table.y(u);
            let y = y.max(SMALLEST_Y);
            table.slope.push(2.0 * y * by_u / self.under_root(y).sqrt());
        }
        (table.time, table.times) = table.panels.antiderivative(&table.slope);
        table
    }
}

impl Table {
    /// y and dy / du.
    fn y(&self, u: f64) -> (f64, f64) {
        self.y0.map_or((u, 1.0), |y0| (y0 * u.sinh(), y0 * u.cosh()))
    }

    pub(crate) fn omega(&self) -> f64 {
        self.omega
    }

    /// The time in which Delta - Delta_inf falls to e^(-1/4) of Delta_T.
    pub(crate) fn bending_time(&self) -> f64 {
        let u = self.y0.map_or(0.5, |y0| (0.5 / y0).asinh());
        self.panels.interpolate(&self.time, u, 0.0)
    }

    /// (Delta(lag) - Delta_inf) / Delta_T.
    pub(crate) fn decayed(&self, lag: f64) -> f64 {
        // There tau(u) has a double root, which Newton would leave off by the root of rounding.
        if lag == 0.0 {
            return 1.0;
        }
        let panel = self.times.partition_point(|time| *time <= lag) - 1;
        let count = self.panels.panels();
        let end = self.times[count];
        if panel >= count {
            return (-LAST_Y * LAST_Y - self.omega * (lag - end)).exp();
        }
        let width = self.panels.end() / count as f64;
        let start = panel as f64 * width;
        let part = (lag - self.times[panel]) / (self.times[panel + 1] - self.times[panel]);
        let mut u = start + width * part;
        for _ in 0..MOST_STEPS {
            let step =
                (lag - self.panels.interpolate(&self.time, u, 0.0)) / self.panels.interpolate(&self.slope, u, 0.0);
            u = (u + step).clamp(start, start + width);
            if step.abs() <= 1e-15 * self.panels.end() {
                break;
            }
        }
        let (y, _) = self.y(u);
        (-y * y).exp()
    }
}
