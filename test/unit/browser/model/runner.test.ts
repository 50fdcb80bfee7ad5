import { describe, expect, it } from 'vitest'
import { ModelHost } from '../../../../browser/model/host.ts'
import type { FromModel, ToModel } from '../../../../browser/model/messages.ts'
import { type ModelPort, ModelRunner } from '../../../../browser/model/runner.ts'
import { writeWeights } from '../../../../kernels/data/index.ts'
import { initialParameters, layoutOf, referencePrediction, type SequentialSpec } from '../../../../kernels/index.ts'

const model: SequentialSpec = { kind: 'sequential', input: [3], layers: [{ type: 'linear', units: 2 }] }
const parameters = initialParameters({ model, seed: 3 })
const weights = writeWeights(parameters, layoutOf({ model }))

/** A Worker that answers when it is told to. */
class FakePort implements ModelPort {
  readonly sent: ToModel[] = []
  terminated = false
  #message: (event: MessageEvent<FromModel>) => void = () => {}
  #error: (event: ErrorEvent) => void = () => {}

  postMessage(message: ToModel): void {
    this.sent.push(message)
  }

  addEventListener(type: 'message' | 'error', listener: ((event: MessageEvent<FromModel>) => void) | ((event: ErrorEvent) => void)): void {
    if (type === 'message') this.#message = listener as (event: MessageEvent<FromModel>) => void
    else this.#error = listener as (event: ErrorEvent) => void
  }

  terminate(): void {
    this.terminated = true
  }

  answer(message: FromModel): void {
    this.#message({ data: message } as MessageEvent<FromModel>)
  }

  crash(): void {
    this.#error({ message: 'out of memory' } as ErrorEvent)
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('the model runner', () => {
  it('asks one question at a time, and of those that waited only the last', async () => {
    const port = new FakePort()
    const runner = new ModelRunner(port)
    const answers = [1, 2, 3].map((value) => runner.predict(Float32Array.of(value)))
    await settled()
    expect(port.sent).toHaveLength(1)
    port.answer({ type: 'answer', id: port.sent[0]?.id ?? 0, output: Float32Array.of(10), milliseconds: 1 })
    await settled()
    expect(port.sent.map((message) => (message.type === 'predict' ? message.x[0] : null))).toEqual([1, 3])
    port.answer({ type: 'answer', id: port.sent[1]?.id ?? 0, output: Float32Array.of(30), milliseconds: 1 })
    expect((await Promise.all(answers)).map((answer) => answer?.output[0] ?? null)).toEqual([10, null, 30])
  })

  it('passes on what went wrong, with its code, and goes on', async () => {
    const port = new FakePort()
    const runner = new ModelRunner(port)
    const failed = runner.predict(Float32Array.of(1))
    await settled()
    port.answer({ type: 'error', id: port.sent[0]?.id ?? 0, code: 'NON_FINITE', message: 'output 0 is NaN' })
    await expect(failed).rejects.toMatchObject({ code: 'NON_FINITE', message: 'output 0 is NaN' })
    const next = runner.predict(Float32Array.of(2))
    await settled()
    port.answer({ type: 'answer', id: port.sent[1]?.id ?? 0, output: Float32Array.of(5), milliseconds: 1 })
    expect((await next)?.output[0]).toBe(5)
  })

  it('frees the GPU before it ends the worker, and rejects what was pending', async () => {
    const port = new FakePort()
    const runner = new ModelRunner(port)
    const pending = runner.predict(Float32Array.of(1))
    await settled()
    const closing = runner.close()
    expect(port.sent.at(-1)?.type).toBe('dispose')
    expect(port.terminated).toBe(false)
    port.answer({ type: 'disposed', id: port.sent.at(-1)?.id ?? 0 })
    await closing
    expect(port.terminated).toBe(true)
    await expect(pending).rejects.toThrow('closed')
  })

  it('rejects everything when the worker crashes', async () => {
    const port = new FakePort()
    const runner = new ModelRunner(port)
    const pending = runner.predict(Float32Array.of(1))
    await settled()
    port.crash()
    await expect(pending).rejects.toThrow('out of memory')
  })
})

describe('the model host without a GPU', () => {
  it('answers in float64 on the CPU and says why', async () => {
    const host = new ModelHost(undefined)
    expect(await host.load(model, weights, 'a.safetensors')).toEqual({ where: 'cpu', detail: 'this browser has no WebGPU', parameterCount: 8 })
    const x = Float32Array.of(0.5, -1, 2)
    expect([...(await host.predict(x))]).toEqual([...Float32Array.from(referencePrediction(model, parameters, x, 1))])
    await expect(host.predict(Float32Array.of(1))).rejects.toThrow('1 samples of [3] are 3 numbers, got 1')
  })

  it('refuses weights of another model, naming the tensor, and keeps the model it had', async () => {
    const host = new ModelHost(undefined)
    await host.load(model, weights, 'a.safetensors')
    const other: SequentialSpec = { ...model, layers: [{ type: 'linear', units: 4 }] }
    await expect(host.load(other, weights, 'b.safetensors')).rejects.toThrow('b.safetensors: tensor "0.bias" has shape [2], the model needs [4]')
    expect(await host.predict(Float32Array.of(1, 2, 3))).toHaveLength(2)
    host.dispose()
    await expect(host.predict(Float32Array.of(1, 2, 3))).rejects.toThrow('no model is loaded')
  })
})
