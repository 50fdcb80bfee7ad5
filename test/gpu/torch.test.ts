/**
 * Ten steps from weights that PyTorch (for `gpt2`: Hugging Face's) wrote, on data that it wrote, against what it trained:
 * its losses and every tensor of its final state dict. The files come from `torch/record.py`; names and shapes in them are
 * PyTorch's own, so that reading them is part of what is tested.
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forEachElement } from '../../kernels/data/dtypes.ts'
import { parseSafetensors, type Tensor } from '../../kernels/data/safetensors.ts'
import { flatOfTensors } from '../../kernels/data/weights.ts'
import { createEngine, HostOptimizer, type KernelDevice, type TrainingSpec } from '../../kernels/index.ts'
import { parseJobFile, trainingSpecOf } from '../../protocol/jobs/spec.ts'
import { dawnDevice } from './dawn.ts'
import { relativeError } from './suites/run-variant.ts'
import cases from './torch/cases.json' with { type: 'json' }

const STEPS = 10

/**
 * Relative L2 per tensor after ten steps. Of a key's bias softmax does not depend, so that its gradient is rounding errors alone, which Adam makes
 * as large as any other step: no two programs agree there.
 */
const toleranceOf = (tensor: string) => (tensor.endsWith('attn.c_attn.bias') ? 1e-3 : 1e-4)

function specOf({ name, job }: (typeof cases)[number]): TrainingSpec {
  return trainingSpecOf(parseJobFile({ name, data: { dataset: 'digits' }, batchSize: 6, steps: STEPS, ...job }), STEPS)
}

/** One step's samples; ids stay whole numbers. */
function batches(tensor: Tensor | undefined): (step: number) => Float32Array | Int32Array {
  if (tensor === undefined) throw new Error('the recording lacks a tensor')
  const { dtype, shape, bytes } = tensor
  const elements = shape.reduce((product, extent) => product * extent, 1)
  const all = dtype === 'F32' ? new Float32Array(elements) : new Int32Array(elements)
  forEachElement(dtype, bytes, (value, i) => {
    all[i] = value
  })
  const size = all.length / STEPS
  return (step) => all.slice((step - 1) * size, step * size)
}

describe('ten steps follow PyTorch', () => {
  let device: KernelDevice
  beforeAll(async () => {
    device = await dawnDevice()
  })
  afterAll(() => device.dispose())

  it.each(cases.map((entry) => [entry.name, entry] as const))('%s', async (name, entry) => {
    const spec = specOf(entry)
    const recorded = parseSafetensors(await readFile(new URL(`torch/${name}.safetensors`, import.meta.url)))
    const count = recorded.get('x')?.shape[1] ?? 0
    const x = batches(recorded.get('x'))
    const y = batches(recorded.get('y'))
    const expected = batches(recorded.get('losses'))
    const engine = await createEngine(device, spec, count)
    const start = flatOfTensors(recorded, engine.layout, { prefix: 'start/' })
    const end = flatOfTensors(recorded, engine.layout, { prefix: 'end/' })
    const named = engine.layout.entries.map((tensor) => tensor.name)
    expect(
      [...recorded.keys()]
        .filter((key) => key.startsWith('end/'))
        .map((key) => key.slice('end/'.length))
        .sort(),
      'as many tensors as PyTorch has',
    ).toEqual([...named].sort())

    const host = new HostOptimizer(spec.optimizer, spec.schedule, spec.clipNorm, STEPS, engine.layout)
    const merged = { parameters: start.slice(), state: host.createState() }
    engine.writeParameters(start)
    for (let step = 1; step <= STEPS; step++) {
      const { lossSum, weight } = await engine.step({ x: x(step), y: y(step), count, step, sampleOffset: 0 })
      const loss = expected(step)[0] ?? Number.NaN
      expect(Math.abs(lossSum / weight - loss) / loss, `loss of step ${step}: ${lossSum / weight}, PyTorch's is ${loss}`).toBeLessThan(1e-5)
    }
    const trained = await engine.readParameters()
    for (const { name: tensor, offset, size } of engine.layout.entries) {
      const part = (vector: Float32Array) => vector.subarray(offset, offset + size)
      expect(relativeError(part(trained), part(end)), tensor).toBeLessThan(toleranceOf(tensor))
    }

    // The path of merged training: gradients from the GPU, the update on the CPU.
    for (let step = 1; step <= STEPS; step++) {
      engine.writeParameters(merged.parameters)
      const { gradient, weight } = await engine.gradient({ x: x(step), y: y(step), count, step, sampleOffset: 0 })
      host.apply(step, merged.parameters, gradient, weight, merged.state, merged)
    }
    for (const { name: tensor, offset, size } of engine.layout.entries) {
      const part = (vector: Float32Array) => vector.subarray(offset, offset + size)
      expect(relativeError(part(merged.parameters), part(end)), `${tensor}, updated on the CPU`).toBeLessThan(toleranceOf(tensor))
    }
    engine.dispose()
  })
})
