//! Tangent vectors of the cells' Lyapunov exponents (Benettin et al. 1980): where they point at first, and their length.

use lowrank_connectivity::stream;
use lowrank_model::{Real, Role, StreamKey};
use rand_distr::{Distribution, StandardNormal};

/// Random parts along x and r of one tangent vector, N entries each.
pub(super) fn direction<T: Real>(n: usize, (seed, realisation): (u64, u64), line: u64) -> (Vec<T>, Vec<T>) {
    let mut rng = stream(StreamKey { seed, realisation, role: Role::Tangent, line });
    let mut normals = || -> Vec<T> {
        let normal = |_| -> T {
            let normal: f64 = StandardNormal.sample(&mut rng);
            T::from_f64(normal)
        };
        (0..n).map(normal).collect()
    };
    (normals(), normals())
}

/// Length of a vector that comes in parts.
pub(super) fn length<'a, T: Real>(parts: impl Iterator<Item = &'a [T]>) -> f64 {
    parts.flatten().map(|entry| entry.to_f64().powi(2)).sum::<f64>().sqrt()
}
