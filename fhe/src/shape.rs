//! How long a circuit's values are, and what evaluating it costs: known before anything is decrypted, for free.

use std::ops::Range;

use super::{Circuit, FheError, Integers, MAX_LENGTH, Op, Share};

/// Memory of a job's server key, unpacked, and of what evaluating needs beside the numbers, in bytes.
const KEY_BYTES: u64 = 256 << 20;
/// Memory of one block (two bits) of a number, in bytes.
const BLOCK_BYTES: u64 = 17 << 10;

/// What one unit of an encrypted job takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The unit's slice of sliced vectors.
    pub slice: Range<usize>,
    /// Length of each value: the bundle's vectors as the unit sees them, then the operations' results.
    pub lengths: Vec<usize>,
    /// The unit's fuel: the bootstraps that the operations are counted as, see [`fuel`].
    pub fuel: u64,
}

impl Plan {
    /// Memory that the unit takes, in MiB: the unpacked key's, and that of all values.
    pub fn memory_mib(&self, integers: Integers) -> u64 {
        let numbers = self.lengths.iter().map(|length| *length as u64).fold(0, u64::saturating_add);
        let bytes = numbers.saturating_mul(u64::from(integers.bits() / 2) * BLOCK_BYTES);
        KEY_BYTES.saturating_add(bytes).div_ceil(1 << 20)
    }
}

/// Unit `unit`'s slice of a vector: slices are consecutive, and as long as each other if the length divides so.
pub fn slice(length: usize, unit: u64, units: u64) -> Range<usize> {
    let at = |unit: u64| (length as u128 * u128::from(unit) / u128::from(units.max(1))) as usize;
    at(unit)..at(unit + 1)
}

impl Circuit {
    /// What unit `unit` of `units` takes of a bundle whose vectors have these lengths.
    ///
    /// # Errors
    /// [`FheError::Circuit`] where lengths do not meet, or the unit gets nothing.
    pub fn plan(&self, vectors: &[usize], unit: u64, units: u64) -> Result<Plan, FheError> {
        let wrong = |why: String| FheError::Circuit(why);
        if vectors.len() != self.vectors.len() {
            return Err(wrong(format!("it wants {} vectors, the bundle has {}", self.vectors.len(), vectors.len())));
        }
        let sliced = || self.vectors.iter().zip(vectors).filter(|(share, _)| **share == Share::Slice);
        let total = sliced().map(|(_, length)| *length).next().unwrap_or(1);
        if sliced().any(|(_, length)| *length != total) {
            return Err(wrong("its sliced vectors differ in length".to_owned()));
        }
        let slice = slice(total, unit, units);
        if slice.is_empty() {
            return Err(wrong(format!("unit {unit} of {units} gets nothing of {total} numbers: take fewer units")));
        }
        let length_of = |(share, length): (&Share, &usize)| if *share == Share::Slice { slice.len() } else { *length };
        let mut lengths: Vec<usize> = self.vectors.iter().zip(vectors).map(length_of).collect();
        let mut fuel_of_all = 0u64;
        for (at, op) in self.ops.iter().enumerate() {
            let length = result_length(op, &lengths, slice.len(), total)
                .map_err(|why| wrong(format!("operation {at}: {why}")))?;
            let numbers = op.values().first().map_or(length, |a| lengths[*a]);
            fuel_of_all = fuel_of_all.saturating_add(fuel(op, self.integers.bits(), numbers));
            lengths.push(length);
        }
        Ok(Plan { slice, lengths, fuel: fuel_of_all })
    }
}

fn result_length(op: &Op, lengths: &[usize], part: usize, total: usize) -> Result<usize, String> {
    let length = |value: &usize| lengths.get(*value).copied().filter(|length| (1..=MAX_LENGTH).contains(length));
    let a = op.values().first().and_then(length).ok_or("it names a value that is not there")?;
    match op {
        Op::Add { b, .. } | Op::Sub { b, .. } | Op::Mul { b, .. } => match length(b) {
            Some(b) if b == a => Ok(a),
            b => Err(format!("one value has {a} numbers, the other {}", b.unwrap_or(0))),
        },
        Op::AddPlain { by, .. } | Op::MulPlain { by, .. }
            if by.len() != 1 && by.len() != a && (by.len(), part) != (total, a) =>
        {
            Err(format!("{} plain numbers meet {a} encrypted ones", by.len()))
        }
        Op::Sum { .. } => Ok(1),
        _ => Ok(a),
    }
}

/// The plain numbers that meet a value of `length` numbers.
pub fn plain<'a>(by: &'a [i64], length: usize, slice: &Range<usize>) -> impl Iterator<Item = i64> + use<'a> {
    let part = if by.len() == 1 || by.len() == length { by } else { by.get(slice.clone()).unwrap_or(by) };
    part.iter().copied().cycle().take(length)
}

/// The fuel of an operation on so many numbers, two bits of a number to a block: in such parts that all take about as long,
/// as `scripts/bench.sh fhe` measures. It depends
/// on nothing but the circuit and the lengths, so it is the same on every machine, and known before the first bootstrap.
pub fn fuel(op: &Op, bits: u32, numbers: usize) -> u64 {
    let (blocks, numbers) = (u64::from(bits / 2), numbers as u64);
    let each = match op {
        Op::Add { .. } | Op::Sub { .. } | Op::AddPlain { .. } => 9 * blocks,
        Op::Mul { .. } => 7 * blocks * blocks,
        Op::MulPlain { .. } => 3 * blocks * blocks,
        Op::DivPlain { .. } => 8 * blocks * blocks,
        Op::Sum { .. } => 5 * blocks,
        Op::Compare { .. } => 3 * blocks,
    };
    each.saturating_mul(numbers)
}
