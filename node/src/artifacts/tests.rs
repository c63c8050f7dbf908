//! Artifacts from a real server on a port of its own, and from files.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::response::Redirect;
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const TEXT: &[u8] = b"hello\n";

fn artifact(uri: String, content: &[u8]) -> Artifact {
    Artifact { uri, sha256: hex::encode(Sha256::digest(content)) }
}

fn store(policy: Policy) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("cache"), policy).unwrap();
    (dir, store)
}

fn quick() -> Policy {
    Policy { local_files: true, retries: 2, backoff: Duration::from_millis(1), ..Policy::default() }
}

/// A server that counts requests: /ok, /flaky (two failures first), /endless, /down, /loop.
async fn serve() -> (String, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let count = hits.clone();
    let flaky = move || {
        let hit = count.fetch_add(1, Ordering::SeqCst);
        async move { if hit < 2 { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(TEXT) } }
    };
    let (down, ok) = (hits.clone(), hits.clone());
    let endless = || async {
        let chunks = futures_util::stream::repeat_with(|| io::Result::Ok(Bytes::from_static(&[0; 1024])));
        Body::from_stream(chunks)
    };
    let app = Router::new()
        .route(
            "/ok",
            get(move || async move {
                ok.fetch_add(1, Ordering::SeqCst);
                TEXT
            }),
        )
        .route("/flaky", get(flaky))
        .route("/endless", get(endless))
        .route(
            "/down",
            get(move || async move {
                down.fetch_add(1, Ordering::SeqCst);
                StatusCode::BAD_GATEWAY
            }),
        )
        .route("/loop", get(|| async { Redirect::temporary("/loop") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (base, hits)
}

#[tokio::test]
async fn http_is_fetched_once_and_then_cached() {
    let (base, hits) = serve().await;
    let (_dir, store) = store(Policy::default());
    let artifact = artifact(format!("{base}/ok"), TEXT);
    for _ in 0..2 {
        assert_eq!(store.fetch(&artifact, 6).await.unwrap(), TEXT);
    }
    assert_eq!(hits.load(Ordering::SeqCst), 1);
    let names: Vec<_> = std::fs::read_dir(&store.dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [std::ffi::OsString::from(artifact.sha256)]);
}

#[tokio::test]
async fn a_damaged_cache_is_fetched_anew() {
    let (base, hits) = serve().await;
    let (_dir, store) = store(Policy::default());
    let artifact = artifact(format!("{base}/ok"), TEXT);
    std::fs::write(store.dir.join(&artifact.sha256), b"hellO\n").unwrap();
    for _ in 0..2 {
        assert_eq!(store.fetch(&artifact, 100).await.unwrap(), TEXT);
    }
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_wrong_hash_names_both_and_is_not_kept() {
    let (base, hits) = serve().await;
    let (_dir, store) = store(quick());
    let wrong = artifact(format!("{base}/ok"), b"other");
    let error = store.fetch(&wrong, 100).await.unwrap_err();
    assert!(
        matches!(&error, ArtifactError::HashMismatch { expected, found, .. }
            if *expected == wrong.sha256 && *found == hex::encode(Sha256::digest(TEXT))),
        "{error}"
    );
    assert_eq!(hits.load(Ordering::SeqCst), 1);
    assert_eq!(std::fs::read_dir(&store.dir).unwrap().count(), 0);
}

#[tokio::test]
async fn failures_that_pass_are_retried_and_others_are_not() {
    let (base, hits) = serve().await;
    let (_dir, store) = store(quick());
    assert_eq!(store.fetch(&artifact(format!("{base}/flaky"), TEXT), 100).await.unwrap(), TEXT);
    assert_eq!(hits.swap(0, Ordering::SeqCst), 3);
    let error = store.fetch(&artifact(format!("{base}/down"), b"x"), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::Refused { status: StatusCode::BAD_GATEWAY, .. }));
    assert_eq!(hits.load(Ordering::SeqCst), 3);
    let error = store.fetch(&artifact(format!("{base}/none"), b"x"), 100).await.unwrap_err();
    assert!(error.to_string().contains("/none answers 404 Not Found"), "{error}");
}

#[tokio::test]
async fn endless_bodies_endless_redirects_and_silence_end() {
    let (base, _) = serve().await;
    let (_dir, store) = store(quick());
    for (limit, path) in [(5, "ok"), (1 << 20, "endless")] {
        let error = store.fetch(&artifact(format!("{base}/{path}"), b"x"), limit).await.unwrap_err();
        assert!(matches!(error, ArtifactError::TooLarge { limit: l, .. } if l == limit), "{error}");
    }
    let error = store.fetch(&artifact(format!("{base}/loop"), b"x"), 100).await.unwrap_err();
    assert!(error.to_string().contains("too many redirects"), "{error}");
    // A port that nobody listens on any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}/x", listener.local_addr().unwrap());
    drop(listener);
    let error = store.fetch(&artifact(gone.clone(), b"x"), 100).await.unwrap_err();
    assert!(matches!(&error, ArtifactError::Unreachable { uri, .. } if *uri == gone), "{error}");
}

#[tokio::test]
async fn local_files_are_read_where_allowed() {
    let (dir, store) = store(quick());
    let path = dir.path().join("an input");
    std::fs::write(&path, TEXT).unwrap();
    let uri = Url::from_file_path(&path).unwrap().to_string();
    assert!(uri.ends_with("/an%20input"));
    let strict = Store { policy: Policy::default(), ..store.clone() };
    let error = strict.fetch(&artifact(uri.clone(), TEXT), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::LocalFilesOff { .. }));
    assert!(matches!(store.fetch(&artifact(uri.clone(), TEXT), 5).await, Err(ArtifactError::TooLarge { .. })));
    assert_eq!(store.fetch(&artifact(uri, TEXT), 6).await.unwrap(), TEXT);
    for (uri, expected) in [
        ("file:///dev/zero", "/dev/zero: not a regular file"),
        ("file:///no/such/file", "/no/such/file: No such file"),
        ("ipfs://abc", "ipfs://abc cannot be fetched: use http://"),
        ("no uri", "no uri cannot be fetched: use http://"),
    ] {
        let error = store.fetch(&artifact(uri.to_owned(), b"x"), 100).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} should contain {expected:?}");
    }
}
