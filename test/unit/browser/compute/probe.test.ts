import { describe, expect, it } from 'vitest'
import { deviceType } from '../../../../browser/compute/device.ts'
import { heapBytes, probeBudget, probeCap } from '../../../../browser/compute/probe.ts'
import { type BrowserFacts, isPhone, webgpuProblem } from '../../../../browser/compute/support.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

function driver(grantsBytes: number): { allocate: (bytes: number) => Promise<boolean>; asked: number[] } {
  let heldBytes = 0
  const asked: number[] = []
  return {
    asked,
    allocate: async (bytes) => {
      asked.push(bytes)
      if (heldBytes + bytes > grantsBytes) return false
      heldBytes += bytes
      return true
    },
  }
}

describe('the memory probe', () => {
  it('stops at its cap without asking for a byte more', async () => {
    const { allocate, asked } = driver(Number.POSITIVE_INFINITY)
    expect(await probeBudget(allocate, { capBytes: 4 * GIB, maxBufferBytes: 2 * GIB })).toBe(4 * GIB)
    expect(asked.reduce((sum, bytes) => sum + bytes, 0)).toBe(4 * GIB)
    expect(asked.length, 'a handful of buffers').toBeLessThan(12)
  })

  it('finds what a driver grants, and leaves headroom', async () => {
    const { allocate, asked } = driver(1500 * MIB)
    const budget = await probeBudget(allocate, { capBytes: 4 * GIB, maxBufferBytes: 2 * GIB })
    expect(budget).toBeLessThanOrEqual(0.8 * 1500 * MIB)
    expect(budget).toBeGreaterThan(0.7 * 1500 * MIB)
    expect(asked.length).toBeLessThan(16)
  })

  it('keeps to the adapter’s buffer size', async () => {
    const { allocate, asked } = driver(Number.POSITIVE_INFINITY)
    await probeBudget(allocate, { capBytes: GIB, maxBufferBytes: 128 * MIB })
    expect(Math.max(...asked)).toBe(128 * MIB)
  })

  it('a driver that grants nothing gives 0', async () => {
    expect(await probeBudget(async () => false, { capBytes: GIB, maxBufferBytes: GIB })).toBe(0)
  })

  it('is cautious where memory is the machine’s own', () => {
    const cap = (type: string, phone = false, machineGib: number | null = 8) => probeCap({ type, phone, machineGib })
    expect(cap('discrete')).toBe(4 * GIB)
    expect(cap('integrated')).toBe(2 * GIB)
    expect(cap('integrated', false, null)).toBe(GIB)
    expect(cap('cpu')).toBe(GIB)
    expect(cap('unknown', true)).toBe(GIB / 2)
  })

  it('takes developer heaps where the browser tells them', () => {
    expect(
      heapBytes({
        memoryHeaps: [
          { size: 8e9, properties: 1 },
          { size: 32e9, properties: 2 },
        ],
      }),
    ).toBe(8e9)
    expect(heapBytes({ memoryHeaps: [] })).toBeNull()
    expect(heapBytes({})).toBeNull()
  })

  it('tells where an adapter’s memory lies', () => {
    const type = (vendor: string, description = '') => deviceType({ vendor, architecture: '', description })
    expect(['nvidia', 'apple', 'intel', 'amd', 'google'].map((vendor) => type(vendor))).toEqual(['discrete', 'integrated', 'integrated', null, null])
    expect(type('intel', 'Intel Arc A770')).toBe('discrete')
  })
})

describe('a browser', () => {
  const chrome: BrowserFacts = {
    isSecureContext: true,
    hasGpu: true,
    hasWorker: true,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    mobile: false,
    maxTouchPoints: 0,
  }

  it('with WebGPU has no problem', () => expect(webgpuProblem(chrome)).toBeNull())

  it.each([
    ['on an insecure page', { isSecureContext: false, hasGpu: false }, /https/],
    ['Chromium on Linux', { hasGpu: false }, /--enable-unsafe-webgpu/],
    ['Chrome elsewhere', { hasGpu: false, userAgent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/100.0 Safari/537.36' }, /graphics acceleration/],
    ['Firefox', { hasGpu: false, userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }, /about:config/],
    ['Safari', { hasGpu: false, userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605.1.15' }, /Safari 26/],
    ['anything else', { hasGpu: false, userAgent: 'Lynx' }, /current Chrome/],
  ] as const)('without it says what to do: %s', (_, change, text) => {
    expect(webgpuProblem({ ...chrome, ...change })).toMatch(text)
  })

  it('is told from a phone, and an iPad from a Mac', () => {
    const ipad = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605.1.15'
    expect(isPhone(chrome)).toBe(false)
    expect(isPhone({ ...chrome, mobile: true })).toBe(true)
    expect(isPhone({ ...chrome, mobile: null, userAgent: ipad, maxTouchPoints: 5 })).toBe(true)
    expect(isPhone({ ...chrome, mobile: null, userAgent: ipad, maxTouchPoints: 0 })).toBe(false)
    expect(isPhone({ ...chrome, mobile: null, userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)' })).toBe(true)
  })
})
