/** The frame of a measurement on the command line: it ends early when asked to, and says how busy the machine was. */
import { cpus, loadavg } from 'node:os'
import { EXIT_FAILED } from './errors.ts'

export interface Machine {
  readonly cores: number
  readonly node: string
  readonly loadBefore: number[]
  readonly loadAfter: number[]
}

/** Ends early, and stops what it has started, on SIGINT and SIGTERM. */
export async function measured(work: (signal: AbortSignal, machine: () => Machine) => Promise<void>): Promise<number> {
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(Object.assign(new Error('interrupted'), { code: 'INTERRUPTED' }))
  for (const signal of SIGNALS) process.once(signal, onSignal)
  const loadBefore = rounded(loadavg())
  const machine = (): Machine => ({ cores: cpus().length, node: process.versions.node, loadBefore, loadAfter: rounded(loadavg()) })
  try {
    await work(interrupt.signal, machine)
    return 0
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT_FAILED
    throw error
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const rounded = (load: readonly number[]): number[] => load.map((value) => Math.round(value * 100) / 100)

export const loadText = ({ cores, loadBefore, loadAfter }: Machine): string =>
  `${cores} cores, load ${loadBefore[0]} at the start and ${loadAfter[0]} at the end`
