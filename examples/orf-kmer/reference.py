#!/usr/bin/env python3
"""Computes every unit with Biopython and checks expected/outputs.json and expected/root.txt against it, exactly."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

from Bio import SeqIO
from Bio.Data import CodonTable
from Bio.Seq import Seq

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from common import check_root, load_outputs, load_spec, option  # noqa: E402

TABLE = 11
STARTS = {"ATG", "GTG", "TTG"}
assert STARTS <= set(CodonTable.unambiguous_dna_by_id[TABLE].start_codons)


def open_reading_frames(genome: Seq, unit: int, min_orf: int) -> dict:
    """Translates three rounds of the circle and keeps the frames that start in the second.

    Every frame then has a whole round of context on both sides. (The job walks upstream from each stop codon.)
    """
    size, reverse, frame = len(genome), unit >= 3, unit % 3
    strand = genome.reverse_complement() if reverse else genome
    rounds = strand * 3
    found = []
    for phase in range(3):
        coding = rounds[phase : phase + (len(rounds) - phase) // 3 * 3]
        for match in re.finditer(r"[^*]*\*", str(coding.translate(table=TABLE))):
            codons = range(match.start(), match.end() - 1)
            first = next((c for c in codons if str(coding[3 * c : 3 * c + 3]) in STARTS), None)
            if first is None:
                continue
            start, length = phase + 3 * first - size, 3 * (match.end() - first)
            if 0 <= start < size and start % 3 == frame and min_orf <= length <= size:
                protein = "M" + match.group()[first - match.start() + 1 : -1]
                found.append((start, length, protein))
    orfs = []
    for start, length, protein in sorted(found):
        last = (start + length - 1) % size
        left, right = (size - 1 - last, size - 1 - start) if reverse else (start, last)
        orfs.append({"start": left + 1, "end": right + 1, "length": length, "protein": protein})
    return {"kind": "orfs", "frame": f"{'-' if reverse else '+'}{frame + 1}", "orfs": orfs}


def spectrum(genome: Seq, k: int) -> dict:
    """Counts the k-mers of the circle, each together with its reverse complement."""
    circle = genome + genome[: k - 1]
    kmers = (circle[at : at + k] for at in range(len(genome)))
    counts = Counter(min(str(kmer), str(kmer.reverse_complement())) for kmer in kmers)
    return {
        "kind": "kmers",
        "k": k,
        "total": counts.total(),
        "distinct": len(counts),
        "top": sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10],
        "histogram": sorted(Counter(counts.values()).items()),
    }


def main() -> None:
    spec = load_spec(FOLDER)
    outputs = load_outputs(FOLDER, spec)
    genome = SeqIO.read(FOLDER / spec["input"]["uri"], "fasta").seq
    min_orf = int(option(spec, "--min-orf"))
    orfs = 0
    for unit, output in enumerate(outputs):
        answer = open_reading_frames(genome, unit, min_orf) if unit < 6 else spectrum(genome, unit - 5)
        if json.dumps(answer, separators=(",", ":")) != output:
            sys.exit(f"unit {unit}: Biopython's answer differs from expected/outputs.json")
        orfs += len(answer.get("orfs", []))
    root = check_root(FOLDER, outputs)
    print(f"orf-kmer: {len(outputs)} units equal Biopython's answers exactly ({orfs} open reading frames); root {root}")


if __name__ == "__main__":
    main()
