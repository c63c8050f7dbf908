use super::*;
use std::os::unix::fs::PermissionsExt;

const JOB: &str = "11111111111111111111111111111111";
const OTHER: &str = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";

fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path().join("journal")).unwrap();
    (dir, journal)
}

#[test]
fn a_salt_survives_a_restart_and_is_never_replaced() {
    let (dir, journal) = journal();
    let first = journal.record(JOB, [1; 32], vec![]).unwrap();
    assert_eq!((first.digest, first.stage), ([1; 32], Stage::Sealing));
    assert_eq!(journal.record(JOB, [2; 32], vec![]).unwrap(), first);
    assert_eq!(journal.set_stage(JOB, Stage::Sealed).unwrap().salt, first.salt);
    assert_eq!(journal.set_stage(JOB, Stage::Sealing).unwrap().stage, Stage::Sealed);
    drop(journal);
    let journal = Journal::open(dir.path().join("journal")).unwrap();
    let again = journal.record(JOB, [3; 32], vec![]).unwrap();
    assert_eq!(again, Entry { stage: Stage::Sealed, ..first });
}

#[test]
fn the_leaves_of_drawn_units_are_kept_with_the_first_answer() {
    let (dir, journal) = journal();
    let first = journal.record(JOB, [1; 32], vec![[2; 32], [3; 32]]).unwrap();
    assert_eq!(journal.record(JOB, [1; 32], vec![[4; 32]]).unwrap().leaves, [[2; 32], [3; 32]]);
    drop(journal);
    let text = fs::read_to_string(dir.path().join("journal").join(format!("{JOB}.json"))).unwrap();
    let leaves = format!(r#""leaves":["{}","{}"]}}"#, "02".repeat(32), "03".repeat(32));
    assert!(text.ends_with(&leaves), "{text}");
    assert_eq!(Journal::open(dir.path().join("journal")).unwrap().get(JOB).unwrap(), Some(first));
}

#[test]
fn salts_differ_between_questions_and_nodes() {
    let (_a, a) = journal();
    let (_b, b) = journal();
    let salts = [a.record(JOB, [1; 32], vec![]), a.record(OTHER, [1; 32], vec![]), b.record(JOB, [1; 32], vec![])];
    let salts: Vec<_> = salts.into_iter().map(|entry| *entry.unwrap().salt.expose()).collect();
    assert!(salts[0] != salts[1] && salts[0] != salts[2] && salts[1] != salts[2]);
}

#[test]
fn entries_are_listed_and_removed() {
    let (_dir, journal) = journal();
    let entries = [journal.record(JOB, [1; 32], vec![]).unwrap(), journal.record(OTHER, [2; 32], vec![]).unwrap()];
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

#[test]
fn the_salt_is_hidden_and_the_files_are_private() {
    let (dir, journal) = journal();
    let entry = journal.record(JOB, [1; 32], vec![]).unwrap();
    let salt = hex::encode(entry.salt.expose());
    assert!(format!("{entry:?}").contains("Salt(hidden)"));
    assert!(!format!("{entry:#?}").contains(&salt));
    let path = dir.path().join("journal").join(format!("{JOB}.json"));
    let text = fs::read_to_string(&path).unwrap();
    let digest = "01".repeat(32);
    assert_eq!(text, format!(r#"{{"question":"{JOB}","digest":"{digest}","salt":"{salt}","stage":"sealing"}}"#));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_a_killed_node_left_is_cleared_and_damage_is_told_at_once() {
    let (dir, journal) = journal();
    let entry = journal.record(JOB, [1; 32], vec![]).unwrap();
    drop(journal);
    let folder = dir.path().join("journal");
    let half = folder.join(format!("{OTHER}.tmp"));
    fs::write(&half, "{\"question\":").unwrap();
    let journal = Journal::open(&folder).unwrap();
    assert!(!half.exists());
    assert_eq!(journal.all().unwrap(), std::slice::from_ref(&entry));
    drop(journal);
    let secret = "5e".repeat(31);
    let text = format!(r#"{{"question":"{OTHER}","digest":"{}","salt":"{secret}","stage":"sealed"}}"#, "00".repeat(32));
    fs::write(folder.join(format!("{OTHER}.json")), text).unwrap();
    let error = Journal::open(&folder).unwrap_err();
    assert!(matches!(&error, JournalError::Damaged { path, .. } if path.ends_with(format!("{OTHER}.json"))));
    assert!(error.to_string().contains("expected 64 hex digits") && !error.to_string().contains(&secret));
    fs::copy(folder.join(format!("{JOB}.json")), folder.join(format!("{OTHER}.json"))).unwrap();
    assert!(Journal::open(&folder).unwrap_err().to_string().contains(&format!("it is about {JOB}")));
}

#[test]
fn only_addresses_name_files() {
    let (_dir, journal) = journal();
    for bad in ["", "../lock", "abc", "0OIl", &JOB[1..], &format!("{OTHER}{OTHER}")] {
        assert!(matches!(journal.record(bad, [0; 32], vec![]), Err(JournalError::BadName(_))), "{bad:?}");
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
                scope.spawn(move || journal.record(JOB, [i; 32], vec![]).unwrap())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(entries.iter().all(|entry| *entry == entries[0]));
}
