/**
 * Where a native process keeps which kernels are fastest on its adapter: a file beside the user's data, shared by all
 * peers and commands of the machine. The text names adapter, driver and the Dawn that compiles for it; for others it is
 * measured anew. A file that cannot be read or written is no failure: then measurements last as long as the process.
 *
 * A GPU is measured at the first use of a kind of shape, any adapter by `cyxwiz bench matmul`.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { DeviceTuning } from '../../kernels/device/device.ts'
import type { DeviceReport } from '../../kernels/report.ts'
import { measureAtFirstUse } from '../../kernels/tuning/first-use.ts'
import { TuningTable } from '../../kernels/tuning/table.ts'
import { defaultDataDir } from '../store/paths.ts'

export function tuningPath(dataDir = defaultDataDir()): string {
  return join(dataDir, 'kernels.json')
}

/** What jobs choose by. What another process has measured meanwhile stays. */
export function nativeTuning(path: string): (report: DeviceReport, kind: 'gpu' | 'cpu') => DeviceTuning {
  return measureAtFirstUse({
    adapterOf: adapterKey,
    read: () => readText(path),
    keep: (table) => keep(path, withGapsFilled(TuningTable.fromText(readText(path), table.adapter), table).toText()),
    now,
  })
}

/** Measures whatever it meets, on any adapter: what is stored counts for nothing, and is replaced shape by shape. */
export function nativeRetuning(path: string): (report: DeviceReport) => DeviceTuning {
  return (report) => {
    const adapter = adapterKey(report)
    return {
      table: new TuningTable(adapter),
      missing: 'measure',
      holdUpMs: Number.POSITIVE_INFINITY,
      mostElements: Number.POSITIVE_INFINITY,
      now,
      changed: (table) => keep(path, withGapsFilled(table, TuningTable.fromText(readText(path), adapter)).toText()),
    }
  }
}

const now = (): number => performance.now()

function withGapsFilled(table: TuningTable, other: TuningTable): TuningTable {
  const merged = new TuningTable(table.adapter, table.entries())
  for (const [shapeClass, choice] of other.entries()) merged.add(shapeClass, choice)
  return merged
}

/** The description of a native adapter holds the driver's version. */
function adapterKey({ vendor, architecture, description, backend }: DeviceReport): string {
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string }
  return [vendor, architecture, description, backend, `Dawn ${version}`].join(', ')
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Complete under its name or not at all. */
function keep(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch {
    // A full or read-only disk: the measurements are lost with the process.
    if (existsSync(temporary)) rmSync(temporary)
  }
}
