/** Cases of the ops that walk through time: one step, one unit, one sample; odd and round sizes; more units than lanes. */
import { gru } from '../../kernels/ops/gru/gru.ts'
import { gruGrad } from '../../kernels/ops/gru-grad/gru-grad.ts'
import { lstm } from '../../kernels/ops/lstm/lstm.ts'
import { lstmGrad } from '../../kernels/ops/lstm-grad/lstm-grad.ts'
import { testRandom } from '../random.ts'
import { type OpCase, opCase } from './case.ts'

/** samples, steps, units */
const SIZES = [
  [1, 1, 1],
  [3, 5, 7],
  [9, 3, 4],
  [2, 2, 70],
] as const

/** What gates are after their functions: between 0 and 1. */
const shares = (length: number): Float64Array => {
  const random = testRandom(length + 5)
  return Float64Array.from({ length }, () => random.unit())
}

export const SEQUENCE_CASES: readonly OpCase[] = SIZES.flatMap(([samples, steps, units]) => {
  const title = `[${samples}, ${steps}, ${units}]`
  const states = [samples, steps, units]
  const gates = (count: number) => [samples, steps, count * units]
  const weights = (count: number) => [[count * units, units], [count * units]]
  const active = { values: [null, shares(samples * steps * units * 4), null, null], differentiable: [], scale: 1 }
  return [
    opCase(title, lstm, {}, [gates(4), ...weights(4)], { scale: 1 }),
    opCase(title, lstmGrad, {}, [states, gates(4), states, [4 * units, units]], active),
    opCase(title, gru, {}, [gates(3), ...weights(3)], { scale: 1 }),
    opCase(title, gruGrad, {}, [states, gates(4), states, [3 * units, units]], active),
  ]
})
