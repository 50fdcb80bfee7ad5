/**
 * The Linux kernel's own figures for cards with memory of their own: amdgpu's `mem_info_vram_*`, and the local memory
 * that Intel's driver reports for discrete cards. Small files of a few digits; reading two takes some 20 µs.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DeviceIdentity, type MemoryProbe, type MemoryReading, plausible } from './types.ts'

/** PCI vendor numbers, as `device/vendor` shows them. */
const VENDORS: Readonly<Record<string, string>> = { amd: '0x1002', intel: '0x8086' }

const ROOT = '/sys/class/drm'

export interface FileReader {
  /** Null where the file is not there or not readable. */
  text(path: string): string | null
  list(folder: string): readonly string[]
}

export const realFiles: FileReader = {
  text(path) {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return null
    }
  },
  list(folder) {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  },
}

/** Total and free of one card's folder, whichever driver's files it has. */
function readCard(folder: string, files: FileReader): MemoryReading | null {
  const number = (path: string): number => {
    const text = files.text(join(folder, path))?.trim()
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  }
  const total = number('device/mem_info_vram_total')
  const amd = plausible(total, total - number('device/mem_info_vram_used'))
  return amd ?? plausible(number('lmem_total_bytes'), number('lmem_avail_bytes'))
}

export function openSysfs(device: DeviceIdentity, files: FileReader = realFiles): MemoryProbe | null {
  const vendor = VENDORS[device.vendor.toLowerCase()]
  if (vendor === undefined) return null
  let best: { folder: string; totalBytes: number } | null = null
  for (const name of files.list(ROOT)) {
    // `card0` is a card, `card0-HDMI-A-1` one of its sockets.
    if (!/^card\d+$/.test(name)) continue
    const folder = join(ROOT, name)
    if (files.text(join(folder, 'device/vendor'))?.trim().toLowerCase() !== vendor) continue
    const reading = readCard(folder, files)
    // A laptop has a small built-in GPU beside the card that Dawn prefers: the larger is ours.
    if (reading !== null && (best === null || reading.totalBytes > best.totalBytes)) best = { folder, totalBytes: reading.totalBytes }
  }
  if (best === null) return null
  const { folder } = best
  return { source: 'sysfs', read: () => readCard(folder, files), close() {} }
}
