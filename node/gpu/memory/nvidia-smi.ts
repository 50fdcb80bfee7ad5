/**
 * NVIDIA's command line tool, where its library cannot be loaded (an odd container, a musl system). Starting it costs
 * tens of milliseconds, so a reading is at most REFRESH_MS old: `read` returns the last one and asks again behind it.
 */
import { execFile } from 'node:child_process'
import { type DeviceIdentity, indexByName, type MemoryProbe, type MemoryReading, plausible } from './types.ts'

/** Free memory changes with other programs, not with every step of ours. */
const REFRESH_MS = 2_000
const TIMEOUT_MS = 5_000
const MEBIBYTE = 1024 * 1024

const NVIDIA_SMI_ARGUMENTS = ['--query-gpu=name,memory.total,memory.free', '--format=csv,noheader,nounits'] as const

/** Runs the tool and gives its output, or null. */
export type RunTool = (args: readonly string[]) => Promise<string | null>

export const runNvidiaSmi: RunTool = (args) =>
  new Promise((resolve) => {
    execFile('nvidia-smi', [...args], { timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout) => resolve(error === null ? stdout : null))
  })

export interface SmiRow extends MemoryReading {
  readonly name: string
}

/** Lines like `NVIDIA H100 80GB HBM3, 81559, 81000`: MiB. Rows with `[N/A]` or `[Insufficient Permissions]` are left out. */
export function parseNvidiaSmi(output: string): SmiRow[] {
  const rows: SmiRow[] = []
  for (const line of output.split('\n')) {
    const cells = line.split(',').map((cell) => cell.trim())
    if (cells.length < 3) continue
    const [total, free] = cells.slice(-2).map((cell) => (/^\d+$/.test(cell) ? Number(cell) : Number.NaN)) as [number, number]
    const reading = plausible(total * MEBIBYTE, free * MEBIBYTE)
    if (reading !== null) rows.push({ name: cells.slice(0, -2).join(', '), ...reading })
  }
  return rows
}

export async function openNvidiaSmi(device: DeviceIdentity, run: RunTool = runNvidiaSmi, now: () => number = Date.now): Promise<MemoryProbe | null> {
  const ask = async (): Promise<MemoryReading | null> => {
    const output = await run(NVIDIA_SMI_ARGUMENTS)
    const rows = output === null ? [] : parseNvidiaSmi(output)
    const row =
      rows[
        indexByName(
          rows.map(({ name }) => name),
          device.description,
        )
      ]
    return row === undefined ? null : { totalBytes: row.totalBytes, freeBytes: row.freeBytes }
  }
  let latest = await ask()
  if (latest === null) return null
  let readAtMs = now()
  let asking = false
  return {
    source: 'nvidia-smi',
    read() {
      if (!asking && now() - readAtMs >= REFRESH_MS) {
        asking = true
        void ask().then((reading) => {
          asking = false
          readAtMs = now()
          latest = reading
        })
      }
      return latest
    },
    close() {
      asking = true
    },
  }
}
