//! The engines that a node offers, and which of them runs a job.

use std::{path::PathBuf, sync::Arc};

use assay_sdk::spec::{Engine, JobSpec};
use bytes::Bytes;

use super::{PreparedJob, Runtime, RuntimeError, oci::OciRuntime};

/// Engines behind one [`Runtime`]: each job runs on the one that its spec names, or not at all.
#[derive(Default)]
pub struct Engines(Vec<(Engine, Arc<dyn Runtime>)>);

impl Engines {
    /// Starts the engines that the operator names. `wasm` is the WebAssembly engine; `containers` is the container command
    /// and this node's folder for it.
    ///
    /// # Errors
    /// [`RuntimeError::Host`] where one does not start on this machine, [`RuntimeError::EngineOff`] where this program was
    /// built without it.
    pub fn start(names: &[Engine], wasm: Arc<dyn Runtime>, containers: (&str, PathBuf)) -> Result<Self, RuntimeError> {
        let mut engines = Self::default();
        let (command, folder) = containers;
        for name in names {
            let engine: Arc<dyn Runtime> = match name {
                Engine::Wasm => wasm.clone(),
                Engine::Oci => Arc::new(OciRuntime::new(command, folder.clone())?),
                #[cfg(feature = "fhe")]
                Engine::Tfhe => Arc::new(super::tfhe::TfheRuntime::new()?),
                #[cfg(not(feature = "fhe"))]
                Engine::Tfhe => return Err(RuntimeError::EngineOff("tfhe")),
            };
            engines.0.push((*name, engine));
        }
        Ok(engines)
    }

    /// With one more engine.
    #[must_use]
    pub fn with(mut self, name: Engine, engine: Arc<dyn Runtime>) -> Self {
        self.0.push((name, engine));
        self
    }
}

/// The bits of engines in a machine's `Capabilities`.
pub fn bits(names: &[Engine]) -> u8 {
    names.iter().fold(0, |bits, name| bits | name.bit())
}

impl Runtime for Engines {
    fn prepare(&self, spec: &JobSpec, program: &[u8], input: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        let offered = self.0.iter().find(|(name, _)| *name == spec.engine);
        let (_, engine) = offered.ok_or(RuntimeError::EngineOff(spec.engine.name()))?;
        engine.prepare(spec, program, input)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::runtime::{Stop, UnitOutput};

    /// An engine that puts its name out.
    struct Named(&'static str);

    impl Runtime for Named {
        fn prepare(&self, _: &JobSpec, _: &[u8], _: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
            Ok(Box::new(Self(self.0)))
        }
    }

    impl PreparedJob for Named {
        fn run_unit(&self, _: u64, _: &Stop) -> Result<UnitOutput, RuntimeError> {
            Ok(UnitOutput { output: self.0.into(), fuel_used: 0, stderr: String::new() })
        }
    }

    fn spec(engine: &str) -> JobSpec {
        let file = json!({"uri": "https://example.org/x", "sha256": "00".repeat(32)});
        let limits = json!({"fuel": 1, "memory_mib": 1, "output_bytes": 1});
        let spec = json!({"version": 1, "name": "t", "engine": engine, "program": file, "input": file, "units": 1,
            "limits": limits});
        JobSpec::parse(spec.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_job_runs_on_the_engine_it_names_or_not_at_all() {
        let engines = Engines::default()
            .with(Engine::Wasm, Arc::new(Named("first")))
            .with(Engine::Tfhe, Arc::new(Named("third")));
        let run = |engine| {
            engines.prepare(&spec(engine), &[], Bytes::new()).and_then(|job| job.run_unit(0, &Stop::default()))
        };
        assert_eq!(run("wasm").unwrap().output, b"first");
        assert_eq!(run("tfhe").unwrap().output, b"third");
        let error = run("oci").unwrap_err();
        assert_eq!(error, RuntimeError::EngineOff("oci"));
        assert!(!error.is_deterministic(), "another node may offer it");
    }

    #[test]
    fn each_engine_has_its_bit() {
        assert_eq!(bits(&[Engine::Tfhe, Engine::Wasm, Engine::Wasm]), 0b101);
        assert_eq!(bits(&Engine::ALL), assay_sdk::escrow::ENGINES);
        assert_eq!(bits(&[]), 0);
    }
}
