/**
 * The machine's memory, for adapters that live in it: software rasterisers, integrated and unified GPUs. A container's
 * limit counts, not the machine's: the kernel kills what exceeds it. Files that can be dropped do not count as used.
 */
import { freemem, totalmem } from 'node:os'
import { posix } from 'node:path'
import { type FileReader, realFiles } from './sysfs.ts'
import { type MemoryProbe, type MemoryReading, plausible } from './types.ts'

export interface HostSurroundings {
  readonly platform: NodeJS.Platform
  readonly files: FileReader
  readonly totalBytes: () => number
  readonly freeBytes: () => number
}

export const thisHost: HostSurroundings = { platform: process.platform, files: realFiles, totalBytes: totalmem, freeBytes: freemem }

const CGROUP_ROOT = '/sys/fs/cgroup'

/** Kernels write "no limit" as `max` or as a number near 2^63. */
const NO_LIMIT_BYTES = 2 ** 60

/** One level of limits: how much this group may hold and what it holds that cannot be dropped. */
interface CgroupLevel {
  readonly limitPath: string
  readonly usagePath: string
  readonly statPath: string
  readonly statKey: string
}

/** `MemAvailable:   12345 kB` of /proc/meminfo: free plus what the kernel would give back. */
export function parseMemAvailable(text: string): number | null {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) * 1024
}

/** The groups that bind this process, innermost first; every one of them may carry a limit. */
export function cgroupLevels(procSelfCgroup: string): CgroupLevel[] {
  const levels: CgroupLevel[] = []
  for (const line of procSelfCgroup.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    const v2 = controllers === ''
    if (!v2 && !controllers.split(',').includes('memory')) continue
    const root = v2 ? CGROUP_ROOT : posix.join(CGROUP_ROOT, 'memory')
    const names = v2
      ? { limit: 'memory.max', usage: 'memory.current', key: 'inactive_file' }
      : { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', key: 'total_inactive_file' }
    for (let folder = posix.normalize(path.startsWith('/') ? path : `/${path}`); ; folder = posix.dirname(folder)) {
      // Inside a container the path may be the host's: levels that are not there are skipped when read.
      const at = posix.join(root, folder)
      levels.push({
        limitPath: posix.join(at, names.limit),
        usagePath: posix.join(at, names.usage),
        statPath: posix.join(at, 'memory.stat'),
        statKey: names.key,
      })
      if (folder === '/') break
    }
  }
  return levels
}

function readHost(around: HostSurroundings, levels: readonly CgroupLevel[]): MemoryReading | null {
  let total = around.totalBytes()
  const meminfo = around.platform === 'linux' ? around.files.text('/proc/meminfo') : null
  let free = (meminfo === null ? null : parseMemAvailable(meminfo)) ?? around.freeBytes()
  for (const level of levels) {
    const limit = numberOf(around.files.text(level.limitPath))
    if (limit === null || limit >= NO_LIMIT_BYTES) continue
    const usage = numberOf(around.files.text(level.usagePath)) ?? 0
    const stat = around.files.text(level.statPath) ?? ''
    const droppable = Number(new RegExp(`^${level.statKey} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0)
    total = Math.min(total, limit)
    free = Math.min(free, Math.max(0, limit - Math.max(0, usage - droppable)))
  }
  return plausible(total, Math.min(free, total))
}

export function openHost(around: HostSurroundings = thisHost): MemoryProbe | null {
  const groups = around.platform === 'linux' ? around.files.text('/proc/self/cgroup') : null
  // A process is hardly ever moved between groups: which levels carry a limit is found out once.
  const levels = (groups === null ? [] : cgroupLevels(groups)).filter(({ limitPath }) => {
    const limit = numberOf(around.files.text(limitPath))
    return limit !== null && limit < NO_LIMIT_BYTES
  })
  if (readHost(around, levels) === null) return null
  return { source: 'host', read: () => readHost(around, levels), close() {} }
}

function numberOf(text: string | null): number | null {
  const trimmed = text?.trim()
  return trimmed !== undefined && /^\d+$/.test(trimmed) ? Number(trimmed) : null
}
