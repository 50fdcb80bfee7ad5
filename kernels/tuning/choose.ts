/**
 * Chooses between kernel variants by trying them: each is compared with the truth on this device, those that agree are timed
 * in turns, the fastest wins. What runs and times is given from outside, so that this is tested with an invented adapter.
 */
import type { KernelVariant, TensorType } from '../ops/op.ts'
import type { TunedChoice } from './table.ts'

export interface Trial {
  /** The outputs of one run; rejects when the variant does not compile. */
  run(variant: KernelVariant): Promise<readonly Float32Array[]>
  /** Microseconds of one run. */
  time(variant: KernelVariant): Promise<number>
}

/** f32 sums in another order, with a transcendental function or two; a wrong kernel is off by far more. */
const TOLERANCE = 1e-4
/** What is stored as f16 is off by up to 2^-11 of itself, and sums on either side of a half's edge differ by twice that. */
const HALF_TOLERANCE = 1e-3

export function toleranceOf({ dtype }: TensorType): number {
  return dtype === 'f16' ? HALF_TOLERANCE : TOLERANCE
}
/** A neighbour's burst spoils one of them, not the median. */
const ROUNDS = 5

/**
 * `variants`: candidates, the last of which runs on any device and stands when no other does better. `expected`: what
 * each output must be, within `tolerances` of its norm.
 */
export async function chooseVariant(
  trial: Trial,
  variants: readonly KernelVariant[],
  expected: readonly ArrayLike<number>[],
  tolerances: readonly number[] = expected.map(() => TOLERANCE),
): Promise<TunedChoice> {
  const rejected: Record<string, string> = {}
  const right: KernelVariant[] = []
  for (const variant of variants) {
    const why = await whyWrong(trial, variant, expected, tolerances)
    if (why === null) right.push(variant)
    else rejected[variant.name] = why
  }
  const last = variants.at(-1)
  if (last === undefined) throw new RangeError('tuning: an op has at least one variant')
  const samples = new Map(right.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) for (const variant of right) samples.get(variant.name)?.push(await trial.time(variant))
  const microseconds: Record<string, number> = {}
  for (const [name, times] of samples) microseconds[name] = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY
  const fastest = Object.entries(microseconds).sort(([, a], [, b]) => a - b)[0]
  return { variant: fastest?.[0] ?? last.name, microseconds, rejected }
}

async function whyWrong(trial: Trial, variant: KernelVariant, expected: readonly ArrayLike<number>[], tolerances: readonly number[]): Promise<string | null> {
  let outputs: readonly Float32Array[]
  try {
    outputs = await trial.run(variant)
  } catch (error) {
    return `does not run: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
  for (const [i, values] of expected.entries()) {
    const error = relativeError(outputs[i] ?? new Float32Array(), values)
    if (!(error < (tolerances[i] ?? TOLERANCE))) return `output ${i} is off by ${error.toExponential(1)}`
  }
  return null
}

/** ‖actual − expected‖ / ‖expected‖; infinite where lengths differ or a value is no number. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let [difference, norm] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    difference += ((actual[i] as number) - (expected[i] as number)) ** 2
    norm += (expected[i] as number) ** 2
  }
  const error = Math.sqrt(difference / Math.max(norm, 1e-30))
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
}
