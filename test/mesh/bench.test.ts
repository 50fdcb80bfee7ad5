/** `cyxwiz bench failover` as people and scripts run it: what it prints, and that it noticed each fault. Not how fast. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const CYXWIZ = fileURLToPath(new URL('../../node/bin/cyxwiz.mjs', import.meta.url))
const TIMEOUT_MS = 180_000

function run(args: readonly string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CYXWIZ, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}

describe('cyxwiz bench failover', { timeout: TIMEOUT_MS }, () => {
  it('kills and freezes a coordinator, and tells of both', async () => {
    const { exitCode, stdout, stderr } = await run(['bench', 'failover', '--voters', '3', '--kills', '1', '--freezes', '1', '--json'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    const { bench, machine, results } = JSON.parse(stdout) as { bench: string; machine: Record<string, unknown>; results: Record<string, unknown>[] }
    expect(bench).toBe('failover')
    expect(machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node })
    expect(results.map(({ voters, learners, fault, count }) => ({ voters, learners, fault, count }))).toEqual([
      { voters: 3, learners: 0, fault: 'kill', count: 1 },
      { voters: 3, learners: 0, fault: 'freeze', count: 1 },
    ])
    for (const { fault, samplesMs, minMs, medianMs, p95Ms, p99Ms, maxMs } of results) {
      const [sample, ...more] = samplesMs as number[]
      expect(sample, `${fault}: from the signal until the last one followed another`).toBeGreaterThan(0)
      expect(more).toEqual([])
      expect([minMs, medianMs, p95Ms, p99Ms, maxMs], String(fault)).toEqual(Array(5).fill(sample))
    }
    for (const fault of ['kill', 'freeze']) expect(stderr).toMatch(new RegExp(`^3 voters, ${fault} 1 of 1: \\d+ ms$`, 'm'))
  })
})
