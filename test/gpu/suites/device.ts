import { describe, expect, it } from 'vitest'
import { KernelError, openDevice } from '../../../kernels/index.ts'
import type { DeviceProvider } from './provider.ts'

const STORAGE = 0x80

async function failure(work: Promise<unknown>): Promise<KernelError> {
  const error = await work.catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(KernelError)
  return error as KernelError
}

const request = (bytes: number, label = 'x') => ({ label, bytes, category: 'io' as const, usage: STORAGE })

export function deviceSuite(provider: DeviceProvider): void {
  describe('a device', () => {
    it('reports adapter, features and the limits it was opened with', async () => {
      const device = await provider({ type: 'cpu' })
      expect(device.report.description).not.toBe('')
      expect(device.report.type).toBe('cpu')
      expect(device.report.limits.maxBufferSize).toBe(device.caps.maxBufferBytes)
      // Adapters have more than WebGPU's defaults everywhere; without a request a device would have 256 MiB.
      expect(device.caps.maxBufferBytes).toBeGreaterThan(268_435_456)
      expect(structuredClone(device.report)).toEqual(device.report)
      device.dispose()
    })

    it('counts every buffer, and refuses beyond its limit before asking the driver', async () => {
      const device = await provider({ memoryLimitBytes: 4096 })
      const [buffer] = await device.allocate([request(1024), request(2048)])
      expect([device.usedBytes, device.liveBuffers]).toEqual([3072, 2])
      const error = await failure(device.allocate([request(1000, 'small'), request(1024, 'big')]))
      expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', detail: { neededBytes: 2024, usedBytes: 3072, limitBytes: 4096 } })
      expect(error.message).toContain('largest: big')
      expect(device.liveBuffers, 'nothing of a refused request stays').toBe(2)
      if (buffer) device.release(buffer)
      if (buffer) device.release(buffer)
      expect(device.usedBytes).toBe(2048)
      device.dispose()
      expect([device.usedBytes, device.liveBuffers]).toEqual([0, 0])
    })

    it('names a buffer larger than the adapter takes', async () => {
      const device = await provider()
      const error = await failure(device.allocate([request(device.caps.maxBufferBytes + 4, 'weights')]))
      expect(error).toMatchObject({ code: 'OUT_OF_MEMORY' })
      expect(error.message).toMatch(/buffer weights needs \d+ bytes, the adapter's maxBufferSize is \d+/)
      expect(device.liveBuffers).toBe(0)
      device.dispose()
    })

    it('an invalid allocation is a clear error and leaves nothing', async () => {
      const device = await provider()
      // MAP_READ cannot be combined with STORAGE.
      const error = await failure(device.allocate([request(64), { ...request(64, 'bad'), usage: STORAGE | 1 }]))
      expect(error.code).toBe('GPU_VALIDATION')
      expect(device.liveBuffers).toBe(0)
      expect(device.fault, 'the scope caught it: the device stays sound').toBeNull()
      device.dispose()
    })

    it('a kernel that does not compile is named, and not cached', async () => {
      const device = await provider()
      const error = await failure(device.pipelines.pipeline('broken', 'fn main( {', []))
      expect(error.code).toBe('GPU_VALIDATION')
      expect(error.message).toContain('kernel broken')
      expect(device.pipelines.size).toBe(0)
      const good = '@compute @workgroup_size(1) fn main() {}'
      expect(await device.pipelines.pipeline('good', good, [])).toBe(await device.pipelines.pipeline('same', good, []))
      expect(device.pipelines.size).toBe(1)
      device.dispose()
    })

    it('an error that no scope caught makes the device unusable instead of its results wrong', async () => {
      const device = await provider()
      device.raw.createBuffer({ size: 16, usage: STORAGE | 1 })
      await device.raw.queue.onSubmittedWorkDone()
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(device.fault?.code).toBe('GPU_VALIDATION')
      expect((await failure(device.allocate([request(16)]))).code).toBe('GPU_VALIDATION')
      device.dispose()
    })

    it('no adapter is an error that says what to do', async () => {
      const none = { requestAdapter: async () => null } as unknown as GPU
      const error = await failure(openDevice(none))
      expect(error.code).toBe('NO_ADAPTER')
      expect(error.message).toContain('cyxwiz doctor')
    })

    it('can be opened again and again: a new adapter each time', async () => {
      for (let i = 0; i < 3; i++) (await provider()).dispose()
    })
  })
}
