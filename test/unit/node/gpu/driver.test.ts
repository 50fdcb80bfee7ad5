import { describe, expect, it } from 'vitest'
import { type DriverSurroundings, findSoftwareDriver, hasHardwareGpu, prepareDriver } from '../../../../node/gpu/driver.ts'
import { adapterError, nativeType } from '../../../../node/gpu/open.ts'

function machine(paths: string[], env: Record<string, string | undefined> = {}): DriverSurroundings {
  return {
    platform: 'linux',
    env,
    exists: (path) => paths.includes(path),
    list: (folder) => paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
  }
}

const LAVAPIPE = '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json'

describe('choosing a driver on Linux', () => {
  it('names the software rasteriser where there is no GPU', () => {
    const around = machine([LAVAPIPE, '/usr/share/vulkan/icd.d/intel_icd.json'])
    prepareDriver(around)
    expect(around.env.VK_DRIVER_FILES).toBe(LAVAPIPE)
    expect(around.env.XDG_RUNTIME_DIR).toBeTruthy()
  })

  it('prefers lavapipe to SwiftShader wherever it lies', () => {
    const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json'
    expect(findSoftwareDriver(machine([swiftshader, LAVAPIPE]))).toBe(LAVAPIPE)
    expect(findSoftwareDriver(machine([swiftshader]))).toBe(swiftshader)
    expect(findSoftwareDriver(machine(['/home/u/.local/share/vulkan/icd.d/lvp_icd.json'], { HOME: '/home/u' }))).toBe(
      '/home/u/.local/share/vulkan/icd.d/lvp_icd.json',
    )
    expect(findSoftwareDriver(machine([]))).toBeNull()
  })

  it('leaves machines with a GPU, and a choice somebody made, alone', () => {
    for (const device of ['/dev/nvidiactl', '/dev/dri/renderD128', '/dev/dxg']) {
      const around = machine([LAVAPIPE, device])
      expect(hasHardwareGpu(around), device).toBe(true)
      prepareDriver(around)
      expect(around.env.VK_DRIVER_FILES, device).toBeUndefined()
    }
    const chosen = machine([LAVAPIPE], { VK_ICD_FILENAMES: '/mine.json' })
    prepareDriver(chosen)
    expect(chosen.env.VK_DRIVER_FILES).toBeUndefined()
  })
})

describe('errors of Dawn', () => {
  it('become one line that lists the adapters when the name is wrong', () => {
    const dawn = new Error(
      "no suitable backends found\nAvailable adapters:\n * backend: 'vulkan', name: 'NVIDIA H100'\n * backend: 'vulkan', name: 'llvmpipe (LLVM 15, 256 bits)'\n",
    )
    const error = adapterError(dawn, 'A100')
    expect(error.code).toBe('NO_ADAPTER')
    expect(error.message).toBe('open GPU: no adapter is named "A100"; there are "NVIDIA H100", "llvmpipe (LLVM 15, 256 bits)"')
    expect(adapterError(new Error('no suitable backends found'), 'auto').message).toMatch(/no usable driver.*doctor/)
  })
})

describe('where an adapter has its memory', () => {
  it('follows from the vendor where it can', () => {
    const info = (vendor: string, description = '') => ({ vendor, description, architecture: '' })
    expect(nativeType(info('nvidia'), 'linux')).toBe('discrete')
    expect(nativeType(info('intel', 'Intel(R) UHD Graphics 630'), 'linux')).toBe('integrated')
    expect(nativeType(info('intel', 'Intel(R) Arc(tm) A770'), 'linux')).toBe('discrete')
    expect(nativeType(info('amd'), 'linux')).toBeUndefined()
    expect(nativeType(info('apple'), 'darwin')).toBe('integrated')
  })
})
