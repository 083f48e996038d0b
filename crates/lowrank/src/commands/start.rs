//! A remark on starts at an unstable state of rest, which networks never leave and nature does.

use lowrank_meanfield::stationary_branches;
use lowrank_model::{Initial, Model};

use crate::Common;

/// Below this Delta_0 and |kappa| a solution is the state of rest: far above rounding, far below any activity.
const REST: f64 = 1e-12;

/// Says so where one of these networks starts at exactly zero and zero is unstable; once.
pub(super) fn remark_on_rest(networks: impl IntoIterator<Item = (Model, Initial)>, common: &Common) {
    if common.quiet {
        return;
    }
    let unstable =
        networks.into_iter().find_map(|(model, initial)| Some((model.g(), growth_at_rest(&model, &initial)?)));
    if let Some((g, rate)) = unstable {
        common.remark(&format!(
            "start: x(0) is exactly zero, a state of rest that is unstable at g = {g} (growth rate {rate:.3}); networks stay \
             there, though any perturbation leaves it: give start.deviation a value above 0"
        ));
    }
}

/// The growth rate of perturbations of the state x = 0, if it is where the network starts, a state of rest, and unstable.
fn growth_at_rest(model: &Model, initial: &Initial) -> Option<f64> {
    let silent = |values: Vec<f64>| values.iter().all(|value| *value == 0.0);
    let at_zero = initial.deviation == 0.0 && silent(initial.along.iter().map(|(_, c)| *c).collect());
    let driven = !silent(model.input().at(0.0)) || model.input().is_noisy() || model.noise() > 0.0;
    if !at_zero || driven || model.transfer().value(0.0) != 0.0 {
        return None;
    }
    let branches = stationary_branches(model).ok()?;
    let rest = branches.into_iter().find(|s| s.order.delta_0 < REST && s.order.kappa.iter().all(|k| k.abs() < REST))?;
    (rest.growth_rate > 0.0).then_some(rest.growth_rate)
}

#[cfg(test)]
mod tests {
    use lowrank_model::{Gaussian, Input, Transfer, Variant};

    use super::*;

    #[test]
    fn only_an_unstable_zero_is_remarked() {
        let model = |g, phi| Model::new(g, phi, Variant::Current, Gaussian::unstructured(), Input::none()).unwrap();
        let zero = Initial::default();
        let rate = growth_at_rest(&model(3.0, Transfer::Tanh), &zero).unwrap();
        assert!((rate - 2.0).abs() < 1e-12, "{rate}");
        assert_eq!(growth_at_rest(&model(0.5, Transfer::Tanh), &zero), None);
        // Zero is no state of rest; a network that starts elsewhere; noise.
        assert_eq!(growth_at_rest(&model(3.0, Transfer::Logistic), &zero), None);
        let away = Initial { along: vec![], deviation: 0.1 };
        assert_eq!(growth_at_rest(&model(3.0, Transfer::Tanh), &away), None);
        assert_eq!(growth_at_rest(&model(3.0, Transfer::Tanh).with_noise(0.1).unwrap(), &zero), None);
    }
}
