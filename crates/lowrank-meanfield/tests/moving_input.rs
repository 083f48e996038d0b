//! Theory of transients under inputs that move: without a random part it is the filtered input in closed form (T39).
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use lowrank_meanfield::{MeanFieldError, stationary_branches, transient};
use lowrank_model::{Gaussian, Initial, Input, Layout, Model, Moments, TimeCourse, Transfer, Variant, Vector};

/// A model of one input of mean 0.8 and variance 0.5, under a sine.
fn model(g: f64, variant: Variant, period: f64) -> Model {
    let moments = Moments::new(Layout::rank(0).with_inputs(1)).mean(Vector::I(0), 0.8).variance(Vector::I(0), 0.5);
    let ensemble: Gaussian = moments.build().unwrap();
    let sine = TimeCourse::constant(0.0).unwrap().with_sine(1.5, period, 0.0).unwrap();
    Model::new(g, Transfer::Tanh, variant, ensemble, Input::new(vec![sine])).unwrap()
}

#[test]
fn without_a_random_part_x_is_the_filtered_sine() {
    for period in [0.5, 4.0] {
        let w = std::f64::consts::TAU / period;
        for (variant, tau) in
            [(Variant::Current, 1.0), (Variant::two_timescale(0.4, 2.0).unwrap(), 0.4), (Variant::Rate, 0.0)]
        {
            let course = transient(&model(0.0, variant, period), &Initial::default(), 5.0).unwrap();
            for t in [0.3_f64, 1.7, 5.0] {
                let decayed = if tau > 0.0 { w * tau * (-t / tau).exp() } else { 0.0 };
                let gain = 1.0 + w * w * tau * tau;
                let v = 1.5 * ((w * t).sin() - w * tau * (w * t).cos() + decayed) / gain;
                let found = course.at(t).unwrap();
                assert!((found.mu - 0.8 * v).abs() < 1e-10, "{variant} {period} {t}: {} {}", found.mu, 0.8 * v);
                assert!((found.delta_0 - 0.5 * v * v).abs() < 1e-10, "{variant} {period} {t}: {}", found.delta_0);
            }
        }
    }
}

#[test]
fn a_sine_has_no_stationary_state_and_is_refused_by_name() {
    let error = stationary_branches(&model(0.5, Variant::Current, 4.0)).unwrap_err();
    assert!(matches!(error, MeanFieldError::EndlessInput { input: 0, period, noisy: false } if period == 4.0));
    let message = error.to_string();
    assert!(
        message.contains("input 0") && message.contains("period 4") && message.contains("lowrank transient"),
        "{message}"
    );
}
