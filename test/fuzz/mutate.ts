/**
 * Bytes that are nearly right: valid ones with bytes set, cut out, inserted or repeated, numbers at their bounds, lengths
 * that claim more than there is, messages within messages. They get further into a decoder than noise does.
 */
import fc from 'fast-check'

/** A failing run prints both; `FUZZ_SEED=… FUZZ_RUNS=…` replays it. */
export const seed = process.env.FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.FUZZ_SEED)
export const numRuns = Number(process.env.FUZZ_RUNS ?? 20_000)

const KINDS = ['set', 'flip', 'cut', 'insert', 'double', 'end', 'put', 'nest'] as const

export interface Change {
  readonly at: number
  readonly kind: (typeof KINDS)[number]
  readonly value: number
  readonly length: number
}

/** What stands for a bound in protobuf, in doubles and in JSON. */
const EXTREMES: readonly Uint8Array[] = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // 2^64 - 1
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], // 2^63 - 1
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], // 2^53
  [0xff, 0xff, 0xff, 0xff, 0x0f], // 2^32 - 1, also as a length
  [0x80, 0x80, 0x80, 0x80, 0x08], // 2^31
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], // a number that never ends
  [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], // NaN
  [0, 0, 0, 0, 0, 0, 0xf0, 0x7f], // Infinity
  [0, 0, 0, 0, 0, 0, 0xf0, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0x7f], // the largest double
].map((bytes) => Uint8Array.from(bytes))
const WORDS = ['null', '-1', '1e999', '{}', '[]', '"', '9007199254740993', '"__proto__":', '[[[[[[[['].map((word) => new TextEncoder().encode(word))
const PUT = [...EXTREMES, ...WORDS]

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record<Change>({
    at: fc.nat({ max: 65_535 }),
    kind: fc.constantFrom(...KINDS),
    value: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...new TextEncoder().encode('"{}[],:0129-.eE\\ \n'))),
    length: fc.nat({ max: 16 }),
  }),
  { minLength: 1, maxLength: 4 },
)

export function mutate(valid: Uint8Array, list: readonly Change[]): Uint8Array {
  let bytes = [...valid]
  for (const { at: place, kind, value, length } of list) {
    const at = bytes.length === 0 ? 0 : place % bytes.length
    switch (kind) {
      case 'set':
        bytes[at] = value
        break
      case 'flip':
        bytes[at] = ((bytes[at] ?? 0) ^ (1 << (value % 8))) & 255
        break
      case 'cut':
        bytes.splice(at, length)
        break
      case 'insert':
        bytes.splice(at, 0, value)
        break
      case 'double':
        bytes = [...bytes.slice(0, at + length), ...bytes.slice(at)]
        break
      case 'end':
        bytes.length = at
        break
      case 'put': {
        const what = PUT[value % PUT.length] as Uint8Array
        bytes.splice(at, length % 2 === 0 ? what.length : 1, ...what)
        break
      }
      case 'nest': {
        // The whole as a field of itself.
        const tag = ((1 + (value % 15)) << 3) | 2
        for (let depth = 0; depth < Math.min(length, 4) && bytes.length < 65_536; depth += 1) bytes = [tag, ...varint(bytes.length), ...bytes]
        break
      }
      default:
        kind satisfies never
    }
  }
  return Uint8Array.from(bytes)
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}
