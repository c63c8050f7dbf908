//! The count of a round and the search of slot hashes.

use assay_verification::{
    seed::{self, Seed},
    tally::{Ballot, tally},
};

pub fn check(data: &[u8]) {
    count(data);
    slots(data);
}

/// Each byte of the first seven is a seat's ballot.
fn count(data: &[u8]) {
    let [quorum, could_reveal, seats @ ..] = data else { return };
    let ballot = |byte: &u8| match byte % 6 {
        0 => Ballot::Ghost,
        1 => Ballot::Silent,
        2 => Ballot::Withheld,
        digest => Ballot::Digest([digest; 32]),
    };
    let ballots: Vec<_> = seats.iter().take(7).map(ballot).enumerate().map(|(i, ballot)| (i as u8, ballot)).collect();
    // A quorum is more than half of the replicas.
    let quorum = (ballots.len() as u8 / 2 + 1 + quorum % 4).min(7);
    let verdict = tally(&ballots, quorum, could_reveal & 1 == 1);
    assert_eq!(verdict.winners & verdict.losers, 0, "a seat won and lost");
    assert!(verdict.winners == 0 || verdict.winners.count_ones() >= u32::from(quorum), "too few won");
    assert_eq!(verdict.winners == 0, verdict.root == [0; 32], "a root without winners, or winners without a root");
    for (index, ballot) in &ballots {
        let (won, lost) = (verdict.winners >> index & 1 == 1, verdict.losers >> index & 1 == 1);
        match ballot {
            Ballot::Ghost => assert!(!won && !lost, "a ghost was judged"),
            Ballot::Silent => {
                assert!(!won && lost == (could_reveal & 1 == 1), "silence must lose where one could speak")
            }
            Ballot::Withheld => assert!(!won && lost, "it was silent when it was its time, and lost"),
            Ballot::Digest(digest) => assert_eq!(won, verdict.winners != 0 && *digest == verdict.root),
        }
    }
    let mut turned = ballots.clone();
    turned.reverse();
    assert_eq!(tally(&turned, quorum, could_reveal & 1 == 1), verdict, "the order of the seats counts");
}

/// Slot hashes of rising gaps; the answer must be the first slot after the one asked for.
fn slots(data: &[u8]) {
    // Arbitrary bytes: no panic.
    let _ = seed::find(data, u64::from(data.len() as u32));
    let [after, gaps @ ..] = data else { return };
    let gaps = &gaps[..gaps.len().min(512)];
    let slots: Vec<u64> = gaps
        .iter()
        .scan(0, |slot, gap| {
            *slot += 1 + u64::from(gap % 4);
            Some(*slot)
        })
        .collect();
    let mut sysvar = (slots.len() as u64).to_le_bytes().to_vec();
    for slot in slots.iter().rev() {
        sysvar.extend(slot.to_le_bytes());
        sysvar.extend([*slot as u8; 32]);
    }
    let after = u64::from(*after) * 4;
    let expected = match slots.iter().find(|slot| **slot > after) {
        None => Seed::NotYet,
        Some(_) if slots.first().is_some_and(|oldest| *oldest > after + 1) => Seed::AgedOut,
        Some(slot) => Seed::Found { slot: *slot, hash: [*slot as u8; 32] },
    };
    assert_eq!(seed::find(&sysvar, after), Some(expected));
}
