import { expect, test } from 'vitest'
import { decode } from './api'
import { ballotWords, caseState, caseTitle } from './cases'
import { describe } from './describe'
import { JOB, ROOT, challenge, event, jobPage } from './fixtures'
import { Ballot, Case, Event, JobPage } from './schema'

const OTHER = '12'.repeat(32)
const make = (more: object = {}) => decode(Case, { ...challenge(), ...more })

test.each<[unknown, string]>([
  [{ Challenge: { unit: '4294967295' } }, 'Unit 4\u202f294\u202f967\u202f295 is challenged'],
  ['Sample', 'The committee’s finding is disputed'],
  ['Tie', 'Tie: no digest has a quorum'],
])('a case of kind %j is titled', (kind, title) => {
  expect(caseTitle(make({ kind }))).toBe(title)
})

test.each<[object, string, boolean]>([
  [{}, 'The operator must answer with a proof', true],
  [{ state: 'called' }, 'A jury is being drawn', false],
  [{ state: 'judging', joined: 2, sealed: 1 }, 'The jury judges: of 3 chairs 2 seated, 1 sealed', true],
  [{ state: 'judging', level: 1, chairs: 6, joined: 6, sealed: 6, revealed: 4 }, 'The jury after an appeal judges: of 6 chairs 4 revealed', true],
  [{ state: 'resolved', decision: ROOT }, 'The jury has decided; it may be appealed', true],
  [{ state: 'resolved' }, 'The jury came to no decision; it may be appealed', true],
  [{ state: 'concluded', ruling: 'Decided', decision: ROOT }, 'The jury found the operator right', false],
  [{ state: 'closed', ruling: 'Decided', decision: OTHER }, 'The jury found the operator wrong', false],
  [{ state: 'closed', ruling: 'Decided', decision: OTHER, kind: 'Tie' }, 'The jury named the right digest', false],
  [{ state: 'closed', ruling: 'Unanswered' }, 'Not answered in time: what was delivered counts as wrong', false],
])('a case that has %j is told', (more, words, deadline) => {
  const told = caseState(make(more))
  expect([told.words, told.until !== null]).toEqual([words, deadline])
})

test.each<[object, object, string, boolean]>([
  [{ state: 'Joined' }, {}, 'computing', false],
  [{ state: 'Sealed' }, {}, 'sealed', false],
  [{ state: 'Revealed' }, {}, 'revealed', false],
  [{ state: 'Sealed' }, { level: 1 }, 'did not reveal', false],
  [{ state: 'Sealed' }, { ruling: 'Undecided' }, 'did not reveal', true],
  [{ state: 'Revealed', commitment: ROOT }, { ruling: 'Decided', decision: ROOT }, 'voted as decided', false],
  [{ state: 'Revealed', commitment: OTHER }, { ruling: 'Decided', decision: ROOT }, 'voted otherwise', true],
  [{ state: 'Joined' }, { ruling: 'Moot' }, 'did not reveal', false],
])('a ballot %j in a case that has %j', (ballot, more, words, lost) => {
  const base = { address: JOB, closed_slot: null, level: 0, operator: JOB, bond: '1', commitment: OTHER }
  expect(ballotWords(decode(Ballot, { ...base, ...ballot }), make(more))).toEqual([words, lost])
})

test('a page holds its cases, and a kind that is not known is refused by name', () => {
  const page = { ...jobPage('disputed', 5), cases: [challenge()] }
  expect(decode(JobPage, page).cases[0]).toMatchObject({ kind: { Challenge: { unit: 5n } }, ballots: [] })
  expect(() => make({ kind: 'Quarrel' })).toThrow('kind')
})

test.each<[string, object, string]>([
  ['CaseOpened', { opener: JOB, kind: { Challenge: { unit: '5' } }, bond: '10' }, 'opened a case (unit 5 is challenged) with at stake'],
  ['CaseResolved', { decision: '00'.repeat(32) }, 'The jury came to no decision'],
  ['RecheckDrawn', { operator: JOB, rechecked: false, bps: 500 }, 'was not drawn to be checked, at a chance of 5.00\u202f%'],
  ['RoundWidened', { replicas: 5 }, 'No quorum: 5 seats are asked for now'],
  ['SampleRevealed', { operator: JOB, digests: [ROOT, OTHER] }, 'revealed what it found for 2 drawn units'],
  ['BallotSettled', { operator: JOB, paid: '0' }, 'had its juror’s bond released'],
  ['ResultDelivered', { operator: JOB, milestone: 0 }, 'delivered its result'],
  ['ResultDelivered', { operator: JOB, milestone: 2 }, 'delivered milestone 3'],
  ['MilestoneReleased', { operator: JOB, milestone: 2, is_last: true, paid: '0' }, 'had its result accepted'],
  ['ResultAttested', { operator: JOB, attestors: [JOB] }, 'had its result signed for by 1 attestor'],
])('%s is told', (kind, data, text) => {
  expect(describe(decode(Event, event(1, kind, data as Record<string, unknown>)))).toMatchObject({
    text,
    actor: 'operator' in data || 'opener' in data ? JOB : null,
  })
})
