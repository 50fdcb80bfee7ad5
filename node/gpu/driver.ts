/**
 * Prepares the process for Dawn: which Vulkan driver to load. The Vulkan loader asks every driver it finds; on a machine
 * without a GPU the hardware drivers only print complaints or, worse, answer, so there the software rasteriser is named.
 * A choice made by the user (`VK_DRIVER_FILES` and kin) is never touched.
 */
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The loader reads these, newest name first. */
const CHOICES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'] as const

/** lavapipe is 4 to 20 times faster than SwiftShader: first match wins. */
const SOFTWARE_DRIVERS = [/^lvp_icd(\..+)?\.json$/, /^vk_swiftshader_icd\.json$/]

/** Chromium brings SwiftShader along: better than no adapter at all. */
const SWIFTSHADER_FOLDERS = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome']

export interface DriverSurroundings {
  readonly platform: NodeJS.Platform
  readonly env: Record<string, string | undefined>
  readonly exists: (path: string) => boolean
  /** File names, or none where the folder is not there. */
  readonly list: (folder: string) => readonly string[]
}

const thisMachine: DriverSurroundings = {
  platform: process.platform,
  env: process.env,
  exists: existsSync,
  list(folder) {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  },
}

/** A render node (any DRM driver), NVIDIA's own device files, or WSL's. */
export function hasHardwareGpu({ exists, list }: DriverSurroundings = thisMachine): boolean {
  if (exists('/dev/nvidiactl') || exists('/dev/dxg')) return true
  return list('/dev/dri').some((name) => name.startsWith('renderD'))
}

export function findSoftwareDriver({ env, list }: DriverSurroundings = thisMachine): string | null {
  const home = env.XDG_DATA_HOME ?? (env.HOME === undefined ? undefined : join(env.HOME, '.local', 'share'))
  const system = (env.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(delimiter)
  const folders = [...(home === undefined ? [] : [home]), '/etc', ...system].map((base) => join(base, 'vulkan', 'icd.d'))
  for (const pattern of SOFTWARE_DRIVERS) {
    for (const folder of [...folders, ...SWIFTSHADER_FOLDERS]) {
      const name = list(folder).find((candidate) => pattern.test(candidate))
      if (name !== undefined) return join(folder, name)
    }
  }
  return null
}

/** Sets what is missing in the environment of this process. To be called before Dawn is loaded; harmless when repeated. */
export function prepareDriver(around: DriverSurroundings = thisMachine): void {
  if (around.platform !== 'linux') return
  const { env } = around
  // Mesa complains on stderr without it; nothing is written there.
  env.XDG_RUNTIME_DIR ||= tmpdir()
  if (CHOICES.some((name) => env[name]) || hasHardwareGpu(around)) return
  const driver = findSoftwareDriver(around)
  if (driver !== null) {
    env.VK_DRIVER_FILES = driver
    // Loaders before 1.3.207 know only the old name.
    env.VK_ICD_FILENAMES = driver
  }
}
