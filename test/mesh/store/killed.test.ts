/**
 * Killed at any moment, a voter starts again with all that it had acknowledged. The moments are random: each kill finds the
 * process somewhere else, before, in or behind a write. CYXWIZ_KILLS sets how many there are. The voter is bundled first:
 * it lives some fifty milliseconds, and would need a second to load its modules one by one.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../../node/store/index.ts'
import { decodeBody } from '../../../protocol/coordinator/codec.ts'
import { decodeCommand } from '../../../protocol/jobs/commands.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { testRandom } from '../../random.ts'

const KILLS = Number(process.env.CYXWIZ_KILLS ?? 30)
/** So many of them hit a voter on a new directory, while it makes its database. */
const NEW_EVERY = 6
const TIMEOUT_MS = 120_000 + KILLS * 15_000

const root = mkdtempSync(join(tmpdir(), 'cyxwiz-killed-'))
let voter = ''
beforeAll(async () => {
  // Beside the installed packages, because the bundle loads libsql from there.
  const cache = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))
  mkdirSync(cache, { recursive: true })
  const outDir = mkdtempSync(join(cache, 'cyxwiz-voter-'))
  voter = join(outDir, 'voter.mjs')
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: ['libsql'] },
    build: {
      ssr: fileURLToPath(new URL('voter.ts', import.meta.url)),
      outDir,
      emptyOutDir: true,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'voter.mjs' } },
    },
  })
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
  if (voter !== '') rmSync(dirname(voter), { recursive: true, force: true })
})
const random = testRandom(Date.now() % 2 ** 31)

/** What a voter has acknowledged in its lives so far. */
class Acknowledged {
  name: string | null = null
  term = 0
  index = 0
  readonly jobs = new Set<string>()
  readonly cancelled = new Set<string>()
  readonly blobs = new Set<string>()
  readonly kept = new Map<string, string>()

  hear(line: string): void {
    const [word, what = '', more = ''] = line.split(' ')
    if (word === 'name') {
      expect(this.name ?? what, 'it has the same name in every life').toBe(what)
      this.name = what
    } else if (word === 'leads') {
      expect(Number(what), 'it votes for itself once in a term').toBeGreaterThan(this.term)
      this.term = Number(what)
    } else if (word === 'job' || word === 'cancelled') {
      ;(word === 'job' ? this.jobs : this.cancelled).add(what)
      this.index = Number(more)
    } else if (word === 'blob') this.blobs.add(what)
    else if (word === 'kept') this.kept.set(what, more)
  }
}

/** One life: from its start until it is killed, so many milliseconds after its so many-th line. */
async function live(directory: string, run: number, lines: number, killAfterMs: number, acknowledged: Acknowledged): Promise<void> {
  const child = spawn(process.execPath, [voter, directory, String(run)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const stderr: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line))
  const closed = once(child, 'close')
  let failure: Error | null = null
  // A line that was cut off by the end says nothing: it has no newline.
  let rest = ''
  let heard = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const told = (rest + text).split('\n')
    rest = told.pop() ?? ''
    for (const line of told) {
      try {
        acknowledged.hear(line)
      } catch (error) {
        failure ??= error as Error
      }
      heard += 1
      if (heard === lines) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    }
  })
  const [, signal] = await closed
  if (failure !== null) throw failure
  expect(signal, `it ended by itself: ${stderr.join(' ')}`).toBe('SIGKILL')
}

/** What lies in the directory holds all that was acknowledged, and nothing of it is torn. */
async function check(directory: string, acknowledged: Acknowledged): Promise<void> {
  const store = await openStore(directory)
  try {
    const { hardState, snapshot, entries } = store.raft.load()
    const registry = new Registry()
    const covered = snapshot === null ? 0 : Number(snapshot.header.index)
    if (snapshot !== null) registry.restore(snapshot.data)
    for (const { index, data } of entries) {
      const body = decodeBody(data)
      if (index > covered && body.kind === 'command') registry.apply(decodeCommand(body.command))
    }
    expect(Number(hardState?.term ?? 0)).toBeGreaterThanOrEqual(acknowledged.term)
    if (hardState !== null && acknowledged.name !== null) expect(hardState.votedFor).toBe(acknowledged.name)
    expect(entries.at(-1)?.index ?? covered).toBeGreaterThanOrEqual(acknowledged.index)
    for (const jobId of acknowledged.jobs) expect(registry.get(jobId)?.jobId, 'an acknowledged job').toBe(jobId)
    for (const jobId of acknowledged.cancelled) expect(registry.get(jobId)?.state, `job ${jobId}`).toBe('cancelled')
    for (const sha256 of acknowledged.blobs) await store.blobs.get(sha256) // verifies
    for (const { sha256 } of await store.blobs.list()) await store.blobs.get(sha256)
    for (const [key, sha256] of acknowledged.kept) {
      const value = store.kv.get(key)
      expect(value === null ? null : createHash('sha256').update(value).digest('hex'), `what was stored under ${key}`).toBe(sha256)
    }
  } finally {
    await store.close()
  }
}

describe('a voter that is killed at any moment', { timeout: TIMEOUT_MS }, () => {
  it(`has everything that it acknowledged when it starts again, ${KILLS} times`, async () => {
    const old = { directory: join(root, 'old'), acknowledged: new Acknowledged() }
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const isNew = kill % NEW_EVERY === 0
      const { directory, acknowledged } = isNew ? { directory: join(root, `new-${kill}`), acknowledged: new Acknowledged() } : old
      // A new one is killed within the making of its database; an old one at its start or in its daily work.
      await live(directory, kill, isNew ? 1 : random.integer(2, 120), random.unit() * (isNew ? 60 : 20), acknowledged)
      await check(directory, acknowledged)
      if (!isNew) continue
      await live(directory, kill + KILLS, random.integer(2, 20), random.unit() * 20, acknowledged)
      await check(directory, acknowledged)
    }
    expect(old.acknowledged.jobs.size, 'it got something done').toBeGreaterThan(KILLS)
    console.log(`${KILLS} kills: ${old.acknowledged.jobs.size} jobs, ${old.acknowledged.blobs.size} blobs, term ${old.acknowledged.term}, all there`)
  })
})
