import { formatClock, formatInteger, formatSpan, formatTime } from '../format'
import type { PaymentMint } from '../schema'
import type { Entry, Stage } from '../timeline'
import { Copyable } from './Copyable'
import { EventWords } from './EventWords'

const MARKS: Record<Stage['state'], [mark: string, words: string]> = {
  done: ['bg-good', 'done'],
  current: ['border-2 border-busy bg-paper', 'in progress'],
  pending: ['border border-rule bg-paper', 'still to come'],
}

/** The stages of a job down a rule, each with its events. What is still due is there too, but faint. */
export function Timeline({ stages, mint }: { stages: Stage[]; mint?: PaymentMint }) {
  return (
    <ol data-testid="timeline">
      {stages.map((stage) => (
        <StageRow key={stage.key} stage={stage} {...(mint && { mint })} />
      ))}
    </ol>
  )
}

function StageRow({ stage, mint }: { stage: Stage; mint?: PaymentMint }) {
  const [mark, words] = MARKS[stage.state]
  const slashed = stage.key === 'slashed'
  return (
    <li
      data-stage={stage.key}
      data-state={stage.state}
      className="relative grid gap-x-6 gap-y-1 border-l border-rule pb-6 pl-6 last:border-transparent last:pb-0 sm:grid-cols-[8rem_minmax(0,1fr)]"
    >
      <span aria-hidden="true" className={`absolute top-1.5 -left-[6px] size-[11px] ${slashed ? 'bg-bad' : mark}`} />
      <h3 className={`font-medium ${slashed ? 'text-bad' : stage.state === 'pending' ? 'text-soft' : ''}`}>
        {stage.label}
        <span className="sr-only">, {words}</span>
        {stage.progress !== '' && stage.state !== 'pending' && (
          <span className="ml-2 text-[0.8125rem] font-normal whitespace-nowrap text-soft">{stage.progress}</span>
        )}
      </h3>
      {stage.entries.length > 0 ? (
        <ol className="grid gap-y-2">
          {stage.entries.map((entry) => (
            <EntryRow key={entry.id} entry={entry} {...(mint && { mint })} />
          ))}
        </ol>
      ) : (
        <p className="text-soft">{stage.state === 'current' ? 'Waiting' : ''}</p>
      )}
    </li>
  )
}

function EntryRow({ entry, mint }: { entry: Entry; mint?: PaymentMint }) {
  return (
    <li className="grid gap-x-6 lg:grid-cols-[minmax(0,1fr)_auto]">
      <span className="min-w-0">
        <EventWords words={entry} {...(mint && { mint })} />
      </span>
      <span className="flex flex-wrap items-baseline gap-x-3 text-[0.8125rem] text-soft lg:grid lg:grid-cols-[4.5rem_5rem_8rem] lg:text-right">
        <time
          dateTime={Number.isFinite(entry.time) ? new Date(entry.time).toISOString() : undefined}
          title={`${formatTime(entry.time)}, slot ${formatInteger(entry.slot)}`}
        >
          {formatClock(entry.time)}
        </time>
        <span title="since the job was posted">{formatSpan(entry.since)}</span>
        <span data-testid="signature">
          <Copyable text={entry.signature} what="transaction signature" />
        </span>
      </span>
    </li>
  )
}
