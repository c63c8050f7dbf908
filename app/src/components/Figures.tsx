import type { ReactNode } from 'react'
import { formatInteger } from '../format'
import type { Stats } from '../schema'
import { Asy, Payment } from './Amount'

/** The market's live numbers, as the head of a report: one ruled row, no boxes. */
export function Figures({ stats }: { stats: Stats }) {
  const { jobs, supply } = stats
  return (
    <dl className="-mb-px grid grid-cols-2 border-t border-edge sm:grid-cols-3 lg:grid-cols-6" data-testid="figures">
      <Figure name="Jobs" value={formatInteger(jobs.total)}>
        {formatInteger(jobs.open)} open, {formatInteger(jobs.running)} running, {formatInteger(jobs.settled)} settled
      </Figure>
      <Figure name="Units verified" value={formatInteger(stats.units_verified)}>
        in {formatInteger(stats.seats_settled)} settled seats
      </Figure>
      <Figure name="Operators" value={formatInteger(stats.operators)}>
        with a stake pool
      </Figure>
      <Figure name="Staked" value={<Asy base={stats.staked} places={2} />}>
        of <Asy base={supply.current} places={2} /> in circulation
      </Figure>
      <Figure name="Slashed" value={<Asy base={stats.slashed} places={2} />} tone={stats.slashed > 0n ? 'text-bad' : ''}>
        <Asy base={stats.burned} places={2} /> burned in all
      </Figure>
      <Figure name="Volume" value={<Volume stats={stats} />}>
        {stats.volume.length > 1 ? 'paid, by mint' : 'paid for results'}
      </Figure>
    </dl>
  )
}

function Figure({ name, value, tone = '', children }: { name: string; value: ReactNode; tone?: string; children: ReactNode }) {
  return (
    <div className="flex flex-col border-b border-rule py-4 pr-4">
      <dt className="label">{name}</dt>
      <dd className={`mt-1 font-serif text-xl sm:text-2xl leading-tight [&_data]:whitespace-normal [&_data_span]:font-sans [&_data_span]:text-sm ${tone}`}>{value}</dd>
      <dd className="mt-1 text-[0.8125rem] leading-snug text-soft">{children}</dd>
    </div>
  )
}

function Volume({ stats }: { stats: Stats }) {
  if (stats.volume.length === 0) return <>0</>
  return stats.volume.map((part) => (
    <div key={part.mint}>
      <Payment base={part.amount} mint={part.mint} mints={stats.mints} places={2} />
    </div>
  ))
}
