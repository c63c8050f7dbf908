//! HTTP: once, whole, resumed, and refused.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use reqwest::StatusCode;

use super::servers::start;
use super::*;

#[tokio::test]
async fn http_is_fetched_once_and_then_cached() {
    let (base, server) = serve(TEXT).await;
    let (dir, store) = store(quick());
    let artifact = artifact(format!("{base}/ok"), TEXT);
    for _ in 0..2 {
        assert_eq!(store.fetch(&artifact, 6).await.unwrap(), TEXT);
    }
    assert_eq!(server.lock().unwrap().calls, ["/ok - -"]);
    assert_eq!(kept(&dir), [artifact.sha256]);
}

#[tokio::test]
async fn a_damaged_cache_is_fetched_anew() {
    let (base, server) = serve(TEXT).await;
    let (dir, store) = store(quick());
    let artifact = artifact(format!("{base}/ok"), TEXT);
    std::fs::write(dir.path().join("cache").join(&artifact.sha256), b"hellO\n").unwrap();
    for _ in 0..2 {
        assert_eq!(store.fetch(&artifact, 100).await.unwrap(), TEXT);
    }
    assert_eq!(server.lock().unwrap().calls.len(), 1);
}

/// It names both hashes, is not tried again, and is not kept.
#[tokio::test]
async fn hash_mismatch_of_a_blob() {
    let (base, server) = serve(TEXT).await;
    let (dir, store) = store(quick());
    let wrong = artifact(format!("{base}/ok"), b"other");
    let error = store.fetch(&wrong, 100).await.unwrap_err();
    assert!(
        matches!(&error, ArtifactError::HashMismatch { expected, found, .. }
            if *expected == wrong.sha256 && *found == hex::encode(Sha256::digest(TEXT))),
        "{error}"
    );
    assert_eq!(server.lock().unwrap().calls.len(), 1);
    assert_eq!(kept(&dir), Vec::<String>::new());
}

#[tokio::test]
async fn failures_that_pass_are_retried_and_others_are_not() {
    let (base, server) = serve(TEXT).await;
    let (_dir, store) = store(quick());
    server.lock().unwrap().failures = 2;
    assert_eq!(store.fetch(&artifact(format!("{base}/flaky"), TEXT), 100).await.unwrap(), TEXT);
    for (status, calls) in [(StatusCode::BAD_GATEWAY, 3), (StatusCode::NOT_FOUND, 1)] {
        *server.lock().unwrap() = servers::Held { status: Some(status), ..Default::default() };
        let error = store.fetch(&artifact(format!("{base}/none"), b"x"), 100).await.unwrap_err();
        assert!(error.to_string().contains(&format!("/none answers {status}")), "{error}");
        assert_eq!(server.lock().unwrap().calls.len(), calls);
    }
}

#[tokio::test]
async fn a_broken_transfer_goes_on_where_it_was() {
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let (base, server) = serve(&content).await;
    let (dir, store) = store(quick());
    server.lock().unwrap().breaks_after = Some(150_000);
    let artifact = artifact(format!("{base}/long"), &content);
    assert_eq!(store.fetch(&artifact, 400_000).await.unwrap(), content);
    // More often than it is tried again without coming further; each time from where it was, of the same content.
    assert_eq!(server.lock().unwrap().calls[0], "/long - -");
    assert!(servers::starts(&server, "/long bytes=", "- \"one\"").len() >= 2);
    assert_eq!(kept(&dir), [artifact.sha256]);
}

#[tokio::test]
async fn a_content_that_changed_meanwhile_is_fetched_from_its_beginning() {
    let (old, new) = (vec![1_u8; 200_000], vec![2_u8; 200_000]);
    let (base, server) = serve(&old).await;
    let (_dir, store) = store(quick());
    {
        let mut server = server.lock().unwrap();
        server.breaks_after = Some(150_000);
        server.next = Some((Bytes::from(new.clone()), "\"two\"".into()));
    }
    // The second answer is of another content, whole, and breaks off too; the third goes on with that one.
    assert_eq!(store.fetch(&artifact(format!("{base}/x"), &new), 200_000).await.unwrap(), new);
    let calls = server.lock().unwrap().calls.clone();
    assert!(calls[0] == "/x - -" && calls[1].ends_with("- \"one\"") && calls[2].ends_with("- \"two\""), "{calls:?}");
    // Without a name that is sure, one begins anew, and in the end gives up.
    for tag in ["", "W/\"weak\""] {
        {
            let mut server = server.lock().unwrap();
            (server.tag, server.calls) = (tag.into(), vec![]);
        }
        let error = store.fetch(&artifact(format!("{base}/x"), b"never"), 200_000).await.unwrap_err();
        assert!(matches!(error, ArtifactError::Unreachable { .. }), "{error}");
    }
    assert!(server.lock().unwrap().calls.iter().all(|call| call == "/x - -"));
}

#[tokio::test]
async fn endless_redirects_and_silence_end() {
    let base = start(Router::new().route("/loop", get(|| async { Redirect::temporary("/loop") }))).await;
    let (_dir, store) = store(quick());
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
    let (_other, strict) = super::store(Policy::default());
    let error = strict.fetch(&artifact(uri.clone(), TEXT), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::LocalFilesOff { .. }));
    assert!(matches!(store.fetch(&artifact(uri.clone(), TEXT), 5).await, Err(ArtifactError::TooLarge { .. })));
    assert_eq!(store.fetch(&artifact(uri, TEXT), 6).await.unwrap(), TEXT);
    for (uri, expected) in [
        ("file:///dev/zero", "/dev/zero: not a regular file"),
        ("file:///no/such/file", "/no/such/file: No such file"),
        ("ipfs://abc", "ipfs://abc is on IPFS, and this node has no way there"),
        ("ftp://example.org/a", "ftp://example.org/a cannot be fetched: use http://"),
        ("no uri", "no uri cannot be fetched: use http://"),
    ] {
        let error = store.fetch(&artifact(uri.to_owned(), b"x"), 100).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} should contain {expected:?}");
    }
}
