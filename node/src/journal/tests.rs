use super::*;
use std::os::unix::fs::PermissionsExt;

const JOB: &str = "11111111111111111111111111111111";
const OTHER: &str = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";

fn of() -> Of {
    Of { job: JOB.into(), posting: OTHER.into() }
}

fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path().join("journal")).unwrap();
    (dir, journal)
}

#[test]
fn a_salt_survives_a_restart_and_is_never_replaced() {
    let (dir, journal) = journal();
    let first = journal.record(JOB, of(), [1; 32], vec![]).unwrap();
    assert_eq!((first.digest, first.stage), ([1; 32], Stage::Sealing));
    assert_eq!(journal.record(JOB, of(), [2; 32], vec![]).unwrap(), first);
    assert_eq!(journal.set_stage(JOB, Stage::Sealed).unwrap().salt, first.salt);
    assert_eq!(journal.set_stage(JOB, Stage::Sealing).unwrap().stage, Stage::Sealed);
    drop(journal);
    let journal = Journal::open(dir.path().join("journal")).unwrap();
    let again = journal.record(JOB, of(), [3; 32], vec![]).unwrap();
    assert_eq!(again, Entry { stage: Stage::Sealed, ..first });
}

#[test]
fn the_leaves_of_drawn_units_are_kept_with_the_first_answer() {
    let (dir, journal) = journal();
    let first = journal.record(JOB, of(), [1; 32], vec![[2; 32], [3; 32]]).unwrap();
    assert_eq!(journal.record(JOB, of(), [1; 32], vec![[4; 32]]).unwrap().leaves, [[2; 32], [3; 32]]);
    drop(journal);
    assert_eq!(Journal::open(dir.path().join("journal")).unwrap().get(JOB).unwrap(), Some(first));
}

#[test]
fn salts_differ_between_questions_and_nodes() {
    let (_a, a) = journal();
    let (_b, b) = journal();
    let salts = [
        a.record(JOB, of(), [1; 32], vec![]),
        a.record(OTHER, of(), [1; 32], vec![]),
        b.record(JOB, of(), [1; 32], vec![]),
    ];
    let salts: Vec<_> = salts.into_iter().map(|entry| *entry.unwrap().salt.expose()).collect();
    assert!(salts[0] != salts[1] && salts[0] != salts[2] && salts[1] != salts[2]);
}

#[test]
fn entries_are_listed_and_removed() {
    let (_dir, journal) = journal();
    let entries =
        [journal.record(JOB, of(), [1; 32], vec![]).unwrap(), journal.record(OTHER, of(), [2; 32], vec![]).unwrap()];
    assert_eq!(journal.all().unwrap(), entries);
    journal.remove(JOB).unwrap();
    journal.remove(JOB).unwrap();
    assert_eq!(journal.get(JOB).unwrap(), None);
    assert_eq!(journal.all().unwrap(), entries[1..]);
}

#[test]
fn one_folder_has_one_node() {
    let (dir, journal) = journal();
    let error = Journal::open(dir.path().join("journal")).unwrap_err();
    assert!(error.to_string().starts_with("two nodes on one data folder: "), "{error}");
    drop(journal);
    Journal::open(dir.path().join("journal")).unwrap();
}

/// An entry as nodes wrote it before the store.
fn file(question: &str, salt: &str, stage: &str) -> String {
    format!(r#"{{"question":"{question}","digest":"{}","salt":"{salt}","stage":"{stage}"}}"#, "01".repeat(32))
}

#[test]
fn the_salt_is_hidden_and_the_file_is_private() {
    let (dir, journal) = journal();
    let entry = journal.record(JOB, of(), [1; 32], vec![]).unwrap();
    let salt = hex::encode(entry.salt.expose());
    assert!(format!("{entry:?}").contains("Salt(hidden)"));
    assert!(!format!("{entry:#?}").contains(&salt) && !format!("{journal:?}").contains(&salt));
    let written = serde_json::to_string(&Entry { of: None, ..entry.clone() }).unwrap();
    assert_eq!(written, file(JOB, &salt, "sealing"));
    let about = format!(r#""question":"{JOB}","of":{{"job":"{JOB}","posting":"{OTHER}"}},"#);
    assert!(serde_json::to_string(&entry).unwrap().contains(&about));
    for name in ["journal.redb", "lock"] {
        let data = fs::metadata(dir.path().join("journal").join(name)).unwrap();
        assert_eq!(data.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_journal_of_files_is_moved_into_the_store_once() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("journal");
    fs::create_dir(&folder).unwrap();
    let (salt, path) = ("5e".repeat(32), |name: &str| folder.join(name));
    fs::write(path(&format!("{JOB}.json")), file(JOB, &salt, "sealed")).unwrap();
    fs::write(path(&format!("{OTHER}.json")), file(OTHER, &salt, "revealed")).unwrap();
    fs::write(path(&format!("{OTHER}.tmp")), "{\"question\":").unwrap();
    let moved = Journal::open(&folder).unwrap();
    let known = |journal: &Journal| {
        let all = journal.all().unwrap();
        all.into_iter().map(|entry| (entry.question, *entry.salt.expose(), entry.stage)).collect::<Vec<_>>()
    };
    let expected = [(JOB.to_owned(), [0x5e; 32], Stage::Sealed), (OTHER.to_owned(), [0x5e; 32], Stage::Revealed)];
    assert_eq!(known(&moved), expected);
    let files =
        || fs::read_dir(&folder).unwrap().filter(|file| file.as_ref().unwrap().path().extension().is_some()).count();
    assert_eq!(files(), 1, "the store alone");

    // Killed before the files were removed; by then the store knew more.
    moved.set_stage(JOB, Stage::Revealed).unwrap();
    drop(moved);
    fs::write(path(&format!("{JOB}.json")), file(JOB, &salt, "sealed")).unwrap();
    let again = Journal::open(&folder).unwrap();
    assert_eq!(known(&again)[0].2, Stage::Revealed);
    assert_eq!(files(), 1);
}

#[test]
fn damage_is_told_at_once_and_no_salt_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("journal");
    fs::create_dir(&folder).unwrap();
    let (secret, path) = ("5e".repeat(31), folder.join(format!("{OTHER}.json")));
    fs::write(&path, file(OTHER, &secret, "sealed")).unwrap();
    let error = Journal::open(&folder).unwrap_err();
    assert!(matches!(&error, JournalError::Damaged { path, .. } if path.ends_with(format!("{OTHER}.json"))));
    assert!(error.to_string().contains("expected 64 hex digits") && !error.to_string().contains(&secret));
    fs::write(&path, file(JOB, &"5e".repeat(32), "sealed")).unwrap();
    assert!(Journal::open(&folder).unwrap_err().to_string().contains(&format!("it is about {JOB}")));
    // Another salt than the store's: whose seal is on chain nobody knows.
    fs::remove_file(&path).unwrap();
    Journal::open(&folder).unwrap().record(OTHER, of(), [1; 32], vec![]).unwrap();
    fs::write(&path, file(OTHER, &"5e".repeat(32), "sealed")).unwrap();
    assert!(Journal::open(&folder).unwrap_err().to_string().contains("the store has another salt for it"));
    fs::remove_file(&path).unwrap();
    fs::write(folder.join("journal.redb"), [7; 4_096]).unwrap();
    assert!(matches!(Journal::open(&folder).unwrap_err(), JournalError::Damaged { .. }));
}

#[test]
fn one_key_has_one_node_on_a_machine() {
    let (key, other) = (solana_sdk::pubkey::Pubkey::new_unique(), solana_sdk::pubkey::Pubkey::new_unique());
    let held = KeyLock::take(&key, &[1; 32]).unwrap();
    let error = KeyLock::take(&key, &[1; 32]).unwrap_err().to_string();
    assert!(error.starts_with("two nodes on one key: ") && error.contains(&key.to_string()), "{error}");
    // On another chain, or with another key, it is another node.
    KeyLock::take(&key, &[2; 32]).unwrap();
    KeyLock::take(&other, &[1; 32]).unwrap();
    drop(held);
    KeyLock::take(&key, &[1; 32]).unwrap();
}

/// The half of the next test that runs where a small disk is mounted.
const SMALL_DISK: &str = "ASSAY_TEST_SMALL_DISK";

/// On a disk of 4 MiB: what cannot be written is not recorded, so that nothing is sent; what was written stays; and with
/// room again it goes on without a restart.
#[test]
fn node_disk_full() {
    if let Some(disk) = std::env::var_os(SMALL_DISK) {
        return on_a_full_disk(Path::new(&disk));
    }
    let dir = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=4m tmpfs "$1" && exec "$0" --exact journal::tests::node_disk_full"#;
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(dir.path())
        .env(SMALL_DISK, dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
}

fn on_a_full_disk(disk: &Path) {
    let journal = Journal::open(disk.join("journal")).unwrap();
    let first = journal.record(JOB, of(), [1; 32], vec![]).unwrap();
    let ballast = disk.join("ballast");
    let mut file = File::create(&ballast).unwrap();
    while io::Write::write_all(&mut file, &[0; 4_096]).is_ok() {}
    drop(file);
    // The store has some room of its own in its file, but not for ever.
    let leaves = vec![[7; 32]; 4_000];
    let error =
        (0..64).find_map(|n| journal.record(&name(n), of(), [n; 32], leaves.clone()).err()).expect("the disk is full");
    assert!(
        matches!(&error, JournalError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull),
        "{error}"
    );
    assert_eq!(journal.get(JOB).unwrap().as_ref(), Some(&first), "what was written stays");
    fs::remove_file(&ballast).unwrap();
    let second = journal.record(OTHER, of(), [2; 32], leaves).unwrap();
    drop(journal);
    let journal = Journal::open(disk.join("journal")).unwrap();
    assert_eq!([journal.get(JOB).unwrap(), journal.get(OTHER).unwrap()], [Some(first), Some(second)]);
}

fn name(n: u8) -> String {
    bs58::encode([n + 100; 32]).into_string()
}

#[test]
fn only_addresses_name_entries() {
    let (_dir, journal) = journal();
    for bad in ["", "../lock", "abc", "0OIl", &JOB[1..], &format!("{OTHER}{OTHER}")] {
        assert!(matches!(journal.record(bad, of(), [0; 32], vec![]), Err(JournalError::BadName(_))), "{bad:?}");
    }
    assert!(matches!(journal.set_stage(JOB, Stage::Sealed), Err(JournalError::Unknown(_))));
}

#[test]
fn many_threads_get_one_salt() {
    let (_dir, journal) = journal();
    let entries: Vec<Entry> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8u8)
            .map(|i| {
                let journal = &journal;
                scope.spawn(move || journal.record(JOB, of(), [i; 32], vec![]).unwrap())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(entries.iter().all(|entry| *entry == entries[0]));
}
