//! Proven results, pure: what a proof is about, and whether it holds. Groth16 over BN254, numbers big-endian, as the
//! alt_bn128 syscalls have them.

use anchor_lang::prelude::*;
use groth16_solana::groth16::{Groth16Verifier, Groth16Verifyingkey};
use solana_bn254::prelude::{alt_bn128_g1_addition_be, alt_bn128_pairing_be};
use solana_sha256_hasher::hashv;

/// Public inputs of every circuit: the two halves of the [`binding`].
pub const INPUTS: usize = 2;
/// Bytes of a proof: A (64), B (128), C (64).
pub const PROOF: usize = 256;

/// The order of BN254's base field.
const FIELD: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x97, 0x81, 0x6a,
    0x91, 0x68, 0x71, 0xca, 0x8d, 0x3c, 0x20, 0x8c, 0x16, 0xd8, 0x7c, 0xfd, 0x47,
];

/// A Groth16 verifying key. A point of G1 is x and y; of G2 x and y, each with its imaginary part first.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    pub alpha: [u8; 64],
    pub beta: [u8; 128],
    pub gamma: [u8; 128],
    pub delta: [u8; 128],
    /// The constant's point, then one for each public input.
    pub ic: [[u8; 64]; 3],
}

impl VerifyingKey {
    /// sha256 of the key's 640 bytes, in the order of its fields: the key's address follows from it, so that no other key
    /// can ever stand there.
    pub fn digest(&self) -> [u8; 32] {
        let [one, high, low] = &self.ic;
        hashv(&[&self.alpha, &self.beta, &self.gamma, &self.delta, one, high, low]).to_bytes()
    }

    /// Whether every point is one of its group, and none makes a proof that anybody can forge, or of anything: a point at
    /// infinity takes what it belongs to out of the equation (of an input: the job), and a delta that is gamma means that
    /// the setup was never finished.
    pub fn is_sound(&self) -> bool {
        let zero = |point: &[u8]| point.iter().all(|byte| *byte == 0);
        let g2 = [&self.beta, &self.gamma, &self.delta];
        if zero(&self.alpha) || self.ic.iter().any(|point| zero(point)) || g2.iter().any(|point| zero(*point)) {
            return false;
        }
        if self.gamma == self.delta {
            return false;
        }
        // The product is of no interest: the syscalls refuse points that are not of their group.
        let added = self.ic.iter().all(|point| alt_bn128_g1_addition_be(&[*point, [0; 64]].concat()).is_ok());
        let pairs = g2.iter().flat_map(|point| [self.alpha.as_slice(), point.as_slice()]).collect::<Vec<_>>();
        added && alt_bn128_pairing_be(&pairs.concat()).is_ok()
    }
}

/// What a result is a result of. No two postings have one: the seed comes from a slot after the posting.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// Genesis hash of the cluster.
    pub genesis: &'a [u8; 32],
    pub job: &'a Pubkey,
    /// The job's.
    pub seed: &'a [u8; 32],
    /// The seat's, which shows it.
    pub operator: &'a Pubkey,
    pub spec_hash: &'a [u8; 32],
    /// The result: the Merkle root of the units' digests.
    pub root: &'a [u8; 32],
}

/// `sha256("assay:proof", this program, genesis, job, seed, operator, spec_hash, root)`: a proof for another program, cluster,
/// job, posting, operator, spec or root is one of another statement.
pub fn binding(of: &Statement) -> [u8; 32] {
    let Statement { genesis, job, seed, operator, spec_hash, root } = of;
    let parts: [&[u8]; 8] =
        [b"assay:proof", crate::ID.as_ref(), *genesis, job.as_ref(), *seed, operator.as_ref(), *spec_hash, *root];
    hashv(&parts).to_bytes()
}

/// The binding as two field elements, big-endian: its first and its last 16 bytes. All of it would not fit into one.
pub fn inputs(binding: &[u8; 32]) -> [[u8; 32]; INPUTS] {
    let mut inputs = [[0; 32]; INPUTS];
    for (input, half) in inputs.iter_mut().zip(binding.chunks_exact(16)) {
        input[16..].copy_from_slice(half);
    }
    inputs
}

/// Whether `proof` (A, B, C as every prover has them) shows the statement under `key`.
pub fn verify(key: &VerifyingKey, binding: &[u8; 32], proof: &[u8; PROOF]) -> bool {
    checked(key, &inputs(binding), proof).is_some()
}

fn checked(key: &VerifyingKey, inputs: &[[u8; 32]; INPUTS], proof: &[u8; PROOF]) -> Option<()> {
    let (a, rest) = proof.split_first_chunk::<64>()?;
    let (b, c) = rest.split_first_chunk::<128>()?;
    let (a, c) = (negated(a)?, c.first_chunk::<64>()?);
    let key = Groth16Verifyingkey {
        nr_pubinputs: INPUTS,
        vk_alpha_g1: key.alpha,
        vk_beta_g2: key.beta,
        vk_gamma_g2: key.gamma,
        vk_delta_g2: key.delta,
        vk_ic: &key.ic,
        vk_commitment: None,
    };
    Groth16Verifier::new(&a, b, c, inputs, &key).ok()?.verify().ok()
}

/// -A, as the equation wants it on its side: (x, p - y). `None` if y is no number below p. Infinity is its own.
fn negated(point: &[u8; 64]) -> Option<[u8; 64]> {
    let mut out = *point;
    let (_, y) = out.split_at_mut(32);
    if y.iter().all(|byte| *byte == 0) {
        return Some(out);
    }
    let mut borrowed = false;
    for (byte, of) in y.iter_mut().zip(&FIELD).rev() {
        let (less, below) = of.overflowing_sub(*byte);
        let (less, again) = less.overflowing_sub(borrowed.into());
        (*byte, borrowed) = (less, below || again);
    }
    (!borrowed).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y of the generator's negation.
    const MINUS_TWO: [u8; 32] = {
        let mut y = FIELD;
        y[31] -= 2;
        y
    };

    fn g1(y: [u8; 32]) -> [u8; 64] {
        let mut point = [0; 64];
        point[31] = 1;
        point[32..].copy_from_slice(&y);
        point
    }

    fn two() -> [u8; 32] {
        let mut y = [0; 32];
        y[31] = 2;
        y
    }

    #[test]
    fn every_part_is_bound() {
        let key = |n| Pubkey::new_from_array([n; 32]);
        let of = |parts: [u8; 6]| {
            let [genesis, seed, spec_hash, root] = [parts[0], parts[2], parts[4], parts[5]].map(|byte| [byte; 32]);
            let [job, operator] = [key(parts[1]), key(parts[3])];
            let (genesis, seed, spec_hash, root) = (&genesis, &seed, &spec_hash, &root);
            binding(&Statement { genesis, job: &job, seed, operator: &operator, spec_hash, root })
        };
        let whole = of([1, 2, 3, 4, 5, 6]);
        for part in 0..6 {
            let mut other = [1, 2, 3, 4, 5, 6];
            other[part] = 9;
            assert_ne!(of(other), whole, "part {part}");
        }
        let numbered = [1, 2, 3, 4, 5, 6].map(|byte| [byte; 32]).concat();
        assert_eq!(whole, hashv(&[b"assay:proof", crate::ID.as_ref(), &numbered]).to_bytes());
    }

    #[test]
    fn the_inputs_are_the_halves() {
        let binding: [u8; 32] = std::array::from_fn(|i| i as u8 + 1);
        let [high, low] = inputs(&binding);
        assert_eq!((&high[..16], &high[16..]), ([0; 16].as_slice(), &binding[..16]));
        assert_eq!((&low[..16], &low[16..]), ([0; 16].as_slice(), &binding[16..]));
    }

    #[test]
    fn negation_is_in_the_field() {
        assert_eq!(negated(&g1(two())), Some(g1(MINUS_TWO)));
        assert_eq!(negated(&g1(MINUS_TWO)), Some(g1(two())));
        assert_eq!(negated(&[0; 64]), Some([0; 64]));
        assert_eq!(negated(&g1(FIELD)).map(|point| point[32..].to_vec()), Some(vec![0; 32]));
        assert_eq!(negated(&g1([0xff; 32])), None);
        let sum = alt_bn128_g1_addition_be(&[g1(two()), negated(&g1(two())).unwrap()].concat()).unwrap();
        assert_eq!(sum, vec![0; 64]);
    }
}
