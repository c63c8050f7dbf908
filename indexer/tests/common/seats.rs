//! Seats of the escrow program: accounts and events that a scripted chain can tell.

use anchor_lang::{AnchorSerialize, Discriminator, Event};
use assay_escrow::{Seat, SeatState, events::SeatSettled};
use solana_sdk::pubkey::Pubkey;

use super::chain::{Chain, Tx};

/// Where seat `n` is.
pub fn address(n: u32) -> Pubkey {
    let mut bytes = [50; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    Pubkey::new_from_array(bytes)
}

pub fn seat(n: u32, state: SeatState) -> Seat {
    let (job, operator) = (Pubkey::new_from_array([100; 32]), address(n.wrapping_add(1 << 31)));
    Seat {
        version: 1,
        bump: 0,
        index: n.to_le_bytes()[0],
        state,
        job,
        operator,
        payer: operator,
        device: operator,
        seal_by: 9,
        commitment: [n.to_le_bytes()[0]; 32],
        progress: 0,
        heartbeat_at: 0,
    }
}

pub fn bytes(seat: &Seat) -> Vec<u8> {
    let mut bytes = Seat::DISCRIMINATOR.to_vec();
    seat.serialize(&mut bytes).unwrap();
    bytes
}

/// Writes seat `n` in a new slot.
pub fn write(chain: &Chain, n: u32, state: SeatState) -> u64 {
    chain.write(address(n), assay_escrow::ID, bytes(&seat(n, state)))
}

/// The transaction that settles seat `n`: it tells the last state and closes the account.
pub fn settled(n: u32) -> Tx {
    let last = seat(n, SeatState::Revealed);
    let (job, operator) = (last.job, last.operator);
    let seat = address(n);
    let event = SeatSettled { job, seat, operator, paid: 7, fee: 1, royalties: 0, released: 5, bounty: 0, last };
    Tx::new().event(assay_escrow::ID, event.data()).closes(seat)
}
