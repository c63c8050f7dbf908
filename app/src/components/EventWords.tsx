import type { Description, Tone } from '../describe'
import type { PaymentMint } from '../schema'
import { Asy, Payment } from './Amount'
import { Copyable } from './Copyable'

export const TONES: Record<Tone, string> = { plain: '', good: 'text-good', bad: 'text-bad', warn: 'text-warn' }

/** An event as a sentence. An amount of a payment mint is left out where the mint is not known. */
export function EventWords({ words, mint }: { words: Description; mint?: PaymentMint }) {
  const { actor, text, tone, amount } = words
  return (
    <>
      {actor !== null && (
        <>
          <Copyable text={actor} what="address" />{' '}
        </>
      )}
      <span className={TONES[tone]}>{text}</span>
      {amount?.unit === 'asy' && (
        <>
          {' '}
          <Asy base={amount.base} />
        </>
      )}
      {amount?.unit === 'payment' && mint && (
        <>
          {' '}
          <Payment base={amount.base} mint={mint.mint} mints={[mint]} />
        </>
      )}
    </>
  )
}
