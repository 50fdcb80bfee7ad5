/** An independent oracle: values and gradients of whole models against tfjs-core on its CPU backend. */

import type * as tfTypes from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createEngine, initialParameters, type LayerSpec, type LossSpec, layoutOf } from '../../kernels/index.ts'
import { loadTfjs, type Tfjs } from '../../node/bench/kernels/tfjs.ts'
import { testRandom } from '../random.ts'
import { trainingSpec } from '../specs.ts'
import { dawnDevice } from './dawn.ts'
import { relativeError } from './suites/run-variant.ts'

const [BATCH, INPUT, HIDDEN, CLASSES] = [9, 11, 14, 6]
type Activate = (tf: Tfjs, x: tfTypes.Tensor) => tfTypes.Tensor

const activations: [LayerSpec, Activate][] = [
  [{ type: 'relu' }, (tf, x) => tf.relu(x)],
  [{ type: 'leakyrelu', negativeSlope: 0.2 }, (tf, x) => tf.leakyRelu(x, 0.2)],
  [{ type: 'tanh' }, (tf, x) => tf.tanh(x)],
  [{ type: 'sigmoid' }, (tf, x) => tf.sigmoid(x)],
  [{ type: 'silu' }, (tf, x) => tf.mul(x, tf.sigmoid(x))],
  [{ type: 'gelu' }, (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))))],
  [
    { type: 'gelu', approximate: 'tanh' },
    (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3))))))),
  ],
]

describe('models against tfjs', () => {
  let tf: Tfjs
  beforeAll(async () => {
    tf = await loadTfjs()
    await tf.setBackend('cpu')
  })

  const losses: LossSpec[] = [
    { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 },
    { type: 'cross-entropy', labelSmoothing: 0.1, ignoreIndex: -100 },
    { type: 'mse' },
  ]
  const cases = activations.flatMap(([layer, activate], i) => losses.map((loss) => [JSON.stringify({ ...layer, loss }), layer, activate, loss, i] as const))
  it.each(cases)('have the same loss and gradients: %s', async (_, layer, activate, loss, seed) => {
    const spec = trainingSpec([INPUT], [{ type: 'linear', units: HIDDEN }, layer, { type: 'linear', units: CLASSES }], { loss, seed })
    const random = testRandom(seed + 40)
    const x = random.floats(BATCH * INPUT, 2)
    const labels = Int32Array.from({ length: BATCH }, () => random.integer(0, CLASSES))
    const targets = random.floats(BATCH * CLASSES)
    const flat = initialParameters(spec)
    const { entries } = layoutOf(spec)
    const names = ['0.weight', '0.bias', '2.weight', '2.bias']
    const tensors = names.map((name) => {
      const entry = entries.find((candidate) => candidate.name === name)
      if (entry === undefined) throw new Error(`no parameter ${name}`)
      return tf.tensor(flat.slice(entry.offset, entry.offset + entry.size), [...entry.shape])
    })
    const input = tf.tensor2d(x, [BATCH, INPUT])
    const lossSum = (...[w1, b1, w2, b2]: tfTypes.Tensor[]): tfTypes.Scalar => {
      const hidden = activate(tf, tf.add(tf.matMul(input, w1 as tfTypes.Tensor, false, true), b1 as tfTypes.Tensor))
      const output = tf.add(tf.matMul(hidden as tfTypes.Tensor2D, w2 as tfTypes.Tensor, false, true), b2 as tfTypes.Tensor)
      if (loss.type !== 'cross-entropy') return tf.sum(tf.squaredDifference(output, tf.tensor2d(targets, [BATCH, CLASSES])))
      const oneHot = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES)
      const wanted = tf.add(tf.mul(oneHot, 1 - loss.labelSmoothing), loss.labelSmoothing / CLASSES)
      return tf.neg(tf.sum(tf.mul(wanted, tf.logSoftmax(output))))
    }
    const { value, grads } = tf.valueAndGrads(lossSum)(tensors)
    const device = await dawnDevice()
    const engine = await createEngine(device, spec, BATCH)
    engine.writeParameters(flat)
    const result = await engine.gradient({ x, y: loss.type !== 'cross-entropy' ? targets : labels, count: BATCH, step: 1, sampleOffset: 0 })
    const [expectedLoss = Number.NaN] = await value.data()
    expect(Math.abs(result.lossSum - expectedLoss) / Math.abs(expectedLoss)).toBeLessThan(1e-5)
    for (const [i, name] of names.entries()) {
      const entry = entries.find((candidate) => candidate.name === name)
      const expected = (await grads[i]?.data()) ?? []
      const offset = entry?.offset ?? 0
      expect(relativeError(result.gradient.subarray(offset, offset + expected.length), expected), name).toBeLessThan(1e-4)
    }
    device.dispose()
  })
})
