//! `assay-node try`: units of a job that is not posted, computed as a node computes them. For requesters, who want to see
//! what a job writes before they pay for it.

use std::{fs, io::Write, path::PathBuf, thread};

use anyhow::{Context, Result, anyhow, bail, ensure};
use assay_sdk::spec::{Engine, JobSpec};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::runtime::{
    PreparedJob, Runtime, RuntimeError, Stop, UnitOutput, limits::THREAD_STACK_BYTES, wasm::WasmRuntime,
};

/// Compute units of a job that is not posted; writes one line of JSON for each.
#[derive(clap::Args)]
pub struct Args {
    /// The job's spec; its uris are not fetched
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// The program
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// The input
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Which units, counted from 0
    #[arg(long, value_name = "N,N", value_delimiter = ',', required = true)]
    units: Vec<u64>,
}

/// Computes the units one after the other and writes what they came to. A unit that no machine can compute is a line too.
///
/// # Errors
/// When a file cannot be read, the spec is none, or this machine fails.
pub fn run(args: &Args, out: &mut impl Write) -> Result<()> {
    let read = |path: &PathBuf| fs::read(path).with_context(|| format!("reading {}", path.display()));
    let spec = JobSpec::parse(&read(&args.spec)?)?;
    if let Some(unit) = args.units.iter().find(|unit| **unit >= spec.units) {
        bail!("there is no unit {unit}: the job has {}, counted from 0", spec.units);
    }
    ensure!(spec.engine == Engine::Wasm, "only WebAssembly is tried here: this job's engine is {}", spec.engine.name());
    let prepared = WasmRuntime::new()?.prepare(&spec, &read(&args.program)?, read(&args.input)?.into());
    for unit in &args.units {
        let came = match &prepared {
            Ok(job) => on_a_thread(&**job, *unit)?,
            Err(why) => Err(why.clone()),
        };
        writeln!(out, "{}", line(*unit, came)?)?;
    }
    Ok(())
}

/// Units need more stack than a main thread has.
fn on_a_thread(job: &dyn PreparedJob, unit: u64) -> Result<Result<UnitOutput, RuntimeError>> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(THREAD_STACK_BYTES)
            .spawn_scoped(scope, || job.run_unit(unit, &Stop::default()))?;
        thread.join().map_err(|_| anyhow!("the unit's thread died"))
    })
}

fn line(unit: u64, came: Result<UnitOutput, RuntimeError>) -> Result<Value> {
    Ok(match came {
        Ok(UnitOutput { output, fuel_used, stderr }) => json!({
            "unit": unit, "fuel_used": fuel_used.to_string(), "output": STANDARD.encode(output), "stderr": stderr,
            "error": null,
        }),
        Err(why) if why.is_deterministic() => {
            json!({"unit": unit, "fuel_used": null, "output": null, "stderr": "", "error": why.to_string()})
        }
        Err(why) => return Err(why.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes its input's first four bytes, unless it is unit 1, which runs for ever.
    const PROGRAM: &str = r#"(module
        (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\40\00\00\00\04\00\00\00")
        (func (export "_start")
            (drop (call $args_get (i32.const 256) (i32.const 512)))
            (if (i32.eq (i32.load8_u (i32.load (i32.const 260))) (i32.const 49)) (then (loop $again (br $again))))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;

    fn tried(program: &[u8], units: &[u64]) -> Result<Vec<Value>> {
        let place = tempfile::tempdir()?;
        let put = |name: &str, bytes: &[u8]| fs::write(place.path().join(name), bytes);
        let artifact = json!({"uri": "file:///none", "sha256": "0".repeat(64)});
        let spec = json!({"version": 1, "name": "t", "engine": "wasm", "units": 2, "program": artifact, "input": artifact,
            "limits": {"fuel": 100_000, "memory_mib": 1, "output_bytes": 10}});
        put("spec", spec.to_string().as_bytes())?;
        put("program", program)?;
        put("input", b"ACGT")?;
        let path = |name: &str| place.path().join(name);
        let (spec, program, input) = (path("spec"), path("program"), path("input"));
        let mut out = vec![];
        run(&Args { spec, program, input, units: units.to_vec() }, &mut out)?;
        Ok(String::from_utf8(out)?.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    #[test]
    fn units_come_to_what_nodes_find() {
        let lines = tried(&wat::parse_str(PROGRAM).unwrap(), &[0, 1]).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0]["output"].as_str(), &lines[0]["error"]), (Some("QUNHVA=="), &Value::Null));
        assert!(lines[0]["fuel_used"].as_str().unwrap().parse::<u64>().unwrap() > 0);
        assert!(lines[1]["error"].as_str().unwrap().starts_with("R04 out of fuel"), "{}", lines[1]);
        assert_eq!(lines[1]["output"], Value::Null);
    }

    #[test]
    fn what_cannot_be_tried_says_why() {
        let no_wasm = tried(b"x", &[0]).unwrap();
        assert!(no_wasm[0]["error"].as_str().unwrap().starts_with("R01 not wasm"), "{}", no_wasm[0]);
        let error = tried(b"x", &[2]).unwrap_err().to_string();
        assert_eq!(error, "there is no unit 2: the job has 2, counted from 0");
    }
}
