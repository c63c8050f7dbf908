//! Room: lengths, disk and memory.

use std::time::SystemTime;

use super::*;

/// An artifact of so many bytes, all alike, at a path of a server that serves just that.
async fn sized(bytes: usize, fill: u8) -> (Artifact, servers::Shared) {
    let content = vec![fill; bytes];
    let (base, server) = serve(&content).await;
    (artifact(format!("{base}/{fill}"), &content), server)
}

#[tokio::test]
async fn what_is_too_long_is_refused_before_or_broken_off() {
    let (artifact, server) = sized(1_000_000, 1).await;
    let (dir, store) = store(quick());
    for mute in [false, true] {
        server.lock().unwrap().mute = mute;
        let error = store.fetch(&artifact, 999_999).await.unwrap_err();
        assert!(matches!(error, ArtifactError::TooLarge { limit: 999_999, .. }), "{error}");
        assert_eq!(kept(&dir), Vec::<String>::new());
    }
    assert_eq!(store.fetch(&artifact, 1_000_000).await.unwrap().len(), 1_000_000);
    // A server that lies about it, and one that never ends.
    let endless = || async {
        let chunks = futures_util::stream::repeat_with(|| std::io::Result::Ok(Bytes::from_static(&[0; 1024])));
        axum::body::Body::from_stream(chunks)
    };
    let base = servers::start(axum::Router::new().route("/endless", axum::routing::get(endless))).await;
    let error = store.fetch(&super::artifact(format!("{base}/endless"), b"x"), 1 << 20).await.unwrap_err();
    assert!(matches!(error, ArtifactError::TooLarge { limit: 0x10_0000, .. }), "{error}");
}

#[tokio::test]
async fn what_was_not_used_for_longest_makes_room() {
    let (dir, store) = store(Policy { disk: 2_500, ..quick() });
    let mut all = vec![];
    for fill in 1..=3 {
        all.push(sized(1_000, fill).await);
    }
    let fetch = async |at: usize| store.fetch(&all[at].0, 1_000).await.map(drop).unwrap();
    // Times of use that are as far apart as one may tell.
    let used = |at: usize, seconds: u64| {
        let file =
            std::fs::File::options().append(true).open(dir.path().join("cache").join(&all[at].0.sha256)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    };
    fetch(0).await;
    fetch(1).await;
    used(0, 1);
    used(1, 2);
    // Used again: the other one is older now.
    fetch(0).await;
    fetch(2).await;
    let mut expected = vec![all[0].0.sha256.clone(), all[2].0.sha256.clone()];
    expected.sort_unstable();
    assert_eq!(kept(&dir), expected);
    assert_eq!(all[0].1.lock().unwrap().calls.len(), 1);

    // All of it survives a restart, also with less room than before.
    used(0, 1);
    let again = Store::open(dir.path().join("cache"), Policy { disk: 1_500, ..quick() }).unwrap();
    assert_eq!(kept(&dir), [all[2].0.sha256.clone()]);
    again.fetch(&all[2].0, 1_000).await.unwrap();
    assert_eq!(all[2].1.lock().unwrap().calls.len(), 1, "it is still here");
}

#[tokio::test]
async fn what_a_running_job_needs_is_not_evicted() {
    let (dir, store) = store(Policy { disk: 2_500, ..quick() });
    let (needed, _) = sized(2_000, 1).await;
    let (other, _) = sized(1_000, 2).await;
    let held = store.fetch(&needed, 2_000).await.unwrap();
    let shared = held.clone();
    drop(held);
    let error = store.fetch(&other, 1_000).await.unwrap_err();
    assert!(matches!(error, ArtifactError::DiskQuota { quota: 2_500 }), "{error}");
    assert_eq!(kept(&dir), std::slice::from_ref(&needed.sha256));
    drop(shared);
    assert_eq!(store.fetch(&other, 1_000).await.unwrap().len(), 1_000);
    assert_eq!(kept(&dir), [other.sha256]);
}

#[tokio::test]
async fn a_disk_quota_holds_for_transfers_under_way() {
    let (dir, store) = store(Policy { disk: 1_500, ..quick() });
    let (long, server) = sized(2_000, 1).await;
    for mute in [false, true] {
        server.lock().unwrap().mute = mute;
        let error = store.fetch(&long, 10_000).await.unwrap_err();
        assert!(matches!(error, ArtifactError::DiskQuota { quota: 1_500 }), "{error}");
    }
    assert_eq!(kept(&dir), Vec::<String>::new());
    // What was promised to them was given back.
    let (short, _) = sized(1_500, 2).await;
    assert_eq!(store.fetch(&short, 1_500).await.unwrap().len(), 1_500);
}

#[tokio::test]
async fn memory_is_given_back_by_the_last_who_holds_it() {
    let (_dir, store) = store(Policy { memory: 2_500, ..quick() });
    let ((a, _), (b, _)) = (sized(2_000, 1).await, sized(1_000, 2).await);
    let held = store.fetch(&a, 2_000).await.unwrap();
    let part = held.slice(5..10);
    drop(held);
    let error = store.fetch(&b, 1_000).await.unwrap_err();
    assert!(matches!(error, ArtifactError::MemoryQuota { quota: 2_500 }), "{error}");
    drop(part);
    assert_eq!(store.fetch(&b, 1_000).await.unwrap().len(), 1_000);
}

#[tokio::test]
async fn what_a_killed_node_left_is_cleaned_up() {
    let (dir, first) = store(quick());
    let cache = dir.path().join("cache");
    std::fs::write(cache.join("partial-left"), b"half").unwrap();
    std::fs::write(cache.join("notes.txt"), b"somebody else's").unwrap();
    // Of a transfer that is under way in another process, whose lock tells.
    let other = first.cache.partial().unwrap();
    let under_way: Vec<_> =
        kept(&dir).into_iter().filter(|name| name.starts_with("partial-") && name != "partial-left").collect();
    assert_eq!(under_way.len(), 1);
    Store::open(&cache, quick()).unwrap();
    assert_eq!(kept(&dir), ["notes.txt".to_owned(), under_way[0].clone()]);
    drop(other);
    assert_eq!(kept(&dir), ["notes.txt"]);
}
