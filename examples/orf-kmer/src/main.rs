//! Open reading frames and k-mer spectra of a circular genome: an Assay job.
//!
//! Called as `job UNIT UNITS [--min-orf NT]` with one FASTA record on stdin; writes one JSON document to stdout.
//!
//! * Units 0 to 5 are the reading frames +1 +2 +3 -1 -2 -3: every open reading frame of at least `--min-orf`
//!   bases that starts in that frame.
//! * Unit `5 + k` is the spectrum of the k-mers of length `k`, 1 <= k <= 32.
//!
//! The sequence is a circle: frames and k-mers run across the end of the record. Nothing here hashes with random
//! keys, computes with floating point or reads a clock, so every machine writes the same bytes.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    process::ExitCode,
};

use serde::Serialize;

/// Amino acids (`*` = stop) of the 64 codons in the order AAA, AAC, AAG, AAT, ACA …: NCBI translation table 11.
const CODONS: &[u8; 64] = b"KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF";
/// Start codons ATG, GTG and TTG as indices into [`CODONS`]; the three that bacteria use in practice.
const STARTS: [usize; 3] = [14, 46, 62];
/// The code of a letter other than A, C, G and T.
const OTHER: u8 = 4;
/// Units that are reading frames; the others are k-mer spectra.
const FRAMES: usize = 6;
/// The longest k-mer that fits a `u64` at two bits a base.
const MAX_K: usize = 32;
/// How many of the most frequent k-mers are listed.
const TOP: usize = 10;

/// One open reading frame. `start..end` is 1-based and inclusive on the forward strand, as in GenBank; an open
/// reading frame that crosses the end of the record has `start > end`.
#[derive(Serialize)]
struct Orf {
    start: usize,
    end: usize,
    /// Bases from the start codon to the stop codon, both included.
    length: usize,
    protein: String,
}

#[derive(Serialize)]
struct FrameReport {
    kind: &'static str,
    frame: String,
    orfs: Vec<Orf>,
}

/// A k-mer and its reverse complement count as one, named by the alphabetically first of the two.
#[derive(Serialize)]
struct SpectrumReport {
    kind: &'static str,
    k: usize,
    total: u64,
    distinct: usize,
    /// The most frequent k-mers with their counts; ties in alphabetical order.
    top: Vec<(String, u64)>,
    /// (multiplicity, how many distinct k-mers have it), by rising multiplicity.
    histogram: Vec<(u64, u64)>,
}

struct Args {
    unit: usize,
    min_orf: usize,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("orf-kmer: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = parse_args().map_err(|e| e.to_string())?;
    let mut fasta = String::new();
    std::io::stdin().read_to_string(&mut fasta).map_err(|e| format!("stdin: {e}"))?;
    let genome = parse_fasta(&fasta)?;

    let json = if args.unit < FRAMES {
        serde_json::to_string(&frame_report(&genome, args.unit, args.min_orf))
    } else {
        serde_json::to_string(&spectrum_report(&genome, args.unit + 1 - FRAMES)?)
    };
    let json = json.map_err(|e| e.to_string())?;
    std::io::stdout().write_all(json.as_bytes()).map_err(|e| format!("stdout: {e}"))
}

fn parse_args() -> Result<Args, lexopt::Error> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_env();
    let (mut numbers, mut min_orf) = (Vec::new(), 90);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("min-orf") => min_orf = parser.value()?.parse()?,
            Value(number) if numbers.len() < 2 => numbers.push(number.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    match numbers[..] {
        [unit, units] if unit < units => Ok(Args { unit, min_orf }),
        _ => Err("usage: job UNIT UNITS [--min-orf NT], with UNIT < UNITS".into()),
    }
}

/// Reads the one record of a FASTA file as base codes: A, C, G, T = 0 to 3, anything else [`OTHER`].
fn parse_fasta(text: &str) -> Result<Vec<u8>, String> {
    let mut lines = text.lines();
    if !lines.next().is_some_and(|line| line.starts_with('>')) {
        return Err("the input is not FASTA: its first line must start with '>'".into());
    }
    let mut genome = Vec::with_capacity(text.len());
    for line in lines {
        if line.starts_with('>') {
            return Err("the input has more than one FASTA record; give one".into());
        }
        genome.extend(line.trim().bytes().map(|letter| match letter.to_ascii_uppercase() {
            b'A' => 0,
            b'C' => 1,
            b'G' => 2,
            b'T' => 3,
            _ => OTHER,
        }));
    }
    if genome.len() < 3 {
        return Err("the sequence is shorter than one codon".into());
    }
    Ok(genome)
}

fn complement(base: u8) -> u8 {
    if base == OTHER { OTHER } else { 3 - base }
}

/// Index into [`CODONS`] of the codon at `at` on the circle; `None` if it has a letter other than A, C, G, T.
fn codon(strand: &[u8], at: usize) -> Option<usize> {
    (0..3).try_fold(0, |index, offset| match strand[(at + offset) % strand.len()] {
        OTHER => None,
        base => Some(index * 4 + usize::from(base)),
    })
}

fn amino_acid(codon: Option<usize>) -> char {
    codon.map_or('X', |index| char::from(CODONS[index]))
}

/// Length in bases of the open reading frame that ends with the stop codon at `stop`: from the farthest start
/// codon upstream with no other stop between, at most once around the circle.
fn orf_length(strand: &[u8], stop: usize) -> Option<usize> {
    let mut longest = None;
    for length in (6..=strand.len()).step_by(3) {
        let found = codon(strand, (stop + strand.len() + 3 - length) % strand.len());
        if amino_acid(found) == '*' {
            break;
        }
        if found.is_some_and(|index| STARTS.contains(&index)) {
            longest = Some(length);
        }
    }
    longest
}

/// All open reading frames of frame `unit` (0 to 2 forward, 3 to 5 reverse), in the order of the strand.
fn frame_report(genome: &[u8], unit: usize, min_orf: usize) -> FrameReport {
    let (n, reverse, frame) = (genome.len(), unit >= 3, unit % 3);
    let strand: Vec<u8> =
        if reverse { genome.iter().rev().map(|&base| complement(base)).collect() } else { genome.to_vec() };

    let mut found: Vec<(usize, usize)> = (0..n)
        .filter(|&at| amino_acid(codon(&strand, at)) == '*')
        .filter_map(|stop| orf_length(&strand, stop).map(|length| ((stop + n + 3 - length) % n, length)))
        .filter(|&(start, length)| start % 3 == frame && length >= min_orf)
        .collect();
    found.sort_unstable();

    let orfs = found.into_iter().map(|(start, length)| {
        let last = (start + length - 1) % n;
        let (left, right) = if reverse { (n - 1 - last, n - 1 - start) } else { (start, last) };
        // Whatever the start codon is elsewhere, the ribosome starts with methionine.
        let rest = (3..length - 3).step_by(3).map(|offset| amino_acid(codon(&strand, start + offset)));
        Orf { start: left + 1, end: right + 1, length, protein: std::iter::once('M').chain(rest).collect() }
    });
    FrameReport {
        kind: "orfs",
        frame: format!("{}{}", if reverse { '-' } else { '+' }, frame + 1),
        orfs: orfs.collect(),
    }
}

/// The spectrum of the `k`-mers of the circle; those with a letter other than A, C, G, T are left out.
fn spectrum_report(genome: &[u8], k: usize) -> Result<SpectrumReport, String> {
    if k > MAX_K || k > genome.len() {
        return Err(format!("no k-mers of length {k}: at most {MAX_K}, and no longer than the sequence"));
    }
    let mut kmers: Vec<u64> = (0..genome.len()).filter_map(|at| canonical_kmer(genome, at, k)).collect();
    kmers.sort_unstable();
    let mut counts: Vec<(u64, u64)> = kmers.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();

    let mut histogram = BTreeMap::new();
    for &(_, count) in &counts {
        *histogram.entry(count).or_insert(0) += 1;
    }
    // The codes order as the letters do, and the sort is stable: ties stay alphabetical.
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    Ok(SpectrumReport {
        kind: "kmers",
        k,
        total: kmers.len() as u64,
        distinct: counts.len(),
        top: counts.iter().take(TOP).map(|&(kmer, count)| (spell(kmer, k), count)).collect(),
        histogram: histogram.into_iter().collect(),
    })
}

/// The lesser of the k-mer at `at` and its reverse complement, at two bits a base.
fn canonical_kmer(genome: &[u8], at: usize, k: usize) -> Option<u64> {
    let (mut forward, mut reverse) = (0u64, 0u64);
    for offset in 0..k {
        let base = genome[(at + offset) % genome.len()];
        if base == OTHER {
            return None;
        }
        forward = forward << 2 | u64::from(base);
        reverse |= u64::from(complement(base)) << (2 * offset);
    }
    Some(forward.min(reverse))
}

fn spell(kmer: u64, k: usize) -> String {
    (0..k).rev().map(|place| char::from(b"ACGT"[(kmer >> (2 * place) & 3) as usize])).collect()
}
