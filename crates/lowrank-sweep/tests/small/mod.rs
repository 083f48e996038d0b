//! The sweep of these tests.

/// Three strengths by two g of a rank-one network with one input.
pub(crate) const SMALL: &str = r#"
seed = 5
realisations = 2
cells-a-block = 4
[network]
neurons = 60
variants = ["current", "rate", "two-timescale"]
tau-s = 0.5
tau-r = 1.5
[structure]
rank = 1
means = { "m[0]" = 1.0 }
covariances = { "m[0]" = 1.0, "n[0]" = 0.5, "I[0]" = 0.2, "n[0] I[0]" = 0.1 }
[[input]]
amplitude = 0.4
[start]
along = { "m[0]" = 0.5 }
deviation = 0.7
copies = 2
[run]
method = "euler"
step = 0.125
transient = 2.0
window = 3.0
[[axis]]
parameter = "mean n[0]"
values = [0.5, 1.5, 2.5]
[[axis]]
parameter = "g"
from = 0.5
to = 1.5
points = 2
"#;
