import { describe, expect, it } from 'vitest'
import { createEngine, estimateMemory, KernelError, openDevice } from '../../kernels/index.ts'
import { mlp, trainingSpec } from '../specs.ts'
import { dawn, dawnDevice } from './dawn.ts'
import { deviceSuite } from './suites/device.ts'

deviceSuite(dawnDevice)

describe('genuine lack of memory', () => {
  it('on Dawn’s null backend, whose memory ends at 512 MiB, is OUT_OF_MEMORY and frees what was taken', async () => {
    const device = await openDevice(await dawn(['backend=null']))
    const spec = trainingSpec([4096], mlp(12_000, 10))
    const estimate = estimateMemory(spec, 8)
    expect(estimate.gpuBytes).toBeGreaterThan(512 * 2 ** 20)
    const error = await createEngine(device, spec, 8).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(KernelError)
    expect((error as KernelError).code).toBe('OUT_OF_MEMORY')
    expect([device.liveBuffers, device.usedBytes]).toEqual([0, 0])
    device.dispose()
  })

  it('a batch that is too large leaves the engine as it was, and a smaller one fits afterwards', async () => {
    const device = await openDevice(await dawn(['backend=null']))
    const layers = [1, 2].flatMap(() => [{ type: 'linear', units: 2048 }, { type: 'relu' }])
    const spec = trainingSpec([64], [...layers, { type: 'linear', units: 10 }])
    const engine = await createEngine(device, spec, 8)
    const before = [device.liveBuffers, device.usedBytes]
    const tooLarge = 16_000
    expect(estimateMemory(spec, tooLarge).gpuBytes).toBeGreaterThan(512 * 2 ** 20)
    const error = (await engine.resize(tooLarge).catch((cause: unknown) => cause)) as KernelError
    expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', detail: { neededBytes: expect.any(Number) } })
    expect(error.message).toMatch(/refused \d+ bytes in \d+ buffers/)
    expect([device.liveBuffers, device.usedBytes]).toEqual(before)
    expect(engine.batch).toBe(8)
    await engine.resize(1000)
    expect([engine.batch, device.usedBytes]).toEqual([1000, estimateMemory(spec, 1000).gpuBytes])
    engine.dispose()
    expect([device.liveBuffers, device.usedBytes]).toEqual([0, 0])
    const again = await createEngine(device, spec, 1000)
    again.dispose()
    device.dispose()
  })

  it('a vector that no buffer holds is refused with both numbers, before anything is taken', async () => {
    const device = await dawnDevice()
    const units = 1000
    const inputs = Math.ceil(device.caps.maxBufferBytes / 4 / units) + 1
    const spec = trainingSpec(
      [inputs],
      [units, 2].map((size) => ({ type: 'linear', units: size })),
    )
    const error = (await createEngine(device, spec, 1).catch((cause: unknown) => cause)) as KernelError
    expect(error.code).toBe('OUT_OF_MEMORY')
    expect(error.message).toMatch(/needs a buffer of \d+ bytes \(parameters\), this device's maxBufferSize is \d+/)
    expect(device.liveBuffers).toBe(0)
    device.dispose()
  })
})
