//! Blobs over real HTTP, with a real Postgres and a real folder.

#![allow(clippy::unwrap_used)]

mod blobs_common;
mod common;

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use assay_indexer::serve::accounts::Role;
use blobs_common::{MIB, Vault, detail, held, noise, sha256};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

/// A request as it is written, which no client tidies up.
fn raw(base: &str, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
    let body = if method == "GET" { "" } else { "content-length: 4\r\n\r\nevil" };
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{body}\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn path_traversal_in_blobs() {
    let vault = Vault::start(&[]).await;
    let name = vault.store("hello").await;
    // What must not be reached: beside the store, and within it.
    std::fs::write(vault.folder.path().join("secret"), "the secret").unwrap();
    let upper = name.to_uppercase();
    let names = [
        "../secret",
        "..%2Fsecret",
        "%2e%2e/secret",
        "%2e%2e%2fsecret",
        "..%5csecret",
        "....//secret",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "..%252fsecret",
        "%00",
        "a%00b",
        ".",
        "..",
        "~",
        "",
        "%",
        "%zz",
        "%ff%fe",
        &format!("{name}%00"),
        &format!("{name}/../../secret"),
        &format!("{name}%2f..%2f..%2fsecret"),
        &format!("{name}%231"),
        &format!("{}%2f", &name[..61]),
        &upper,
        &name[..63],
        &format!("{name}0"),
    ];
    let before = vault.files();
    for name in names {
        for route in ["/v1/blobs/", "/v1/results/", "/v1/blobs/uploads/", "/v1/blobs/uploads/00/"] {
            for method in ["GET", "PUT", "POST", "DELETE"] {
                let (status, answer) = raw(&vault.base, method, &format!("{route}{name}"));
                assert!((400..500).contains(&status), "{method} {route}{name}: {answer}");
                // Where it is one part of the path it gets to the check of names, and no further.
                let one_part = !name.is_empty() && !name.contains('/') && !route.contains("uploads");
                let checked = one_part && matches!(method, "GET" | "PUT");
                assert!(!checked || status == 400, "{method} {route}{name}: {answer}");
                assert!(
                    !answer.contains("the secret") && !answer.contains("root:"),
                    "{method} {route}{name}: {answer}"
                );
            }
        }
    }
    assert_eq!(vault.files(), before);
    assert_eq!(std::fs::read(vault.folder.path().join("secret")).unwrap(), b"the secret");
    // The hash in a chunk's header is part of a file's name too.
    let upload = vault.begin(b"abc", MIB).await;
    let request = vault.http.put(vault.path(&format!("/v1/blobs/uploads/{}/0", upload["id"].as_str().unwrap())));
    let response = request.header("x-content-sha256", "../../../secret").body("abc").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(vault.files(), before);
}

#[tokio::test]
async fn hash_mismatch_of_a_blob() {
    let vault = Vault::start(&[]).await;
    let name = sha256(b"hello");
    let path = format!("/v1/blobs/{name}");
    // Of one piece, and of many parts.
    for body in [b"hullo".to_vec(), noise(20 * MIB)] {
        let found = sha256(&body);
        let response = vault.put(&path, body).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(detail(response).await, format!("the body's sha256 is {found}"));
        assert_eq!(vault.get(&path).await.status(), StatusCode::NOT_FOUND);
    }
    gone(&vault, 0).await;
    vault.store("hello").await;
    // What is here is not written again, and a wrong body is wrong still.
    assert_eq!(vault.put(&path, "hullo").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(vault.put(&path, "hello").await.status(), StatusCode::OK);
    assert_eq!(vault.get(&path).await.text().await.unwrap(), "hello");

    // A chunk with another hash than its header's, and chunks that add up to another hash than the whole's.
    let data = noise(2 * MIB + 5);
    let upload = vault.begin(&data, MIB).await;
    let id = upload["id"].as_str().unwrap();
    let chunk = format!("/v1/blobs/uploads/{id}/2");
    let request = vault.http.put(vault.path(&chunk)).header("x-content-sha256", sha256(b"12345"));
    let response = request.body("54321").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let text = detail(response).await;
    assert_eq!(text, format!("the body has 5 bytes and the sha256 {}; chunk 2 has 5 bytes", sha256(b"54321")));
    for (n, bytes) in [&data[..MIB], &data[MIB..2 * MIB], b"wrong"].into_iter().enumerate() {
        assert_eq!(vault.chunk(id, n, bytes).await.status(), StatusCode::CREATED);
    }
    let mut whole = data[..2 * MIB].to_vec();
    whole.extend_from_slice(b"wrong");
    let response = vault.complete(id).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let (found, expected) = (sha256(&whole), sha256(&data));
    assert_eq!(
        detail(response).await,
        format!("the chunks add up to sha256 {found}, not {expected}; the upload is thrown away")
    );
    assert_eq!(vault.get(&format!("/v1/blobs/uploads/{id}")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(vault.get(&format!("/v1/blobs/{expected}")).await.status(), StatusCode::NOT_FOUND);
    gone(&vault, 1).await;
    assert_eq!(held(&vault, "anonymous").await, 5);
}

/// Waits until so many files are there: what is broken off is cleaned up after the answer.
async fn gone(vault: &Vault, left: usize) {
    for _ in 0..500 {
        if vault.files().len() == left {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(vault.files().len(), left, "{:?}", vault.files());
}

#[tokio::test]
async fn ranges() {
    let vault = Vault::start(&[]).await;
    let data = noise(3 * MIB + 100);
    let whole = vault.store(data.clone()).await;
    // The same ranges of the same content in chunks.
    let mut other = data.clone();
    other[0] ^= 1;
    let upload = vault.begin(&other, MIB).await;
    for (n, bytes) in other.chunks(MIB).enumerate() {
        assert_eq!(vault.chunk(upload["id"].as_str().unwrap(), n, bytes).await.status(), StatusCode::CREATED);
    }
    assert_eq!(vault.complete(upload["id"].as_str().unwrap()).await.status(), StatusCode::CREATED);
    let empty = vault.store("").await;

    let size = data.len();
    for (name, bytes) in [(whole.clone(), &data), (sha256(&other), &other)] {
        let path = vault.path(&format!("/v1/blobs/{name}"));
        let table = [
            ("bytes=0-0".to_owned(), 0..1),
            ("bytes=5-".into(), 5..size),
            ("bytes=-7".into(), size - 7..size),
            (format!("bytes={}-{}", MIB - 3, 2 * MIB + 3), MIB - 3..2 * MIB + 4),
            (format!("bytes={}-{}", 3 * MIB, u64::MAX), 3 * MIB..size),
        ];
        for (range, expected) in table {
            let response = vault.http.get(&path).header("range", &range).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
            let said = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
            assert_eq!(response.headers()["content-range"], said.as_str());
            assert_eq!(response.headers()["content-length"], expected.len().to_string().as_str());
            assert!(response.bytes().await.unwrap() == bytes[expected], "{range}");
        }
        for range in [format!("bytes={size}-"), "bytes=-0".into()] {
            let response = vault.http.get(&path).header("range", &range).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
            assert_eq!(response.headers()["content-range"], format!("bytes */{size}").as_str());
        }
        for range in ["bytes=0-1,5-6", "lines=1-2", "bytes=9-3"] {
            let response = vault.http.get(&path).header("range", range).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{range}");
            assert!(response.bytes().await.unwrap() == bytes.as_slice(), "{range}");
        }
        // HEAD says the same and sends nothing; a browser that has it is told so; gzip would change length and tag.
        let etag = format!("\"{name}\"");
        for method in [Method::HEAD, Method::GET] {
            let request = vault.http.request(method.clone(), &path).header("accept-encoding", "gzip");
            let response = request.send().await.unwrap();
            let headers = response.headers().clone();
            let expected = [
                ("content-type", "application/octet-stream"),
                ("x-content-type-options", "nosniff"),
                ("etag", &etag),
                ("cache-control", "public, max-age=31536000, immutable"),
                ("accept-ranges", "bytes"),
                ("content-length", &size.to_string()),
            ];
            for (header, value) in expected {
                assert_eq!(headers[header], value, "{method} {header}");
            }
            assert!(!headers.contains_key("content-encoding"));
            let sent = response.bytes().await.unwrap().len();
            assert_eq!(sent, if method == Method::HEAD { 0 } else { size });
        }
        let response = vault.http.get(&path).header("if-none-match", format!("\"x\", {etag}")).send().await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["etag"]),
            (StatusCode::NOT_MODIFIED, &etag.parse().unwrap())
        );
        for (tag, status) in [(etag.as_str(), StatusCode::PARTIAL_CONTENT), ("\"x\"", StatusCode::OK)] {
            let request = vault.http.get(&path).header("range", "bytes=0-1").header("if-range", tag);
            assert_eq!(request.send().await.unwrap().status(), status, "{tag}");
        }
    }
    let path = format!("/v1/blobs/{empty}");
    assert_eq!(vault.get(&path).await.bytes().await.unwrap(), "");
    let response = vault.http.get(vault.path(&path)).header("range", "bytes=0-").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn resume_after_a_cut() {
    let vault = Vault::start(&[]).await;
    let data = noise(4 * MIB + 9);
    let name = sha256(&data);
    let upload = vault.begin(&data, MIB).await;
    let id = upload["id"].as_str().unwrap();
    let expected = json!({"id": id, "sha256": name, "size": data.len().to_string(), "chunk_size": MIB.to_string(),
        "chunks": 5, "have": [], "hashed": 0});
    assert_eq!(upload, expected);
    let chunks: Vec<_> = data.chunks(MIB).collect();
    // The last first, then the first.
    for n in [4, 0] {
        assert_eq!(vault.chunk(id, n, chunks[n]).await.status(), StatusCode::CREATED);
    }
    // The second is cut: half of it comes, then the connection ends.
    let mut stream = TcpStream::connect(vault.base.trim_start_matches("http://")).unwrap();
    let (path, hash) = (format!("/v1/blobs/uploads/{id}/1"), sha256(chunks[1]));
    let head = format!("PUT {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {MIB}\r\nx-content-sha256: {hash}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&chunks[1][..MIB / 2]).unwrap();
    drop(stream);
    let response = vault.complete(id).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(detail(response).await, "chunks are missing: [[0,0],[4,4]] are there of 5");
    assert_eq!(vault.get(&format!("/v1/blobs/{name}")).await.status(), StatusCode::NOT_FOUND);

    // Another process goes on: what was stored and hashed is in the tables.
    let again = Vault { base: blobs_common::serve_here(vault.pool.clone(), &vault.flags(&[])).await, ..vault };
    let status: Value = again.get(&format!("/v1/blobs/uploads/{id}")).await.json().await.unwrap();
    assert_eq!((&status["have"], &status["hashed"]), (&json!([[0, 0], [4, 4]]), &json!(1)));
    assert_eq!(again.chunk(id, 0, chunks[0]).await.status(), StatusCode::OK, "once more does no harm");
    let response = again.chunk(id, 0, chunks[1]).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(again.chunk(id, 5, b"").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.chunk(id, 1, b"short").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // The rest, all at once.
    let rest = futures_util::future::join_all([1, 2, 3].map(|n| again.chunk(id, n, chunks[n]))).await;
    assert!(rest.iter().all(|response| response.status() == StatusCode::CREATED));
    // Somebody else may be hashing at this moment: then it says so.
    let done = loop {
        let response = again.complete(id).await;
        if response.status() != StatusCode::ACCEPTED {
            break response;
        }
        assert_eq!(response.headers()["retry-after"], "1");
    };
    assert_eq!(done.status(), StatusCode::CREATED);
    let done: Value = done.json().await.unwrap();
    assert_eq!((&done["have"], &done["hashed"]), (&json!([[0, 4]]), &json!(5)));
    assert!(again.get(&format!("/v1/blobs/{name}")).await.bytes().await.unwrap() == data);
    assert_eq!(again.complete(id).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(again.put(&format!("/v1/blobs/{name}"), data.clone()).await.status(), StatusCode::OK);
    let begun = json!({"sha256": name, "size": data.len()});
    let response = again.http.post(again.path("/v1/blobs/uploads")).json(&begun).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.json::<Value>().await.unwrap()["id"], json!(null));
    gone(&again, 5).await;
    assert_eq!(held(&again, "anonymous").await, data.len() as i64);

    // What is given up leaves nothing.
    let other = noise(MIB + 1);
    let upload = again.begin(&other[1..], MIB).await;
    let path = again.path(&format!("/v1/blobs/uploads/{}", upload["id"].as_str().unwrap()));
    assert_eq!(again.chunk(upload["id"].as_str().unwrap(), 0, &other[1..]).await.status(), StatusCode::CREATED);
    assert_eq!(again.http.delete(&path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(again.http.delete(&path).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    gone(&again, 5).await;
    assert_eq!(held(&again, "anonymous").await, data.len() as i64);
}

#[tokio::test]
async fn quota() {
    let gib = 1_u64 << 30;
    let flags = ["--blob-quota-gib", "2", "--blob-anonymous-gib", "1"];
    let vault = Vault::start(&flags).await;
    let (alice, bob) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
    let begin = async |size: u64, wallet: Option<Pubkey>| {
        let body = json!({"sha256": sha256(&size.to_le_bytes()), "size": size.to_string()});
        let request = vault.http.post(vault.path("/v1/blobs/uploads")).json(&body);
        let request = match wallet {
            Some(wallet) => request.header("authorization", vault.token(wallet, Role::User)),
            None => request,
        };
        request.send().await.unwrap()
    };
    assert_eq!(begin(gib + 1, None).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(held(&vault, "anonymous").await, 0, "what was refused does not count");
    assert_eq!(begin(gib - 5, None).await.status(), StatusCode::CREATED);
    // Five bytes are left, whoever begins what.
    vault.store("12345").await;
    let response = vault.put(&format!("/v1/blobs/{}", sha256(b"6")), "6").await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let text = "this is more than the 1073741824 bytes that callers who did not sign in may hold; sign in for a quota of your own";
    assert_eq!(detail(response).await, text);
    assert_eq!(vault.get(&format!("/v1/blobs/{}", sha256(b"6"))).await.status(), StatusCode::NOT_FOUND);
    // Without a length the quota speaks when the body has ended.
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("6")]));
    assert_eq!(vault.put(&format!("/v1/blobs/{}", sha256(b"6")), stream).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let document = assay_sdk::result::ResultDocument::build(vec![b"one".to_vec()]).unwrap();
    let result = format!("/v1/results/{}", hex::encode(document.root));
    assert_eq!(vault.put(&result, document.to_json()).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    // Each wallet has its own, which others cannot use.
    let upload = begin(2 * gib, Some(alice)).await;
    assert_eq!(upload.status(), StatusCode::CREATED);
    assert_eq!(begin(1, Some(alice)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(begin(2 * gib, Some(bob)).await.status(), StatusCode::CREATED);
    assert_eq!(held(&vault, &alice.to_string()).await, 2 * gib as i64);
    let upload: Value = upload.json().await.unwrap();
    let path = vault.path(&format!("/v1/blobs/uploads/{}", upload["id"].as_str().unwrap()));
    for (wallet, status) in [(None, 403), (Some(bob), 403), (Some(alice), 204), (Some(alice), 404)] {
        let request = vault.http.delete(&path);
        let request = match wallet {
            Some(wallet) => request.header("authorization", vault.token(wallet, Role::User)),
            None => request,
        };
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{wallet:?}");
    }
    assert_eq!(begin(1, Some(alice)).await.status(), StatusCode::CREATED, "what was given up is free again");
    let request = vault.http.put(vault.path(&result)).header("authorization", "Bearer x").body("x");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    // The other ways to count those who did not sign in.
    for (way, status, owner) in [("per-ip", 201, "ip:127.0.0.1"), ("off", 401, "nobody")] {
        let flags = vault.flags(&["--blob-anonymous", way]);
        let base = blobs_common::serve_here(vault.pool.clone(), &flags).await;
        let request = vault.http.put(format!("{base}/v1/blobs/{}", sha256(b"789"))).body("789");
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{way}");
        assert_eq!(held(&vault, owner).await, if status == 201 { 3 } else { 0 }, "{way}");
    }
}

/// Who sends too much in one request is told how to do it.
#[tokio::test]
async fn large_blobs_are_sent_in_chunks() {
    let vault = Vault::start(&["--blob-put-mib", "1"]).await;
    let data = noise(MIB + 1);
    let path = format!("/v1/blobs/{}", sha256(&data));
    let text = "at most 1048576 bytes are taken in one request; upload more in chunks: POST /v1/blobs/uploads";
    let pieces: Vec<_> = data.chunks(1_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    for body in [reqwest::Body::from(data.clone()), reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))] {
        let response = vault.put(&path, body).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(detail(response).await, text);
    }
    vault.store(&data[1..]).await;
    let table = [
        (json!({"sha256": "x", "size": "1"}), 400),
        (json!({"sha256": sha256(b""), "size": "0"}), 422),
        (json!({"sha256": sha256(b""), "size": "1099511627777"}), 413),
        (json!({"sha256": sha256(b"")}), 422),
        (json!({"sha256": sha256(b""), "size": "1", "chunk_size": "1"}), 422),
        (json!({"sha256": sha256(b""), "size": "1", "what": 1}), 422),
        (json!({"sha256": sha256(b""), "size": -1}), 422),
        (json!([]), 422),
    ];
    for (body, status) in table {
        let response = vault.http.post(vault.path("/v1/blobs/uploads")).json(&body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{body}");
        detail(response).await;
    }
    let request = vault.http.post(vault.path("/v1/blobs/uploads"));
    let response = request.header("content-type", "application/json").body("{").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let response = vault.http.post(vault.path("/v1/blobs/uploads")).body("{}").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
