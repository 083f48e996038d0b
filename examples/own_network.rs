//! A network of one's own: what theory says, and what one network of 2000 neurons does.
#![allow(clippy::print_stdout)]

use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::Method;
use lowrank_meanfield::{chaotic_solutions, stationary_branches};
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, Moments, Transfer, Variant};
use lowrank_simulate::{Protocol, Timing, initial_currents, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One outer product and one input that overlaps n; what is not named is zero.
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 1.0)
        .mean(N(0), 2.0)
        .variance(M(0), 0.5)
        .variance(N(0), 1.0)
        .variance(I(0), 0.3)
        .covariance(N(0), I(0), 0.4)
        .build()?;
    let model = Model::new(1.2, Transfer::Tanh, Variant::Rate, ensemble, Input::constant(&[1.0])?)?;

    for branch in stationary_branches(&model)? {
        println!(
            "stationary: kappa {:+.4}  delta_0 {:.4}  rho {:.4}",
            branch.order.kappa[0], branch.order.delta_0, branch.rho
        );
    }
    for chaos in chaotic_solutions(&model)? {
        println!("chaotic: kappa {:+.4}  delta_t {:.4}", chaos.order.kappa[0], chaos.order.delta_t);
    }

    let (seed, realisation) = (1, 0);
    let network = Network::draw(&model, 2000, Sampling::Matched, seed, realisation)?;
    let start = Initial { along: vec![(M(0), 1.0)], deviation: 1.0 };
    let x0 = initial_currents(&network, &start, 2, seed, realisation)?;
    let timing = Timing { transient: 40.0, window: 40.0, interval: 1.0, step: 0.25 };
    let seen = simulate(&network, &model, x0.as_ref(), &Protocol::new(timing, Method::Rk4)?, (seed, realisation))?;
    println!(
        "simulated:  kappa {:+.4}  delta_0 {:.4}  delta_t {:.4}",
        seen.order.kappa[0],
        seen.order.delta_0,
        seen.order.delta_t.unwrap_or(f64::NAN)
    );
    Ok(())
}
