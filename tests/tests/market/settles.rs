//! The happy path with a liar in it: exact amounts, rent, and the browser.

use std::process::Command;

use assay_sdk::{escrow::Strategy, strategy};

use crate::support::{Market, amount, expected_root, root};

#[test]
fn a_job_settles_exactly_and_the_portal_shows_it() {
    let market = Market::start(5, 1);
    let liar = market.state()["operators"][4].as_str().unwrap().to_string();
    let wallet = market.funded("requester");
    let expected = expected_root("orf-kmer");

    // Sortition may leave the liar out of a job; then another is posted.
    let (job, report) = (0..10)
        .find_map(|_| {
            let job = market.post(&wallet, &root().join("examples/orf-kmer/job.json"));
            let report = market.settled(&wallet, &job, Some(&expected));
            let slashed = report["slashed"].as_array().unwrap();
            (!slashed.is_empty()).then_some((job, report))
        })
        .expect("the liar was not seated in ten jobs");

    assert_eq!(report["state"], "settled");
    assert_eq!(report["root"], expected);
    assert_eq!(report["expected_root"], expected);
    assert_eq!((&report["units"], &report["strategy"]), (&32.into(), &strategy::json(&Strategy::ORDINARY)));
    assert_eq!(report["slashed"].as_array().unwrap().len(), 1);
    assert_eq!(report["slashed"][0]["operator"], liar);
    // Bond: 30 % of 0.32 tUSD at 2 ASY each, 0.192 ASY; and 25 % of the class stake of 100 ASY.
    assert_eq!(amount(&report["slashed"][0]["amount"]), 192_000_000 + 25_000_000_000);
    let paid = report["paid"].as_array().unwrap();
    assert_eq!(paid.len(), 2);
    for payment in paid {
        assert_ne!(payment["operator"], liar);
        // 32 units at 0.01 tUSD, less 2.5 % fee.
        assert_eq!(amount(&payment["amount"]), 320_000 - 8_000);
    }
    assert_eq!(amount(&report["vault_balance_after"]), 0);
    assert_eq!(report["supply_check"], true);
    assert_eq!(report["rent_left_lamports"], 0);
    assert_eq!(report["indexed_equals_chain"], true);

    let outputs = std::env::temp_dir().join(format!("assay-result-{}.json", std::process::id()));
    market.cli_json(&wallet, &["job", "show", &job, "--result", outputs.to_str().unwrap()]);
    let got = std::fs::read_to_string(&outputs).unwrap();
    let want = std::fs::read_to_string(root().join("examples/orf-kmer/expected/outputs.json")).unwrap();
    std::fs::remove_file(&outputs).unwrap();
    let parse = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap();
    assert_eq!(parse(&got), parse(&want));

    let shots = std::env::var_os("SHOTS").unwrap_or_else(|| std::env::temp_dir().join("assay-shots").into());
    let browser = Command::new("npm")
        .args(["run", "e2e"])
        .current_dir(root().join("app"))
        .env("BASE_URL", market.field("api"))
        .env("JOB", &job)
        .env("SHOTS", shots)
        .status()
        .unwrap();
    assert!(browser.success(), "the browser tests failed");
}
