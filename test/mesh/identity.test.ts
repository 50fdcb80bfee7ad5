/**
 * A data directory copied to a second place and started there: two processes with one identity. The copy ends and says
 * why; the one that was there first goes on, and so does the mesh. Killed and started again, a peer is no twin of itself.
 */
import { once } from 'node:events'
import { cp, rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cluster, ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { coordinatorOf, knownBy, submitWaiting } from './running.ts'

const TIMEOUT_MS = 120_000

describe('a data directory that was copied', { timeout: TIMEOUT_MS }, () => {
  let mesh: Cluster
  const copies: ClusterPeer[] = []
  const stderrOf = new Map<ClusterPeer, string[]>()

  beforeAll(async () => {
    mesh = await Cluster.create({
      peerArguments: ['--http', 'off', '--gpu', 'none'],
      onLog: (line, peer) => stderrOf.set(peer, [...(stderrOf.get(peer) ?? []), line]),
    })
    await mesh.add()
    await Promise.all([mesh.add(), mesh.add()])
    await mesh.settled(TIMEOUT_MS)
  }, TIMEOUT_MS)
  afterAll(async () => {
    for (const copy of copies) if (copy.alive) await mesh.signal(copy, 'SIGKILL')
    await mesh?.stop()
  }, TIMEOUT_MS)

  /** Starts a copy of this peer's directory, as it is while the peer runs; resolves when that process has ended. */
  async function runCopy(original: ClusterPeer): Promise<{ code: number | null; copy: ClusterPeer }> {
    const directory = `${original.dataDir}-copy-${copies.length}`
    await cp(original.dataDir, directory, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    const copy = new ClusterPeer(`a copy of ${original.name}`, directory, null)
    copies.push(copy)
    await mesh.run(copy).catch(() => {}) // it may end before it is ready
    const child = copy.process
    if (child !== null && copy.alive) await once(child, 'exit')
    await rm(directory, { recursive: true, force: true })
    return { code: child?.exitCode ?? null, copy }
  }

  it.each([
    ['the coordinator', true],
    ['another voter', false],
  ] as const)('of %s: the copy ends, the mesh goes on', async (_, ofCoordinator) => {
    const coordinator = await coordinatorOf(mesh)
    const original = ofCoordinator ? coordinator : (mesh.living.find((peer) => peer !== coordinator) as ClusterPeer)
    const jobId = await submitWaiting(original)
    const { code, copy } = await runCopy(original)
    expect(code).toBe(1)
    const errors = copy.events.filter((event) => event.event === 'error')
    expect(errors).toMatchObject([{ code: 'DUPLICATE_IDENTITY', message: expect.stringContaining(original.id) }])
    const said = (peer: ClusterPeer, words: string): string[] => (stderrOf.get(peer) ?? []).filter((line) => line.includes(words))
    expect(said(copy, `another process with this peer's identity ${original.id}`)).toEqual([expect.stringContaining('Start this one with another --data-dir')])
    expect(original.alive).toBe(true)
    expect(said(original, 'another process with the identity of this peer')).toHaveLength(1)
    // Nothing that was acknowledged is lost, and new jobs are taken.
    await mesh.settled(TIMEOUT_MS)
    await knownBy(mesh.living, jobId)
    await knownBy(mesh.living, await submitWaiting(original))
    expect(original.events.filter((event) => event.event === 'error')).toEqual([])
  })

  it('is not what a peer takes itself for that was killed and started again', async () => {
    for (const pause of [0, 3000]) {
      const peer = mesh.living.at(-1) as ClusterPeer
      const { id } = peer
      await mesh.signal(peer, 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, pause))
      await mesh.run(peer)
      await mesh.settled(TIMEOUT_MS)
      expect(peer.id).toBe(id)
      await waitFor(async () => (await peer.once('peers', {})).length === mesh.living.length, TIMEOUT_MS, 'the restarted peer did not see the others')
      expect(peer.alive).toBe(true)
      expect(peer.events.filter((event) => event.event === 'error')).toEqual([])
    }
  })
})
