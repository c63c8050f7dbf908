//! The kernels as a job: `job UNIT UNITS KERNEL ROUNDS` writes the kernel's digest.

mod kernels;

use std::io::Write;

fn main() {
    let mut args = std::env::args().skip(3);
    let (kernel, rounds) = (args.next().unwrap_or_default(), args.next().and_then(|text| text.parse().ok()));
    let Some(digest) = rounds.and_then(|rounds| kernels::run(&kernel, rounds)) else {
        eprintln!("usage: job UNIT UNITS n-body|matrix|'matrix by rows'|sha-256|none ROUNDS");
        std::process::exit(1);
    };
    let written = std::io::stdout().write_all(&digest.to_le_bytes());
    std::process::exit(i32::from(written.is_err()));
}
