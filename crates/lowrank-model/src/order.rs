//! The order parameters that theory computes and the record of what networks show, so that a judge can compare them field by
//! field.

use serde::Serialize;

/// Order parameters of one stationary or chaotic state (docs/theory.md sections 4 and 6).
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OrderParameters {
    /// kappa_k = \<n^(k) r> (T8), one an outer product.
    pub kappa: Vec<f64>,
    /// Population mean of x (T6).
    pub mu: f64,
    /// Population variance of x (T7): over neurons and time.
    pub delta_0: f64,
    /// Variance of x around u_i = sum_k kappa_k m_i^(k) + I_i: over draws of chi, one neuron.
    pub delta_0_individual: f64,
    /// Population autocovariance of x at infinite lag (T14); delta_0 in a stationary state.
    pub delta_inf: f64,
    /// Temporal variance delta_0 - delta_inf; zero in a stationary state.
    pub delta_t: f64,
    /// Population mean of r.
    pub r_mean: f64,
    /// Population second moment of r at equal times, C_r(0) (T15).
    pub r_second_moment: f64,
    /// Temporal variance of r, C_r(0) - C_r(infinity).
    pub r_temporal_variance: f64,
}

/// What was measured of one state of one network, or what theory says such a measurement shows. A statistic that the run had
/// too few samples or replicas for is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// kappa_k = \<n^(k) r> (T8), one an outer product.
    pub kappa: Vec<f64>,
    /// Population mean of x (T6).
    pub mu: f64,
    /// Population variance of x, divisor N (T7).
    pub delta_0: f64,
    /// Variance of x around u_i = sum_k kappa_k m_i^(k) + I_i, one neuron.
    pub delta_0_individual: f64,
    /// Population covariance of the time averages of x of two replicas on one branch (T14); needs two replicas.
    pub delta_inf: Option<f64>,
    /// Temporal variance of x within the window (T23); needs two samples.
    pub delta_t: Option<f64>,
    /// Population mean of r.
    pub r_mean: f64,
    /// Population second moment of r at equal times, C_r(0) (T15).
    pub r_second_moment: f64,
    /// Temporal variance of r within the window; needs two samples.
    pub r_temporal_variance: Option<f64>,
}

impl From<OrderParameters> for Measured {
    fn from(order: OrderParameters) -> Self {
        Self {
            kappa: order.kappa,
            mu: order.mu,
            delta_0: order.delta_0,
            delta_0_individual: order.delta_0_individual,
            delta_inf: Some(order.delta_inf),
            delta_t: Some(order.delta_t),
            r_mean: order.r_mean,
            r_second_moment: order.r_second_moment,
            r_temporal_variance: Some(order.r_temporal_variance),
        }
    }
}
