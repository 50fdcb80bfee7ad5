/**
 * Where a native process keeps which kernels are fastest on its adapter: a file beside the user's data, shared by all
 * peers and commands of the machine. The text names adapter, driver and the Dawn that compiles for it; for others it is
 * measured anew. A file that cannot be read or written is no failure: then measurements last as long as the process.
 *
 * Nothing is measured on the way to a job: `cyxwiz bench matmul` measures, jobs take what it found, and guesses for the rest.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { DeviceTuning } from '../../kernels/device/device.ts'
import type { DeviceReport } from '../../kernels/report.ts'
import { TuningTable } from '../../kernels/tuning/table.ts'
import { defaultDataDir } from '../store/paths.ts'

export function tuningPath(dataDir = defaultDataDir()): string {
  return join(dataDir, 'kernels.json')
}

/** `again`: what is stored counts for nothing, and is replaced shape by shape as it is measured. */
export function nativeTuning(path: string, again = false): (report: DeviceReport) => DeviceTuning {
  return (report) => {
    const adapter = adapterKey(report)
    return {
      table: TuningTable.fromText(again ? null : readText(path), adapter),
      missing: again ? 'measure' : 'guess',
      now: () => performance.now(),
      changed(table) {
        // What another process has measured meanwhile stays.
        const stored = TuningTable.fromText(readText(path), adapter)
        const [first, second] = again ? [table, stored] : [stored, table]
        const merged = new TuningTable(adapter, first.entries())
        for (const [shapeClass, choice] of second.entries()) merged.add(shapeClass, choice)
        keep(path, merged.toText())
      },
    }
  }
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
