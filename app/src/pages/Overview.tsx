import { Activity } from '../components/Activity'
import { Figures } from '../components/Figures'
import { Operators } from '../components/Operators'
import { Section } from '../components/Section'
import { QueryState } from '../components/States'
import { useTitle } from '../components/useTitle'
import { formatInteger } from '../format'
import { useStats } from '../queries'

export function Overview() {
  useTitle('Overview')
  const stats = useStats()
  return (
    <>
      <div className="max-w-3xl py-8 sm:py-10">
        <h1 className="font-serif text-3xl leading-tight sm:text-4xl">State of the market</h1>
        <p className="mt-3 text-soft">
          Payment for each job is locked in escrow. Staked operators compute it; each job says how its result is judged, by a quorum,
          by samples, by challenge, by proof, and only a result that stands releases the money.
        </p>
      </div>
      <QueryState query={stats} what="figures" />
      {stats.data && <Figures stats={stats.data} />}
      <Section
        title="Operators"
        note={stats.data && `${formatInteger(stats.data.operators)} with a stake pool, by active stake`}
      >
        <Operators mints={stats.data?.mints ?? []} />
      </Section>
      <Section title="Activity" note={stats.data && `${formatInteger(stats.data.events)} events recorded; the latest first`}>
        <Activity mints={stats.data?.mints ?? []} />
      </Section>
    </>
  )
}
