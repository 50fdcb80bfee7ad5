/** How a tab chooses kernels: measured at first use, kept by this browser. */
import type { OpenDeviceOptions } from '../../kernels/index.ts'
import { measureAtFirstUse } from '../../kernels/tuning/first-use.ts'
import { readKernelChoices, writeKernelChoices } from '../store/kernel-choices.ts'

/** A page is not told the driver's version, but the browser's: that brings the compiler. */
export async function tabTuning(browser: string): Promise<NonNullable<OpenDeviceOptions['tuning']>> {
  const text = await readKernelChoices()
  return measureAtFirstUse({
    adapterOf: ({ vendor, architecture, description }) => [vendor, architecture, description, browser].join(', '),
    read: () => text,
    keep: (table) => void writeKernelChoices(table.toText()),
    now: () => performance.now(),
  })
}
