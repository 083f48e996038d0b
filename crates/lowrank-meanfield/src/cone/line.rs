//! Rays of rank one (T29): a direction (kappa, sigma) is one angle, whose flow has points of rest alone, found as its sign changes
//! however strong an overlap is.

use std::f64::consts::PI;

use super::{Cone, Ray};
use crate::root::bracketed_root;

/// Angles evenly spaced, and how near the ends they are graded: overlaps of 1e12 draw a direction as near as that.
const EVEN: usize = 256;
const DECADES: i32 = 14;

impl Cone<'_> {
    /// The rays of rank one to which directions are drawn.
    pub(super) fn rays_of_rank_one(&self) -> Vec<Ray> {
        let along = |angle: f64| vec![angle.cos(), angle.sin()];
        let ray = |v: Vec<f64>| {
            let lambda = self.image(&v).iter().zip(&v).map(|(f, v)| f * v).sum();
            self.ray(v, lambda)
        };
        // Without a random part both directions stay what they are.
        if self.neurons.g == 0.0 {
            return [1.0, -1.0].map(|sign| ray(vec![sign, 0.0])).to_vec();
        }
        let turn = |angle: f64| {
            let image = self.image(&along(angle));
            image[1] * angle.cos() - image[0] * angle.sin()
        };
        let graded = (1..=DECADES).rev().map(|k| 10f64.powi(-k));
        let even = (1..EVEN).map(|i| PI * i as f64 / EVEN as f64);
        let mut angles: Vec<f64> =
            even.chain(graded.clone()).chain(graded.map(|angle| PI - angle)).chain([0.0, PI]).collect();
        angles.sort_by(f64::total_cmp);
        let turns: Vec<f64> = angles.iter().map(|angle| turn(*angle)).collect();
        let mut rays = Vec::new();
        for (angles, turns) in angles.windows(2).zip(turns.windows(2)) {
            if turns[0] > 0.0 && turns[1] <= 0.0 {
                let root =
                    bracketed_root("the turn of a direction", (angles[0], angles[1]), 0.0, |angle| Ok(turn(angle)));
                rays.extend(root.ok().map(|root| ray(along(root.x))));
            }
        }
        rays
    }
}
