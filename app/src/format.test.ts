import { expect, test } from 'vitest'
import { exactAmount, formatAgo, formatAmount, formatBps, formatInteger, formatSpan, shorten } from './format'

const plain = (text: string) => text.replaceAll('\u202f', ' ')

test.each([
  [0n, 9, '0'],
  [1n, 9, '0.000000001'],
  [1_500_000_000n, 9, '1.5'],
  [25_960_000_000n, 9, '25.96'],
  [7n, 0, '7'],
  [-1_250_000n, 6, '-1.25'],
  // Past 2^53 a float would lose digits.
  [18_446_744_073_709_551_615n, 9, '18446744073.709551615'],
  [340_282_366_920_938_463_463_374_607_431_768_211_455n, 6, '340282366920938463463374607431768.211455'],
])('every digit of %d at %d decimals is %s', (base, decimals, text) => {
  expect(exactAmount(base, decimals)).toBe(text)
})

test.each([
  [1_234_567_891_234n, 6, 4, '1 234 567.8912'],
  [999_999_999n, 9, 4, '0.9999'], // cut, never rounded up to a coin that is not there
  [1n, 9, 4, '<0.0001'],
  [1n, 9, 0, '<1'],
  [0n, 9, 4, '0'],
  [1_000_000_000_000n, 9, 2, '1 000'],
  [-1_500_000n, 6, 4, '−1.5'],
])('%d at %d decimals reads, at %d places, %s', (base, decimals, places, text) => {
  expect(plain(formatAmount(base, decimals, places))).toBe(text)
})

test('counts are grouped', () => {
  expect([0n, 999n, 1_000n, 4_294_967_296n, -12_345n].map((value) => plain(formatInteger(value)))).toEqual([
    '0',
    '999',
    '1 000',
    '4 294 967 296',
    '−12 345',
  ])
})

test('basis points become percent', () => {
  expect([0, 5, 250, 9105, 10_000].map((bps) => plain(formatBps(bps)))).toEqual(['0.00 %', '0.05 %', '2.50 %', '91.05 %', '100.00 %'])
})

test('the middle of an address is left out, never its end', () => {
  expect(shorten('9yn1EK9NgTcFULkEQcA6CXo8mVV4w4p3bsf4P5AUAQY6')).toBe('9yn1…AQY6')
  expect(shorten('9yn1EK9NgTcFULkEQcA6', 4, 0)).toBe('9yn1…')
  expect(shorten('12345678')).toBe('12345678')
})

test('times are told from now, both ways', () => {
  const at = (seconds: number) => formatAgo(1_000_000 + seconds * 1000, 1_000_000)
  expect([-5, -65, -7_300, -200_000, 90].map(at)).toEqual(['5 sec. ago', '1 min. ago', '2 hr. ago', '2 days ago', 'in 1 min.'])
  expect(formatAgo(Number.NaN, 0)).toBe('unknown')
})

test('spans keep to two units', () => {
  expect([0, 4_000, 125_000, 12_000_000, -50].map(formatSpan)).toEqual(['+0 s', '+4 s', '+2 min 05 s', '+3 h 20 min', '+0 s'])
})
