import { expect, test } from 'vitest'
import { decode } from './api'
import { HISTORY, event, jobPage } from './fixtures'
import { JobPage, type JobStatus } from './schema'
import { buildTimeline } from './timeline'

const build = (status: JobStatus, events: number, more: ReturnType<typeof event>[] = []) => {
  const reply = jobPage(status, events)
  return buildTimeline(decode(JobPage, { ...reply, timeline: [...reply.timeline, ...more] }))
}
const outline = (stages: ReturnType<typeof build>) => stages.map(({ key, state, entries }) => `${key} ${state} ${entries.length}`)

test('a job that is closed has every stage behind it', () => {
  expect(outline(build('settled', HISTORY.length))).toEqual([
    'posted done 2',
    'drawn done 1',
    'seated done 3',
    'sealed done 3',
    'revealed done 3',
    'verified done 1',
    'settled done 2',
    'slashed done 1',
    'refunded done 1',
    'closed done 1',
  ])
})

test.each<[JobStatus, number, string, number]>([
  ['open', 1, 'drawn', 7],
  ['open', 2, 'seated', 6],
  ['open', 3, 'seated', 6],
  ['seated', 5, 'sealed', 5],
  ['seated', 8, 'sealed', 5],
  ['sealed', 9, 'revealed', 4],
  ['revealed', 10, 'revealed', 4],
  ['verified', 13, 'settled', 2],
  ['settled', 16, 'closed', 1],
])('a job that is %s after %d events is at %s, with %d stages left', (status, events, current, left) => {
  const stages = build(status, events)
  expect(stages.filter((stage) => stage.state === 'current').map((stage) => stage.key)).toEqual([current])
  expect(stages.filter((stage) => stage.state !== 'done')).toHaveLength(left)
})

test('an entry tells when, by whom, how much and in which transaction', () => {
  const entry = build('settled', HISTORY.length).find((stage) => stage.key === 'settled')!.entries[0]!
  expect(entry).toMatchObject({
    actor: 'A'.repeat(43),
    text: 'was paid',
    amount: { base: 3_120_000n, unit: 'payment' },
    since: 13_000,
    slot: 113n,
    signature: HISTORY[13]!.signature,
  })
})

test('the stages that each seat passes are counted', () => {
  const progress = (events: number) => build('seated', events).filter((stage) => stage.progress).map((stage) => stage.progress)
  expect(progress(7)).toEqual(['3 of 3', '1 of 3', '0 of 3'])
})

test('a ghost gives its seat back and is slashed before the verdict', () => {
  const stages = build('open', 3, [event(3, 'SeatSlashed', { seat: 'D'.repeat(43), operator: 'A'.repeat(43), reason: 'Ghost', amount: '960000000' })])
  expect(outline(stages).slice(0, 4)).toEqual(['posted done 1', 'drawn done 1', 'slashed done 1', 'seated current 1'])
  expect(stages[3]!.progress).toBe('0 of 3')
})

test('a pool that had less than the bond is said to have lost what it had', () => {
  const reply = jobPage('settled', HISTORY.length)
  reply.seats[2]!.slashed = '7'
  const slashed = buildTimeline(decode(JobPage, reply)).find((stage) => stage.key === 'slashed')!
  expect(slashed.entries[0]!.amount).toEqual({ base: 7n, unit: 'asy' })
})

test('a cancelled job has only its refund and closing ahead', () => {
  expect(outline(build('cancelled', 1, [event(1, 'JobCancelled')]))).toEqual([
    'posted done 1',
    'cancelled done 1',
    'refunded current 0',
    'closed pending 0',
  ])
})

test('a round without a quorum says so', () => {
  const stages = build('unresolved', 12, [event(12, 'RoundFinalized', { winners: 0, losers: 0 })])
  const verdict = stages.find((stage) => stage.key === 'verified')!
  expect([verdict.label, verdict.entries[0]!.text]).toEqual(['No quorum', 'No quorum: no result was agreed on'])
})

test('an event of an unknown kind is kept, and events come in the order of their ids', () => {
  const stages = build('open', 0, [event(10, 'EmissionChanged'), event(2, 'constructor'), event(9, 'SeedDrawn', { slot: '1' })])
  expect(stages.find((stage) => stage.key === 'other')!.entries.map((entry) => [entry.id, entry.text])).toEqual([
    ['2', 'constructor'],
    ['10', 'Emission changed'],
  ])
})

const OPTIMISTIC = { Optimistic: { window: 86_400 } }
const page = (status: JobStatus, strategy: Record<string, object>, kinds: string[]) => {
  const reply = jobPage(status, 0)
  reply.job.strategy = strategy
  return buildTimeline(decode(JobPage, { ...reply, timeline: kinds.map((kind, id) => event(id, kind)) }))
}

test.each<[JobStatus, string[], string]>([
  ['open', ['JobPosted', 'SeedDrawn'], 'posted drawn (seated) delivered verified settled closed'],
  ['seated', ['JobPosted', 'SeedDrawn', 'SeatClaimed'], 'posted drawn seated (delivered) verified settled closed'],
  ['delivered', ['JobPosted', 'SeedDrawn', 'SeatClaimed', 'ResultDelivered'], 'posted drawn seated delivered (verified) settled closed'],
  [
    'disputed',
    ['JobPosted', 'SeedDrawn', 'SeatClaimed', 'ResultDelivered', 'CaseOpened', 'JuryDrawn'],
    'posted drawn seated delivered (disputed) verified settled closed',
  ],
])('an optimistic job that is %s after %j passes what it must', (status, kinds, expected) => {
  const told = page(status, OPTIMISTIC, kinds).map((stage) => (stage.state === 'current' ? `(${stage.key})` : stage.key))
  expect(told.join(' ')).toBe(expected)
})

test('a proven job is neither sealed nor delivered', () => {
  const stages = page('settled', { Proven: { key: 'K'.repeat(43) } }, ['JobPosted', 'SeedDrawn', 'SeatClaimed', 'ResultProven', 'SeatSettled'])
  expect(stages.map((stage) => stage.key)).toEqual(['posted', 'drawn', 'seated', 'verified', 'settled', 'closed'])
})

test('a round that is widened waits for seats again', () => {
  const kinds = ['JobPosted', 'SeedDrawn', 'SeatClaimed', 'SeatClaimed', 'ResultSealed', 'ResultSealed', 'ResultRevealed', 'ResultRevealed', 'RoundWidened']
  const stages = page('open', { Replicated: { replicas: 2, quorum: 2, most: 7, adaptive: false } }, kinds)
  expect(stages.find((stage) => stage.state === 'current')).toMatchObject({ key: 'seated', progress: '2 of 3' })
})

test('a posting tells how it is judged', () => {
  const posted = (strategy?: object) =>
    buildTimeline(decode(JobPage, { ...jobPage('open', 0), timeline: [event(0, 'JobPosted', { units: '32', strategy })] }))[0]!.entries[0]!.text
  expect(posted(OPTIMISTIC)).toBe('posted a job of 32 units (challenge within 24 h) and paid in')
  expect(posted({ Voted: {} })).toBe('posted a job of 32 units and paid in')
})
