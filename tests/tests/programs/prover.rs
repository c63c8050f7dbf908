//! Real Groth16 proofs, made here: a small circuit whose public inputs are the halves of a binding.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::{Groth16, ProvingKey};
use ark_relations::{
    lc,
    r1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError, Variable},
};
use ark_std::rand::{SeedableRng, rngs::StdRng};
use assay_tests::assay_sdk::verification::{
    VerifyingKey,
    proof::{PROOF, inputs},
};

/// Knows an x with x * x = s and (s + high) * low = t, for some s and t. A real circuit hashes spec and root, which it
/// knows, to the binding; to the program it is the same.
struct Circuit {
    inputs: [[u8; 32]; 2],
    x: u64,
}

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let [high, low] = self.inputs.map(|input| Fr::from_be_bytes_mod_order(&input));
        let x = Fr::from(self.x);
        let [of_high, of_low] = [cs.new_input_variable(|| Ok(high))?, cs.new_input_variable(|| Ok(low))?];
        let of_x = cs.new_witness_variable(|| Ok(x))?;
        let of_s = cs.new_witness_variable(|| Ok(x * x))?;
        let of_t = cs.new_witness_variable(|| Ok((x * x + high) * low))?;
        cs.enforce_constraint(lc!() + of_x, lc!() + of_x, lc!() + of_s)?;
        cs.enforce_constraint(lc!() + of_s + of_high, lc!() + of_low, lc!() + of_t)?;
        cs.enforce_constraint(lc!() + Variable::One, lc!() + of_t, lc!() + of_t)
    }
}

fn setup(seed: u64) -> ProvingKey<Bn254> {
    let circuit = Circuit { inputs: [[0; 32]; 2], x: 0 };
    let made = Groth16::<Bn254>::generate_random_parameters_with_reduction(circuit, &mut StdRng::seed_from_u64(seed));
    made.expect("the circuit is sound")
}

static KEYS: LazyLock<[ProvingKey<Bn254>; 2]> = LazyLock::new(|| [setup(1), setup(2)]);

fn number(number: Fq) -> [u8; 32] {
    number.into_bigint().to_bytes_be().try_into().expect("254 bits")
}

fn g1(point: &G1Affine) -> [u8; 64] {
    [number(point.x), number(point.y)].concat().try_into().expect("two numbers")
}

fn g2(point: &G2Affine) -> [u8; 128] {
    let parts = [point.x.c1, point.x.c0, point.y.c1, point.y.c0];
    parts.map(number).concat().try_into().expect("four numbers")
}

/// The verifying key of one of two setups of the circuit.
pub fn key_of(setup: usize) -> VerifyingKey {
    let key = &KEYS[setup].vk;
    let ic: Vec<_> = key.gamma_abc_g1.iter().map(g1).collect();
    VerifyingKey {
        alpha: g1(&key.alpha_g1),
        beta: g2(&key.beta_g2),
        gamma: g2(&key.gamma_g2),
        delta: g2(&key.delta_g2),
        ic: ic.try_into().expect("a constant and two inputs"),
    }
}

/// The usual verifying key.
pub fn key() -> VerifyingKey {
    key_of(0)
}

/// A proof under one of the two setups.
pub fn prove_with(setup: usize, binding: &[u8; 32]) -> [u8; PROOF] {
    let circuit = Circuit { inputs: inputs(binding), x: 1_234_567 };
    let rng = &mut StdRng::from_seed(*binding);
    let proof = Groth16::<Bn254>::create_random_proof_with_reduction(circuit, &KEYS[setup], rng);
    let proof = proof.expect("x is known");
    [g1(&proof.a).as_slice(), &g2(&proof.b), &g1(&proof.c)].concat().try_into().expect("256 bytes")
}

/// A proof of a binding.
pub fn prove(binding: &[u8; 32]) -> [u8; PROOF] {
    prove_with(0, binding)
}
