//! Projection of activity on the plane of two vectors, such as m and I (\[MO18\] figs. 3-5).

/// Coordinates (along `first`, along the part of `second` orthogonal to it) of every state, each vector brought to unit mean
/// square, so that a coordinate is an overlap (1/N) sum_i e_i r_i. States and vectors have N entries. A second vector along
/// the first gives the coordinate zero.
pub fn plane(states: &[Vec<f32>], first: &[f64], second: &[f64]) -> Vec<(f64, f64)> {
    let n = first.len() as f64;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / n;
    let unit = |v: Vec<f64>| {
        let norm = dot(&v, &v).sqrt();
        v.into_iter().map(|x| if norm > 0.0 { x / norm } else { 0.0 }).collect::<Vec<f64>>()
    };
    let e = unit(first.to_vec());
    let along = dot(&e, second);
    let rest: Vec<f64> = second.iter().zip(&e).map(|(s, e)| s - along * e).collect();
    // What rounding leaves of a parallel vector is none.
    let parallel = dot(&rest, &rest) <= 1e-24 * dot(second, second);
    let f = unit(if parallel { vec![0.0; first.len()] } else { rest });
    let project = |state: &Vec<f32>, v: &[f64]| state.iter().zip(v).map(|(x, v)| f64::from(*x) * v).sum::<f64>() / n;
    states.iter().map(|state| (project(state, &e), project(state, &f))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_those_of_the_orthogonal_basis() {
        // first = (2, 0), second = (1, 1): basis sqrt 2 (1, 0) and sqrt 2 (0, 1) at N = 2.
        let seen = plane(&[vec![3.0, 4.0]], &[2.0, 0.0], &[1.0, 1.0]);
        let expected = (3.0 / 2.0_f64.sqrt(), 4.0 / 2.0_f64.sqrt());
        assert!((seen[0].0 - expected.0).abs() < 1e-12 && (seen[0].1 - expected.1).abs() < 1e-12, "{seen:?}");
        assert_eq!(plane(&[vec![3.0, 4.0]], &[1.0, 1.0], &[2.0, 2.0])[0].1, 0.0);
    }
}
