//! Computing on ciphertexts: the engine of `assay-fhe` behind this node's [`Runtime`]. Nothing here can read them.

use assay_fhe::{
    FheError,
    evaluate::{self, Job, check_machine},
};
use assay_sdk::spec::JobSpec;
use bytes::Bytes;

use super::{PreparedJob, Runtime, RuntimeError, Stop, UnitOutput};

/// The engine.
pub struct TfheRuntime;

impl TfheRuntime {
    /// The engine.
    ///
    /// # Errors
    /// [`RuntimeError::Host`] on a machine whose ciphertexts would differ from others'.
    pub fn new() -> Result<Self, RuntimeError> {
        check_machine().map_err(why)?;
        Ok(Self)
    }
}

fn why(error: FheError) -> RuntimeError {
    match error {
        FheError::OutOfFuel { limit, .. } => RuntimeError::OutOfFuel { fuel: limit },
        FheError::OutOfMemory { asked, limit } => {
            RuntimeError::OutOfMemory { asked_mib: asked, limit_mib: u32::try_from(limit).unwrap_or(u32::MAX) }
        }
        FheError::OutputTooLarge(limit) => RuntimeError::OutputTooLarge { limit },
        FheError::Machine(why) => RuntimeError::Host(why),
        error => RuntimeError::Encrypted(error.to_string()),
    }
}

impl Runtime for TfheRuntime {
    fn prepare(&self, spec: &JobSpec, program: &[u8], input: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        let assay_sdk::spec::Limits { fuel, memory_mib, output_bytes } = spec.limits;
        let limits = evaluate::Limits { fuel, memory_mib, output_bytes };
        Ok(Box::new(Job::prepare(program, input, spec.units, limits).map_err(why)?))
    }
}

impl PreparedJob for Job<Bytes> {
    // A unit is not cut off: it has its fuel, and what it came to is let go.
    fn run_unit(&self, unit: u64, _: &Stop) -> Result<UnitOutput, RuntimeError> {
        let (output, fuel_used) = self.run(unit).map_err(why)?;
        Ok(UnitOutput { output, fuel_used, stderr: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_job_is_not_to_blame_for_another_machine_may_compute() {
        assert!(!why(FheError::Machine(String::new())).is_deterministic());
        let others = [
            (FheError::OutOfFuel { asked: 2, limit: 1 }, RuntimeError::OutOfFuel { fuel: 1 }),
            (FheError::OutOfMemory { asked: 2, limit: 1 }, RuntimeError::OutOfMemory { asked_mib: 2, limit_mib: 1 }),
            (FheError::OutputTooLarge(3), RuntimeError::OutputTooLarge { limit: 3 }),
        ];
        for (error, expected) in others {
            assert_eq!(why(error), expected);
        }
        let refused = FheError::Ciphertext("it is none".to_owned());
        assert_eq!(why(refused.clone()), RuntimeError::Encrypted(refused.to_string()));
    }
}
