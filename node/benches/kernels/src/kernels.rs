//! Three computations, in one source for both sides: compiled natively into the bench, and to WebAssembly as a job.

/// Runs a kernel for so many rounds. A number that depends on all of it, so that nothing is left out; nothing for a kernel
/// that is not here.
pub fn run(kernel: &str, rounds: u64) -> Option<u64> {
    match kernel {
        "n-body" => Some(n_body(rounds)),
        "matrix" => Some(matrix(rounds, by_blocks)),
        "matrix by rows" => Some(matrix(rounds, by_rows)),
        "sha-256" => Some(sha_256(rounds)),
        "none" => Some(rounds),
        _ => None,
    }
}

/// Numbers that look random, from a linear congruence.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[derive(Clone, Copy)]
struct Body {
    at: [f64; 3],
    speed: [f64; 3],
    mass: f64,
}

/// Five bodies that attract each other, for so many thousand steps.
fn n_body(rounds: u64) -> u64 {
    const STEP: f64 = 0.001;
    let mut numbers = Numbers(1);
    let mut bodies = [0; 5].map(|_| {
        let mut three = || [0; 3].map(|_| numbers.next());
        Body { at: three(), speed: three(), mass: 0.1 }
    });
    for _ in 0..rounds * 1000 {
        for left in 0..bodies.len() {
            for right in left + 1..bodies.len() {
                attract(&mut bodies, left, right, STEP);
            }
        }
        for body in &mut bodies {
            (0..3).for_each(|axis| body.at[axis] += STEP * body.speed[axis]);
        }
    }
    bodies.iter().fold(0, |sum, body| sum ^ body.at[0].to_bits() ^ body.speed[2].to_bits().rotate_left(7))
}

// As one writes it down, and as compilers know it best.
#[allow(clippy::needless_range_loop)]
fn attract(bodies: &mut [Body; 5], left: usize, right: usize, step: f64) {
    let (mut apart, mut squared) = ([0.0; 3], 0.01);
    for axis in 0..3 {
        apart[axis] = bodies[left].at[axis] - bodies[right].at[axis];
        squared += apart[axis] * apart[axis];
    }
    let pull = step / (squared * squared.sqrt());
    let (of_left, of_right) = (bodies[right].mass * pull, bodies[left].mass * pull);
    for axis in 0..3 {
        bodies[left].speed[axis] -= apart[axis] * of_left;
        bodies[right].speed[axis] += apart[axis] * of_right;
    }
}

/// Of matrices: rows, and columns.
const SIZE: usize = 128;

/// Products of two 128 x 128 matrices.
fn matrix(rounds: u64, multiply: fn(&[f64], &[f64], &mut [f64])) -> u64 {
    let mut numbers = Numbers(2);
    let mut square = || (0..SIZE * SIZE).map(|_| numbers.next() / SIZE as f64).collect::<Vec<f64>>();
    let (mut left, right) = (square(), square());
    let mut product = vec![0.0; SIZE * SIZE];
    for _ in 0..rounds {
        multiply(&left, &right, &mut product);
        std::mem::swap(&mut left, &mut product);
    }
    left.iter().fold(0, |sum: u64, entry| sum.rotate_left(5) ^ entry.to_bits())
}

/// Four rows by four columns at a time, whose sums stay in registers: as one writes it who wants it fast.
// Two numbers at a time: what every x86-64 does without being asked.
#[cfg_attr(target_family = "wasm", target_feature(enable = "simd128"))]
fn by_blocks(left: &[f64], right: &[f64], product: &mut [f64]) {
    const BLOCK: usize = 4;
    for (rows, into) in left.chunks_exact(BLOCK * SIZE).zip(product.chunks_exact_mut(BLOCK * SIZE)) {
        for column in (0..SIZE).step_by(BLOCK) {
            let mut sums = [[0.0; BLOCK]; BLOCK];
            for (at, line) in right.chunks_exact(SIZE).enumerate() {
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = rows[row * SIZE + at];
                    (0..BLOCK).for_each(|one| sums[one] += factor * line[column + one]);
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                into[row * SIZE + column..][..BLOCK].copy_from_slice(sums);
            }
        }
    }
}

/// Row by row, with each sum written to memory: as one writes it down.
#[cfg_attr(target_family = "wasm", target_feature(enable = "simd128"))]
fn by_rows(left: &[f64], right: &[f64], product: &mut [f64]) {
    for (row, into) in left.chunks_exact(SIZE).zip(product.chunks_exact_mut(SIZE)) {
        into.fill(0.0);
        for (factor, line) in row.iter().zip(right.chunks_exact(SIZE)) {
            for (entry, other) in into.iter_mut().zip(line) {
                *entry += factor * other;
            }
        }
    }
}

/// SHA-256 of 64 KiB, each time of another content.
fn sha_256(rounds: u64) -> u64 {
    let mut message = vec![0u8; 64 << 10];
    let mut sum = 0;
    for round in 0..rounds {
        message[..8].copy_from_slice(&(round ^ sum).to_le_bytes());
        let digest = digest(&message);
        sum ^= u64::from(digest[0]) << 32 | u64::from(digest[7]);
    }
    sum
}

/// Of a message of whole blocks.
pub fn digest(message: &[u8]) -> [u32; 8] {
    let constants = constants();
    let mut state =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    message.chunks_exact(64).for_each(|block| compress(&mut state, block, &constants));
    let mut last = [0; 64];
    last[0] = 0x80;
    last[56..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    compress(&mut state, &last, &constants);
    state
}

/// The first 32 bits of the fractions of the cube roots of the first 64 primes.
fn constants() -> [u32; 64] {
    let mut primes = (2u32..).filter(|number| (2..*number).all(|divisor| number % divisor != 0));
    [0; 64].map(|_| {
        let root = f64::from(primes.next().unwrap_or(2)).cbrt();
        (root.fract() * 4_294_967_296.0) as u32
    })
}

fn compress(state: &mut [u32; 8], block: &[u8], constants: &[u32; 64]) {
    let mut words = [0u32; 64];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for at in 16..64 {
        let (two, fifteen) = (words[at - 2], words[at - 15]);
        let first = fifteen.rotate_right(7) ^ fifteen.rotate_right(18) ^ (fifteen >> 3);
        let second = two.rotate_right(17) ^ two.rotate_right(19) ^ (two >> 10);
        words[at] = words[at - 16].wrapping_add(first).wrapping_add(words[at - 7]).wrapping_add(second);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, constant) in words.iter().zip(constants) {
        let chosen = (e & f) ^ (!e & g);
        let mixed = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let first = h.wrapping_add(mixed).wrapping_add(chosen).wrapping_add(*constant).wrapping_add(*word);
        let most = (a & b) ^ (a & c) ^ (b & c);
        let second = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22)).wrapping_add(most);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
    }
    for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(more);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_products_are_the_same() {
        assert_eq!(super::run("matrix", 3), super::run("matrix by rows", 3));
    }

    #[test]
    fn the_digest_is_sha_256() {
        // Of 64 letters a, by sha256sum.
        let digest = super::digest(&[b'a'; 64]).map(|word| format!("{word:08x}")).concat();
        assert_eq!(digest, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
    }
}
