//! An auction in which the nodes bid by themselves, each as its operator's policy file says.

use std::{fs, path::Path};

use assay_sdk::addresses;
use serde_json::Value;
use solana_sdk::pubkey::Pubkey;

use crate::{
    nodes::{Node, exists},
    support::{Market, amount, expected_root, root, wait},
};

/// What the auction offers: 32 units at 0.01 tUSD.
const OFFERED: u64 = 320_000;
/// The least that the dear node takes, 6,000 base units of tUSD a unit, with the fee of 2.5 % on top: 192,000 / 0.975.
const DEAR: u64 = 196_924;
/// 4,000 a unit and a margin of 10 %: 140,800 / 0.975.
const WINNING: u64 = 144_411;
/// What the fee leaves of it; its fraction of a base unit is the operator's.
const PAID: u64 = 140_801;
/// 3,000 a unit: 96,000 / 0.975.
const CHEAP: u64 = 98_462;
/// What the award locks: 30 % of what is offered at 2 ASY a dollar, and 25 % of the class stake of 200 ASY.
const EXPOSURE: u64 = 192_000_000 + 50_000_000_000;
/// 2,000 ASY.
const STAKED: u64 = 2_000_000_000_000;
/// What a bid and taking it back cost in lamports: two signatures. The rent of the bid is back.
const TWO_FEES: u64 = 10_000;

/// A node that asks for at least so much a unit, with these further rules.
fn bidder(market: &Market, place: &Path, name: &str, (per_unit, margin): (u64, u16), rules: &str) -> Node {
    let policy = place.join(format!("{name}.toml"));
    let mint = market.field("payment_mint");
    let text = format!(
        "juries = false\n{rules}\n[[price]]\nmint = \"{mint}\"\nper_unit = {per_unit}\n[bidding]\non = true\n\
         margin_bps = {margin}\nafter_seconds = 0\n"
    );
    fs::write(&policy, text).unwrap();
    // Only the winner does what anybody may do: each of the others' lamports is accounted for.
    let patience = if name == "winner" { "1000" } else { "100000000" };
    Node::start(market, place, name, &["--policy", policy.to_str().unwrap(), "--patience-ms", patience])
}

fn bid_of(job: &str, node: &Node) -> String {
    addresses::bid(&job.parse().unwrap(), &node.operator.parse::<Pubkey>().unwrap()).to_string()
}

/// The standing bids for a job, by their prices.
fn bids(market: &Market, wallet: &Path, job: &str) -> Vec<(String, u64)> {
    let listed = market.cli_json(wallet, &["market", "bids", "list", job]);
    let line =
        |bid: &Value| (bid["operator"].as_str().unwrap().to_owned(), bid["price"].as_str().unwrap().parse().unwrap());
    listed["items"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn nodes_bid_by_their_policies_and_the_cheapest_that_stands_is_paid_its_price() {
    let market = Market::start(0, 0);
    let requester = market.funded("requester");
    let me = market.cli_json(&requester, &["address"])["address"].as_str().unwrap().to_owned();
    let place = tempfile::tempdir().unwrap();
    let start = |name, price, rules: &str| bidder(&market, place.path(), name, price, rules);
    let dear = start("dear", (6_000, 0), "");
    let winner = start("winner", (4_000, 1_000), "");
    let mut leaving = start("leaving", (3_000, 0), "");
    let unwilling = start("unwilling", (1_000, 0), &format!("[requesters]\ndeny = [\"{me}\"]"));

    let holds = |node: &Node, symbol| market.holds(&node.wallet, symbol);
    let before: Vec<_> =
        [&dear, &leaving, &unwilling].map(|node| (holds(node, "SOL"), holds(node, "tUSD"), holds(node, "ASY"))).into();
    let (winner_had, requester_had) = (holds(&winner, "tUSD"), market.holds(&requester, "tUSD"));

    let job = market.post_with(
        &requester,
        &root().join("examples/orf-kmer/job.json"),
        &["--strategy", "accepted", "--window", "1h", "--class", "1", "--auction"],
    );
    assert_eq!(market.holds(&requester, "tUSD"), requester_had - OFFERED);
    let expected =
        [(&leaving, CHEAP), (&winner, WINNING), (&dear, DEAR)].map(|(node, price)| (node.operator.clone(), price));
    let seen = wait("three bids", || Some(bids(&market, &requester, &job)).filter(|bids| bids.len() >= 3));
    assert_eq!(seen, expected, "and none of who takes nothing of this requester");

    // Bids lock nothing. The cheapest leaves, and takes its bid with it.
    assert!([&dear, &winner, &leaving].iter().all(|node| node.stake(&market) == (0, STAKED)));
    let drain = ["operator", "drain", "--data", leaving.data.to_str().unwrap()];
    market.cli_json(&leaving.wallet, &drain);
    assert!(leaving.process.ended().success());
    assert!(!exists(&market, &bid_of(&job, &leaving)));

    let awarded = market.cli_json(&requester, &["market", "bids", "award", &job, "--cheapest"]);
    assert_eq!(
        (&awarded["operator"], &awarded["price"]),
        (&winner.operator.clone().into(), &WINNING.to_string().into())
    );
    assert_eq!(winner.stake(&market), (EXPOSURE, STAKED), "all that it agreed to");
    // A loser's bid stands until the job has ended: the winner may not deliver.
    assert!(exists(&market, &bid_of(&job, &dear)));
    assert_eq!(dear.stake(&market), (0, STAKED));

    wait("the delivery", || market.job(&job).filter(|page| page["job"]["status"] == "delivered"));
    market.cli_json(&requester, &["job", "accept", &job]);
    let report = market.settled(&requester, &job, Some(&expected_root("orf-kmer")));
    assert_eq!(report["state"], "settled", "{report}");
    let paid = report["paid"].as_array().unwrap();
    assert_eq!((paid.len(), &paid[0]["operator"]), (1, &winner.operator.clone().into()), "{report}");
    assert_eq!((amount(&paid[0]["amount"]), amount(&report["vault_balance_after"])), (PAID, 0), "{report}");

    assert_eq!(holds(&winner, "tUSD"), winner_had + PAID);
    assert_eq!(winner.stake(&market), (0, STAKED), "nothing is locked any more");
    assert_eq!(market.holds(&requester, "tUSD"), requester_had - WINNING, "what was offered beyond it is back");
    wait("the loser's bid to be taken back", || (!exists(&market, &bid_of(&job, &dear))).then_some(()));
    let after = [(&dear, TWO_FEES), (&leaving, TWO_FEES), (&unwilling, 0)];
    let after = after.map(|(node, fees)| (holds(node, "SOL") + fees, holds(node, "tUSD"), holds(node, "ASY")));
    assert_eq!(after.to_vec(), before);
}
