//! Standard normal numbers by the million: those of `rand_distr`'s ziggurat (J. Doornik, 2005) from the same words.
//!
//! 98.8 % of the words give a number by one product and one comparison with the tables of that method. This is done here,
//! without a call; all other words are left to `rand_distr`. Its tables are private, and are read off its numbers.

use std::convert::Infallible;
use std::sync::LazyLock;

use lowrank_model::Real;
use rand::TryRng;
use rand_distr::{Distribution, StandardNormal};

use super::{WORDS, Words};

/// Edges of the layers, in decreasing order, the last 0.
const EDGES: usize = 257;

static EDGES_OF_LAYERS: LazyLock<[f64; EDGES]> = LazyLock::new(read_off);

/// A source of standard normal numbers.
pub(crate) struct Normals {
    words: Words,
    edges: &'static [f64; EDGES],
}

impl Normals {
    pub(crate) fn new(words: Words) -> Self {
        Self { words, edges: &EDGES_OF_LAYERS }
    }

    /// Overwrites `out` by `scale` times the next numbers.
    pub(crate) fn fill<T: Real>(&mut self, scale: f64, out: &mut [T]) {
        // The place in the buffer stays in a register but for the words that are left to `rand_distr`.
        let mut next = self.words.next;
        for out in out {
            if next == WORDS {
                self.words.refill();
                next = 0;
            }
            let word = self.words.words[next % WORDS];
            let layer = (word & 255) as usize;
            // The upper 52 bits as the fraction of a number in [2, 4).
            let mut x = (f64::from_bits(2.0_f64.to_bits() | word >> 12) - 3.0) * self.edges[layer];
            if x.abs() < self.edges[layer + 1] {
                next += 1;
            } else {
                self.words.next = next;
                x = StandardNormal.sample(&mut self.words);
                next = self.words.next;
            }
            *out = T::from_f64(scale * x);
        }
        self.words.next = next;
    }
}

/// Says that u = 1/1024 in one layer, and whenever asked for more the number next to 1, which accepts every u.
struct Probe(Option<u64>);

impl TryRng for Probe {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.take().unwrap_or(u64::MAX))
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| word as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(u8::MAX);
        Ok(())
    }
}

fn read_off() -> [f64; EDGES] {
    const U: f64 = 1.0 / 1024.0;
    let mut edges = [0.0; EDGES];
    for (layer, edge) in edges[..EDGES - 1].iter_mut().enumerate() {
        let word = ((3.0 + U).to_bits() << 12) | layer as u64;
        let x: f64 = StandardNormal.sample(&mut Probe(Some(word)));
        *edge = x / U;
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;
    use lowrank_model::{Role, StreamKey};

    #[test]
    fn the_numbers_are_those_of_rand_distr() {
        for line in 0..4 {
            let key = StreamKey { seed: 3, realisation: 1, role: Role::Bulk, line };
            let (mut plain, mut fast) = (stream(key), Normals::new(Words::new(key)));
            for count in [1, 63, 64, 65, 0, 100_000] {
                let mut numbers = vec![0.0; count];
                fast.fill(1.0, &mut numbers);
                let expected: Vec<f64> = (0..count).map(|_| StandardNormal.sample(&mut plain)).collect();
                assert_eq!(numbers, expected);
            }
        }
    }

    #[test]
    fn edges_of_layers_decrease_to_zero() {
        let edges = read_off();
        assert!(edges.windows(2).all(|pair| pair[0] > pair[1]) && edges[EDGES - 1] == 0.0, "{edges:?}");
    }
}
