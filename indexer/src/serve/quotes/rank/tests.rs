use proptest::prelude::*;

use super::*;

const MEASURE: Measure = Measure {
    units: 32,
    millis_per_unit: Some(60_000),
    usual_seconds: 600,
    given_seconds: 7_200,
    worth: Some(1_000),
    compensation: 0,
};

fn device(address: &str) -> Candidate {
    Candidate {
        address: address.into(),
        operator: "o".into(),
        cores: 32,
        slots: 2,
        busy: 0,
        verified: true,
        floor: 60_000,
        score_bps: 5_000,
        valid: 0,
        failed: 0,
        free_stake: 1_000,
        seats: 0,
    }
}

fn order(measure: &Measure, candidates: &[Candidate]) -> Vec<String> {
    rank(measure, candidates.to_vec()).into_iter().map(|ranked| ranked.candidate.address).collect()
}

#[test]
fn the_parts_of_a_score() {
    // 32 units on 32 cores are one minute: a sixtieth of the floor, which is what it is worth; half of 7,200 s.
    let one = rank(&MEASURE, vec![device("a")]).remove(0);
    assert_eq!((one.cost, one.compute_seconds, one.wait_seconds, one.failure_bps), (1_000, 60, 0, 5_000));
    assert_eq!((one.parts, one.score), ([5_000, 5_000, 5_000, 9_917], (5_000 * 8_500 + 9_917 * 1_500) / 10_000));
    // (what differs, price, reputation, risk, wait)
    let table = [
        (Candidate { floor: 0, ..device("a") }, [10_000, 5_000, 5_000, 9_917]),
        (Candidate { floor: 180_000, ..device("a") }, [2_500, 5_000, 5_000, 9_917]),
        (Candidate { score_bps: 9_000, ..device("a") }, [5_000, 9_000, 5_000, 9_917]),
        (Candidate { valid: 8, ..device("a") }, [5_000, 5_000, 9_000, 9_917]),
        (Candidate { valid: 7, failed: 1, ..device("a") }, [5_000, 5_000, 8_000, 9_917]),
        // Half of the cores: twice the time, and twice the price of it.
        (Candidate { cores: 16, ..device("a") }, [3_333, 5_000, 5_000, 9_836]),
        // Full: a third of 600 s until a slot is free.
        (Candidate { busy: 2, ..device("a") }, [5_000, 5_000, 5_000, 9_651]),
    ];
    for (candidate, parts) in table {
        assert_eq!(rank(&MEASURE, vec![candidate.clone()])[0].parts, parts, "{candidate:?}");
    }
    // What is got back of a failed seat halves the risk at most.
    for (compensation, risk) in [(0, 5_000), (500, 6_250), (1_000, 7_500), (9_999, 7_500)] {
        assert_eq!(rank(&Measure { compensation, ..MEASURE }, vec![device("a")])[0].parts[2], risk);
    }
    // Where nothing is known of a unit, the usual time; where nothing is worth anything, the median of the devices.
    let unknown = Measure { millis_per_unit: None, worth: None, ..MEASURE };
    let two = rank(&unknown, vec![device("a"), Candidate { floor: 20_000, ..device("b") }]);
    assert_eq!((two[0].candidate.address.as_str(), two[0].compute_seconds, two[0].parts[0]), ("b", 600, 7_499));
    assert_eq!((two[1].cost, two[1].parts[0]), (10_000, 5_000));
}

#[test]
fn the_better_is_first() {
    let table = [
        Candidate { floor: 59_999, ..device("z") },
        Candidate { score_bps: 5_001, ..device("z") },
        Candidate { valid: 1, ..device("z") },
        Candidate { cores: 33, floor: 59_999, ..device("z") },
    ];
    for better in table {
        assert_eq!(order(&MEASURE, &[device("a"), better.clone()]), ["z", "a"], "{better:?}");
    }
    assert_eq!(order(&MEASURE, &[Candidate { busy: 2, ..device("a") }, device("z")]), ["z", "a"]);
    assert_eq!(order(&MEASURE, &[device("b"), device("a")]), ["a", "b"], "equals by address");
    assert_eq!(rank(&MEASURE, vec![]), vec![]);
}

prop_compose! {
    fn candidates()(
        all in prop::collection::vec(
            (1..200_u64, 1..9_u64, 0..9_u64, any::<u64>(), 0..=10_000_u64, 0..1_000_u64, 0..1_000_u64), 1..20)
    ) -> Vec<Candidate> {
        all.into_iter().enumerate().map(|(n, (cores, slots, busy, floor, score_bps, valid, failed))| Candidate {
            address: format!("{n:03}"), cores, slots, busy: busy.min(slots), floor, score_bps, valid, failed, ..device("")
        }).collect()
    }
}

prop_compose! {
    fn measures()(
        units in 1..1_000_000_u64, millis_per_unit: Option<u64>, usual_seconds: u64, given_seconds: u64,
        worth: Option<u64>, compensation: u64,
    ) -> Measure {
        Measure { units, millis_per_unit, usual_seconds, given_seconds, worth, compensation }
    }
}

proptest! {
    /// Of two that differ in the floor alone, the cheaper one is first, whatever else is there.
    #[test]
    fn a_cheaper_equal_device_never_ranks_lower(measure in measures(), mut others in candidates(), cheaper: u64) {
        let dear = others[0].clone();
        let cheap = Candidate { floor: cheaper.min(dear.floor), address: "zzz".into(), ..dear.clone() };
        prop_assume!(cheap.floor < dear.floor);
        others.push(cheap);
        let order = order(&measure, &others);
        let at = |address: &str| order.iter().position(|a| a == address).unwrap();
        prop_assert!(at("zzz") < at(&dear.address));
    }

    /// With a market to compare with, whoever gets cheaper, better or sooner does not sink.
    #[test]
    fn getting_better_never_sinks(
        mut measure in measures(), worth: u64, others in candidates(), less: u64, more in 0..1_000_u64, which in 0..4,
    ) {
        measure.worth = Some(worth);
        let before = order(&measure, &others).iter().position(|a| *a == others[0].address).unwrap();
        let mut changed = others.clone();
        match which {
            0 => changed[0].floor = changed[0].floor.min(less),
            1 => changed[0].score_bps = (changed[0].score_bps + more).min(FULL),
            2 => changed[0].valid += more,
            _ => changed[0].busy = 0,
        }
        let after = order(&measure, &changed).iter().position(|a| *a == others[0].address).unwrap();
        prop_assert!(after <= before, "{before} -> {after}");
    }

    /// Scores and parts stay within bounds.
    #[test]
    fn scores_are_bounded(measure in measures(), all in candidates()) {
        for ranked in rank(&measure, all) {
            prop_assert!(ranked.score <= FULL && ranked.parts.iter().all(|part| *part <= FULL));
            prop_assert!(ranked.failure_bps > 0 && ranked.failure_bps < FULL);
        }
    }
}
