//! The other places for bytes: an S3-compatible store and IPFS, as servers in this test speak them. The real ones were
//! not run.

#![allow(clippy::unwrap_used)]

mod blobs_common;
mod common;

use std::time::Duration;

use assay_indexer::serve::accounts::Role;
use blobs_common::{
    MIB, Vault,
    servers::{self, Shared, raw_cid},
    sha256,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

/// The servers of the tests below, in processes of their own.
#[test]
#[ignore = "not a test: others start it"]
fn child() {
    blobs_common::be_a_child();
}

fn calls(held: &Shared, of: &str) -> usize {
    held.lock().unwrap().calls.iter().filter(|call| call.as_str() == of || call.starts_with(&format!("{of} "))).count()
}

async fn until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..1_500 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not happen");
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_speaks() {
    let (endpoint, held) = servers::s3().await;
    let vault = Vault::bare().await;
    let env = [
        ("AWS_ACCESS_KEY_ID", servers::KEY),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-north-1"),
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    let served = vault.child(&["env"], &["--blob-store", "s3://bucket/some/prefix"], &env);
    let vault = Vault { base: served.base.clone(), ..vault };
    let keys = || held.lock().unwrap().objects.keys().cloned().collect::<Vec<_>>();

    // One PUT for what is small, parts for what is not.
    let small = vault.store("hello").await;
    assert_eq!((calls(&held, "PUT"), keys()), (1, vec![format!("some/prefix/blobs/{small}")]));
    let data: Vec<u8> = (0..20 * MIB + 7).map(|at| (at / 1_000) as u8).collect();
    let large = vault.store(data.clone()).await;
    let parts = (calls(&held, "POST uploads"), calls(&held, "PUT partNumber&uploadId"), calls(&held, "POST uploadId"));
    assert_eq!(parts, (1, 3, 1));
    assert_eq!(vault.get(&format!("/v1/blobs/{small}")).await.text().await.unwrap(), "hello");
    assert!(vault.get(&format!("/v1/blobs/{large}")).await.bytes().await.unwrap() == data);
    let range = format!("bytes={}-{}", 8 * MIB - 1, 8 * MIB);
    let response =
        vault.http.get(vault.path(&format!("/v1/blobs/{large}"))).header("range", range).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(response.bytes().await.unwrap(), data[8 * MIB - 1..=8 * MIB]);
    let head = vault.http.head(vault.path(&format!("/v1/blobs/{large}"))).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], data.len().to_string().as_str());
    assert_eq!(vault.put(&format!("/v1/blobs/{small}"), "hello").await.status(), StatusCode::OK);

    // What has another hash is aborted, and was never visible.
    let wrong = format!("/v1/blobs/{}", sha256(b"another"));
    assert_eq!(vault.put(&wrong, data.clone()).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    until("the abort", || calls(&held, "DELETE uploadId") == 1).await;
    assert_eq!(keys().len(), 2);

    // In chunks.
    let mut other = data;
    other[5] ^= 1;
    let upload = vault.begin(&other, 9 * MIB).await;
    let id = upload["id"].as_str().unwrap();
    for n in [2, 0, 1] {
        let bytes = other.chunks(9 * MIB).nth(n).unwrap();
        assert_eq!(vault.chunk(id, n, bytes).await.status(), StatusCode::CREATED);
    }
    assert_eq!(vault.complete(id).await.status(), StatusCode::CREATED);
    assert!(vault.get(&format!("/v1/blobs/{}", sha256(&other))).await.bytes().await.unwrap() == other);

    // What nobody needs goes, by the store's own list.
    held.lock().unwrap().objects.insert(format!("some/prefix/results/{}", sha256(b"old")), "old".into());
    sqlx::query("UPDATE blobs SET touched_at = now() - interval '2 hours'").execute(&vault.pool).await.unwrap();
    let request = vault.http.post(vault.path("/v1/blobs/garbage?keep_hours=1&dry_run=false"));
    let request = request.header("authorization", vault.token(Pubkey::new_from_array([9; 32]), Role::Admin));
    let swept: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(swept["deleted"], 4, "{swept}");
    assert_eq!(keys(), Vec::<String>::new());

    // A store that does not answer is said to.
    held.lock().unwrap().down = true;
    let response = vault.get(&format!("/v1/blobs/{small}")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["detail"], "the blob store does not answer; try again in a moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn ipfs_speaks() {
    let (api, held) = servers::kubo().await;
    held.lock().unwrap().down = true;
    let vault = Vault::start(&["--ipfs-api", &api]).await;
    let cid = async |name: &str| {
        let cid = sqlx::query_scalar("SELECT cid FROM blobs WHERE name = $1").bind(name);
        let cid: Option<Option<String>> = cid.fetch_optional(&vault.pool).await.unwrap();
        cid.flatten()
    };
    // A block, a tree of blocks, and chunks. While IPFS is down all is stored here all the same.
    let small = vault.store("hello").await;
    let data = vec![5; 2 * MIB];
    let large = vault.store(data.clone()).await;
    let other = vec![6; MIB + 9];
    let upload = vault.begin(&other, MIB).await;
    for (n, bytes) in other.chunks(MIB).enumerate() {
        vault.chunk(upload["id"].as_str().unwrap(), n, bytes).await;
    }
    assert_eq!(vault.complete(upload["id"].as_str().unwrap()).await.status(), StatusCode::CREATED);
    until("a try", || !held.lock().unwrap().calls.is_empty()).await;
    assert_eq!(cid(&small).await, None);
    // It comes back, and what failed is tried again when its time has come.
    held.lock().unwrap().down = false;
    for name in [&small, &large, &sha256(&other)] {
        while cid(name).await.is_none() {
            sqlx::query("UPDATE blobs SET pin_after = now()").execute(&vault.pool).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let (of_small, of_large) = (cid(&small).await.unwrap(), cid(&large).await.unwrap());
    assert_eq!(of_small, raw_cid(b"hello"));
    assert!(of_large.starts_with("bafybei"));
    {
        let held = held.lock().unwrap();
        assert_eq!((&held.objects[&of_small][..], &held.objects[&of_large][..]), (&b"hello"[..], &data[..]));
        assert!(held.pins.contains(&of_small) && held.pins.contains(&of_large));
    }
    let response = vault.get(&format!("/v1/blobs/{small}")).await;
    assert_eq!(response.headers()["x-ipfs-path"], format!("/ipfs/{of_small}").as_str());

    // The folder is lost: what was pinned comes back from there, checked and stored again.
    std::fs::remove_dir_all(vault.folder.path().join("blobs/blobs")).unwrap();
    for (name, bytes) in [(&small, &b"hello"[..]), (&large, &data[..])] {
        assert!(vault.get(&format!("/v1/blobs/{name}")).await.bytes().await.unwrap() == bytes);
        let asked = held.lock().unwrap().calls.len();
        assert!(vault.get(&format!("/v1/blobs/{name}")).await.bytes().await.unwrap() == bytes);
        assert_eq!(held.lock().unwrap().calls.len(), asked, "the second time it is here");
    }
    // What others put there as one block is found by its hash alone.
    held.lock().unwrap().objects.insert(raw_cid(b"theirs"), "theirs".into());
    let theirs = format!("/v1/blobs/{}", sha256(b"theirs"));
    assert_eq!(vault.get(&theirs).await.text().await.unwrap(), "theirs");
    assert_eq!(calls(&held, "block/get"), 1);
    // A node that lies, one that has nothing, and one that is down: it is not here.
    held.lock().unwrap().objects.insert(raw_cid(b"truth"), "a lie".into());
    for name in [sha256(b"truth"), sha256(b"nothing")] {
        assert_eq!(vault.get(&format!("/v1/blobs/{name}")).await.status(), StatusCode::NOT_FOUND);
    }
    held.lock().unwrap().down = true;
    assert_eq!(vault.get(&format!("/v1/blobs/{}", sha256(b"down"))).await.status(), StatusCode::NOT_FOUND);
    held.lock().unwrap().down = false;

    // Garbage is let go there too.
    sqlx::query("UPDATE blobs SET touched_at = now() - interval '2 hours'").execute(&vault.pool).await.unwrap();
    let request = vault.http.post(vault.path("/v1/blobs/garbage?keep_hours=1&dry_run=false"));
    let request = request.header("authorization", vault.token(Pubkey::new_from_array([9; 32]), Role::Admin));
    let swept: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(swept["deleted"], json!(4));
    let pins = held.lock().unwrap().pins.clone();
    assert!(!pins.contains(&of_small) && !pins.contains(&of_large), "{pins:?}");
}
