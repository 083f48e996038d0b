//! Keys of random streams: who draws what, so that a draw depends on its key alone and never on threads or order.

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Entries of the bulk chi; one stream a column.
    Bulk,
    /// Structure vectors, inputs and readouts; one stream a vector.
    Vectors,
    /// Initial states; one stream a state.
    InitialState,
    /// White noise on the inputs; one stream a state.
    Noise,
    /// Tangent vectors of Lyapunov exponents; one stream a state.
    Tangent,
    /// Start vectors of eigenvalue iterations; one stream a vector.
    Krylov,
}

impl Role {
    /// A number fixed for all time: changing it changes every network ever drawn.
    pub fn code(self) -> u64 {
        match self {
            Self::Bulk => 1,
            Self::Vectors => 2,
            Self::InitialState => 3,
            Self::Noise => 4,
            Self::Tangent => 5,
            Self::Krylov => 6,
        }
    }
}

/// The key of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamKey {
    /// The seed the user gave.
    pub seed: u64,
    /// Which of the independent networks.
    pub realisation: u64,
    /// What the numbers are for.
    pub role: Role,
    /// Which column, vector or state within the role.
    pub line: u64,
}
