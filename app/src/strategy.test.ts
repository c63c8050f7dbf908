import { expect, test } from 'vitest'
import { decode } from './api'
import { JOB, ROOT, jobPage } from './fixtures'
import { Job, Seat, Strategy } from './schema'
import { commitmentWords, findingWords, hasRound, isReviewed, jobPrice, mostSeats, seatsNote, strategyWords } from './strategy'

const replicated = (replicas: number, quorum: number, most: number, adaptive: boolean) => ({
  Replicated: { replicas, quorum, most, adaptive },
})
const sampled = { Sampled: { samples: 4, committee: 3 } }
const job = (strategy: object, more: object = {}) => decode(Job, { ...jobPage('settled', 0).job, strategy, ...more })

test.each<[object, string, number, boolean, boolean]>([
  [replicated(3, 2, 3, false), '2 of 3 agree', 3, true, false],
  [replicated(2, 2, 7, false), '2 of 2, up to 7', 7, true, false],
  [replicated(2, 2, 7, true), '2 of 2, up to 7, re-checked by chance', 7, true, false],
  [replicated(3, 2, 3, true), '2 of 3, re-checked by chance', 3, true, false],
  [{ Sampled: { samples: 16, committee: 3 } }, '16 samples, committee of 3', 4, true, false],
  [{ Sampled: { samples: 1, committee: 1 } }, '1 sample, committee of 1', 2, true, false],
  [{ Optimistic: { window: 86_400 } }, 'challenge within 24 h', 1, false, true],
  [{ Proven: { key: JOB } }, 'proof', 1, false, false],
  [{ Attested: { registrar: JOB, threshold: 3 } }, '3 attestors', 1, false, false],
  [{ Attested: { registrar: JOB, threshold: 1 } }, '1 attestor', 1, false, false],
  [{ Accepted: { window: 90 } }, 'review within 90 s', 1, false, true],
  [{ Accepted: { window: 604_800 } }, 'review within 7 d', 1, false, true],
])('%j is told as %s', (value, words, seats, rounds, reviewed) => {
  const strategy = decode(Strategy, value)
  expect([strategyWords(strategy), mostSeats(strategy)]).toEqual([words, seats])
  expect([hasRound(strategy), isReviewed(strategy)]).toEqual([rounds, reviewed])
  expect(seatsNote(job(value))).toMatch(/^(One operator|\d operators) /)
})

test('a strategy that the page does not know is refused by name', () => {
  expect(() => job({ Voted: {} })).toThrow('strategy: not a strategy that this page knows')
})

test('every seat that may be asked for is in the price', () => {
  expect(jobPrice(job(replicated(2, 2, 7, false)))).toBe(7n * 3_200_000n)
  expect(jobPrice(job(sampled, { prices: ['3200000', '400000', '400000', '400000'] }))).toBe(4_400_000n)
  expect(jobPrice(job({ Accepted: { window: 60 } }, { prices: ['0'] }))).toBe(3_200_000n)
})

test('a finding says what stands behind it', () => {
  expect(findingWords(job(replicated(3, 2, 3, false)), 2)).toBe('2 of 3 seats revealed this root for 32 units; 2 were needed.')
  expect(findingWords(job(replicated(2, 2, 7, false), { replicas: 6 }), 4)).toContain('4 of 6 seats revealed this root for 32 units; 4 were')
  expect(findingWords(job(replicated(2, 2, 7, true), { replicas: 1 }), 1)).toContain('left it unchecked')
  expect(findingWords(job({ Optimistic: { window: 60 } }), 1)).toBe('Delivered for 32 units, and no challenge to it held.')
})

test('a commitment is marked only where it is known to be wrong', () => {
  const seat = (more: object) => decode(Seat, { ...jobPage('settled', 0).seats[0], ...more })
  const settled = job(replicated(3, 2, 3, false))
  expect(commitmentWords(seat({ state: 'Sealed' }), settled)).toEqual(['seal', false])
  expect(commitmentWords(seat({ commitment: ROOT }), settled)).toEqual(['digest, equals the root', false])
  expect(commitmentWords(seat({ commitment: '12'.repeat(32) }), settled)).toEqual(['digest, not the root', true])
  const claimed = job(replicated(3, 2, 3, false), { status: 'revealed' })
  expect(commitmentWords(seat({ commitment: '12'.repeat(32) }), claimed)).toEqual(['digest', false])
  expect(commitmentWords(seat({ commitment: '12'.repeat(32) }), job(sampled))).toEqual(['digest of the samples', false])
  expect(commitmentWords(seat({ outcome: 'lost' }), job(sampled))).toEqual(['digest of the samples', true])
})
