//! A dApp's developer, who has nothing but the committed OpenAPI document: `tests/dapp`.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use solana_sdk::signer::{Signer, keypair::read_keypair_file};

use crate::support::{Market, root};

/// Runs npm in the dApp's folder; it must succeed. Returns what it printed.
fn npm(folder: &Path, arguments: &[&str], settings: &[(&str, String)]) -> String {
    let mut npm = Command::new("npm");
    npm.arg("--silent").args(arguments).current_dir(folder).envs(settings.iter().map(|(name, value)| (name, value)));
    let output = npm.stdin(Stdio::null()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "npm {arguments:?}: {out}\n{err}");
    out.into_owned()
}

/// Address, units and status of the jobs of a list, which must be in order: the newest first, of one second the greatest
/// address.
fn rows(list: &Value) -> BTreeSet<[String; 3]> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = list.as_array().unwrap();
    let places: Vec<_> =
        rows.iter().map(|row| (text(row, "posted_at").parse::<u64>().unwrap(), text(row, "address"))).collect();
    assert!(places.is_sorted_by(|one, next| one > next), "{list}");
    rows.iter().map(|row| ["address", "units", "status"].map(|name| text(row, name))).collect()
}

/// The same of those that were posted, by their numbers, as long as they are open.
fn expected(posted: &[&str], which: &[usize]) -> BTreeSet<[String; 3]> {
    which.iter().map(|at| [posted[*at].to_owned(), (at + 4).to_string(), "open".to_owned()]).collect()
}

#[test]
fn a_dapp_is_made_from_the_openapi_document_alone() {
    let folder = root().join("tests/dapp");
    npm(&folder, &["ci", "--no-audit", "--no-fund"], &[]);
    npm(&folder, &["run", "types"], &[]);
    npm(&folder, &["run", "check"], &[]);

    let market = Market::start(3, 0);
    let wallet = market.funded("dapp");
    let me = read_keypair_file(&wallet).unwrap().pubkey().to_string();
    let settings = [
        ("API", market.field("api")),
        ("RPC", market.field("rpc")),
        ("WALLET", wallet.to_str().unwrap().into()),
        ("MINT", market.field("payment_mint")),
    ];
    let out = npm(&folder, &["start"], &settings);
    let saw: Value = serde_json::from_str(&out).unwrap_or_else(|why| panic!("it printed {out:?}: {why}"));

    assert_eq!((&saw["wallet"], &saw["signed_in"], &saw["stranger"]), (&json!(me), &json!(me), &json!(401)));
    // Every node of the market fits, and the reply says why they stand where they do.
    assert_eq!((&saw["quote"]["fit"], &saw["quote"]["devices"]), (&json!(3), &json!(3)));
    assert!(saw["quote"]["explanation"].as_str().is_some_and(|text| text.len() > 40), "{}", saw["quote"]);

    let posted: Vec<&str> = saw["posted"].as_array().unwrap().iter().map(|job| job.as_str().unwrap()).collect();
    // Two a page, nothing twice and nothing missing.
    assert_eq!((rows(&saw["open"]), &saw["pages"]), (expected(&posted, &[0, 1, 2]), &json!(2)));
    assert_eq!((rows(&saw["left"]), &saw["cancelled"]), (expected(&posted, &[1, 2]), &json!("cancelled")));
    assert!(saw["says"][0].as_str().unwrap().contains("0.12 tUSD"), "{}", saw["says"]);
    let events: Vec<(&str, &str)> = saw["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event[0].as_str().unwrap(), event[1].as_str().unwrap_or_default()))
        .filter(|(kind, _)| matches!(*kind, "JobPosted" | "JobCancelled"))
        .collect();
    let told = [0, 1, 2].map(|at| ("JobPosted", posted[at]));
    assert_eq!(events, [&told[..], &[("JobCancelled", posted[0])]].concat());
    // The chain's own account of it.
    for (at, status) in [(0, "cancelled"), (1, "open"), (2, "open")] {
        assert_eq!(market.job(posted[at]).unwrap()["job"]["status"], status);
    }
}
