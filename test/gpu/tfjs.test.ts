/** The GPU against an independent library, without our references in between: one model of each kind. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createEngine, initialParameters } from '../../kernels/index.ts'
import { loadTfjs, type Tfjs } from '../../node/bench/kernels/tfjs.ts'
import { TFJS_BATCH, TFJS_MODELS, tfjsBatch, tfjsGradients } from '../tfjs-models.ts'
import { dawnDevice } from './dawn.ts'
import { relativeError } from './suites/run-variant.ts'

const KINDS = /silu|huber|convolutions|GRU|GPT/

describe('the GPU against tfjs', () => {
  let tf: Tfjs
  beforeAll(async () => {
    tf = await loadTfjs()
    await tf.setBackend('cpu')
  })

  it.each(TFJS_MODELS.filter(({ title }) => KINDS.test(title)).map((model) => [model.title, model] as const))('agrees: %s', async (_, model) => {
    const { loss, gradients } = await tfjsGradients(tf, model)
    const device = await dawnDevice()
    const engine = await createEngine(device, model.spec, TFJS_BATCH)
    engine.writeParameters(initialParameters(model.spec))
    const result = await engine.gradient(tfjsBatch(model))
    expect(Math.abs(result.lossSum - loss) / Math.abs(loss)).toBeLessThan(1e-5)
    const all = engine.layout.entries.map(({ name, offset, size }) => [result.gradient.subarray(offset, offset + size), gradients.get(name) ?? []] as const)
    const flat = (side: 0 | 1) => all.flatMap((pair) => Array.from(pair[side]))
    expect(relativeError(flat(0), flat(1))).toBeLessThan(1e-4)
    device.dispose()
  })
})
