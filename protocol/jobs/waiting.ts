/**
 * Why a job waits, in words with numbers, for people: how much it needs, how much there is, and who stands in its way.
 */
import { couldHold, fits, formatBytes, type Load, missingFeatures, type Need, type PeerView, roomBytes } from './capacity.ts'
import { ableFor, type Claim, type Mesh, type Plan } from './schedule.ts'

/** Null when nothing holds it up. */
export function whyWaiting(claim: Claim, mesh: Pick<Mesh, 'peers' | 'load' | 'uses'>, plan: Plan): string | null {
  if (plan.allotted.has(claim.jobId)) return null
  const { need } = claim
  const { peers, load } = mesh
  const computing = peers.filter((peer) => peer.computes)
  if (computing.length === 0) return 'no peer of the mesh computes now'
  const capable = computing.filter((peer) => couldHold(peer, need).fits)
  if (capable.length < need.minPeers) return tooSmall(need, computing, capable.length)
  const able = ableFor(claim, capable, load)
  if (able.length >= need.minPeers) return outOfTurn(claim, mesh, plan, able)
  return `${shortage(need, capable, able.length, load)}${obstacles(claim, mesh, capable)}${keptFor(claim, plan)}`
}

/** How many peers: `a peer`, `3 peers`. */
function count(peers: number): string {
  return peers === 1 ? 'a peer' : `${peers} peers`
}

function tooSmall(need: Need, all: readonly PeerView[], capable: number): string {
  const computing = all.filter((peer) => missingFeatures(peer, need).length === 0)
  if (computing.length < need.minPeers && need.features !== undefined && need.features.length > 0) {
    const features = need.features.join(' and ')
    if (computing.length === 0) return `needs ${features}, which no peer here has`
    return `needs ${count(need.minPeers)} with ${features}, ${computing.length} of ${all.length} ${computing.length === 1 ? 'has' : 'have'} it`
  }
  const limit = Math.max(...computing.map((peer) => peer.limitBytes))
  if (need.bytes > limit) return `needs ${formatBytes(need.bytes)}, the largest peer may take ${formatBytes(limit)}`
  const buffer = Math.max(...computing.filter((peer) => need.bytes <= peer.limitBytes).map((peer) => peer.bufferBytes))
  if (need.vectorBytes > buffer) return `has ${formatBytes(need.vectorBytes)} of parameters, the largest buffer is ${formatBytes(buffer)}`
  return `needs ${count(need.minPeers)} with ${formatBytes(need.bytes)} each, ${capable} of ${computing.length} could hold it`
}

/** Peers in the way for want of memory alone are told by what the largest has free. */
function shortage(need: Need, capable: readonly PeerView[], able: number, load: Load): string {
  if (need.minPeers > 1) return `needs ${need.minPeers} peers with ${formatBytes(need.bytes)} each, ${able} can take it now`
  const inTheWay = capable.map((peer) => fits(peer, need, load.of(peer.peerId)))
  const memoryAlone = inTheWay.every((verdict) => !verdict.fits && verdict.obstacle === 'memory')
  if (!memoryAlone) return `needs a peer with ${formatBytes(need.bytes)}, none can take it now`
  const free = Math.max(...capable.map((peer) => roomBytes(peer, load.of(peer.peerId).bytes)))
  return `needs ${formatBytes(need.bytes)}, the largest peer has ${formatBytes(free)} free`
}

function obstacles(claim: Claim, { load }: Pick<Mesh, 'load'>, capable: readonly PeerView[]): string {
  const { need } = claim
  let paused = 0
  let busy = 0
  const short: number[] = []
  const said: string[] = []
  for (const peer of capable) {
    const { peerId } = peer
    const taken = load.of(peerId)
    const verdict = fits(peer, need, taken, claim.bids.get(peerId))
    const word = claim.whyNot(peerId)
    if (!verdict.fits && verdict.obstacle === 'paused') paused += 1
    else if (!verdict.fits && verdict.obstacle === 'slots') busy += 1
    else if (!verdict.fits) short.push(roomBytes(peer, taken.bytes, claim.bids.get(peerId)))
    else if (word !== null) said.push(`${peerId} ${word}`)
  }
  const parts = [
    busy > 0 ? `${count(busy)} with all slots taken` : '',
    short.length > 0 ? `${count(short.length)} with at most ${formatBytes(Math.max(...short))} free` : '',
    paused > 0 ? `${count(paused)} paused by ${paused === 1 ? 'its owner' : 'their owners'}` : '',
    ...said.slice(0, 3),
    said.length > 3 ? `${said.length - 3} more that cannot` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`
}

function keptFor({ jobId }: Claim, { kept }: Plan): string {
  return kept?.jobId === jobId ? `; ${count(kept.peers.length)} ${kept.peers.length === 1 ? 'is' : 'are'} kept for it as they become free` : ''
}

/** Enough peers could take it, but others come first. */
function outOfTurn(claim: Claim, { load, uses }: Pick<Mesh, 'load' | 'uses'>, { allotted, kept }: Plan, able: readonly PeerView[]): string {
  const free = `${count(able.length)} could take it now`
  const without = load.copy()
  for (const peer of kept?.peers ?? []) without.take(peer, kept?.bytes ?? 0)
  if (kept !== null && ableFor(claim, able, without).length < claim.need.minPeers) {
    return `${free}, kept for job ${kept.jobId}, which has waited long for ${count(kept.peers.length)}`
  }
  const ahead = allotted.size === 1 ? 'a job that comes first' : `${allotted.size} jobs that come first`
  const mine = uses.get(claim.submitter) ?? 0
  return `${free}, promised to ${ahead}${mine > 0 ? ` (its submitter has ${mine === 1 ? 'a slot' : `${mine} slots`} in use)` : ''}`
}
