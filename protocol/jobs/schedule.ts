/**
 * Which waiting job may take which peers now: a pure function of the registry, of presence, and of what is placed
 * already. Nothing is placed by it; whoever collects bids keeps to it.
 *
 * - Turns: the submitter with the fewest slots in use goes first, so that many jobs of one do not starve a single one of
 *   another. Among jobs of one submitter, and of submitters that are served alike, priority counts, and waiting raises it.
 * - Every job gets as many peers as it needs at least before any gets more.
 * - A job that has waited long is kept peers for: as they become free nobody else is put there, so that one that needs
 *   many at a time, or much memory, does not starve behind a stream of small ones. Peers it does not need go on being used.
 */
import { couldHold, emptiedBytes, fits, type KnownBid, type Load, mostPeers, type Need, type PeerView } from './capacity.ts'
import { type Applicant, choose } from './placement.ts'

/** A job that waits. */
export interface Claim {
  readonly jobId: string
  readonly submitter: string
  readonly priority: number
  /** Since its submission. */
  readonly ageMs: number
  /** For how long it could have run: since its submission, or the end of its back-off. */
  readonly waitedMs: number
  readonly need: Need
  readonly bids: ReadonlyMap<string, KnownBid>
  /** Why a peer is not to be taken for it just now, though it may look idle; null = it may. */
  readonly whyNot: (peer: string) => string | null
  /** Peers that an earlier attempt failed on: taken only where the others are too few. */
  readonly avoided: ReadonlySet<string>
}

export interface Mesh {
  readonly peers: readonly PeerView[]
  /** What is placed now. */
  readonly load: Load
  /** Slots that each submitter's jobs have in use. */
  readonly uses: ReadonlyMap<string, number>
  /** Milliseconds until a busy peer is expected to have ended all that it does now. */
  readonly freeInMs: (peer: string) => number
  readonly kept: Kept | null
}

/** Peers kept for one job. */
export interface Kept {
  readonly jobId: string
  readonly peers: readonly string[]
  readonly bytes: number
}

export interface Plan {
  /** In the order of their turns; a job that is not in it waits. */
  readonly allotted: ReadonlyMap<string, readonly string[]>
  readonly kept: Kept | null
}

export const NO_PLAN: Plan = { allotted: new Map(), kept: null }

/** Waiting time that counts as much as one step of priority: nobody starves. */
export const AGEING_MS = 60_000
/** Peers are kept for a job that has waited this long: longer than most jobs of a busy mesh take to make room. */
export const KEEP_AFTER_MS = 30_000

export function plan(claims: readonly Claim[], mesh: Mesh): Plan {
  const load = mesh.load.copy()
  const allotted = new Map<string, string[]>()
  const uses = new Map(mesh.uses)
  const open = mesh.peers.filter((peer) => peer.computes && load.of(peer.peerId).slots < peer.slots)
  const give = (claim: Claim, peers: readonly string[]): void => {
    for (const peer of peers) load.take(peer, claim.need.bytes)
    allotted.set(claim.jobId, [...(allotted.get(claim.jobId) ?? []), ...peers])
    uses.set(claim.submitter, (uses.get(claim.submitter) ?? 0) + peers.length)
  }
  let kept: Kept | null = null
  const eldest = longestWaiting(claims, mesh.peers)
  if (eldest !== null) {
    const peers = pick(eldest, open, load, eldest.need.minPeers)
    if (peers !== null) give(eldest, peers)
    else {
      kept = keep(eldest, mesh)
      for (const peer of kept?.peers ?? []) load.take(peer, eldest.need.bytes)
    }
  }
  for (const claim of turns(claims, uses)) {
    if (!open.some((peer) => load.of(peer.peerId).slots < peer.slots)) break
    if (claim === eldest) continue
    const peers = pick(claim, open, load, claim.need.minPeers)
    if (peers !== null) give(claim, peers)
  }
  handOutRest(claims, allotted, open, load, give)
  return { allotted, kept }
}

/** Peers that can take it now; those that an attempt failed on only if the others are too few. */
export function ableFor(claim: Claim, peers: readonly PeerView[], load: Load): PeerView[] {
  const able = peers.filter((peer) => {
    const { peerId } = peer
    return fits(peer, claim.need, load.of(peerId), claim.bids.get(peerId)).fits && claim.whyNot(peerId) === null
  })
  const others = claim.avoided.size === 0 ? able : able.filter(({ peerId }) => !claim.avoided.has(peerId))
  return others.length >= claim.need.minPeers ? others : able
}

export function applicant(peer: PeerView, claim: Claim, load: Load): Applicant {
  const bid = claim.bids.get(peer.peerId)
  const { slots: busySlots } = load.of(peer.peerId)
  return { peerId: peer.peerId, speed: bid?.speed || peer.speed, cached: bid?.cached ?? null, busySlots, slots: peer.slots }
}

function pick(claim: Claim, open: readonly PeerView[], load: Load, count: number): string[] | null {
  const able = ableFor(claim, open, load)
  if (able.length < count) return null
  return choose(
    able.map((peer) => applicant(peer, claim, load)),
    count,
  )
}

/** One more for each in turn, until nobody wants or finds any. */
function handOutRest(
  claims: readonly Claim[],
  allotted: ReadonlyMap<string, readonly string[]>,
  open: readonly PeerView[],
  load: Load,
  give: (claim: Claim, peers: readonly string[]) => void,
): void {
  const byId = new Map(claims.map((claim) => [claim.jobId, claim]))
  let wanting = [...allotted.keys()].map((jobId) => byId.get(jobId) as Claim)
  // In order of their scores, once for each: a peer that is given away is passed over.
  const ranked = new Map<string, string[]>()
  const views = new Map(open.map((peer) => [peer.peerId, peer]))
  while (wanting.length > 0) {
    wanting = wanting.filter((claim) => {
      const mine = allotted.get(claim.jobId) ?? []
      if (mine.length >= mostPeers(claim.need)) return false
      let order = ranked.get(claim.jobId)
      if (order === undefined) {
        // Where it had to take peers that it failed on before, it may as well have more of them.
        const barred = mine.some((peer) => claim.avoided.has(peer)) ? new Set<string>() : claim.avoided
        const able = ableFor(claim, open, load).filter(({ peerId }) => !barred.has(peerId) && !mine.includes(peerId))
        const applicants = able.map((peer) => applicant(peer, claim, load))
        order = choose(applicants, applicants.length)
        ranked.set(claim.jobId, order)
      }
      for (let peer = order.shift(); peer !== undefined; peer = order.shift()) {
        if (!fits(views.get(peer) as PeerView, claim.need, load.of(peer), claim.bids.get(peer)).fits) continue
        give(claim, [peer])
        return true
      }
      return false
    })
  }
}

/** `uses` may grow between two turns. */
function* turns(claims: readonly Claim[], uses: ReadonlyMap<string, number>): Generator<Claim> {
  const queues = new Map<string, Claim[]>()
  for (const claim of [...claims].sort(byUrgency)) {
    queues.set(claim.submitter, [...(queues.get(claim.submitter) ?? []), claim])
  }
  const usesOf = ({ submitter }: Claim): number => uses.get(submitter) ?? 0
  while (queues.size > 0) {
    const heads = [...queues.values()].map((queue) => queue[0] as Claim)
    const next = heads.reduce((best, head) => ((usesOf(head) - usesOf(best) || byUrgency(head, best)) < 0 ? head : best))
    const queue = queues.get(next.submitter) as Claim[]
    queue.shift()
    if (queue.length === 0) queues.delete(next.submitter)
    yield next
  }
}

/** Most urgent first. Not by turns: what waits longest must come to its end whatever others submit. */
function byUrgency(a: Claim, b: Claim): number {
  return urgency(b) - urgency(a) || b.ageMs - a.ageMs || (a.jobId < b.jobId ? -1 : 1)
}

function urgency({ priority, ageMs }: Claim): number {
  return priority + ageMs / AGEING_MS
}

/** The most urgent of those that have waited long and that the mesh could run. */
function longestWaiting(claims: readonly Claim[], peers: readonly PeerView[]): Claim | null {
  const long = claims.filter((claim) => claim.waitedMs >= KEEP_AFTER_MS).sort(byUrgency)
  return long.find((claim) => possible(claim, peers).length >= claim.need.minPeers) ?? null
}

/** Peers that could take it if our jobs there came to their end: not those whose memory somebody else has. */
function possible(claim: Claim, peers: readonly PeerView[]): PeerView[] {
  return peers.filter(
    (peer) => peer.slots > 0 && couldHold(peer, claim.need).fits && claim.need.bytes <= emptiedBytes(peer) && claim.whyNot(peer.peerId) === null,
  )
}

/** A peer that is kept already is changed only for one that will be free in less than this part of its time. */
const CHANGE_BELOW = 0.5

/**
 * Those it could have at once, then those that are expected to be empty soonest. Who is kept gets nothing new and so comes
 * nearer to it; to turn from one peer to another all the time would empty none.
 */
function keep(claim: Claim, { peers, load, kept, freeInMs }: Mesh): Kept | null {
  const before = new Set(kept?.jobId === claim.jobId ? kept.peers : [])
  const candidates = possible(claim, peers).map(({ peerId, ...peer }) => ({
    peerId,
    avoided: claim.avoided.has(peerId),
    waitMs: fits({ peerId, ...peer }, claim.need, load.of(peerId)).fits ? 0 : 1 + freeInMs(peerId) * (before.has(peerId) ? CHANGE_BELOW : 1),
  }))
  candidates.sort(
    (a, b) =>
      Number(a.avoided) - Number(b.avoided) ||
      compare(a.waitMs, b.waitMs) ||
      Number(before.has(b.peerId)) - Number(before.has(a.peerId)) ||
      (a.peerId < b.peerId ? -1 : 1),
  )
  return { jobId: claim.jobId, peers: candidates.slice(0, claim.need.minPeers).map(({ peerId }) => peerId), bytes: claim.need.bytes }
}

/** Infinity less Infinity is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}
