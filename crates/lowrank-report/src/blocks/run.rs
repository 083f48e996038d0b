//! Runs blocks on threads and keeps each as soon as it is finished.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::claim::Claim;
use super::format::Damage;
use super::store::{Status, Store};
use crate::ReportError;

/// Between two looks at a block that another run has claimed: short beside a block, long beside a look.
const LOOK: Duration = Duration::from_millis(20);

/// What happened to a block.
#[derive(Debug)]
pub enum Event<'a, E> {
    /// It was finished before.
    Kept,
    /// Another run on the folder finished it while this one went on.
    Elsewhere,
    /// Its file was damaged; it is being computed anew.
    Damaged(&'a Damage),
    /// It is finished now.
    Done,
    /// It could not be computed.
    Failed(&'a E),
}

/// What a run did.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary<E> {
    /// Blocks that were finished before.
    pub kept: usize,
    /// Blocks computed now.
    pub done: usize,
    /// Blocks that another run on the folder computed meanwhile.
    pub elsewhere: usize,
    /// Blocks that could not be computed, by rising index, and why.
    pub failed: Vec<(usize, E)>,
}

/// Computes those blocks of `which` that are not valid yet, each on one of `threads` threads, taken in the given order. Blocks that
/// another run on the folder is at work on are left to it, and looked at again when all others are done: they are finished then, or
/// taken over from a run that was killed.
///
/// `compute` gives the payload of a block; one that fails does not keep the others from being finished. `progress` is
/// told of every block, from any thread.
///
/// # Errors
/// An index that the sweep does not have, before anything is computed. The file system refuses a block: no more are
/// begun, those at work are still kept if they can be.
pub fn run_blocks<E: Send>(
    store: &Store,
    which: impl IntoIterator<Item = usize>,
    threads: NonZeroUsize,
    compute: impl Fn(usize) -> Result<Vec<u8>, E> + Sync,
    progress: impl Fn(usize, Event<'_, E>) + Sync,
) -> Result<Summary<E>, ReportError> {
    let which: Vec<usize> = which.into_iter().collect();
    which.iter().try_for_each(|&block| store.check(block))?;
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let summary = Mutex::new(Ok(Summary { kept: 0, done: 0, elsewhere: 0, failed: Vec::new() }));
    // Counts of finished work stay true whatever another thread was doing when it panicked.
    let count = |change: &mut dyn FnMut(&mut Summary<E>)| {
        if let Ok(summary) = summary.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            change(summary);
        }
    };
    let left_to_others = Mutex::new(Vec::new());
    let claimed = |block: usize| -> Result<(), ReportError> {
        match store.status(block) {
            // Another run has finished it between two looks.
            Status::Valid => {
                progress(block, Event::Elsewhere);
                count(&mut |s| s.elsewhere += 1);
                return Ok(());
            }
            Status::Damaged(damage) => progress(block, Event::Damaged(&damage)),
            Status::Missing => {}
        }
        match compute(block) {
            Ok(payload) => {
                store.write(block, &payload)?;
                progress(block, Event::Done);
                count(&mut |s| s.done += 1);
            }
            Err(error) => {
                progress(block, Event::Failed(&error));
                let mut failed = Some((block, error));
                count(&mut |s| s.failed.extend(failed.take()));
            }
        }
        Ok(())
    };
    let others = || left_to_others.lock().unwrap_or_else(PoisonError::into_inner);
    let one = |block: usize| -> Result<(), ReportError> {
        if store.status(block) == Status::Valid {
            progress(block, Event::Kept);
            count(&mut |s| s.kept += 1);
            return Ok(());
        }
        match Claim::of(store, block) {
            Some(_claim) => claimed(block),
            None => {
                others().push(block);
                Ok(())
            }
        }
    };
    let stopped = |result: Result<(), ReportError>| {
        if let Err(error) = result {
            stop.store(true, Ordering::Relaxed);
            let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
            // The first refusal is the one to report.
            if summary.is_ok() {
                *summary = Err(error);
            }
        }
    };
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let Some(&block) = which.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            stopped(one(block));
        }
        while !stop.load(Ordering::Relaxed) {
            let Some(block) = others().pop() else { break };
            match Claim::of(store, block) {
                Some(_claim) => stopped(claimed(block)),
                None => {
                    // The others that wait are looked at before this one again.
                    others().insert(0, block);
                    thread::sleep(LOOK);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.get().min(which.len().max(1)) {
            scope.spawn(work);
        }
        work();
    });
    let mut summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner)?;
    summary.failed.sort_by_key(|(block, _)| *block);
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Job, Provenance};

    const BLOCKS: usize = 12;

    fn open(folder: &std::path::Path) -> Store {
        let provenance =
            Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" };
        Store::open(folder, Job::new(1, "{}", 7, BLOCKS), provenance).unwrap()
    }

    fn threads(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    fn payload(block: usize) -> Result<Vec<u8>, &'static str> {
        Ok(vec![u8::try_from(block).unwrap(); 9])
    }

    #[test]
    fn a_failed_block_costs_no_other() {
        for number in [1, 3, 50] {
            let folder = tempfile::tempdir().unwrap();
            let store = open(folder.path());
            let compute = |block: usize| if block % 5 == 2 { Err("diverged") } else { payload(block) };
            let told = Mutex::new(Vec::new());
            let progress = |block: usize, event: Event<'_, &'static str>| {
                if let Event::Failed(reason) = event {
                    told.lock().unwrap().push((block, *reason));
                }
            };
            let summary = run_blocks(&store, (0..BLOCKS).rev(), threads(number), compute, progress).unwrap();
            assert_eq!(
                summary,
                Summary { kept: 0, done: 10, elsewhere: 0, failed: vec![(2, "diverged"), (7, "diverged")] }
            );
            assert_eq!(store.missing(), [2, 7]);
            let mut told = told.into_inner().unwrap();
            told.sort_unstable();
            assert_eq!(told, summary.failed);
        }
    }

    #[test]
    fn blocks_that_another_run_has_claimed_are_left_to_it_or_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let other = open(folder.path());
        // The other run finishes block 0 and is killed at work on block 1, which drops its claim.
        let claims: Vec<Claim> = [0, 1].into_iter().filter_map(|block| Claim::of(&other, block)).collect();
        assert_eq!(claims.len(), 2);
        let claims = Mutex::new(Some(claims));
        let computed = Mutex::new(Vec::new());
        let compute = |block| {
            computed.lock().unwrap().push(block);
            if block == 3 {
                other.write(0, &payload(0)?).unwrap();
                claims.lock().unwrap().take();
            }
            payload(block)
        };
        let summary = run_blocks(&store, 0..4, threads(1), compute, |_, _| {}).unwrap();
        assert_eq!(summary, Summary { kept: 0, done: 3, elsewhere: 1, failed: vec![] });
        assert_eq!(computed.into_inner().unwrap(), [2, 3, 1]);
    }

    #[test]
    fn only_what_is_not_valid_is_computed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        run_blocks(&store, 0..5, threads(2), payload, |_, _| {}).unwrap();
        fs::write(folder.path().join("block-000003.bin"), b"half").unwrap();
        let (computed, damaged) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let compute = |block| {
            computed.lock().unwrap().push(block);
            payload(block)
        };
        let progress = |block: usize, event: Event<'_, &'static str>| {
            if let Event::Damaged(damage) = event {
                damaged.lock().unwrap().push((block, damage.clone()));
            }
        };
        let summary = run_blocks(&store, 0..7, threads(1), compute, progress).unwrap();
        assert_eq!(summary, Summary { kept: 4, done: 3, elsewhere: 0, failed: vec![] });
        assert_eq!(computed.into_inner().unwrap(), [3, 5, 6]);
        assert_eq!(damaged.into_inner().unwrap(), [(3, Damage::Length)]);
    }

    #[test]
    fn an_index_beyond_the_sweep_is_refused_before_anything_is_computed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let error = run_blocks(&store, [0, BLOCKS], threads(1), payload, |_, _| {}).unwrap_err();
        assert!(matches!(error, ReportError::NoSuchBlock { block: BLOCKS, blocks: BLOCKS }));
        assert_eq!(store.missing().len(), BLOCKS);
    }

    #[test]
    fn a_refusal_of_the_disk_stops_the_run_and_keeps_what_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        // Nobody can put a file where a folder is, not even root.
        fs::create_dir_all(folder.path().join("block-000004.bin")).unwrap();
        let told = run_blocks(&store, 0..BLOCKS, threads(1), payload, |_, _| {}).unwrap_err().to_string();
        let place = folder.path().display().to_string();
        assert!(told.contains("block-000004.bin") && told.contains(&place) && told.contains("are kept"), "{told}");
        assert!(!told.contains('\n'), "{told}");
        assert_eq!(store.missing(), (4..BLOCKS).collect::<Vec<_>>());
        let names = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name());
        assert!(!names.into_iter().any(|name| name.to_str().unwrap().starts_with('.')));
    }
}
