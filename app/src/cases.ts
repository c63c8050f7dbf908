import { formatInteger, isZeroHash } from './format'
import type { Ballot, Case } from './schema'

/** What a case is about. */
export function caseTitle({ kind }: Pick<Case, 'kind'>): string {
  if (kind === 'Tie') return 'Tie: no digest has a quorum'
  if (kind === 'Sample') return 'The committee’s finding is disputed'
  return `Unit ${formatInteger(kind.Challenge.unit)} is challenged`
}

/** How it ended; empty while it has not. */
export function rulingWords({ ruling, kind, decision, claim }: Pick<Case, 'ruling' | 'kind' | 'decision' | 'claim'>): string {
  switch (ruling) {
    case 'Open':
      return ''
    case 'Unanswered':
      return 'Not answered in time: what was delivered counts as wrong'
    case 'Undecided':
      return 'No jury could say: every bond goes back'
    case 'Moot':
      return 'Moot: the job ended otherwise'
    case 'Decided':
      if (kind === 'Tie') return 'The jury named the right digest'
      return decision === claim ? 'The jury found the operator right' : 'The jury found the operator wrong'
  }
}

const JURIES = ['jury', 'jury after an appeal', 'jury after two appeals']

/** Where it is, and until when that lasts, in unix seconds; null where no deadline runs. */
export function caseState(of: Case): { words: string; until: bigint | null } {
  const jury = JURIES[Math.min(of.level, 2)]!
  switch (of.state) {
    case 'answering':
      return { words: 'The operator must answer with a proof', until: of.until }
    case 'called':
      return { words: `A ${jury} is being drawn`, until: null }
    case 'judging': {
      const step = of.revealed > 0 || of.sealed === of.chairs ? `${of.revealed} revealed` : `${of.joined} seated, ${of.sealed} sealed`
      return { words: `The ${jury} judges: of ${of.chairs} chairs ${step}`, until: of.until }
    }
    case 'resolved': {
      const none = isZeroHash(of.decision)
      return { words: `The ${jury} ${none ? 'came to no decision' : 'has decided'}; it may be appealed`, until: of.until }
    }
    case 'concluded':
    case 'closed':
      return { words: rulingWords(of), until: null }
  }
}

/** Whether nothing about it can change any more. */
export const isOver = (of: Case): boolean => of.ruling !== 'Open'

/** What came of a juror's chair, and whether it cost the bond. */
export function ballotWords(ballot: Ballot, of: Case): [words: string, lost: boolean] {
  // An earlier jury's time is over too, once an appeal called the next.
  const over = isOver(of) || ballot.level < of.level
  if (ballot.state !== 'Revealed') {
    if (!over) return [ballot.state === 'Joined' ? 'computing' : 'sealed', false]
    return ['did not reveal', of.ruling === 'Decided' || of.ruling === 'Undecided']
  }
  if (of.ruling !== 'Decided') return ['revealed', false]
  return ballot.commitment === of.decision ? ['voted as decided', false] : ['voted otherwise', true]
}
