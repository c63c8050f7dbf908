//! A prover for localnets: real Groth16 proofs of a circuit that stands for a real one.
//!
//! Its public inputs are the halves of a job's binding, as the verification program has them; but it computes nothing of the
//! job, and its setup is known to everybody. It shows that a proof is checked, and which job and root it is of.

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::{Groth16, ProvingKey};
use ark_relations::{
    lc,
    r1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError, Variable},
};
use ark_std::rand::{SeedableRng, rngs::StdRng};
use assay_sdk::verification::{
    VerifyingKey,
    proof::{PROOF, inputs},
};

/// What the circuit's prover knows.
const SECRET: u64 = 1_234_567;

/// Knows an x with x * x = s and (s + high) * low = t, for some s and t.
struct Circuit {
    inputs: [[u8; 32]; 2],
    x: u64,
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let [high, low] = self.inputs.map(|input| Fr::from_be_bytes_mod_order(&input));
        let x = Fr::from(self.x);
        let [of_high, of_low] = [system.new_input_variable(|| Ok(high))?, system.new_input_variable(|| Ok(low))?];
        let of_x = system.new_witness_variable(|| Ok(x))?;
        let of_s = system.new_witness_variable(|| Ok(x * x))?;
        let of_t = system.new_witness_variable(|| Ok((x * x + high) * low))?;
        system.enforce_constraint(lc!() + of_x, lc!() + of_x, lc!() + of_s)?;
        system.enforce_constraint(lc!() + of_s + of_high, lc!() + of_low, lc!() + of_t)?;
        system.enforce_constraint(lc!() + Variable::One, lc!() + of_t, lc!() + of_t)
    }
}

/// A setup that is the same in every process: whoever reads this can forge proofs.
fn setup() -> Result<ProvingKey<Bn254>, SynthesisError> {
    let circuit = Circuit { inputs: [[0; 32]; 2], x: 0 };
    Groth16::<Bn254>::generate_random_parameters_with_reduction(circuit, &mut StdRng::seed_from_u64(1))
}

/// The verifying key of its proofs.
///
/// # Errors
/// When the circuit is not sound, which it is.
pub fn key() -> Result<VerifyingKey, SynthesisError> {
    let key = setup()?.vk;
    let ic: Vec<_> = key.gamma_abc_g1.iter().map(g1).collect();
    Ok(VerifyingKey {
        alpha: g1(&key.alpha_g1),
        beta: g2(&key.beta_g2),
        gamma: g2(&key.gamma_g2),
        delta: g2(&key.delta_g2),
        ic: ic.try_into().map_err(|_| SynthesisError::MalformedVerifyingKey)?,
    })
}

/// A proof of a job's binding.
///
/// # Errors
/// When the circuit is not satisfied, which it is.
pub fn prove(binding: &[u8; 32]) -> Result<[u8; PROOF], SynthesisError> {
    let circuit = Circuit { inputs: inputs(binding), x: SECRET };
    let proof =
        Groth16::<Bn254>::create_random_proof_with_reduction(circuit, &setup()?, &mut StdRng::from_seed(*binding))?;
    let parts = [g1(&proof.a).as_slice(), &g2(&proof.b), &g1(&proof.c)].concat();
    parts.try_into().map_err(|_| SynthesisError::MalformedVerifyingKey)
}

/// A coordinate, big-endian.
fn number(number: Fq) -> [u8; 32] {
    let (mut bytes, number) = ([0; 32], number.into_bigint().to_bytes_be());
    bytes[32 - number.len()..].copy_from_slice(&number);
    bytes
}

fn g1(point: &G1Affine) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&number(point.x));
    bytes[32..].copy_from_slice(&number(point.y));
    bytes
}

/// Imaginary parts first.
fn g2(point: &G2Affine) -> [u8; 128] {
    let mut bytes = [0; 128];
    let parts = [point.x.c1, point.x.c0, point.y.c1, point.y.c0];
    for (to, part) in bytes.chunks_exact_mut(32).zip(parts) {
        to.copy_from_slice(&number(part));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use assay_sdk::verification::proof::verify;

    use super::*;

    #[test]
    fn a_proof_is_of_its_binding_alone() {
        let (key, proof) = (key().unwrap(), prove(&[7; 32]).unwrap());
        assert!(key.is_sound());
        assert!(verify(&key, &[7; 32], &proof));
        assert!(!verify(&key, &[8; 32], &proof));
        assert_eq!(super::key().unwrap(), key, "the same in every process");
    }
}
