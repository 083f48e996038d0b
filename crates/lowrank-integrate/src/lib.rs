//! Fixed-step and adaptive methods for ordinary differential equations over batches of states
