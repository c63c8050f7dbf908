//! Where webhooks cannot be made to go.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/live.rs"]
mod kit;

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use assay_indexer::serve::live::webhooks::{Egress, Lookup, Refused, Rules, Sent, SystemLookup};
use futures_util::future::BoxFuture;
use kit::{Database, Receiver};
use reqwest::{Method, StatusCode};
use serde_json::json;
use solana_sdk::pubkey::Pubkey;

/// Names with addresses of our choice; each further question gets the next ones.
#[derive(Default)]
struct Names {
    answers: HashMap<&'static str, Vec<Vec<&'static str>>>,
    asked: AtomicUsize,
}

impl Lookup for Names {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let answers = self.answers.get(host.as_str());
        let answer = answers.map(|answers| answers[asked.min(answers.len() - 1)].clone());
        Box::pin(async move {
            let answer = answer.ok_or_else(|| io::Error::other("no such name"))?;
            Ok(answer.into_iter().map(|address| address.parse().unwrap()).collect())
        })
    }
}

fn names(answers: &[(&'static str, &[&[&'static str]])]) -> Arc<Names> {
    let answers = answers.iter().map(|(name, all)| (*name, all.iter().map(|one| one.to_vec()).collect())).collect();
    Arc::new(Names { answers, asked: AtomicUsize::new(0) })
}

fn egress(allow_http: bool, allow: &[&str], lookup: Arc<dyn Lookup>) -> Egress {
    let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
    Egress::new(Rules { allow_http, allow, lookup }).unwrap()
}

#[tokio::test]
async fn ssrf_through_webhooks() {
    let lookup = names(&[
        ("public.example", &[&["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]]),
        ("private.example", &[&["10.0.0.1"]]),
        ("mixed.example", &[&["93.184.215.14", "127.0.0.1"]]),
        ("mapped.example", &[&["::ffff:169.254.169.254"]]),
        ("nat64.example", &[&["64:ff9b::a9fe:a9fe"]]),
        ("local6.example", &[&["fe80::1"]]),
        ("empty.example", &[&[]]),
    ]);
    let egress = egress(false, &[], lookup);
    let table = [
        ("https://public.example/hook", Ok(())),
        ("https://public.example:8443/hook?x=1", Ok(())),
        ("https://1.1.1.1/", Ok(())),
        ("https://[2606:4700:4700::1111]/", Ok(())),
        // What is no url of ours.
        ("", Err(Refused::BadUrl)),
        ("/hook", Err(Refused::BadUrl)),
        ("https://", Err(Refused::BadUrl)),
        ("https://public.example/a b", Err(Refused::BadUrl)),
        ("https://public.example/\r\nhost: x", Err(Refused::BadUrl)),
        ("http://public.example/", Err(Refused::NotHttps)),
        ("file:///etc/passwd", Err(Refused::NotHttps)),
        ("gopher://public.example:70/_x", Err(Refused::NotHttps)),
        ("data:text/plain,x", Err(Refused::NotHttps)),
        ("https://user@public.example/", Err(Refused::UserInfo)),
        ("https://user:word@public.example/", Err(Refused::UserInfo)),
        ("https://public.example@127.0.0.1/", Err(Refused::UserInfo)),
        ("https://public.example:22/", Err(Refused::Port)),
        ("https://public.example:5432/", Err(Refused::Port)),
        ("https://public.example:80/", Err(Refused::Port)),
        // Addresses that are not for everybody, in every notation.
        ("https://127.0.0.1/", Err(Refused::NotGlobal)),
        ("https://127.1/", Err(Refused::NotGlobal)),
        ("https://2130706433/", Err(Refused::NotGlobal)),
        ("https://0x7f000001/", Err(Refused::NotGlobal)),
        ("https://0177.0.0.1/", Err(Refused::NotGlobal)),
        ("https://127.0.0.1./", Err(Refused::NotGlobal)),
        ("https://%31%32%37.0.0.1/", Err(Refused::NotGlobal)),
        ("https://①②⑦.0.0.1/", Err(Refused::NotGlobal)),
        ("https://0/", Err(Refused::NotGlobal)),
        ("https://0.0.0.0/", Err(Refused::NotGlobal)),
        ("https://10.1.2.3/", Err(Refused::NotGlobal)),
        ("https://172.16.0.1/", Err(Refused::NotGlobal)),
        ("https://192.168.1.1/", Err(Refused::NotGlobal)),
        ("https://100.64.0.1/", Err(Refused::NotGlobal)),
        ("https://169.254.169.254/latest/meta-data/", Err(Refused::NotGlobal)),
        ("https://100.100.100.200/", Err(Refused::NotGlobal)),
        ("https://168.63.129.16/", Err(Refused::NotGlobal)),
        ("https://192.0.0.192/", Err(Refused::NotGlobal)),
        ("https://224.0.0.1/", Err(Refused::NotGlobal)),
        ("https://255.255.255.255/", Err(Refused::NotGlobal)),
        ("https://[::]/", Err(Refused::NotGlobal)),
        ("https://[::1]/", Err(Refused::NotGlobal)),
        ("https://[::127.0.0.1]/", Err(Refused::NotGlobal)),
        ("https://[::ffff:127.0.0.1]/", Err(Refused::NotGlobal)),
        ("https://[::ffff:7f00:1]/", Err(Refused::NotGlobal)),
        ("https://[64:ff9b::7f00:1]/", Err(Refused::NotGlobal)),
        ("https://[2002:7f00:1::]/", Err(Refused::NotGlobal)),
        ("https://[2001:0:7f00:1::]/", Err(Refused::NotGlobal)),
        ("https://[fe80::1]/", Err(Refused::NotGlobal)),
        ("https://[fd00:ec2::254]/", Err(Refused::NotGlobal)),
        ("https://[ff02::1]/", Err(Refused::NotGlobal)),
        // Names that lead there.
        ("https://private.example/", Err(Refused::NotGlobal)),
        ("https://mixed.example/", Err(Refused::NotGlobal)),
        ("https://mapped.example/", Err(Refused::NotGlobal)),
        ("https://nat64.example/", Err(Refused::NotGlobal)),
        ("https://local6.example/", Err(Refused::NotGlobal)),
        ("https://empty.example/", Err(Refused::NotFound)),
        ("https://nowhere.example/", Err(Refused::NotFound)),
    ];
    for (url, expected) in table {
        let got = egress.check(url).await;
        assert_eq!(got.map(drop), expected, "{url}");
        // And if it had come to be registered, it is refused when something is to be delivered.
        if let Err(why) = expected {
            assert_eq!(egress.send(url, vec![], String::new()).await, Sent::Failed(why.to_string()), "{url}");
        }
    }
    let long = format!("https://public.example/{}", "x".repeat(2_048));
    assert_eq!(egress.check(&long).await.map(drop), Err(Refused::BadUrl));
    assert!(SystemLookup.lookup("localhost".into()).await.unwrap().iter().all(|ip| ip.is_loopback()));
}

/// A name that was good when it was checked and leads inside when it is connected to: the connection goes to what was
/// checked for it, so there is none.
#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let inside = Receiver::start().await;
    let lookup = names(&[("rebinding.example", &[&["93.184.215.14"], &["127.0.0.1"]])]);
    let guarded = egress(true, &[], lookup.clone());
    let url = format!("http://rebinding.example:{}/hook", inside.port);
    assert_eq!(guarded.check(&url).await.map(drop), Ok(()), "the first answer is a public one");
    let sent = guarded.send(&url, vec![], "{}".into()).await;
    assert_eq!(sent, Sent::Failed(Refused::NotGlobal.to_string()));
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 2, "nobody but the guard asks for the name");
    assert!(inside.got().is_empty());
    // The same name reaches the same receiver where the guard allows it: it is the guard that stopped it.
    let open = egress(true, &["127.0.0.0/8"], names(&[("rebinding.example", &[&["127.0.0.1"]])]));
    assert_eq!(open.send(&url, vec![], "{}".into()).await, Sent::Answered(200));
    assert_eq!(inside.got().len(), 1);
}

/// Each delivery asks anew: no connection is kept to what a name was.
#[tokio::test]
async fn each_delivery_is_checked() {
    let inside = Receiver::start().await;
    let lookup = names(&[("moving.example", &[&["127.0.0.1"], &["127.0.0.1"], &["10.0.0.1"]])]);
    let egress = egress(true, &["127.0.0.0/8"], lookup);
    let url = format!("http://moving.example:{}/hook", inside.port);
    assert_eq!(egress.send(&url, vec![], "{}".into()).await, Sent::Answered(200));
    assert_eq!(egress.send(&url, vec![], "{}".into()).await, Sent::Answered(200));
    assert_eq!(egress.send(&url, vec![], "{}".into()).await, Sent::Failed(Refused::NotGlobal.to_string()));
}

/// A receiver that answers without end holds nobody up: nothing of its answer is read.
#[tokio::test]
async fn an_endless_answer_is_not_read() {
    use axum::{Router, body::Body, routing::post};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let endless = async || {
        let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::convert::Infallible>(vec![b'x'; 1 << 16]));
        Body::from_stream(chunks)
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(endless))).await });
    let egress = egress(true, &["127.0.0.0/8"], names(&[]));
    assert_eq!(egress.send(&url, vec![], "{}".into()).await, Sent::Answered(200));
}

/// The routes ask the guard, without any flag that would weaken it.
#[tokio::test]
async fn the_routes_refuse_what_is_inside() {
    let database = Database::start().await;
    let instance = database.instance(&[]).await;
    let token = database.token(Pubkey::new_from_array([1; 32]));
    for url in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]:8443/",
        "https://x:y@1.1.1.1/",
    ] {
        let new = json!({"url": url, "topics": ["class:1"]});
        let (status, problem) = instance.call(Method::POST, "/v1/webhooks", &token, new).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{url}: {problem}");
    }
    let new = json!({"url": "https://1.1.1.1/", "topics": ["class:1"]});
    let (status, hook) = instance.call(Method::POST, "/v1/webhooks", &token, new).await;
    assert_eq!(status, StatusCode::CREATED, "{hook}");
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    let (status, _) = instance.call(Method::PATCH, &path, &token, json!({"url": "https://10.0.0.1/"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, same) = instance.call(Method::GET, &path, &token, json!(null)).await;
    assert_eq!(same["url"], "https://1.1.1.1/");
}
