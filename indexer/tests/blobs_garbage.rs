//! What is kept and what goes, on a real Postgres with a market in it; and that no uri of the market is ever fetched.

#![allow(clippy::unwrap_used)]

mod blobs_common;
mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use assay_indexer::{
    serve::{self, accounts::Role},
    store::{Batch, Change, Row, Table, Writer},
};
use assay_sdk::result::ResultDocument;
use blobs_common::{MIB, Vault, sha256};
use reqwest::StatusCode;
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

fn address(n: u8) -> String {
    Pubkey::new_from_array([n; 32]).to_string()
}

fn row(table: Table, n: u8, change: Change) -> Row {
    Row { table, address: address(n), slot: 20, change }
}

/// A spec with its program and input, as `assay job post` stores it: under the hash in the job.
fn spec(program: &str, input: &str) -> Vec<u8> {
    let artifact = |sha256: &str| json!({"uri": format!("https://files.example/{sha256}"), "sha256": sha256});
    let spec = json!({"version": 1, "name": "n", "engine": "wasm", "units": 1, "program": artifact(program),
        "input": artifact(input), "limits": {"fuel": 1, "memory_mib": 1, "output_bytes": 1}});
    spec.to_string().into_bytes()
}

async fn result(vault: &Vault, output: &str) -> String {
    let document = ResultDocument::build(vec![output.as_bytes().to_vec()]).unwrap();
    let root = hex::encode(document.root);
    assert_eq!(vault.put(&format!("/v1/results/{root}"), document.to_json()).await.status(), StatusCode::CREATED);
    root
}

async fn apply(vault: &Vault, rows: Vec<Row>) {
    let batch = Batch { rows, watermark: Some(20), ..Batch::default() };
    Writer::acquire(&vault.url).await.unwrap().unwrap().apply(batch).await.unwrap();
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[tokio::test]
async fn garbage_collection_spares_what_jobs_name() {
    let vault = Vault::start(&[]).await;
    let admin = vault.token(Pubkey::new_from_array([9; 32]), Role::Admin);
    let collect = async |query: &str| {
        let request = vault.http.post(vault.path(&format!("/v1/blobs/garbage{query}"))).header("authorization", &admin);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.json::<Value>().await.unwrap()
    };
    let mut kept = vec![];
    let mut dropped = vec![];
    // An open job: its spec, what that names, its uri's blob (another spelling of the spec), what its seats revealed.
    let (program, input) = (vault.store("program").await, vault.store("input").await);
    let spec_hash = vault.store(spec(&program, &input)).await;
    let (other_program, other_input) = (vault.store("other program").await, vault.store("other input").await);
    let by_uri = vault.store(spec(&other_program, &other_input)).await;
    let revealed = result(&vault, "revealed").await;
    let root = result(&vault, "root").await;
    kept.extend([&program, &input, &spec_hash, &other_program, &other_input, &by_uri].map(|n| format!("blobs/{n}")));
    kept.extend([&revealed, &root].map(|n| format!("results/{n}")));
    // A model: its content, and what is at its uri.
    let (content, at_uri) = (vault.store("content").await, vault.store("at uri").await);
    kept.extend([&content, &at_uri].map(|n| format!("blobs/{n}")));
    // A job that ended a moment ago, and one that ended long ago with all that it named.
    let (fresh, stale) = (result(&vault, "fresh").await, result(&vault, "stale").await);
    let old_program = vault.store("old program").await;
    let old_spec = vault.store(spec(&old_program, &old_program)).await;
    let retired = vault.store("retired").await;
    kept.push(format!("results/{fresh}"));
    dropped.push(format!("results/{stale}"));
    dropped.extend([&old_program, &old_spec, &retired].map(|n| format!("blobs/{n}")));
    // Nobody's, in one object and in chunks.
    let orphan = vault.store("orphan").await;
    let chunked = vec![7; MIB + 1];
    let upload = vault.begin(&chunked, MIB).await;
    for (n, bytes) in chunked.chunks(MIB).enumerate() {
        vault.chunk(upload["id"].as_str().unwrap(), n, bytes).await;
    }
    assert_eq!(vault.complete(upload["id"].as_str().unwrap()).await.status(), StatusCode::CREATED);
    dropped.extend([&orphan, &sha256(&chunked)].map(|n| format!("blobs/{n}")));
    // Of a wallet with an open job whose spec is elsewhere: it may be its input.
    let wallet = Pubkey::new_from_array([3; 32]);
    let hidden = sha256(b"hidden");
    let request = vault.http.put(vault.path(&format!("/v1/blobs/{hidden}"))).body("hidden");
    request.header("authorization", vault.token(wallet, Role::User)).send().await.unwrap();
    kept.push(format!("blobs/{hidden}"));
    // Nobody refers to it, but it is young.
    let young = vault.store("young").await;

    let job = |spec: &str, root: &str, uri: &str, ended: i64, requester: u8| {
        json!({"requester": address(requester), "spec_hash": spec, "root": root, "uri": uri, "ended_at": ended.to_string(),
            "state": "Open", "posted_at": "1"})
    };
    let none = "0".repeat(64);
    let elsewhere = sha256(b"a spec that is elsewhere");
    apply(
        &vault,
        vec![
            row(
                Table::Jobs,
                11,
                Change::Scanned(job(&spec_hash, &root, &format!("https://a.example/v1/blobs/{by_uri}"), 0, 1)),
            ),
            row(
                Table::Seats,
                12,
                Change::Scanned(json!({"job": address(11), "operator": address(5), "commitment": revealed})),
            ),
            row(
                Table::Models,
                13,
                Change::Scanned(json!({"author": address(4), "content_hash": content,
                "uri": format!("ipfs://x/{at_uri}?download=1")})),
            ),
            row(Table::Models, 14, Change::Last(json!({"author": address(4), "content_hash": retired, "uri": "x"}))),
            row(Table::Jobs, 15, Change::Last(job(&none, &fresh, "x", now() - 3_600, 1))),
            row(
                Table::Jobs,
                16,
                Change::Last(job(&old_spec, &stale, &format!("https://a/{old_spec}"), now() - 25 * 3_600, 1)),
            ),
            row(Table::Jobs, 17, Change::Scanned(job(&elsewhere, &none, "https://b.example/spec", 0, 3))),
        ],
    )
    .await;
    let age = "UPDATE blobs SET touched_at = now() - interval '25 hours' WHERE name <> $1";
    sqlx::query(age).bind(&young).execute(&vault.pool).await.unwrap();
    // From before the ledger, and as old; and what a killed process left.
    let legacy = sha256(b"legacy");
    let path = vault.folder.path().join("blobs/blobs").join(&legacy);
    let staged = vault.folder.path().join("blobs/blobs").join(format!("{legacy}#1"));
    let day = SystemTime::now() - std::time::Duration::from_secs(49 * 3_600);
    for path in [&path, &staged] {
        std::fs::write(path, "legacy").unwrap();
        std::fs::File::options().write(true).open(path).unwrap().set_modified(day).unwrap();
    }
    dropped.push(format!("blobs/{legacy}"));
    // An upload that nobody goes on with, and one that somebody does.
    let (abandoned, active) = (vault.begin(b"abandoned", MIB).await, vault.begin(b"active", MIB).await);
    for (upload, bytes) in [(&abandoned, "abandoned"), (&active, "active")] {
        let stored = vault.chunk(upload["id"].as_str().unwrap(), 0, bytes.as_bytes()).await;
        assert_eq!(stored.status(), StatusCode::CREATED);
    }
    let age = "UPDATE uploads SET touched_at = now() - interval '49 hours' WHERE id = $1";
    sqlx::query(age).bind(abandoned["id"].as_str().unwrap()).execute(&vault.pool).await.unwrap();
    let files = vault.files().len();

    // Without a time nothing goes but the upload; and dry runs delete nothing.
    let nothing = json!({"dry_run": true, "deleted": 0, "bytes": "", "names": [], "uploads": 1});
    assert_eq!(collect("").await, nothing);
    dropped.sort();
    let dry = collect("?keep_hours=24").await;
    assert_eq!(dry["names"], json!(dropped));
    assert_eq!(vault.files().len(), files);
    // 26 hours keep all of them but what is older.
    assert_eq!(collect("?keep_hours=26").await["names"], json!([format!("blobs/{legacy}")]));

    let swept = collect("?keep_hours=24&dry_run=false").await;
    assert_eq!((&swept["names"], &swept["uploads"], &swept["dry_run"]), (&json!(dropped), &json!(1), &json!(false)));
    assert_eq!(swept["deleted"], dropped.len());
    assert_eq!(swept["bytes"], dry["bytes"]);
    for name in &dropped {
        assert_eq!(vault.get(&format!("/v1/{name}")).await.status(), StatusCode::NOT_FOUND, "{name}");
    }
    kept.push(format!("blobs/{young}"));
    for name in &kept {
        assert_eq!(vault.get(&format!("/v1/{name}")).await.status(), StatusCode::OK, "{name}");
    }
    // What is kept, and the active upload's chunk: no byte more.
    assert_eq!(vault.files().len(), kept.len() + 1, "{:#?}", vault.files());
    let counted = sqlx::query_scalar(
        "SELECT sum(bytes) = (SELECT sum(size) FROM (SELECT size FROM blobs UNION ALL SELECT size FROM uploads) s) FROM blob_usage",
    );
    let counted: bool = counted.fetch_one(&vault.pool).await.unwrap();
    assert!(counted, "the quotas count what there is");
    let again = json!({"dry_run": false, "deleted": 0, "bytes": "0", "names": [], "uploads": 0});
    assert_eq!(collect("?keep_hours=24&dry_run=false").await, again);

    // Storing it again begins its time anew.
    sqlx::query("UPDATE blobs SET touched_at = now() - interval '25 hours'").execute(&vault.pool).await.unwrap();
    assert_eq!(vault.put(&format!("/v1/blobs/{young}"), "young").await.status(), StatusCode::OK);
    assert_eq!(collect("?keep_hours=24&dry_run=false").await, again);
}

#[tokio::test]
async fn only_admins_collect_garbage() {
    let vault = Vault::start(&["--blob-keep-hours", "24"]).await;
    let path = vault.path("/v1/blobs/garbage");
    assert_eq!(vault.http.post(&path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let wallet = Pubkey::new_from_array([1; 32]);
    for (role, query, status) in [
        (Role::User, "", 403),
        (Role::Operator, "", 403),
        (Role::Admin, "", 200),
        (Role::Admin, "?keep_hours=0", 400),
        (Role::Admin, "?keep_hours=87601", 400),
        (Role::Admin, "?dry_run=maybe", 400),
    ] {
        let request = vault.http.post(format!("{path}{query}")).header("authorization", vault.token(wallet, role));
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{role:?} {query}");
    }
    // One at a time.
    let mut other = vault.pool.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(x'61737361795f6763'::bigint)").execute(&mut *other).await.unwrap();
    let request = vault.http.post(&path).header("authorization", vault.token(wallet, Role::Admin));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::CONFLICT);
}

/// Every uri in the market leads to a server that counts who comes; then every route is asked, and garbage collected.
#[tokio::test(flavor = "multi_thread")]
async fn ssrf_through_uris() {
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", trap.local_addr().unwrap());
    let visits = Arc::new(AtomicU64::new(0));
    let counted = visits.clone();
    tokio::spawn(async move {
        while trap.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let vault = Vault::start(&["--blob-keep-hours", "1"]).await;
    let hash = sha256(b"what is there");
    let uri = format!("{at}/v1/blobs/{hash}");
    let document = String::from_utf8(spec(&hash, &hash)).unwrap().replace("https://files.example", &at);
    let spec_hash = vault.store(document).await;
    let job = json!({"requester": address(1), "mint": address(2), "spec_hash": spec_hash, "root": hash, "uri": uri,
        "ended_at": "0", "state": "Open", "posted_at": "1", "class": 0, "units": "1"});
    let model = json!({"author": address(4), "content_hash": hash, "uri": uri});
    let device = json!({"operator": address(5), "available": true, "uri": uri});
    let rows = vec![
        row(Table::Jobs, 11, Change::Scanned(job)),
        row(Table::Models, 13, Change::Scanned(model)),
        row(Table::Devices, 14, Change::Scanned(device)),
    ];
    apply(&vault, rows).await;

    let api: Value = serde_json::from_str(&serve::openapi().unwrap()).unwrap();
    let admin = vault.token(Pubkey::new_from_array([9; 32]), Role::Admin);
    let mut asked = 0;
    for (path, methods) in api["paths"].as_object().unwrap() {
        // Its parameters: what leads to the trap, by address, by hash, by uri.
        for value in
            [address(11), address(13), hash.clone(), "uri".into(), at.replace('/', "%2F"), uri.replace('/', "%2F")]
        {
            let filled = path.split('/').map(|part| if part.starts_with('{') { value.as_str() } else { part });
            let filled = filled.collect::<Vec<_>>().join("/");
            for query in ["".to_owned(), format!("?uri={at}&url={at}&job={}&spec={spec_hash}", address(11))] {
                for method in methods.as_object().unwrap().keys().filter(|method| *method != "parameters") {
                    let method = method.to_uppercase().parse().unwrap();
                    let request = vault.http.request(method, vault.path(&format!("{filled}{query}")));
                    let request = request.header("authorization", &admin).header("referer", &at).header("origin", &at);
                    let body = json!({"uri": at, "url": at, "sha256": hash, "size": "5", "job": address(11)});
                    // A stream of events has no end.
                    let answer =
                        tokio::time::timeout(std::time::Duration::from_millis(500), request.json(&body).send());
                    if let Ok(answer) = answer.await {
                        answer.unwrap();
                    }
                    asked += 1;
                }
            }
        }
    }
    let garbage = vault.http.post(vault.path("/v1/blobs/garbage?dry_run=false")).header("authorization", &admin);
    assert_eq!(garbage.send().await.unwrap().status(), StatusCode::OK);
    assert!(asked > 100, "{asked}");
    assert_eq!(vault.get(&format!("/v1/blobs/{hash}")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(visits.load(Ordering::SeqCst), 0);
    // The trap works.
    let _ = tokio::net::TcpStream::connect(at.trim_start_matches("http://")).await.unwrap();
    while visits.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
}
