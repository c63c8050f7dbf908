import { describe, textOf } from '../describe'
import { useFeed } from '../live'
import type { Event, PaymentMint } from '../schema'
import { Ago } from './Ago'
import { Copyable } from './Copyable'
import { EventWords } from './EventWords'
import { Empty, Loading } from './States'

const SHOWN = 14

/** What happened last, as the stream tells it. */
export function Activity({ mints }: { mints: PaymentMint[] }) {
  const { recent, connection } = useFeed()
  if (recent.length === 0 && connection === 'connecting') return <Loading what="activity" />
  if (recent.length === 0) return <Empty>Nothing has happened yet. Events appear here as they are confirmed.</Empty>
  return (
    <ol data-testid="activity">
      {recent.slice(0, SHOWN).map((event) => (
        <Line key={`${event.id}`} event={event} mint={mintOf(event, recent, mints)} />
      ))}
    </ol>
  )
}

/** Of the events only the posting names the mint. A market that allows a single one leaves no doubt anyway. */
function mintOf(event: Event, recent: readonly Event[], mints: PaymentMint[]): PaymentMint | undefined {
  const posted = recent.find((other) => other.kind === 'JobPosted' && other.job === event.job)
  const named = textOf((posted ?? event).data, 'mint')
  return mints.find((known) => known.mint === named) ?? (mints.length === 1 ? mints[0] : undefined)
}

function Line({ event, mint }: { event: Event; mint: PaymentMint | undefined }) {
  return (
    <li className="grid grid-cols-[1fr_auto] gap-x-4 border-t border-rule py-2 first:border-t-0 first:pt-0 sm:grid-cols-[6.5rem_1fr_auto]">
      <span className="text-soft max-sm:order-2 max-sm:text-right">
        <Ago ms={Date.parse(event.time)} />
      </span>
      <span className="min-w-0">
        <EventWords words={describe(event)} {...(mint && { mint })} />
      </span>
      <span className="max-sm:order-3">
        {event.job !== null && (
          <span className="text-soft">
            job <Copyable text={event.job} what="job address" href={`/jobs/${event.job}`} />
          </span>
        )}
      </span>
    </li>
  )
}
