/** Wall time and processor time of contenders that take turns. */

export interface Times {
  /** Milliseconds by contender. */
  readonly medianMs: Readonly<Record<string, number>>
  readonly minMs: Readonly<Record<string, number>>
  /** Median of what this process spent on all its processors, a software adapter's threads among them. */
  readonly cpuMs: Readonly<Record<string, number>>
}

export function stopwatch(names: Iterable<string>) {
  const samples = new Map([...names].map((name) => [name, { wallMs: [] as number[], cpuMs: [] as number[] }]))
  const figures = (of: (sample: { wallMs: number[]; cpuMs: number[] }) => number) =>
    Object.fromEntries([...samples].map(([name, sample]) => [name, of(sample)]))
  return {
    /** Times `work`, which does something `times` times. */
    async time(name: string, times: number, work: () => Promise<unknown>): Promise<void> {
      const cpu = process.cpuUsage()
      const startMs = performance.now()
      await work()
      const wallMs = (performance.now() - startMs) / times
      const { user, system } = process.cpuUsage(cpu)
      samples.get(name)?.wallMs.push(wallMs)
      samples.get(name)?.cpuMs.push((user + system) / 1000 / times)
    },
    figures(): Times {
      return {
        medianMs: figures(({ wallMs }) => median(wallMs)),
        minMs: figures(({ wallMs }) => Math.min(...wallMs)),
        cpuMs: figures(({ cpuMs }) => median(cpuMs)),
      }
    },
  }
}

/** How many times more the others take than we do. */
export function ratiosOf({ cyxwiz = Number.NaN, ...others }: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(others).map(([name, ms]) => [name, ms / cyxwiz]))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
