import { ASY_DECIMALS, exactAmount, formatAmount, formatInteger, shorten } from '../format'
import type { PaymentMint } from '../schema'

type Props = { base: bigint; decimals: number; unit: string; unitTitle?: string; places?: number }

/** An amount for reading, with every digit on hover and for machines. */
export function Amount({ base, decimals, unit, unitTitle, places = 4 }: Props) {
  const exact = exactAmount(base, decimals)
  return (
    <data value={exact} title={`${exact} ${unitTitle ?? unit}`} className="whitespace-nowrap">
      {formatAmount(base, decimals, places)} <span className="text-[0.85em] text-soft">{unit}</span>
    </data>
  )
}

export const Asy = ({ base, places }: { base: bigint; places?: number }) => (
  <Amount base={base} decimals={ASY_DECIMALS} unit="ASY" {...(places !== undefined && { places })} />
)

/**
 * An amount of a payment mint. A mint without a name is told by its own address, shortened; one whose decimals are
 * not known is shown in base units rather than guessed.
 */
export function Payment({ base, mint, mints, places = 4 }: { base: bigint; mint: string; mints: PaymentMint[]; places?: number }) {
  const known = mints.find((found) => found.mint === mint)
  const unit = known?.symbol ?? shorten(mint, 4, 0)
  if (known) return <Amount base={base} decimals={known.decimals} unit={unit} unitTitle={`of mint ${mint}`} places={places} />
  return (
    <span title={`base units of mint ${mint}`} className="whitespace-nowrap">
      {formatInteger(base)} <span className="text-[0.85em] text-soft">base units of {unit}</span>
    </span>
  )
}
