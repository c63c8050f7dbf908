//! Full disks and large blobs, on servers in processes of their own.

#![allow(clippy::unwrap_used)]

mod blobs_common;
mod common;

use std::time::Duration;

use blobs_common::{MIB, Vault, detail, held, noise, sha256};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The servers of the tests below, in processes of their own.
#[test]
#[ignore = "not a test: others start it"]
fn child() {
    blobs_common::be_a_child();
}

#[tokio::test]
async fn blob_disk_full() {
    let vault = Vault::bare().await;
    let disk = vault.folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    // A disk of 24 MiB, which the child alone sees.
    let mount = format!("mount -t tmpfs -o size=24m none {} && exec \"$@\"", disk.display());
    let wrap = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount.as_str(), "sh"];
    let served = vault.child(&wrap, &["--blobs", &disk.display().to_string()], &[]);
    let root = format!("/proc/{}/root{}", served.child.id(), disk.display());
    let vault = Vault { base: served.base.clone(), ..vault };
    let kept = vault.store("hello").await;
    let seen = || blobs_common::files(std::path::Path::new(&root));
    assert_eq!(seen().len(), 1, "this looks at the child's disk");

    let data = noise(30 * MIB);
    let path = format!("/v1/blobs/{}", sha256(&data));
    let full = "the blob store is full; nothing was stored: tell who runs this indexer, or try again later";
    for _ in 0..2 {
        let response = vault.put(&path, data.clone()).await;
        assert_eq!(response.status(), StatusCode::INSUFFICIENT_STORAGE);
        assert_eq!(detail(response).await, full);
        assert_eq!(vault.get(&path).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(held(&vault, "anonymous").await, 5, "what was not stored does not count");
        while seen().len() > 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // In chunks: the ones that fit stay, so that one can go on when there is room.
    let upload = vault.begin(&data, 10 * MIB).await;
    let id = upload["id"].as_str().unwrap();
    for (n, status) in [(0, 201), (1, 201), (2, 507), (2, 507)] {
        let response = vault.chunk(id, n, &data[n * 10 * MIB..(n + 1) * 10 * MIB]).await;
        assert_eq!(response.status().as_u16(), status, "chunk {n}");
    }
    let status: Value = vault.get(&format!("/v1/blobs/uploads/{id}")).await.json().await.unwrap();
    assert_eq!(status["have"], json!([[0, 1]]));
    assert_eq!(vault.complete(id).await.status(), StatusCode::CONFLICT);
    assert_eq!(vault.http.delete(vault.path(&format!("/v1/blobs/uploads/{id}"))).send().await.unwrap().status(), 204);
    // There is room again, and nothing else was harmed.
    vault.store(&data[..20 * MIB]).await;
    assert_eq!(vault.get(&format!("/v1/blobs/{kept}")).await.text().await.unwrap(), "hello");
}

/// 1 GiB in one request and more in chunks of 128 MiB, there and back, with less than 128 MiB of memory in all.
#[tokio::test(flavor = "multi_thread")]
async fn several_gigabytes_with_flat_memory() {
    const BOUND: u64 = 128 << 20;
    /// SHA-256 of 1 GiB of zeros, and of 1152 MiB (`head -c 1152M /dev/zero | sha256sum`).
    const ONE: &str = "49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14";
    const MORE: &str = "8d8bb092a43dd020afc32481a8b3a7d958dd6de01b6d3540d240671524c8a5fd";
    let (one, more) = (1_u64 << 30, 1152_u64 << 20);
    let vault = Vault::bare().await;
    let served = vault.child(&["env"], &["--blob-put-mib", "1024"], &[]);
    let vault = Vault { base: served.base.clone(), ..vault };
    let before = served.most_memory();

    let piece = bytes::Bytes::from(vec![0_u8; MIB]);
    let zeros = futures_util::stream::iter((0..1_024).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let response = vault.put(&format!("/v1/blobs/{ONE}"), reqwest::Body::wrap_stream(zeros)).await;
    assert_eq!(response.status(), StatusCode::CREATED);

    let begin = json!({"sha256": MORE, "size": more.to_string(), "chunk_size": (128 * MIB).to_string()});
    let upload = vault.http.post(vault.path("/v1/blobs/uploads")).json(&begin).send().await.unwrap();
    let upload: Value = upload.json().await.unwrap();
    let id = upload["id"].as_str().unwrap();
    let chunk = bytes::Bytes::from(vec![0_u8; 128 * MIB]);
    let hash = sha256(&chunk);
    for n in 0..9 {
        let request = vault.http.put(vault.path(&format!("/v1/blobs/uploads/{id}/{n}")));
        let response = request.header("x-content-sha256", &hash).body(chunk.clone()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
    }
    assert_eq!(vault.complete(id).await.status(), StatusCode::CREATED);

    for (name, size) in [(ONE, one), (MORE, more)] {
        let mut response = vault.get(&format!("/v1/blobs/{name}")).await;
        assert_eq!(response.headers()["content-length"], size.to_string().as_str());
        let mut received = 0;
        while let Some(bytes) = response.chunk().await.unwrap_or_else(|why| panic!("{name} after {received}: {why:?}"))
        {
            assert!(bytes == chunk[..bytes.len()]);
            received += bytes.len() as u64;
        }
        assert_eq!(received, size);
    }
    let (most, mib) = (served.most_memory(), 1 << 20);
    println!("{} MiB before, {} MiB at most", before / mib, most / mib);
    assert!(most < BOUND, "{} MiB at most, and {} before anything was sent", most / mib, before / mib);
}
