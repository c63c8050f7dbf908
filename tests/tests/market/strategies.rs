//! Every strategy to its end on a market with a liar in it: who was paid, who was slashed, and that nothing is left.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Market, amount, expected_root, root, wait};

/// What an operator is paid for the 32 units: 0.01 tUSD each, less 2.5 % fee.
const PAID: u64 = 320_000 - 8_000;
/// What a verifier is paid for 4 of them.
const PAID_FOR_SAMPLES: u64 = 40_000 - 1_000;
/// The bond of such a job: 30 % of 0.32 tUSD at 2 ASY each.
const BOND: u64 = 192_000_000;
/// What a wrong result costs: the bond, and 25 % of the class stake of 100 ASY.
const EXPOSURE: u64 = BOND + 25_000_000_000;

/// A market whose last operator lies, and its requester.
struct Scene {
    market: Market,
    wallet: PathBuf,
    liar: String,
}

impl Scene {
    fn new(operators: u16) -> Self {
        let market = Market::start(operators, 1);
        let liar = market.state()["operators"][usize::from(operators) - 1].as_str().unwrap().to_string();
        let wallet = market.funded("requester");
        Self { market, wallet, liar }
    }

    /// Post until the liar has been caught, which sortition may leave out; the report of that job, which has ended. Those of
    /// the others are handed to `honest`.
    fn caught(&self, terms: &[&str], after: impl Fn(&str), honest: impl Fn(&Value)) -> Value {
        let post = |_| {
            let job = self.market.post_with(&self.wallet, &root().join("examples/orf-kmer/job.json"), terms);
            after(&job);
            let report = self.market.settled(&self.wallet, &job, None);
            self.sound(&report);
            if lines(&report, "slashed").is_empty() {
                honest(&report);
                return None;
            }
            Some(report)
        };
        let report = (0..16).find_map(post).expect("the liar was not seated in sixteen jobs");
        assert!(lines(&report, "slashed").iter().all(|(who, _)| *who == self.liar), "{report}");
        assert!(lines(&report, "paid").iter().all(|(who, _)| *who != self.liar), "{report}");
        report
    }

    /// What holds for every job that is closed.
    fn sound(&self, report: &Value) {
        assert_eq!(amount(&report["vault_balance_after"]), 0, "{report}");
        assert_eq!(report["rent_left_lamports"], 0, "{report}");
        assert_eq!(report["supply_check"], true, "{report}");
    }

    fn operators(&self) -> Vec<String> {
        let all = self.market.state()["operators"].as_array().unwrap().clone();
        all.iter().map(|one| one.as_str().unwrap().to_string()).collect()
    }
}

/// Who got, or lost, how much.
fn lines(report: &Value, of: &str) -> Vec<(String, u64)> {
    let lines = report[of].as_array().unwrap();
    lines.iter().map(|line| (line["operator"].as_str().unwrap().into(), amount(&line["amount"]))).collect()
}

/// That one operator was paid for the true root, and nobody slashed.
fn one_is_paid(report: &Value) {
    assert_eq!(report["state"], "settled", "{report}");
    assert_eq!(report["root"], expected_root("orf-kmer"));
    let paid = lines(report, "paid");
    assert_eq!((paid.len(), paid[0].1), (1, PAID), "{report}");
    assert_eq!(lines(report, "slashed"), []);
}

/// That a jury of three found a unit wrong, each of whom was paid, and the liar lost its exposure.
fn a_jury_convicts(scene: &Scene, report: &Value, opener: &str) {
    assert_eq!(report["root"], Value::Null, "{report}");
    assert_eq!(lines(report, "paid"), [], "the requester has it back");
    assert_eq!(lines(report, "slashed"), [(scene.liar.clone(), EXPOSURE)]);
    let cases = report["cases"].as_array().unwrap();
    let decided: Vec<_> = cases.iter().filter(|case| case["ruling"] == "decided").collect();
    assert_eq!(decided.len(), 1, "{report}");
    assert_eq!(decided[0]["upheld"], false);
    assert!(opener.is_empty() || decided[0]["opener"] == opener, "{report}");
    let jurors: Vec<_> = report["jurors"].as_array().unwrap().iter().filter(|one| amount(&one["paid"]) > 0).collect();
    assert_eq!(jurors.len(), 3, "{report}");
    // Half of the executor's bond of 10 ASY, in equal parts.
    assert!(jurors.iter().all(|one| amount(&one["paid"]) == 5_000_000_000 / 3 && amount(&one["slashed"]) == 0));
    let operators = scene.operators();
    assert!(jurors.iter().all(|one| operators.iter().any(|known| one["operator"] == known.as_str())));
    assert!(jurors.iter().all(|one| one["operator"] != scene.liar && one["operator"] != decided[0]["opener"]));
}

#[test]
fn an_optimistic_lie_is_watched_challenged_and_judged() {
    let scene = Scene::new(6);
    let report = scene.caught(&["--strategy", "optimistic", "--window", "20s"], |_| (), one_is_paid);
    a_jury_convicts(&scene, &report, "");
}

#[test]
fn an_accepted_lie_is_rejected_and_judged() {
    let scene = Scene::new(6);
    let expected = root().join("examples/orf-kmer/expected/outputs.json");
    let review = |job: &str| {
        wait("a delivery", || {
            let status = scene.market.job(job)?["job"]["status"].as_str()?.to_string();
            (status == "delivered").then_some(())
        });
        let rejected = scene.market.cli(&scene.wallet, &["job", "reject", job, "--expected", path(&expected)]);
        if !rejected.status.success() {
            scene.market.cli_json(&scene.wallet, &["job", "accept", job]);
        }
    };
    let report = scene.caught(&["--strategy", "accepted", "--window", "60s"], review, one_is_paid);
    let requester = scene.market.cli_json(&scene.wallet, &["address"]);
    a_jury_convicts(&scene, &report, requester["address"].as_str().unwrap_or_default());
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn sampled_units_are_computed_again_and_a_lie_among_them_is_slashed() {
    let scene = Scene::new(7);
    let terms = ["--strategy", "sampled", "--samples", "4", "--committee", "3"];
    let all_agree = |report: &Value| {
        assert_eq!((&report["state"], &report["root"]), (&"settled".into(), &expected_root("orf-kmer").into()));
        let mut paid: Vec<_> = lines(report, "paid").into_iter().map(|(_, paid)| paid).collect();
        paid.sort_unstable();
        assert_eq!(paid, [PAID_FOR_SAMPLES, PAID_FOR_SAMPLES, PAID_FOR_SAMPLES, PAID]);
    };
    let report = scene.caught(&terms, |_| (), all_agree);
    let mut paid: Vec<_> = lines(&report, "paid").into_iter().map(|(_, paid)| paid).collect();
    paid.sort_unstable();
    let wrong = lines(&report, "slashed");
    assert_eq!(wrong, [(scene.liar.clone(), EXPOSURE)]);
    if report["root"].is_null() {
        // It was the executor: the committee is paid for finding out.
        assert_eq!(paid, [PAID_FOR_SAMPLES; 3]);
    } else {
        assert_eq!(report["root"], expected_root("orf-kmer"));
        assert_eq!(paid, [PAID_FOR_SAMPLES, PAID_FOR_SAMPLES, PAID]);
    }
}

/// That whoever could not show its result lost its bond, and another was paid for the true one.
fn a_ghost_is_replaced(scene: &Scene, report: &Value) {
    assert_eq!((&report["state"], &report["root"]), (&"settled".into(), &expected_root("orf-kmer").into()));
    // It may have taken the seat again, and lost it again.
    let lost = |line: &(String, u64)| line.0 == scene.liar && line.1 > 0 && line.1.is_multiple_of(BOND);
    assert!(lines(report, "slashed").iter().all(lost), "{report}");
    let paid = lines(report, "paid");
    assert_eq!((paid.len(), paid[0].1), (1, PAID), "{report}");
}

#[test]
fn a_proof_settles_and_what_is_none_costs_the_bond() {
    let scene = Scene::new(4);
    let report = scene.caught(&["--strategy", "proven"], |_| (), one_is_paid);
    a_ghost_is_replaced(&scene, &report);
}

#[test]
fn an_attestation_settles_and_a_forged_one_costs_the_bond() {
    let scene = Scene::new(4);
    let report = scene.caught(&["--strategy", "attested", "--threshold", "1"], |_| (), one_is_paid);
    a_ghost_is_replaced(&scene, &report);
}

/// Two that disagree are joined by two more at a time; of an adaptive job one may be enough.
#[test]
fn replicas_are_added_until_enough_agree() {
    let scene = Scene::new(6);
    let adaptive = ["--replicas", "2", "--quorum", "2", "--most", "4", "--adaptive"];
    let job = scene.market.post_with(&scene.wallet, &root().join("examples/orf-kmer/job.json"), &adaptive);
    let report = scene.market.settled(&scene.wallet, &job, None);
    scene.sound(&report);
    assert_eq!(report["state"], "settled", "{report}");
    let widened = ["--replicas", "2", "--quorum", "2", "--most", "4"];
    let two_are_paid = |report: &Value| {
        assert_eq!((&report["state"], &report["root"]), (&"settled".into(), &expected_root("orf-kmer").into()));
        assert!(lines(report, "paid").iter().all(|(_, paid)| *paid == PAID) && lines(report, "paid").len() == 2);
    };
    let report = scene.caught(&widened, |_| (), two_are_paid);
    assert_eq!((&report["state"], &report["root"]), (&"settled".into(), &expected_root("orf-kmer").into()));
    assert_eq!(lines(&report, "slashed"), [(scene.liar.clone(), EXPOSURE)]);
    let paid = lines(&report, "paid");
    assert!(paid.len() == 3 && paid.iter().all(|(_, paid)| *paid == PAID), "{report}");
}
