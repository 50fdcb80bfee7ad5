/**
 * Who is in the mesh, under loss, partitions, pauses and clocks that jump.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as C from '../../../../protocol/presence/constants.ts'
import { PresenceCore } from '../../../../protocol/presence/core.ts'
import type { Announcement, Frame, PresenceOutput } from '../../../../protocol/presence/types.ts'
import { type Node, PresenceMesh, recordOf, signed } from './mesh.ts'

const others = (mesh: PresenceMesh, node: Node, living: readonly Node[] = mesh.nodes): string[] =>
  living
    .filter((other) => other !== node)
    .map(({ id }) => id)
    .sort()

function expectViews(mesh: PresenceMesh, living: readonly Node[] = mesh.nodes): void {
  for (const node of living) expect([node.id, node.names.sort()]).toEqual([node.id, others(mesh, node, living)])
}

/** `count` natives, all connected, the first one leads. */
function settled(seed: number, count: number): PresenceMesh {
  const mesh = new PresenceMesh(seed)
  mesh.add(count)
  mesh.connectAll()
  mesh.lead(mesh.nodes[0] as Node)
  mesh.run(3000)
  for (const node of mesh.nodes) node.told.length = 0
  return mesh
}

/** A ring with chords: nobody knows everybody, as in a large mesh. */
function overlay(seed: number, count: number): PresenceMesh {
  const mesh = new PresenceMesh(seed)
  const nodes = mesh.add(count)
  nodes.forEach((node, i) => {
    for (const step of [1, 7, 19]) mesh.connect(node, nodes[(i + step) % count] as Node)
  })
  mesh.lead(nodes[0] as Node)
  return mesh
}

const seeds = fc.integer({ min: 1, max: 2 ** 31 })

describe('presence', () => {
  it('lets a newcomer know everybody, and everybody it, within a second', () => {
    const mesh = settled(1, 8)
    const [newcomer] = mesh.add(1) as [Node]
    for (const other of mesh.nodes.slice(0, 8)) mesh.connect(other, newcomer)
    mesh.run(1000)
    expectViews(mesh)
    for (const node of mesh.nodes.slice(0, 8)) expect(node.events('joined').map(({ effect }) => effect)).toMatchObject([{ record: { peerId: newcomer.id } }])
  })

  it('takes nobody for dead while heartbeats flow, though every tenth message is lost', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const mesh = settled(seed, 12)
        mesh.loss = 0.1
        mesh.run(180_000)
        for (const node of mesh.nodes) expect(node.events('left')).toEqual([])
        expectViews(mesh)
      }),
      { numRuns: 8 },
    )
  })

  it('sees a peer go whose connections close within two seconds, and one that freezes within the bound', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const mesh = settled(seed, 7)
        const [, killed, frozen] = mesh.nodes as [Node, Node, Node]
        mesh.kill(killed)
        mesh.run(C.LOST_AFTER_DISCONNECT_MS + C.SWEEP_EVERY_MS + 100)
        const living = mesh.nodes.filter((node) => node !== killed)
        expectViews(mesh, living)
        frozen.paused = true
        const at = mesh.world.now
        mesh.run(C.DEAD_AFTER_MS + 2000)
        const awake = living.filter((node) => node !== frozen)
        expectViews(mesh, awake)
        for (const node of awake) {
          const left = node.events('left')
          expect(left.map(({ effect }) => effect.type === 'left' && effect.peer)).toEqual([killed.id, frozen.id])
          expect((left[1]?.at ?? 0) - at).toBeGreaterThan(C.DEAD_AFTER_MS - C.HEARTBEAT_MS * 1.3)
        }
      }),
      { numRuns: 10 },
    )
  })

  it('says goodbye at once', () => {
    const mesh = settled(3, 5)
    ;(mesh.nodes[2] as Node).run({ type: 'leave' })
    mesh.run(100)
    for (const node of mesh.nodes) if (node !== mesh.nodes[2]) expect(node.names).not.toContain('p2')
  })

  it('asks others before it believes a closed connection', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const mesh = settled(seed, 5)
        mesh.disconnect(mesh.nodes[1] as Node, mesh.nodes[2] as Node)
        mesh.run(20_000)
        for (const node of mesh.nodes) expect(node.events('left')).toEqual([])
        expectViews(mesh)
      }),
      { numRuns: 10 },
    )
  })

  it('believes a peer that says it only makes room', () => {
    const mesh = settled(5, 3)
    const [a, b] = [mesh.nodes[1] as Node, mesh.nodes[2] as Node]
    a.run({ type: 'closing', peer: b.id })
    mesh.run(50)
    mesh.disconnect(a, b)
    mesh.run(5000)
    expect([...a.events('left'), ...b.events('left')]).toEqual([])
  })

  it('lets nobody die because nobody leads', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const mesh = settled(seed, 6)
        mesh.lead(null)
        mesh.run(120_000)
        for (const node of mesh.nodes) expect(node.events('left')).toEqual([])
        // And who freezes is missed all the same, by those who are connected to it.
        const frozen = mesh.nodes[4] as Node
        frozen.paused = true
        mesh.run(C.DEAD_AFTER_MS + 3000)
        expectViews(
          mesh,
          mesh.nodes.filter((node) => node !== frozen),
        )
      }),
      { numRuns: 5 },
    )
  })

  it('goes on through a change of coordinator without a false word', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const mesh = overlay(seed, 40)
        mesh.run(6000)
        expectViews(mesh)
        for (const node of mesh.nodes) node.told.length = 0
        const [old] = mesh.nodes as [Node]
        mesh.kill(old)
        const living = mesh.nodes.filter((node) => node !== old)
        mesh.lead(null, living)
        mesh.run(900)
        mesh.lead(mesh.nodes[1] as Node, living)
        mesh.run(25_000)
        expectViews(mesh, living)
        for (const node of living) expect(node.events('left').map(({ effect }) => effect.type === 'left' && effect.peer)).toEqual([old.id])
      }),
      { numRuns: 5 },
    )
  })

  it('knows peers that are connected to none of its own neighbours, and sees them die', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const mesh = overlay(seed, 60)
        mesh.run(6000)
        expectViews(mesh)
        const far = mesh.nodes[30] as Node
        mesh.kill(far)
        mesh.run(C.DEAD_AFTER_MS + 4000)
        expectViews(
          mesh,
          mesh.nodes.filter((node) => node !== far),
        )
      }),
      { numRuns: 4 },
    )
  })

  it('comes to one view when a partition heals', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, led) => {
        const mesh = settled(seed, 10)
        if (!led) mesh.lead(null)
        const half = mesh.nodes.slice(5)
        mesh.split(half)
        if (led) mesh.lead(half[0] as Node, half)
        mesh.run(30_000)
        expectViews(mesh, half)
        expectViews(mesh, mesh.nodes.slice(0, 5))
        mesh.connectAll()
        if (led) mesh.lead(mesh.nodes[0] as Node)
        mesh.run(15_000)
        expectViews(mesh)
      }),
      { numRuns: 8 },
    )
  })

  it('waits for a hidden tab, and not for one that is seen', () => {
    const mesh = settled(11, 4)
    const [hidden, seen] = mesh.add(2, 'browser') as [Node, Node]
    mesh.connectAll()
    mesh.lead(mesh.nodes[0] as Node)
    mesh.run(2000)
    hidden.record = { ...hidden.record, visible: false }
    hidden.run({ type: 'changed' })
    mesh.run(3000)
    hidden.paused = true
    seen.paused = true
    mesh.run(C.DEAD_AFTER_MS + 3000)
    const natives = mesh.nodes.slice(0, 4)
    for (const node of natives) {
      expect(node.names).toContain(hidden.id)
      expect(node.names).not.toContain(seen.id)
    }
    mesh.run(C.DEAD_HIDDEN_AFTER_MS)
    for (const node of natives) expect(node.names).not.toContain(hidden.id)
  })

  it('declares nobody dead when it wakes, nor when its clock jumps', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0, 1), (seed, sleeper) => {
        const mesh = settled(seed, 6)
        const laptop = mesh.nodes[sleeper] as Node
        laptop.clockAheadMs += 3_600_000
        mesh.run(5000)
        laptop.clockAheadMs -= 7_200_000
        mesh.run(5000)
        expect(mesh.nodes.flatMap((node) => node.events('left'))).toEqual([])
        laptop.paused = true
        mesh.run(60_000)
        laptop.paused = false
        laptop.run({ type: 'tick' })
        mesh.run(4000)
        expect(laptop.events('left')).toEqual([])
        expect(laptop.names).toHaveLength(5)
      }),
      { numRuns: 10 },
    )
  })

  it('holds back a peer that comes and goes, the longer the more often', () => {
    const mesh = settled(17, 4)
    const flapping = mesh.nodes[3] as Node
    const [watcher] = mesh.nodes as [Node]
    const waits: number[] = []
    for (let round = 0; round < 6; round++) {
      mesh.kill(flapping)
      mesh.run(4000)
      mesh.restart(flapping)
      mesh.connectAll()
      const at = mesh.world.now
      mesh.run(500)
      const state = watcher.core.get(flapping.id)?.state
      const held = state === 'held'
      mesh.run(held ? 45_000 : 1000)
      const joined = watcher.events('joined').at(-1)?.at ?? 0
      waits.push(joined - at)
      expect(held, `round ${round}`).toBe(round >= 2)
    }
    expect(waits.map((wait) => Math.round(wait / 5000) * 5)).toEqual([0, 0, 5, 10, 20, 40])
    const events = watcher.told.flatMap(({ effect }) => (effect.type === 'joined' || effect.type === 'left' ? [effect.type] : []))
    expect(events).toEqual(Array.from({ length: 6 }, () => ['left', 'joined']).flat())
  })

  it('resumes the same member when it reconnects in time', () => {
    const mesh = settled(19, 3)
    const [a, b, c] = mesh.nodes as [Node, Node, Node]
    mesh.disconnect(a, c)
    mesh.disconnect(b, c)
    mesh.run(1000)
    mesh.connectAll()
    mesh.run(5000)
    for (const node of [a, b, c]) expect([...node.events('left'), ...node.events('joined')]).toEqual([])
  })

  it('D6: a heartbeat changes only liveness: who is paused stays paused, and who has left stays away', () => {
    const mesh = settled(9, 4)
    const [, paused, leaver] = mesh.nodes as [Node, Node, Node]
    const late: Frame[] = []
    mesh.onFrame = (from, _, frame) => {
      if (from === leaver.id && frame.kind === 'beats') late.push(frame)
    }
    paused.record = { ...paused.record, slots: 0, mayVote: false, version: '0.2.0' }
    paused.run({ type: 'changed' })
    mesh.run(1000)
    // Frozen until it is under suspicion; the heartbeat that ends that says of its record nothing.
    paused.paused = true
    mesh.run(C.SUSPECT_AFTER_MS + 1000)
    for (const node of [mesh.nodes[0], mesh.nodes[3]] as Node[]) expect(node.core.get(paused.id)).toMatchObject({ state: 'suspect', slots: 0 })
    paused.paused = false
    mesh.run(5 * C.HEARTBEAT_MS)
    for (const node of mesh.nodes) {
      if (node !== paused) expect(node.core.get(paused.id)).toMatchObject({ state: 'alive', slots: 0, mayVote: false, version: '0.2.0' })
    }
    leaver.run({ type: 'leave' })
    mesh.run(500)
    expect(late.length).toBeGreaterThan(0)
    for (const node of mesh.nodes) if (node !== leaver) for (const frame of late) node.run({ type: 'frame', from: leaver.id, frame })
    mesh.run(1000)
    for (const node of mesh.nodes) expect(node.names).not.toContain(leaver.id)
  })

  it('counts a flood of heartbeats, and heartbeats in the name of others, as offences', () => {
    const mesh = settled(23, 3)
    const [a, b] = mesh.nodes as [Node, Node]
    const load = { activeJobs: 0, usedBytes: 0, freeBytes: null }
    const beat = { peerId: b.id, incarnationId: `${b.id}/1`, revision: 1, visible: true, ageMs: 0, hops: 0, load }
    for (let i = 0; i < 60; i++) a.run({ type: 'frame', from: b.id, frame: { kind: 'beats', beats: [beat] } })
    const floods = a.events('offence')
    expect(floods.length).toBeGreaterThan(30)
    expect(floods[0]?.effect).toMatchObject({ peer: b.id, code: 'FLOODING' })
    a.run({ type: 'frame', from: b.id, frame: { kind: 'beats', beats: [{ ...beat, peerId: 'p2' }] } })
    expect(a.events('offence').at(-1)?.effect).toMatchObject({ peer: b.id, code: 'MALFORMED' })
  })

  it('heeds digests of the coordinator it follows, and of nobody else', () => {
    const mesh = settled(29, 4)
    const [, b, c] = mesh.nodes as [Node, Node, Node]
    const mark = { peerId: 'p3', incarnation: { id: 'p3/1', startedAtMs: 1 }, revision: 1000 }
    const digest = { fence: { epoch: 1, epochId: 'e', term: 1 }, sequence: 1_000_000, entries: [{ mark, state: 'left' as const }], count: 3, sum: 0 }
    b.run({ type: 'digest', from: c.id, digest })
    b.run({ type: 'digest', from: 'p0', digest: { ...digest, fence: { ...digest.fence, term: 2 } } })
    expect(b.names).toContain('p3')
    b.run({ type: 'digest', from: 'p0', digest })
    expect(b.names).not.toContain('p3')
  })

  it('sends nothing that is too long', () => {
    const mesh = new PresenceMesh(31)
    mesh.add(120)
    let longest = 0
    mesh.onFrame = (_from, _to, frame) => {
      const bytes =
        frame.kind === 'beats'
          ? frame.beats.length * 90
          : frame.kind === 'marks' || frame.kind === 'gone'
            ? frame.marks.length * C.MARK_BYTES
            : frame.kind === 'records'
              ? frame.announcements.length * 1200
              : 300
      longest = Math.max(longest, bytes)
    }
    for (const node of mesh.nodes) {
      mesh.connect(mesh.nodes[0] as Node, node)
      mesh.connect(mesh.nodes[1] as Node, node)
    }
    mesh.lead(mesh.nodes[0] as Node)
    mesh.run(8000)
    expectViews(mesh)
    expect(longest).toBeLessThanOrEqual(C.MAX_FRAME_BYTES)
    expect(Math.max(...mesh.digests.map(({ entries }) => entries.length))).toBeLessThanOrEqual(C.MAX_DIGEST_ENTRIES)
  })
})

describe('two processes with one identity', () => {
  const core = (peer: string, id: string, startedAtMs: number): PresenceCore =>
    new PresenceCore({ describe: () => recordOf(peer, 'native'), incarnation: { id, startedAtMs }, random: () => 0.5, now: 0 })
  const record = (of: PresenceCore): Announcement => signed(of.announcement)
  const tell = (to: PresenceCore, announcement: Announcement, from: string): PresenceOutput =>
    to.step({ type: 'frame', from, frame: { kind: 'records', announcements: [announcement] } }, 100)

  it('end with the younger one, by the word of the elder that a neighbour carries', () => {
    const [elder, younger, neighbour] = [core('twin', 'elder', 1), core('twin', 'younger', 2), core('other', 'o', 1)]
    neighbour.step({ type: 'connected', peer: 'twin' }, 0)
    tell(neighbour, record(elder), 'twin')
    const passed = tell(neighbour, record(younger), 'twin').frames.filter(({ everywhere }) => everywhere)
    expect(passed).toMatchObject([{ to: 'twin', frame: { kind: 'records', announcements: [{ incarnation: { id: 'younger' } }] } }])
    elder.step({ type: 'connected', peer: 'other' }, 0)
    const objection = tell(elder, record(younger), 'other')
    expect(objection.effects).toEqual([{ type: 'twin', fatal: false, startedAtMs: 2 }])
    expect(objection.announcements).toMatchObject([{ contests: 'younger' }])
    const carried = tell(neighbour, signed(objection.announcements[0] as Announcement), 'twin').frames.filter(({ everywhere }) => everywhere)
    expect(carried).toHaveLength(1)
    const end = tell(younger, signed(objection.announcements[0] as Announcement), 'other')
    expect(end.effects).toEqual([{ type: 'twin', fatal: true, startedAtMs: 1 }])
    // Told once, however many carry the objection to it.
    expect(tell(younger, signed(objection.announcements[0] as Announcement), 'third').effects).toEqual([])
    // It goes without a goodbye, and what it said is void.
    expect(younger.step({ type: 'leave' }, 200).announcements).toEqual([])
    tell(neighbour, { ...record(younger), revision: 9, leaving: true }, 'twin')
    tell(neighbour, { ...record(younger), revision: 8 }, 'twin')
    expect(neighbour.get('twin')).toBeDefined()
    expect(tell(neighbour, { ...record(elder), revision: 7 }, 'twin').effects).toMatchObject([{ type: 'updated' }])
  })

  it('are not what a restart leaves behind: old records prove nothing', () => {
    const [before, after] = [core('p', 'before', 1), core('p', 'after', 2)]
    for (let i = 0; i < 3; i++) expect(tell(after, record(before), 'other')).toMatchObject({ effects: [], announcements: [] })
    before.step({ type: 'leave' }, 50)
    expect(tell(after, record(before), 'other').effects).toEqual([])
  })
})
