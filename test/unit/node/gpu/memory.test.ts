import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { DeviceReport } from '../../../../kernels/report.ts'
import { cgroupLevels, type HostSurroundings, openHost, parseMemAvailable } from '../../../../node/gpu/memory/host.ts'
import { type MemorySurroundings, openMemoryGauge, thisMachine } from '../../../../node/gpu/memory/index.ts'
import { openNvidiaSmi, parseNvidiaSmi } from '../../../../node/gpu/memory/nvidia-smi.ts'
import { openNvml } from '../../../../node/gpu/memory/nvml.ts'
import { type FileReader, openSysfs } from '../../../../node/gpu/memory/sysfs.ts'
import { indexByName, plausible } from '../../../../node/gpu/memory/types.ts'

const GIB = 1024 ** 3
const H100 = { vendor: 'nvidia', description: 'NVIDIA H100 80GB HBM3', type: 'discrete' }

function filesOf(files: Record<string, string>): FileReader {
  return {
    text: (path) => files[path] ?? null,
    list: (folder) => [
      ...new Set(
        Object.keys(files)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''),
      ),
    ],
  }
}

const hostOf = (files: Record<string, string>, totalBytes = 16 * GIB, freeBytes = GIB): HostSurroundings => ({
  platform: 'linux',
  files: filesOf(files),
  totalBytes: () => totalBytes,
  freeBytes: () => freeBytes,
})

const nothing: MemorySurroundings = { nvmlLibraries: [], runNvidiaSmi: async () => null, files: filesOf({}), host: hostOf({}) }

const report = (device: Partial<DeviceReport>): DeviceReport => ({
  vendor: 'other',
  architecture: '',
  description: 'a card',
  backend: 'vulkan',
  type: 'unknown',
  features: [],
  limits: { maxBufferSize: 4 * GIB, maxStorageBufferBindingSize: 2 * GIB },
  ...device,
})

describe('matching a device by name', () => {
  it('takes the equal name before the similar one, whatever the case', () => {
    expect(indexByName(['NVIDIA H100 80GB', 'NVIDIA H100 80GB HBM3'], 'nvidia h100 80gb hbm3')).toBe(1)
    expect(indexByName(['GeForce RTX 3080', 'Tesla T4'], 'NVIDIA Tesla T4')).toBe(1)
  })

  it('takes the only device there is, but guesses none among several strangers', () => {
    expect(indexByName(['Quadro'], 'something else')).toBe(0)
    expect(indexByName(['Quadro', 'Tesla'], 'something else')).toBe(-1)
    expect(indexByName([], 'x')).toBe(-1)
  })

  it('believes no impossible figures', () => {
    expect(plausible(0, 0)).toBeNull()
    expect(plausible(10, 11)).toBeNull()
    expect(plausible(10, -1)).toBeNull()
    expect(plausible(Number.NaN, 1)).toBeNull()
    expect(plausible(10, 10)).toEqual({ totalBytes: 10, freeBytes: 10 })
  })
})

describe('nvidia-smi', () => {
  it('reads MiB per card and leaves out what the driver will not tell', () => {
    expect(parseNvidiaSmi('NVIDIA H100 80GB HBM3, 81559, 81000\nNVIDIA A100, [N/A], [N/A]\n\ngarbage\n')).toEqual([
      { name: 'NVIDIA H100 80GB HBM3', totalBytes: 81559 * 1024 ** 2, freeBytes: 81000 * 1024 ** 2 },
    ])
  })

  it('answers at once with the last figures and refreshes them behind', async () => {
    let free = 500
    let runs = 0
    let nowMs = 0
    const probe = await openNvidiaSmi(
      H100,
      async () => {
        runs += 1
        return `NVIDIA H100 80GB HBM3, 1000, ${free}`
      },
      () => nowMs,
    )
    free = 400
    expect(probe?.read()?.freeBytes).toBe(500 * 1024 ** 2)
    expect(runs, 'a fresh reading is not asked for again').toBe(1)
    nowMs = 3000
    expect(probe?.read()?.freeBytes).toBe(500 * 1024 ** 2)
    await new Promise((done) => setTimeout(done, 5))
    expect(probe?.read()?.freeBytes).toBe(400 * 1024 ** 2)
    expect(runs).toBe(2)
  })

  it('is no source where the tool is missing or silent', async () => {
    expect(await openNvidiaSmi(H100, async () => null)).toBeNull()
    expect(await openNvidiaSmi(H100, async () => 'NVIDIA-SMI has failed')).toBeNull()
  })
})

describe('NVML', () => {
  const cleanups: (() => void)[] = []
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup()
  })

  /** A library with NVML's interface and two cards, the second being ours; built by the machine's own compiler. */
  function fakeLibrary(): string | null {
    const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-nvml-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(
      join(folder, 'nvml.c'),
      `
      #include <string.h>
      static unsigned long long calls = 0;
      int nvmlInit_v2(void) { return 0; }
      int nvmlShutdown(void) { return 0; }
      int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 2; return 0; }
      int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) { *device = (void *)(0x7f0000001000ULL + index); return 0; }
      int nvmlDeviceGetName(void *device, char *name, unsigned int length) {
        strncpy(name, device == (void *)0x7f0000001000ULL ? "NVIDIA GeForce GT 710" : "NVIDIA H100 80GB HBM3", length); return 0; }
      int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *out) {
        if (device != (void *)0x7f0000001001ULL) return 999;
        out[0] = 85520809984ULL; out[1] = 85000000000ULL - calls; out[2] = out[0] - out[1]; calls += 4096; return 0; }`,
    )
    const library = join(folder, 'libnvml-fake.so')
    try {
      execFileSync('gcc', ['-shared', '-fPIC', '-o', library, join(folder, 'nvml.c')], { stdio: 'ignore' })
      return library
    } catch {
      return null
    }
  }

  it('gives exact bytes of the card that Dawn chose, fresh at every read and far below a millisecond', (context) => {
    const library = fakeLibrary()
    if (library === null) return context.skip('needs gcc to build a stand-in for the driver library')
    const probe = openNvml(H100, ['/no/such/library.so', library])
    expect(probe?.source).toBe('nvml')
    const first = probe?.read()
    expect(first?.totalBytes).toBe(85520809984)
    expect(probe?.read()?.freeBytes).toBe((first?.freeBytes ?? 0) - 4096)
    const startMs = performance.now()
    for (let i = 0; i < 100; i += 1) probe?.read()
    expect((performance.now() - startMs) / 100).toBeLessThan(1)
    probe?.close()
    probe?.close()
    expect(probe?.read(), 'after close it asks no library').toBeNull()
  })

  it('is no source without its library', () => {
    expect(openNvml(H100, ['/no/such/library.so'])).toBeNull()
  })

  it('comes before nvidia-smi, which stands in for it', async (context) => {
    const library = fakeLibrary()
    if (library === null) return context.skip('needs gcc')
    const runNvidiaSmi = async () => 'NVIDIA H100 80GB HBM3, 100, 50'
    const best = await openMemoryGauge(report(H100), {}, { ...nothing, nvmlLibraries: [library], runNvidiaSmi })
    expect(best.report(0)).toMatchObject({ source: 'nvml', totalBytes: 85520809984, limitBytes: 85520809984 })
    const second = await openMemoryGauge(report(H100), {}, { ...nothing, runNvidiaSmi })
    expect(second.report(0)).toMatchObject({ source: 'nvidia-smi', totalBytes: 100 * 1024 ** 2, freeBytes: 50 * 1024 ** 2 })
  })
})

describe('sysfs', () => {
  const amd = (card: string, total: number, used: number) => ({
    [`/sys/class/drm/${card}/device/vendor`]: '0x1002\n',
    [`/sys/class/drm/${card}/device/mem_info_vram_total`]: `${total}\n`,
    [`/sys/class/drm/${card}/device/mem_info_vram_used`]: `${used}\n`,
  })

  it('takes the larger AMD card and not its sockets or other vendors', () => {
    const files = filesOf({
      ...amd('card0', GIB / 2, 0),
      ...amd('card1', 16 * GIB, 3 * GIB),
      '/sys/class/drm/card1-DP-1/status': 'connected',
      '/sys/class/drm/card2/device/vendor': '0x10de\n',
    })
    expect(openSysfs({ vendor: 'amd', description: 'RX', type: 'discrete' }, files)?.read()).toEqual({ totalBytes: 16 * GIB, freeBytes: 13 * GIB })
    expect(openSysfs({ vendor: 'intel', description: 'Arc', type: 'discrete' }, files)).toBeNull()
  })

  it('reads the local memory of an Intel card', () => {
    const files = filesOf({
      '/sys/class/drm/card0/device/vendor': '0x8086',
      '/sys/class/drm/card0/lmem_total_bytes': `${8 * GIB}`,
      '/sys/class/drm/card0/lmem_avail_bytes': `${7 * GIB}`,
    })
    expect(openSysfs({ vendor: 'intel', description: 'Arc A770', type: 'discrete' }, files)?.read()).toEqual({ totalBytes: 8 * GIB, freeBytes: 7 * GIB })
  })
})

describe('the memory of the host', () => {
  const meminfo = (kilobytes: number) => `MemTotal:       32000000 kB\nMemFree:          100000 kB\nMemAvailable:   ${kilobytes} kB\n`

  it('counts what the kernel would give back as free', () => {
    expect(parseMemAvailable(meminfo(2048))).toBe(2048 * 1024)
    expect(parseMemAvailable('MemTotal: 1 kB')).toBeNull()
    expect(openHost(hostOf({ '/proc/meminfo': meminfo(1024 * 1024) }))?.read()).toEqual({ totalBytes: 16 * GIB, freeBytes: GIB })
  })

  it('respects the tightest container limit of all levels, droppable files not counted as used (version 2)', () => {
    const base = '/sys/fs/cgroup'
    const files = {
      '/proc/meminfo': meminfo(12 * 1024 * 1024),
      '/proc/self/cgroup': '0::/user.slice/job\n',
      [`${base}/user.slice/job/memory.max`]: 'max\n',
      [`${base}/user.slice/memory.max`]: `${4 * GIB}\n`,
      [`${base}/user.slice/memory.current`]: `${3 * GIB}\n`,
      [`${base}/user.slice/memory.stat`]: `anon 5\ninactive_file ${GIB}\n`,
    }
    expect(openHost(hostOf(files))?.read()).toEqual({ totalBytes: 4 * GIB, freeBytes: 2 * GIB })
  })

  it('respects version 1 limits and knows their way of writing "none"', () => {
    const base = '/sys/fs/cgroup/memory'
    const files = {
      '/proc/meminfo': meminfo(8 * 1024 * 1024),
      '/proc/self/cgroup': '5:cpu,cpuacct:/x\n3:memory:/docker/abc\n',
      [`${base}/docker/abc/memory.limit_in_bytes`]: '9223372036854771712',
      [`${base}/memory.limit_in_bytes`]: `${2 * GIB}`,
      [`${base}/memory.usage_in_bytes`]: `${GIB}`,
      [`${base}/memory.stat`]: 'total_inactive_file 0\n',
    }
    expect(openHost(hostOf(files))?.read()).toEqual({ totalBytes: 2 * GIB, freeBytes: GIB })
    expect(cgroupLevels('3:memory:/docker/abc').map((level) => level.limitPath)).toEqual([
      `${base}/docker/abc/memory.limit_in_bytes`,
      `${base}/docker/memory.limit_in_bytes`,
      `${base}/memory.limit_in_bytes`,
    ])
  })
})

describe('the memory report', () => {
  it('says so honestly when nobody knows: nulls, and the adapter limits', async () => {
    const gauge = await openMemoryGauge(report({}), {}, nothing)
    expect(gauge.report(123)).toEqual({
      totalBytes: null,
      freeBytes: null,
      source: 'limits',
      limitBytes: 4 * GIB,
      usedBytes: 123,
      maxBufferSize: 4 * GIB,
      maxStorageBufferBindingSize: 2 * GIB,
    })
  })

  it('limits itself to the smaller of --memory-limit and what there is', async () => {
    const cpu = report({ type: 'cpu', description: 'llvmpipe' })
    const host = { ...nothing, host: hostOf({}, 8 * GIB, 4 * GIB) }
    expect((await openMemoryGauge(cpu, { memoryLimitBytes: GIB }, host)).report(0)).toMatchObject({
      source: 'host',
      limitBytes: GIB,
      totalBytes: 8 * GIB,
      freeBytes: 4 * GIB,
    })
    expect((await openMemoryGauge(cpu, { memoryLimitBytes: 100 * GIB }, host)).report(0).limitBytes).toBe(8 * GIB)
    expect((await openMemoryGauge(report({}), { memoryLimitBytes: 100 * GIB }, nothing)).report(0).limitBytes).toBe(100 * GIB)
  })

  it('never asks NVML about a software adapter, and the host only for adapters that live in it', async () => {
    const asked = { ...nothing, runNvidiaSmi: async () => 'NVIDIA H100, 100, 50', host: hostOf({}, 8 * GIB, 4 * GIB) }
    expect((await openMemoryGauge(report({ ...H100, type: 'cpu' }), {}, asked)).report(0).source).toBe('host')
    expect((await openMemoryGauge(report({ vendor: 'amd', type: 'discrete' }), {}, asked)).report(0).source).toBe('limits')
    expect((await openMemoryGauge(report({ vendor: 'apple', type: 'integrated' }), {}, asked)).report(0).source).toBe('host')
  })

  it('polls this machine in less than a millisecond', async () => {
    const gauge = await openMemoryGauge(report({ type: 'cpu' }), {}, thisMachine)
    expect(gauge.report(0).source).toBe('host')
    const times = Array.from({ length: 50 }, () => {
      const startMs = performance.now()
      gauge.report(0)
      return performance.now() - startMs
    }).sort((a, b) => a - b)
    expect(times[25]).toBeLessThan(1)
  })
})
