//! What each unit of an encrypted job comes to on this machine, as sha256: run on two machines, it tells whether their nodes
//! would agree. `cargo run -p assay-fhe --features tfhe --example digest CIRCUIT.json INPUT UNITS`.

use std::{env, error::Error, fs};

use assay_fhe::evaluate::{Job, Limits, check_machine};
use sha2::{Digest, Sha256};

const WIDE: Limits = Limits { fuel: u64::MAX, memory_mib: 1 << 14, output_bytes: 1 << 30 };

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [circuit, input, units] = words.as_slice() else { return Err("expected CIRCUIT.json INPUT UNITS".into()) };
    let units = units.parse()?;
    check_machine()?;
    let job = Job::prepare(&fs::read(circuit)?, fs::read(input)?, units, WIDE)?;
    for unit in 0..units {
        println!("{unit} {:x}", Sha256::digest(job.run(unit)?.0));
    }
    Ok(())
}
