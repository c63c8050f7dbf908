/** Decimals of ASY. */
export const ASY_DECIMALS = 9

const GROUP = '\u202f' // narrow no-break space: groups digits in any locale without looking like a decimal mark

const group = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, GROUP)

/** A whole number with grouped digits. */
export const formatInteger = (value: bigint): string => (value < 0n ? '−' : '') + group(`${value < 0n ? -value : value}`)

/** Every digit of an amount of base units, ungrouped, as one would type it: `1.5`. */
export function exactAmount(base: bigint, decimals: number): string {
  const digits = `${base < 0n ? -base : base}`.padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = decimals === 0 ? '' : digits.slice(-decimals).replace(/0+$/, '')
  return `${base < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`
}

/**
 * An amount of base units for reading: grouped, and cut (never rounded up) to `places` decimals. What is not zero
 * never reads as zero: it reads `<0.0001`. Integers all the way, so no digit is ever made up.
 */
export function formatAmount(base: bigint, decimals: number, places = 4): string {
  const [whole = '0', fraction = ''] = exactAmount(base < 0n ? -base : base, decimals).split('.')
  const shown = fraction.slice(0, places).replace(/0+$/, '')
  const sign = base < 0n ? '−' : ''
  if (base !== 0n && whole === '0' && shown === '') return `${sign}<${places === 0 ? '1' : `0.${'1'.padStart(places, '0')}`}`
  return `${sign}${group(whole)}${shown && `.${shown}`}`
}

/** Basis points as a percentage with two decimals, so that a column of them lines up: `9105` is `91.05 %`. */
export const formatBps = (bps: number): string => `${Math.trunc(bps / 100)}.${`${bps % 100}`.padStart(2, '0')}${GROUP}%`

/** An address, hash or signature with its middle left out. */
export function shorten(text: string, head = 4, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(text.length - tail)}`
}

/** Whether a hash is all zeros, as a root is before there is one. */
export const isZeroHash = (hash: string): boolean => /^0+$/.test(hash)

/** Milliseconds of a moment given in unix seconds. */
export const millis = (seconds: bigint): number => Number(seconds) * 1000

const ABSOLUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** Date and time of day, in the reader's time zone. */
export const formatTime = (ms: number): string => (Number.isFinite(ms) ? ABSOLUTE.format(ms) : 'unknown time')
/** Time of day, in the reader's time zone. */
export const formatClock = (ms: number): string => (Number.isFinite(ms) ? CLOCK.format(ms) : '–')

const STEPS: [limit: number, size: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [Infinity, 86_400, 'day'],
]
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })

/** How long ago, or how far ahead (a local chain's clock may be), `ms` is from `now`. */
export function formatAgo(ms: number, now: number): string {
  if (!Number.isFinite(ms)) return 'unknown'
  const seconds = Math.trunc((ms - now) / 1000)
  const [, size, unit] = STEPS.find(([limit]) => Math.abs(seconds) < limit) ?? STEPS[0]!
  return RELATIVE.format(Math.trunc(seconds / size), unit)
}

/** A span for a timeline: `+4 s`, `+2 min 05 s`, `+3 h 20 min`. */
export function formatSpan(ms: number): string {
  if (!Number.isFinite(ms)) return ''
  const total = Math.max(0, Math.round(ms / 1000))
  const [hours, minutes, seconds] = [Math.trunc(total / 3600), Math.trunc(total / 60) % 60, total % 60]
  const two = (value: number) => `${value}`.padStart(2, '0')
  if (hours > 0) return `+${hours} h ${two(minutes)} min`
  return minutes > 0 ? `+${minutes} min ${two(seconds)} s` : `+${seconds} s`
}
