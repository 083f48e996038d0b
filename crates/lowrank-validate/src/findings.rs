//! What both arms say of one operating point, side by side: theory fills one record, a simulated network another, and a
//! statistic is a number taken from either.

use lowrank_meanfield::{MeanFieldError, Snapshot};
use lowrank_model::Measured;
use lowrank_simulate::Observed;

/// The findings of one arm; empty or none where the point asks for no such thing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// Order parameters of a state that lasts.
    pub order: Option<Measured>,
    /// Autocovariance of x at the point's lags.
    pub autocovariance: Vec<f64>,
    /// Second moment of r at the point's lags, C_r(lag) (T15).
    pub r_autocovariance: Vec<f64>,
    /// Outliers (re, im) of the stability matrix (T10), in decreasing real part, of a complex pair the upper one first.
    pub outliers: Vec<(f64, f64)>,
    /// Largest Lyapunov exponent (T17, T18), per unit time.
    pub lyapunov: Option<f64>,
    /// The state at every sample of a transient (T19).
    pub course: Vec<Moment>,
    /// Where theory cannot follow a transient to its end: until when it does, and the reason.
    pub stopped: Option<(f64, MeanFieldError)>,
    /// Whether activity grows without bound, so that there is nothing else.
    pub unbounded: bool,
}

/// The state at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Time, in unit time constants.
    pub time: f64,
    /// kappa_k = \<n^(k) r>, one an outer product.
    pub kappa: Vec<f64>,
    /// Population mean of x.
    pub mu: f64,
    /// Population variance of x.
    pub delta_0: f64,
}

impl From<Snapshot> for Moment {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { time, kappa, mu, delta_0, .. } = snapshot;
        Self { time, kappa, mu, delta_0 }
    }
}

impl From<Observed> for Findings {
    fn from(observed: Observed) -> Self {
        let course = (0..observed.times.len()).map(|sample| moment(&observed, sample)).collect();
        let Observed { order, autocovariance, r_autocovariance, .. } = observed;
        Self { order: Some(order), autocovariance, r_autocovariance, course, ..Self::default() }
    }
}

/// One sample, averaged over copies.
fn moment(observed: &Observed, sample: usize) -> Moment {
    let copies = &observed.kappa[sample];
    let rank = copies.first().map_or(0, Vec::len);
    let mean = |k: usize| copies.iter().map(|kappa| kappa[k]).sum::<f64>() / copies.len() as f64;
    Moment {
        time: observed.times[sample],
        kappa: (0..rank).map(mean).collect(),
        mu: observed.mu_of_time[sample],
        delta_0: observed.delta_0_of_time[sample],
    }
}

/// Sorts outliers as [`Findings::outliers`] has them.
pub(crate) fn sort_outliers(outliers: &mut [(f64, f64)]) {
    outliers.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
}
