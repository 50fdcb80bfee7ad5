/**
 * Measuring on the way to a job: the first plan that needs a kind of shape on this adapter times its kernels, everybody after
 * it uses what was found. Not on a software adapter: there a kernel takes seconds to compile, and its time says what
 * else the processor had to do.
 */
import type { DeviceTuning } from '../device/device.ts'
import type { DeviceReport } from '../report.ts'
import { TuningTable } from './table.ts'

/** A person waits for the job meanwhile; a GPU gets through some forty kinds of shapes in it. Chosen by feel until seen on one. */
const HOLD_UP_MS = 4_000
/**
 * Some drivers reset a GPU that does not answer for two seconds. The plainest kernel is run too, as the truth for large shapes: a
 * product of 32 million elements is about 100 GFLOP at most, a second for it on a slow GPU.
 */
const MOST_ELEMENTS = 2 ** 25

export interface FirstUseOptions {
  /** Adapter, driver, and what compiles for it. */
  adapterOf(report: DeviceReport): string
  /** What was kept for it, or null. */
  read(): string | null
  keep(table: TuningTable): void
  now(): number
}

/** One for a process: a device that is opened again after a loss must choose as before. */
export function measureAtFirstUse({ adapterOf, read, keep, now }: FirstUseOptions): (report: DeviceReport, kind: 'gpu' | 'cpu') => DeviceTuning {
  const tables = new Map<string, TuningTable>()
  return (report, kind) => {
    const adapter = adapterOf(report)
    const table = tables.get(adapter) ?? TuningTable.fromText(read(), adapter)
    tables.set(adapter, table)
    return { table, missing: kind === 'cpu' ? 'guess' : 'measure', holdUpMs: HOLD_UP_MS, mostElements: MOST_ELEMENTS, now, changed: keep }
  }
}
