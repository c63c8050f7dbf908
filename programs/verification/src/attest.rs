//! Attested results, pure: what attestors sign, and whose signatures the runtime's precompiles verified.

use anchor_lang::prelude::*;
use solana_sha256_hasher::hashv;

use crate::{VerificationError, proof::Statement};

/// The runtime's program that verifies Ed25519 signatures.
pub const ED25519_PROGRAM: Pubkey = pubkey!("Ed25519SigVerify111111111111111111111111111");
/// The runtime's program that verifies signatures over secp256r1 (P-256), as enclaves and passkeys make them.
pub const SECP256R1_PROGRAM: Pubkey = pubkey!("Secp256r1SigVerify1111111111111111111111111");

/// Bytes of a signature, of either scheme.
const SIGNATURE: usize = 64;
/// Bytes before the first entry of a precompile's instruction: how many entries, and one that nobody reads.
const HEADER: usize = 2;
/// Bytes of an entry: seven numbers of two bytes.
const ENTRY: usize = 14;

/// With what an attestor signs.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestorKey {
    /// Ed25519, as wallets do.
    Ed25519 { key: [u8; 32] },
    /// ECDSA over secp256r1 and sha256; the point compressed.
    Secp256r1 { key: [u8; 33] },
}

impl AttestorKey {
    /// sha256 of the scheme's number (0 or 1) and the key: the attestor's address follows from it.
    pub fn digest(&self) -> [u8; 32] {
        match self {
            Self::Ed25519 { key } => hashv(&[&[0], key]).to_bytes(),
            Self::Secp256r1 { key } => hashv(&[&[1], key]).to_bytes(),
        }
    }

    /// Whether it can be a key: not all zeros, for which anybody can sign; and a compressed point.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Ed25519 { key } => *key != [0; 32],
            Self::Secp256r1 { key } => matches!(key[0], 2 | 3),
        }
    }

    /// The key of a precompile's scheme in these bytes.
    fn of(program: &Pubkey, bytes: &[u8]) -> Option<Self> {
        match *program {
            ED25519_PROGRAM => Some(Self::Ed25519 { key: bytes.try_into().ok()? }),
            SECP256R1_PROGRAM => Some(Self::Secp256r1 { key: bytes.try_into().ok()? }),
            _ => None,
        }
    }
}

/// Bytes of a key of a precompile's scheme; `None` if the program is no precompile that counts.
fn key_size(program: &Pubkey) -> Option<usize> {
    match *program {
        ED25519_PROGRAM => Some(32),
        SECP256R1_PROGRAM => Some(33),
        _ => None,
    }
}

/// `sha256("assay:attest", genesis, this program, job, seed, operator, spec_hash, root)`: what attestors sign. It is 32
/// bytes, so that it can be no transaction's message.
pub fn message(of: &Statement) -> [u8; 32] {
    let Statement { genesis, job, seed, operator, spec_hash, root } = of;
    let parts: [&[u8]; 8] =
        [b"assay:attest", *genesis, crate::ID.as_ref(), job.as_ref(), *seed, operator.as_ref(), *spec_hash, *root];
    hashv(&parts).to_bytes()
}

/// An entry of a precompile's instruction, of either scheme: where the parts of one signature are.
struct Entry {
    signature: (u16, u16),
    key: (u16, u16),
    message: (u16, u16),
    message_size: u16,
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| -> Option<u16> {
            let end = at.checked_add(2)?;
            Some(u16::from_le_bytes(bytes.get(at..end)?.try_into().ok()?))
        };
        Some(Self {
            signature: (number(0)?, number(2)?),
            key: (number(4)?, number(6)?),
            message: (number(8)?, number(12)?),
            message_size: number(10)?,
        })
    }
}

/// Keys whose signatures of `message` instruction number `own` of the transaction, to `program` with `data`, makes the
/// runtime verify. Nobody's, if the program is no precompile that counts.
///
/// All that an entry points to must be in the instruction itself: else the runtime would verify one thing, and this would
/// read another.
///
/// # Errors
/// `BadSignature` if the instruction is not of its form, `SignatureElsewhere` if an entry points outside of it,
/// `OtherMessage` if anything else is signed.
pub fn signers(program: &Pubkey, data: &[u8], own: u16, message: &[u8; 32]) -> Result<Vec<AttestorKey>> {
    let Some(key_size) = key_size(program) else { return Ok(Vec::new()) };
    let count = *data.first().ok_or(VerificationError::BadSignature)?;
    let entries = data.get(HEADER..).unwrap_or_default();
    let mut signers = Vec::with_capacity(count.into());
    for number in 0..usize::from(count) {
        let start = number.checked_mul(ENTRY).ok_or(VerificationError::BadSignature)?;
        let entry = entries.get(start..).and_then(Entry::read).ok_or(VerificationError::BadSignature)?;
        let part = |(offset, instruction): (u16, u16), size: usize| -> Result<&[u8]> {
            let here = instruction == own || instruction == u16::MAX;
            require!(here, VerificationError::SignatureElsewhere);
            let start = usize::from(offset);
            let part = start.checked_add(size).and_then(|end| data.get(start..end));
            part.ok_or_else(|| VerificationError::BadSignature.into())
        };
        part(entry.signature, SIGNATURE)?;
        let key = part(entry.key, key_size)?;
        let signed = part(entry.message, entry.message_size.into())?;
        require!(signed == message, VerificationError::OtherMessage);
        signers.push(AttestorKey::of(program, key).ok_or(VerificationError::BadSignature)?);
    }
    Ok(signers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: [u8; 32] = [7; 32];

    /// An instruction's data with one entry: header, entry, key, signature, message.
    fn data(key: &[u8], change: impl FnOnce(&mut [u16; 7])) -> Vec<u8> {
        let start = (HEADER + ENTRY) as u16;
        let after = start + key.len() as u16;
        let here = u16::MAX;
        let mut entry = [after, here, start, here, after + 64, 32, here];
        change(&mut entry);
        let mut data = vec![1, 0];
        entry.iter().for_each(|number| data.extend(number.to_le_bytes()));
        data.extend(key);
        data.extend([9; 64]);
        data.extend(MESSAGE);
        data
    }

    fn of(program: &Pubkey, data: &[u8]) -> Result<Vec<AttestorKey>> {
        signers(program, data, 3, &MESSAGE)
    }

    #[test]
    fn both_schemes_are_read() {
        let ed25519 = of(&ED25519_PROGRAM, &data(&[5; 32], |_| ())).unwrap();
        assert_eq!(ed25519, [AttestorKey::Ed25519 { key: [5; 32] }]);
        let secp256r1 = of(&SECP256R1_PROGRAM, &data(&[2; 33], |_| ())).unwrap();
        assert_eq!(secp256r1, [AttestorKey::Secp256r1 { key: [2; 33] }]);
        assert_eq!(of(&crate::ID, &data(&[5; 32], |_| ())).unwrap(), []);
        assert_eq!(of(&ED25519_PROGRAM, &[0, 0]).unwrap(), []);
    }

    #[test]
    fn signature_wrong_instruction_index() {
        for index in [1, 3, 6] {
            let own = data(&[5; 32], |entry| entry[index] = 3);
            assert_eq!(of(&ED25519_PROGRAM, &own).unwrap().len(), 1);
            for other in [0, 2, 4, u16::MAX - 1] {
                let elsewhere = data(&[5; 32], |entry| entry[index] = other);
                assert_eq!(of(&ED25519_PROGRAM, &elsewhere).unwrap_err(), VerificationError::SignatureElsewhere.into());
            }
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let whole = data(&[5; 32], |_| ());
        let refused = |data: &[u8]| of(&ED25519_PROGRAM, data).unwrap_err() == VerificationError::BadSignature.into();
        for cut in 0..whole.len() {
            assert!(refused(&whole[..cut]), "{cut} bytes");
        }
        for index in [0, 2, 4] {
            assert!(refused(&data(&[5; 32], |entry| entry[index] = 1_000)));
            assert!(refused(&data(&[5; 32], |entry| entry[index] = u16::MAX)));
        }
        let mut two = whole.clone();
        two[0] = 2;
        assert!(of(&ED25519_PROGRAM, &two).is_err());
    }

    #[test]
    fn only_the_whole_message_counts() {
        let other = |change: fn(&mut [u16; 7])| of(&ED25519_PROGRAM, &data(&[5; 32], change)).unwrap_err();
        for change in [|entry: &mut [u16; 7]| entry[5] = 31, |entry: &mut [u16; 7]| entry[5] = 0] {
            assert_eq!(other(change), VerificationError::OtherMessage.into());
        }
        let mut wrong = data(&[5; 32], |_| ());
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(of(&ED25519_PROGRAM, &wrong).unwrap_err(), VerificationError::OtherMessage.into());
    }

    #[test]
    fn keys_of_two_schemes_are_two() {
        let ed25519 = AttestorKey::Ed25519 { key: [2; 32] };
        let secp256r1 = AttestorKey::Secp256r1 { key: [2; 33] };
        assert_ne!(ed25519.digest(), secp256r1.digest());
        assert!(ed25519.is_sound() && secp256r1.is_sound());
        assert!(!AttestorKey::Ed25519 { key: [0; 32] }.is_sound());
        assert!(!AttestorKey::Secp256r1 { key: [4; 33] }.is_sound());
    }

    #[test]
    fn a_message_is_no_binding() {
        let [job, operator, other] = [2, 6, 7].map(|byte| Pubkey::new_from_array([byte; 32]));
        let (genesis, seed, spec_hash, root) = (&[1; 32], &[3; 32], &[4; 32], &[5; 32]);
        let of = Statement { genesis, job: &job, seed, operator: &operator, spec_hash, root };
        assert_ne!(message(&of), crate::proof::binding(&of));
        assert_ne!(message(&of), message(&Statement { root: &[6; 32], ..of }));
        assert_ne!(message(&of), message(&Statement { seed: &[6; 32], ..of }));
        assert_ne!(message(&of), message(&Statement { operator: &other, ..of }));
    }
}
