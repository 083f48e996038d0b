//! What is integrated.

/// The right-hand side of dx/dt = f(t, x) on a flat state.
pub trait VectorField {
    /// Number of components of the state.
    fn dimension(&self) -> usize;

    /// Writes f(t, state) to `out`; both have `dimension()` entries. `&mut` lets a field keep its work space.
    fn derivative(&mut self, t: f64, state: &[f64], out: &mut [f64]);

    /// The linear decay rate a of a component, f = -a x + rest: what exponential Euler integrates exactly.
    fn decay_rate(&self, _component: usize) -> f64 {
        0.0
    }
}
