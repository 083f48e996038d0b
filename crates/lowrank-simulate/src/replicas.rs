//! Replicas: several initial states of one network, and what they tell of Delta at infinite lag (T14).

/// From this size of the structure's part of x on a replica is on a branch of its own sign, unless a protocol says otherwise.
pub const STRUCTURED: f64 = 0.1;

/// What the covariance needs of one replica.
#[derive(Debug, Clone, Copy)]
pub struct Replica<'a> {
    /// Time averages of kappa_k = n^(k) . r / N, `[R]`.
    pub kappa: &'a [f64],
    /// Time average of x of every neuron, `[N]`.
    pub x_mean: &'a [f64],
}

/// Delta_inf as networks show it: the population covariance (divisor N) of the time averages of two replicas, mean over
/// all pairs. Both engines call this function.
///
/// Delta_inf belongs to one branch. kappa is counted in units of x, as kappa_k times `sizes`\[k\], the root mean square of m^(k)
/// ([`sizes_of`]), so that the rule does not depend on how J is split into m and n. Two replicas of which both have |kappa| >=
/// `structured` and whose kappa point in opposite directions (kappa . kappa' < 0) are on two branches: in a network that is `odd` under x -> -x (odd phi, no
/// input) those are mirror images, and the pair counts with the opposite sign, as it would on one branch; in any other network
/// the pair says nothing of Delta_inf and is left out; where none is left there is no value. There is none for a single replica either: the covariance of one
/// time average with itself holds what is left of the fluctuations (T23).
pub fn delta_inf(replicas: &[Replica<'_>], sizes: &[f64], odd: bool, structured: f64) -> Option<f64> {
    let product =
        |a: &[f64], b: &[f64]| a.iter().zip(b).zip(sizes).map(|((a, b), size)| a * size * (b * size)).sum::<f64>();
    let size = |replica: &Replica<'_>| product(replica.kappa, replica.kappa).sqrt();
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (i, a) in replicas.iter().enumerate() {
        for b in &replicas[..i] {
            let opposed = product(a.kappa, b.kappa) < 0.0;
            let sign = match (opposed && size(a) >= structured && size(b) >= structured, odd) {
                (false, _) => 1.0,
                (true, true) => -1.0,
                (true, false) => continue,
            };
            sum += sign * covariance(a.x_mean, b.x_mean);
            pairs += 1.0;
        }
    }
    (pairs > 0.0).then_some(sum / pairs)
}

/// Root mean square over neurons of each of the vectors `m`, `[R]`.
pub fn sizes_of<'a>(m: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    m.map(|m| (m.iter().map(|m| m * m).sum::<f64>() / m.len() as f64).sqrt()).collect()
}

/// Population covariance, divisor N.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (of_a, of_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - of_a) * (b - of_b)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_on_mirrored_branches_count_as_on_one_and_others_not_at_all() {
        let (up, down) = ([1.0, 2.0, 3.0], [-1.5, -2.0, -2.5]);
        let of = |kappa: &[f64; 2], odd, structured| {
            let pair = [Replica { kappa: &kappa[..1], x_mean: &up }, Replica { kappa: &kappa[1..], x_mean: &down }];
            let found = delta_inf(&pair, &[1.0], odd, structured);
            // m a million times as large, n and kappa a millionth: the same network.
            let small = kappa.map(|kappa| 1e-6 * kappa);
            let pair = [Replica { kappa: &small[..1], x_mean: &up }, Replica { kappa: &small[1..], x_mean: &down }];
            assert_eq!(delta_inf(&pair, &[1e6], odd, structured), found);
            found
        };
        // Covariance of (-1, 0, 1) and (1/2, 0, -1/2), over 3.
        let close = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-15, "{found:?}");
        close(of(&[0.5, -0.5], true, 0.1), 1.0 / 3.0);
        close(of(&[0.5, 0.5], true, 0.1), -1.0 / 3.0);
        close(of(&[0.5, -0.05], true, 0.1), -1.0 / 3.0);
        assert_eq!(of(&[0.5, -0.5], false, 0.1), None);
        close(of(&[0.05, -0.5], false, 0.1), -1.0 / 3.0);
        assert_eq!(delta_inf(&[Replica { kappa: &[0.5], x_mean: &up }], &[1.0], true, 0.1), None);
        assert_eq!(sizes_of([&[3.0, -4.0][..], &[0.0, 0.0]].into_iter()), [12.5_f64.sqrt(), 0.0]);
        assert_eq!(delta_inf(&[], &[], true, 0.1), None);
    }
}
