//! S3-compatible stores and IPFS.

use reqwest::StatusCode;
use zeroize::Zeroizing;

use super::*;

const CID: &str = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq";

fn with_s3(endpoint: String, buckets: &[&str]) -> Policy {
    let keys = Some(("AKIATEST".to_owned(), Zeroizing::new("secret".to_owned())));
    let buckets = buckets.iter().map(ToString::to_string).collect();
    Policy { s3: S3 { endpoint: Some(endpoint), keys, buckets, ..S3::default() }, ..quick() }
}

#[tokio::test]
async fn objects_are_fetched_and_resumed() {
    let content: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    let (endpoint, server) = servers::s3(&content).await;
    let (dir, store) = store(with_s3(endpoint, &["bucket"]));
    server.lock().unwrap().breaks_after = Some(150_000);
    let object = artifact("s3://bucket/dir/object".into(), &content);
    assert_eq!(store.fetch(&object, 200_000).await.unwrap(), content);
    assert_eq!(server.lock().unwrap().calls[0], "GET /bucket/dir/object signed -");
    assert!(!servers::starts(&server, "GET /bucket/dir/object signed bytes=", "-").is_empty());
    assert_eq!(kept(&dir), [object.sha256]);
    let error = store.fetch(&artifact("s3://bucket/dir/object".into(), b"x"), 199_999).await.unwrap_err();
    assert!(matches!(error, ArtifactError::TooLarge { limit: 199_999, .. }), "{error}");
    let error = store.fetch(&artifact("s3://bucket/none".into(), b"x"), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::Refused { status: StatusCode::NOT_FOUND, .. }), "{error}");
}

#[tokio::test]
async fn an_object_that_changed_meanwhile_is_fetched_from_its_beginning() {
    let (old, new) = (vec![1_u8; 200_000], vec![2_u8; 100_000]);
    let (endpoint, server) = servers::s3(&old).await;
    let (_dir, store) = store(with_s3(endpoint, &["bucket"]));
    {
        let mut server = server.lock().unwrap();
        server.breaks_after = Some(150_000);
        server.next = Some((Bytes::from(new.clone()), "\"two\"".into()));
    }
    assert_eq!(store.fetch(&artifact("s3://bucket/dir/object".into(), &new), 200_000).await.unwrap(), new);
}

/// The operator's keys read what the operator says they are for, and nothing else that a stranger names.
#[tokio::test]
async fn keys_are_for_named_buckets_only() {
    let (endpoint, server) = servers::s3(TEXT).await;
    let mine = artifact("s3://mine/object".into(), TEXT);
    let (_dir, without) = store(with_s3(endpoint.clone(), &["bucket"]));
    let error = without.fetch(&mine, 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::Refused { status: StatusCode::FORBIDDEN, .. }), "{error}");
    let (_dir, with) = store(with_s3(endpoint, &["mine"]));
    assert_eq!(with.fetch(&mine, 100).await.unwrap(), TEXT);
    let public = artifact("s3://bucket/dir/object".into(), TEXT);
    assert_eq!(without.fetch(&public, 100).await.unwrap(), TEXT);
    let calls = server.lock().unwrap().calls.clone();
    assert_eq!(calls, ["GET /mine/object anonymous -", "GET /mine/object signed -", "GET /bucket/dir/object signed -"]);
}

#[tokio::test]
async fn ipfs_is_fetched_and_resumed_through_kubo() {
    let content: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    let (api, server) = servers::kubo(&content).await;
    let (dir, store) = store(Policy { ipfs: Some(Ipfs::Api(api.parse().unwrap())), ..quick() });
    server.lock().unwrap().breaks_after = Some(150_000);
    let found = artifact(format!("ipfs://{CID}/a b"), &content);
    assert_eq!(store.fetch(&found, 200_000).await.unwrap(), content);
    let arg = format!("POST /api/v0/cat?arg=%2Fipfs%2F{CID}%2Fa+b&offset=");
    assert_eq!(server.lock().unwrap().calls[0], format!("{arg}0"));
    assert!(!servers::starts(&server, &arg, "").is_empty());
    assert_eq!(kept(&dir), [found.sha256]);
    server.lock().unwrap().breaks_after = None;
    for mute in [false, true] {
        server.lock().unwrap().mute = mute;
        let error = store.fetch(&artifact(format!("ipfs://{CID}"), b"x"), 150_000).await.unwrap_err();
        assert!(matches!(error, ArtifactError::TooLarge { limit: 150_000, .. }), "{error}");
    }
    // Whatever the node says, it is hashed here.
    *server.lock().unwrap() = servers::Held { content: Bytes::from_static(TEXT), ..Default::default() };
    let error = store.fetch(&artifact(format!("ipfs://{CID}"), b"x"), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::HashMismatch { .. }), "{error}");
}

#[tokio::test]
async fn ipfs_is_fetched_through_a_gateway() {
    let (gateway, server) = serve(TEXT).await;
    // The operator says where it is, so it may be anywhere.
    let (_dir, store) = store(Policy { ipfs: Some(Ipfs::Gateway(gateway.parse().unwrap())), nets: vec![], ..quick() });
    assert_eq!(store.fetch(&artifact(format!("ipfs://{CID}"), TEXT), 100).await.unwrap(), TEXT);
    assert_eq!(server.lock().unwrap().calls, [format!("/ipfs/{CID} - -")]);
    let error = store.fetch(&artifact("ipfs://../x".into(), b"x"), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::BadUri { .. }), "{error}");
}
