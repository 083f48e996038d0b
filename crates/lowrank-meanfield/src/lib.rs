//! Dynamical mean-field theory of low-rank random rate networks
