//! The two arms never see each other: neither mean-field theory nor simulation depends on the other, directly or
//! through a third crate, and theory depends on no network and no random numbers (read from `cargo metadata`).
#![allow(missing_docs, clippy::expect_used)]

use std::collections::{HashMap, HashSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand, PackageId};

/// The platform of this machine: packages of other platforms may never have been fetched.
fn platform() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a line with the host").to_owned()
}

/// Names of the packages that each package needs in a normal or build dependency, transitively.
fn reachable() -> HashMap<String, HashSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(vec!["--offline".to_owned(), "--filter-platform".to_owned(), platform()])
        .exec()
        .expect("cargo metadata runs");
    let name: HashMap<&PackageId, String> = metadata.packages.iter().map(|p| (&p.id, p.name.to_string())).collect();
    let resolve = metadata.resolve.as_ref().expect("a resolved graph");
    let next: HashMap<&PackageId, Vec<&PackageId>> = resolve
        .nodes
        .iter()
        .map(|node| {
            let real = |kind: &DependencyKind| *kind != DependencyKind::Development;
            let used = node.deps.iter().filter(|d| d.dep_kinds.iter().any(|k| real(&k.kind)));
            (&node.id, used.map(|d| &d.pkg).collect())
        })
        .collect();
    metadata
        .workspace_members
        .iter()
        .map(|member| {
            let (mut seen, mut open) = (HashSet::new(), vec![member]);
            while let Some(package) = open.pop() {
                for dependency in &next[package] {
                    if seen.insert(name[dependency].clone()) {
                        open.push(dependency);
                    }
                }
            }
            (name[member].clone(), seen)
        })
        .collect()
}

#[test]
fn neither_arm_depends_on_the_other() {
    let reachable = reachable();
    let theory = &reachable["lowrank-meanfield"];
    for forbidden in ["lowrank-simulate", "lowrank-connectivity", "lowrank-integrate", "rand", "rand_chacha"] {
        assert!(!theory.contains(forbidden), "lowrank-meanfield depends on {forbidden}");
    }
    assert!(!reachable["lowrank-simulate"].contains("lowrank-meanfield"));
    assert!(!reachable["lowrank-connectivity"].contains("lowrank-meanfield"));
    assert!(!reachable["lowrank-integrate"].contains("lowrank-model"), "ODE methods know no networks");
}

#[test]
fn the_judge_sees_both_arms() {
    // The control: the walk over the graph does find dependencies, direct and through a third crate.
    let reachable = reachable();
    let judge = &reachable["lowrank-validate"];
    assert!(judge.contains("lowrank-meanfield") && judge.contains("lowrank-simulate") && judge.contains("rand_chacha"));
    assert!(reachable["xtask"].contains("lowrank-meanfield"));
}
