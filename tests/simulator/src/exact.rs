//! What can be said without playing: the chance that a quorum is captured.

/// Chance that at least `quorum` of `seats` are the adversary's, each with chance `share`: the binomial tail.
pub fn capture(seats: u8, quorum: u8, share: f64) -> f64 {
    (quorum..=seats)
        .map(|k| {
            let ways = (0..k).fold(1.0, |ways, i| ways * f64::from(seats - i) / f64::from(i + 1));
            ways * share.powi(k.into()) * (1.0 - share).powi((seats - k).into())
        })
        .sum()
}

/// The same where nobody sits twice: `adversaries` of `operators`, the hypergeometric tail. It is what a market of few
/// operators has, and is a little less than [`capture`].
pub fn capture_of(seats: u8, quorum: u8, adversaries: usize, operators: usize) -> f64 {
    (quorum..=seats)
        .map(|k| {
            // One order of k adversaries and the rest honest, times the number of orders.
            let seat = |i: u8| {
                let (of, taken) = if i < k { (adversaries, i) } else { (operators - adversaries, i - k) };
                of.saturating_sub(taken.into()) as f64 / (operators - usize::from(i)) as f64
            };
            let ways = (0..k).fold(1.0, |ways, i| ways * f64::from(seats - i) / f64::from(i + 1));
            ways * (0..seats).map(seat).product::<f64>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of the plain quorum that everybody quotes.
    #[test]
    fn captures() {
        let near = |seats, quorum, share, percent: f64| {
            let exact = 100.0 * capture(seats, quorum, share);
            assert!((exact - percent).abs() < 0.06, "{quorum} of {seats} at {share}: {exact} %");
        };
        near(3, 2, 0.2, 10.4);
        near(5, 3, 0.2, 5.8);
        near(7, 4, 0.2, 3.3);
        near(3, 2, 0.1, 2.8);
        near(5, 3, 0.1, 0.86);
        near(7, 4, 0.1, 0.27);
    }

    #[test]
    fn few_operators_are_a_little_safer() {
        assert!((capture_of(3, 2, 40, 200) - 134_680.0 / 1_313_400.0).abs() < 1e-12);
        assert!((capture_of(3, 2, 200_000, 1_000_000) - capture(3, 2, 0.2)).abs() < 1e-5);
        assert!((capture_of(3, 0, 40, 200) - 1.0).abs() < 1e-12);
    }
}
