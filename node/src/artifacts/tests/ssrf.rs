//! Where uris cannot be made to lead.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use futures_util::future::BoxFuture;

use super::*;

/// Names with addresses of our choice; each further question gets the next ones.
#[derive(Debug, Default)]
struct Names {
    answers: HashMap<&'static str, Vec<Vec<&'static str>>>,
    asked: AtomicUsize,
}

impl Lookup for Names {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(host.as_str()).map(|all| all[asked.min(all.len() - 1)].clone());
        Box::pin(async move {
            let answer = answer.ok_or_else(|| io::Error::other("no such name"))?;
            Ok(answer.into_iter().map(|address| address.parse().unwrap()).collect())
        })
    }
}

fn strict(answers: &[(&'static str, &[&[&'static str]])]) -> Policy {
    let answers = answers.iter().map(|(name, all)| (*name, all.iter().map(|one| one.to_vec()).collect())).collect();
    Policy { nets: vec![], retries: 0, lookup: Arc::new(Names { answers, asked: AtomicUsize::default() }), ..quick() }
}

fn not_public(error: &ArtifactError) -> bool {
    matches!(error, ArtifactError::NotPublic { .. })
}

#[tokio::test]
async fn ssrf_through_uris() {
    let (base, server) = serve(TEXT).await;
    let port = base.rsplit(':').next().unwrap();
    let (_dir, store) = store(strict(&[
        ("private.example", &[&["127.0.0.1"]]),
        ("mixed.example", &[&["93.184.215.14", "127.0.0.1"]]),
        ("metadata.example", &[&["169.254.169.254"]]),
    ]));
    let hosts = [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "private.example",
        "mixed.example",
        "metadata.example",
        "user:password@127.0.0.1",
    ];
    // This resolver knows no localhost; the system's does.
    let system =
        Store::open(_dir.path().join("system"), Policy { lookup: Arc::new(SystemLookup), ..strict(&[]) }).unwrap();
    for host in hosts {
        let store = if host == "localhost" { &system } else { &store };
        let error = store.fetch(&artifact(format!("http://{host}:{port}/x"), TEXT), 100).await.unwrap_err();
        assert!(not_public(&error), "{host}: {error}");
        assert!(
            !error.to_string().contains("169.254") || host.contains("169.254"),
            "it does not tell what a name means"
        );
    }
    assert_eq!(server.lock().unwrap().calls, Vec::<String>::new());

    // What the operator allows, or is its own API, is no secret of its.
    let (_other, allowed) = super::store(Policy { nets: vec!["127.0.0.0/8".parse().unwrap()], ..strict(&[]) });
    assert_eq!(allowed.fetch(&artifact(format!("{base}/allowed"), TEXT), 100).await.unwrap(), TEXT);
    let (_other, own) = super::store(Policy { api: Some(base.parse().unwrap()), ..strict(&[]) });
    assert_eq!(own.fetch(&artifact(format!("{base}/own"), TEXT), 100).await.unwrap(), TEXT);
    assert_eq!(server.lock().unwrap().calls, ["/allowed - -", "/own - -"]);
    // Not so another port of that machine.
    let (elsewhere, other) = serve(TEXT).await;
    let error = own.fetch(&artifact(format!("{elsewhere}/x"), b"x"), 100).await.unwrap_err();
    assert!(not_public(&error) && other.lock().unwrap().calls.is_empty(), "{error}");
}

#[tokio::test]
async fn a_redirect_leads_no_further_than_a_uri() {
    let (secret, server) = serve(TEXT).await;
    let port = secret.rsplit(':').next().unwrap().to_owned();
    // The public server is on 127.0.0.2, which is allowed here; what it must not reach is on 127.0.0.1.
    let router = Router::new()
        .route(
            "/literal",
            get({
                let to = format!("{secret}/x");
                move || async move { Redirect::temporary(&to) }
            }),
        )
        .route("/name", get(move || async move { Redirect::temporary(&format!("http://private.example:{port}/x")) }))
        .route("/file", get(|| async { Redirect::temporary("file:///etc/passwd") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let policy =
        Policy { nets: vec!["127.0.0.2/32".parse().unwrap()], ..strict(&[("private.example", &[&["127.0.0.1"]])]) };
    let (_dir, store) = store(policy.clone());
    for path in ["literal", "name"] {
        let error = store.fetch(&artifact(format!("{base}/{path}"), TEXT), 100).await.unwrap_err();
        assert!(not_public(&error), "{path}: {error}");
    }
    let error = store.fetch(&artifact(format!("{base}/file"), TEXT), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::Unreachable { .. } | ArtifactError::Refused { .. }), "{error}");
    // The API is trusted for itself, and not for where it sends us.
    let (_other, own) = super::store(Policy { api: Some(base.parse().unwrap()), nets: vec![], ..policy });
    let error = own.fetch(&artifact(format!("{base}/literal"), TEXT), 100).await.unwrap_err();
    assert!(matches!(error, ArtifactError::Refused { .. }), "{error}");
    assert_eq!(server.lock().unwrap().calls, Vec::<String>::new());
}

/// A name is resolved for each connection anew, and connected to as it was checked: the first answer is allowed and serves, the
/// second is not.
#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let start_at = async |address: &str, port: u16| {
        let hits = Arc::new(AtomicUsize::default());
        let count = hits.clone();
        // Closes each connection, and breaks off: it has to be connected to again.
        let cut = move || {
            let count = count.clone();
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                ([("connection", "close")], reqwest::StatusCode::SERVICE_UNAVAILABLE)
            }
        };
        let listener = tokio::net::TcpListener::bind((address, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(cut)).await });
        (port, hits)
    };
    let (port, first) = start_at("127.0.0.2", 0).await;
    let (_, second) = start_at("127.0.0.1", port).await;
    let policy = Policy {
        nets: vec!["127.0.0.2/32".parse().unwrap()],
        retries: 1,
        ..strict(&[("rebinding.example", &[&["127.0.0.2"], &["127.0.0.1"]])])
    };
    let (_dir, store) = store(policy);
    let error = store.fetch(&artifact(format!("http://rebinding.example:{port}/x"), TEXT), 100).await.unwrap_err();
    assert!(not_public(&error), "{error}");
    assert_eq!((first.load(Ordering::SeqCst), second.load(Ordering::SeqCst)), (1, 0));
}
