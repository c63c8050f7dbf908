//! Shots of a quantum circuit, posted as the example lies in its folder.

use crate::support::{Market, expected_root, root};

#[test]
fn a_quantum_circuit_settles_at_its_expected_root() {
    let market = Market::start(3, 0);
    let wallet = market.funded("requester");
    let job = market.post(&wallet, &root().join("examples/quantum-circuit/job.json"));
    let report = market.settled(&wallet, &job, Some(&expected_root("quantum-circuit")));
    assert_eq!(report["state"], "settled");
    assert_eq!(report["root"], report["expected_root"]);
}
