//! Counter-based random streams: ChaCha8 keyed by (seed, realisation, role), one stream a line.

use lowrank_model::StreamKey;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

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
