//! Claims that theory and simulation agree, and their verdicts
