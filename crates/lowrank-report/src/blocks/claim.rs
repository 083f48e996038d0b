//! Which process is at work on a block.
//!
//! A claim is a lock on a file of the block's own. The system gives a lock back when its process ends in whatever way, so that a
//! claim needs no expiry and a killed run holds nothing: another run on the folder takes its blocks over. Where files cannot be
//! locked every claim is granted; blocks are then computed twice at most, with the same bytes.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::store::Store;
use crate::file::{ATTEMPTS, UNFINISHED};

/// The right to compute a block, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    /// None where the file could not be made or locked; whatever is wrong with the folder is said when the block is written.
    held: Option<(PathBuf, File)>,
}

impl Claim {
    /// Claims a block; none while another run has it.
    pub(super) fn of(store: &Store, block: usize) -> Option<Self> {
        // A name of a file being written: what a killed run leaves is removed with those.
        let path = store.folder().join(format!("{}block-{block:06}-claim{}", UNFINISHED.0, UNFINISHED.1));
        for _ in 0..ATTEMPTS {
            let Ok(file) = File::options().write(true).create(true).truncate(false).open(&path) else { break };
            match file.try_lock() {
                // Another run may have removed the file between the two lines, as the remains of a dead one or as done with it.
                Ok(()) if !has_name(&file, &path) => {}
                Ok(()) => return Some(Self { held: Some((path, file)) }),
                Err(TryLockError::WouldBlock) => return None,
                Err(TryLockError::Error(_)) => break,
            }
        }
        Some(Self { held: None })
    }
}

/// Whether an open file is the one that has a name now.
#[cfg(unix)]
fn has_name(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Whether an open file is the one that has a name now, as far as can be known here.
#[cfg(not(unix))]
fn has_name(_: &File, path: &Path) -> bool {
    path.exists()
}

impl Drop for Claim {
    /// The file goes while it is still locked. A run that has opened it meanwhile gets the lock of a file without a name and looks
    /// at the block again, which is finished.
    fn drop(&mut self) {
        if let Some((path, file)) = self.held.take() {
            let _ = fs::remove_file(path);
            drop(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, Provenance};

    fn open(folder: &Path) -> Store {
        let provenance =
            Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" };
        Store::open(folder, Job::new(1, "{}", 7, 3), provenance).unwrap()
    }

    #[test]
    fn a_block_has_one_claim_at_a_time_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (open(folder.path()), open(folder.path()));
        let claim = Claim::of(&one, 1).unwrap();
        assert!(claim.held.is_some() && Claim::of(&other, 1).is_none() && Claim::of(&one, 1).is_none());
        assert!(Claim::of(&other, 2).is_some());
        // A third run that opens the folder takes no claim for the remains of a dead one.
        assert!(Claim::of(&open(folder.path()), 1).is_none());
        drop(claim);
        assert!(Claim::of(&other, 1).is_some());
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!names.into_iter().any(|name| name.to_str().unwrap().starts_with(UNFINISHED.0)));
    }

    #[test]
    fn what_a_killed_run_leaves_is_no_claim() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let path = folder.path().join(".lowrank-block-000001-claim.tmp");
        fs::write(&path, b"").unwrap();
        assert!(Claim::of(&store, 1).is_some());
        fs::write(&path, b"").unwrap();
        open(folder.path());
        assert!(!path.exists());
    }
}
