//! Simulation of low-rank random rate networks with streaming observables
