//! The walk's random numbers: SplitMix64, so that a seed means the same walk on every machine and in every version.

/// A stream of random numbers.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Whether something happens that happens once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of them, if there is any.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        (!from.is_empty()).then(|| &from[self.below(from.len() as u64) as usize])
    }

    /// One of them; there must be one.
    pub fn one<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// An amount up to `most`, of any size: often small, often all, at times nothing, more than all, or the largest.
    pub fn amount(&mut self, most: u64) -> u64 {
        match self.below(16) {
            0 => 0,
            1 => 1,
            2 => most,
            3 => most.saturating_add(1),
            4 => u64::MAX,
            5..=7 => most >> self.below(64),
            _ => self.below(most.saturating_add(1).max(1)),
        }
    }
}
