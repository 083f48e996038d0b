//! Counter-based random streams: ChaCha8 keyed by (seed, realisation, role), one stream a line.

mod normal;

use std::convert::Infallible;

use lowrank_model::StreamKey;
use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;

pub(crate) use self::normal::Normals;

/// The random numbers of one key. Equal keys give equal numbers on every machine; different keys are independent.
pub fn stream(key: StreamKey) -> ChaCha8Rng {
    let mut seed = [0_u8; 32];
    seed[0..8].copy_from_slice(&key.seed.to_le_bytes());
    seed[8..16].copy_from_slice(&key.realisation.to_le_bytes());
    seed[16..24].copy_from_slice(&key.role.code().to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(seed);
    rng.set_stream(key.line);
    rng
}

/// Words fetched at once: two of ChaCha's own buffers.
const WORDS: usize = 64;

/// The 64-bit words of a stream, for millions of them: the same as those of [`stream`] in the same order, from a buffer
/// that costs a comparison and a load a word.
pub(crate) struct Words {
    words: [u64; WORDS],
    next: usize,
    rng: ChaCha8Rng,
}

impl Words {
    pub(crate) fn new(key: StreamKey) -> Self {
        Self { words: [0; WORDS], next: WORDS, rng: stream(key) }
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self) {
        let mut bytes = [0; 8 * WORDS];
        self.rng.fill_bytes(&mut bytes);
        for (word, bytes) in self.words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        self.next = 0;
    }
}

impl TryRng for Words {
    type Error = Infallible;

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        if self.next == WORDS {
            self.refill();
        }
        let word = self.words[self.next % WORDS];
        self.next += 1;
        Ok(word)
    }

    /// The lower half of a word; [`stream`] would keep the upper half for the next call.
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| word as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lowrank_model::Role;

    #[test]
    fn buffered_words_are_those_of_the_stream() {
        let key = StreamKey { seed: 3, realisation: 1, role: Role::Bulk, line: 7 };
        let (mut plain, mut words) = (stream(key), Words::new(key));
        assert!((0..1000).all(|_| plain.next_u64() == words.next_u64()));
        let mut other = Words::new(StreamKey { line: 8, ..key });
        assert_ne!(Words::new(key).next_u64(), other.next_u64());
    }
}
