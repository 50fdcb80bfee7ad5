/**
 * Real peers whose disk fills up under them, or cannot be written at all: an error that names the file and what to do, an
 * end, and everything acknowledged still there, here and at the others.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, cpSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer } from '../../node/demo/cluster.ts'
import { openStore } from '../../node/store/index.ts'
import { agreement, coordinatorOf, knownBy, submitWaiting, waitingJob } from './running.ts'

const TIMEOUT_MS = 240_000
const BIN = fileURLToPath(new URL('../../node/bin/cyxwiz.mjs', import.meta.url))
/** Holds a peer's database, a write-ahead file of some saves, and little else. */
const SMALL_DISK = 'size=2m'
const isRoot = process.platform === 'linux' && process.getuid?.() === 0

let mesh: Cluster | null = null
const mounts: string[] = []
const folders: string[] = []

afterEach(async () => {
  for (const peer of mesh?.peers ?? []) await mesh?.signal(peer, 'SIGKILL')
  for (const path of mounts.splice(0)) spawnSync('umount', ['-l', path])
  await mesh?.stop()
  mesh = null
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
}, TIMEOUT_MS)

/** An own disk under this path, made by `mount`. */
function mountDisk(path: string, options: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount: ${stderr}`)
  mounts.push(path)
}

function canMount(): boolean {
  if (!isRoot) return false
  const path = newFolder()
  try {
    mountDisk(path, 'size=64k')
    return true
  } catch {
    return false
  }
}

function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'cyxwiz-disk-'))
  folders.push(path)
  return path
}

/** Takes every free byte. */
function fill(folder: string): string {
  const path = join(folder, 'filler')
  const file = openSync(path, 'w')
  try {
    for (let bytes = 1 << 16; bytes >= 1; ) {
      try {
        writeSync(file, new Uint8Array(bytes))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        bytes >>= 1
      }
    }
  } finally {
    closeSync(file)
  }
  return path
}

/** Submits through one peer until another one has ended; gives the jobs that were acknowledged. */
async function submitUntilEnd(through: ClusterPeer, victim: ClusterPeer): Promise<string[]> {
  const acknowledged: string[] = []
  const ended = once(victim.process as NonNullable<ClusterPeer['process']>, 'exit').then(() => true)
  for (;;) {
    const next = through.once('submit', { spec: await waitingJob() }).then(
      ({ jobId }) => acknowledged.push(jobId),
      () => {}, // its coordinator went: not acknowledged
    )
    const over = await Promise.race([ended, next.then(() => false)])
    await next
    if (over) return acknowledged
  }
}

function expectBrokenDisk(victim: ClusterPeer, code: string): void {
  const errors = victim.events.filter((event) => event.event === 'error')
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatchObject({ code })
  expect((errors[0] as { message: string }).message, 'names the file').toContain(join(victim.dataDir, 'cyxwiz.db'))
  expect(victim.process?.exitCode).toBe(1)
}

describe('a peer whose disk is full', { timeout: TIMEOUT_MS }, () => {
  it('ends and says so; the others elect a coordinator; with room again it is back with all that was acknowledged', async (context) => {
    if (!canMount()) return context.skip('needs root and mount to make a small disk')
    mesh = await Cluster.create({ peerArguments: ['--gpu', 'none', '--http', 'off'], prepare: (peer) => mountDisk(peer.dataDir, SMALL_DISK) })
    await mesh.start(3)
    await mesh.settled()
    const victim = await coordinatorOf(mesh)
    const others = mesh.living.filter((peer) => peer !== victim)
    const acknowledged = [await submitWaiting(victim)]
    await knownBy(mesh.living, acknowledged[0] as string)
    const { id } = victim

    const filler = fill(victim.dataDir)
    acknowledged.push(...(await submitUntilEnd(others[0] as ClusterPeer, victim)))
    expectBrokenDisk(victim, 'DISK_FULL')
    await agreement(others, { not: [victim] })
    acknowledged.push(await submitWaiting(others[1] as ClusterPeer))
    for (const jobId of acknowledged) await knownBy(others, jobId)

    rmSync(filler)
    await mesh.run(victim)
    expect(victim.id, 'nothing of its store was lost').toBe(id)
    await agreement(mesh.living)
    for (const jobId of acknowledged) await knownBy([victim], jobId)
  })

  it('ends and says so also where it is a limit of the system that was reached', async (context) => {
    if (spawnSync('prlimit', ['--version']).status !== 0) return context.skip('needs prlimit to set a limit for a running process')
    mesh = await Cluster.create({ peerArguments: ['--gpu', 'none', '--http', 'off'] })
    const [peer] = (await mesh.start(1)) as [ClusterPeer]
    const acknowledged = [await submitWaiting(peer)]
    const limit = statSync(join(peer.dataDir, 'cyxwiz.db-wal')).size + 20_000
    expect(spawnSync('prlimit', ['--pid', String(peer.process?.pid), `--fsize=${limit}`]).status).toBe(0)
    acknowledged.push(...(await submitUntilEnd(peer, peer)))
    expectBrokenDisk(peer, 'IO')
    await mesh.run(peer)
    for (const jobId of acknowledged) await knownBy([peer], jobId)
  })
})

describe('a data directory that cannot be written', { timeout: TIMEOUT_MS }, () => {
  it.each(['new', 'used before'])('is one line that names it, and nothing is started (%s)', async (kind) => {
    const disk = newFolder()
    if (isRoot && !canMount()) return // root writes wherever it likes, and this machine lets it mount nothing
    if (isRoot) mountDisk(disk, 'size=4m')
    const dataDir = join(disk, 'data')
    if (kind === 'used before') {
      const made = newFolder()
      await (await openStore(made)).close()
      cpSync(made, dataDir, { recursive: true })
    }
    if (isRoot) expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0)
    else chmodSync(kind === 'new' ? disk : dataDir, 0o500)
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'peer', '--json', '--gpu', 'none', '--http', 'off', '--data-dir', dataDir], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    if (!isRoot) chmodSync(kind === 'new' ? disk : dataDir, 0o700)
    expect(status).toBe(1)
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] as string)).toMatchObject({ event: 'error', code: 'UNWRITABLE' })
    expect(stderr.trim().split('\n'), stderr).toHaveLength(1)
    expect(stderr).toContain(dataDir)
    expect(stderr).toMatch(/cannot be written/)
  })
})
