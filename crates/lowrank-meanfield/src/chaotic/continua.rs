//! Continuous families of chaotic solutions, of which one is listed.

use crate::Chaotic;
use crate::stationary::{Family, MERGE_DISTANCE, distance};

/// Of solutions with a neutral direction and the same variances only the first: they lie on one continuum, which is told with it.
pub(super) fn without_continua(found: Vec<Chaotic>) -> Vec<Chaotic> {
    let mut kept: Vec<(Chaotic, Vec<Vec<f64>>)> = Vec::new();
    let variances = |c: &Chaotic| [c.order.delta_0, c.order.delta_inf, c.order.delta_0_individual];
    for solution in found {
        let neutral = solution.structure_growth.neutral_directions() > 0;
        let is_same = |(first, members): &&mut (Chaotic, Vec<Vec<f64>>)| {
            neutral && !members.is_empty() && distance(&variances(first), &variances(&solution)) <= MERGE_DISTANCE
        };
        match kept.iter_mut().find(is_same) {
            Some((_, members)) => members.push(solution.order.kappa.clone()),
            None => {
                let members = if neutral { vec![solution.order.kappa.clone()] } else { Vec::new() };
                kept.push((solution, members));
            }
        }
    }
    // A neutral direction alone is a bifurcation; a second solution in it makes a continuum.
    let family = |solution: &Chaotic, members: &[Vec<f64>]| {
        let dimension = solution.structure_growth.neutral_directions();
        (members.len() > 1).then(|| Family::of(dimension, members.iter().map(Vec::as_slice)))
    };
    kept.into_iter().map(|(solution, members)| Chaotic { family: family(&solution, &members), ..solution }).collect()
}
