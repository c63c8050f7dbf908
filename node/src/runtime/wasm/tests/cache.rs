//! Nothing but what this node compiled is run from its cache.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::*;

const KEY: [u8; 32] = [3; 32];

fn open(dir: &TempDir, key: [u8; 32], most: u64) -> ModuleCache {
    ModuleCache::open(dir.path().join("compiled"), key, most).unwrap()
}

fn with_cache(cache: &ModuleCache) -> WasmRuntime {
    WasmRuntime::with(&Setup::default(), Some(cache.clone())).unwrap()
}

fn files(dir: &TempDir) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(dir.path().join("compiled")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn writes(number: u32) -> Vec<u8> {
    start(&format!(
        "(i32.store (i32.const 64) (i32.const {number})) (call $write (i32.const 1) (i32.const 64) (i32.const 4))"
    ))
}

#[test]
fn a_program_is_compiled_once_and_its_file_is_nobody_elses() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("compiled")).unwrap();
    fs::set_permissions(dir.path().join("compiled"), fs::Permissions::from_mode(0o777)).unwrap();
    let cache = open(&dir, KEY, 1 << 30);
    let (runtime, program) = (with_cache(&cache), writes(5));
    let engine = &runtime.engines.plain.engine;
    assert!(cache.get(engine, &program).is_none());
    let first = run_on(&runtime, &program, 0).unwrap();
    assert!(cache.get(engine, &program).is_some());
    assert_eq!(first.output, [5, 0, 0, 0]);
    assert_eq!((files(&dir).len(), mode(&dir.path().join("compiled")), mode(&files(&dir)[0])), (1, 0o700, 0o600));
    assert_eq!(run_on(&with_cache(&cache), &program, 0).unwrap(), first);
    // What is compiled otherwise has another name.
    let slow = Setup { optimise: false, ..Setup::default() };
    let slow = WasmRuntime::with(&slow, Some(cache.clone())).unwrap();
    assert!(cache.get(&slow.engines.plain.engine, &program).is_none());
    assert_eq!(run_on(&slow, &program, 0).unwrap(), first);
    assert_eq!(files(&dir).len(), 2);
}

#[test]
fn a_file_that_was_touched_is_not_run() {
    let dir = TempDir::new().unwrap();
    let cache = open(&dir, KEY, 1 << 30);
    let (runtime, program) = (with_cache(&cache), writes(5));
    let engine = &runtime.engines.plain.engine;
    run_on(&runtime, &program, 0).unwrap();
    let file = files(&dir)[0].clone();
    let whole = fs::read(&file).unwrap();
    for at in [0, 31, 32, whole.len() / 2, whole.len() - 1] {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        fs::write(&file, bent).unwrap();
        assert!(cache.get(engine, &program).is_none(), "byte {at}");
    }
    for length in [0, 31, 32, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(cache.get(engine, &program).is_none(), "cut at {length}");
    }
    fs::write(&file, &whole).unwrap();
    assert!(cache.get(engine, &program).is_some());
    // Another node's, and another program's under this name.
    assert!(open(&dir, [4; 32], 1 << 30).get(engine, &program).is_none());
    run_on(&runtime, &writes(6), 0).unwrap();
    let other = files(&dir).into_iter().find(|path| *path != file).unwrap();
    fs::copy(&other, &file).unwrap();
    assert!(cache.get(engine, &program).is_none());
    // It is compiled again, and kept again.
    assert_eq!(run_on(&runtime, &program, 0).unwrap().output, [5, 0, 0, 0]);
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let dir = TempDir::new().unwrap();
    let roomy = with_cache(&open(&dir, KEY, 1 << 30));
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    let mut known = vec![];
    for number in 0..3 {
        run_on(&roomy, &writes(number), 0).unwrap();
        let made = files(&dir).into_iter().find(|file| !known.contains(file)).unwrap();
        let used = long_ago + Duration::from_secs(number.into());
        fs::File::open(&made).unwrap().set_modified(used).unwrap();
        known.push(made);
    }
    let each = fs::metadata(&files(&dir)[0]).unwrap().len();
    // The first is used again, so the second is the oldest.
    run_on(&roomy, &writes(0), 0).unwrap();
    let narrow = open(&dir, KEY, each * 3 + each / 2);
    let engine = &roomy.engines.plain.engine;
    run_on(&with_cache(&narrow), &writes(3), 0).unwrap();
    let known: Vec<_> = (0..4).map(|number| narrow.get(engine, &writes(number)).is_some()).collect();
    assert_eq!(known, [true, false, true, true]);
}

#[test]
fn what_was_being_written_when_the_node_died_goes() {
    let dir = TempDir::new().unwrap();
    open(&dir, KEY, 1 << 30);
    fs::write(dir.path().join("compiled/.writing-x"), b"half").unwrap();
    open(&dir, KEY, 1 << 30);
    assert_eq!(files(&dir), Vec::<PathBuf>::new());
}

#[test]
fn a_cache_that_cannot_be_written_stops_nobody() {
    let dir = TempDir::new().unwrap();
    let cache = open(&dir, KEY, 1 << 30);
    fs::remove_dir(dir.path().join("compiled")).unwrap();
    assert_eq!(run_on(&with_cache(&cache), &writes(5), 0).unwrap().output, [5, 0, 0, 0]);
}
