/**
 * The simulated network: directed cuts, delay, loss, duplication, reordering, and connections that close when a side
 * dies or has been silent for long. Connections matter because the services learn of losses through them.
 *
 * Two classes of traffic: `loose` may be lost, doubled and reordered (harsher than our streams are: Raft must bear it);
 * `stream` arrives in order or not at all, as `protocol/mesh/channels.ts` promises.
 */
import type { World } from './world.ts'

export interface NetworkConditions {
  minDelayMs: number
  maxDelayMs: number
  loss: number
  duplication: number
  /** Share of messages that are held up for many times the usual delay. */
  straggling: number
}

export const CALM: Readonly<NetworkConditions> = { minDelayMs: 1, maxDelayMs: 20, loss: 0, duplication: 0, straggling: 0 }

export interface Station {
  readonly index: number
  /** Two processes may have the same: a copied data directory. */
  readonly id: string
  readonly alive: boolean
  deliver(from: number, payload: unknown): void
  connected(other: number): void
  disconnected(other: number): void
}

export type Traffic = 'loose' | 'stream'

const MAX_STATIONS = 1024

export class Network {
  private readonly conditions: NetworkConditions = { ...CALM }
  sent = 0
  /** Somebody listens in. */
  overheard: ((payload: unknown) => void) | null = null
  private readonly world: World
  private readonly stations: Station[] = []
  private readonly byId = new Map<string, number[]>()
  /** `from * n + to` cannot pass. */
  private readonly cuts = new Set<number>()
  /** By station: those it is connected with. */
  private readonly links: Set<number>[] = []
  private readonly lastArrival = new Map<number, number>()
  /** Of each pair: raised when the connection breaks, so that what was under way is lost. */
  private readonly generation = new Map<number, number>()
  /** A slow peer: its traffic takes so many times longer. */
  private readonly slowness = new Map<number, number>()
  /** When the conditions of all links, those of a station, and a pair's own last changed. */
  private conditionsSince = 0
  private readonly paceSince = new Map<number, number>()
  private readonly linkSince = new Map<number, number>()

  constructor(world: World) {
    this.world = world
  }

  add(station: Station): void {
    if (station.index !== this.stations.length) throw new Error(`network: station ${station.index} is not the next`)
    this.stations.push(station)
    this.byId.set(station.id, [...(this.byId.get(station.id) ?? []), station.index])
  }

  isConnected(a: number, b: number): boolean {
    return this.neighbours(a).has(b)
  }

  isCut(from: number, to: number): boolean {
    return this.cuts.has(this.directed(from, to))
  }

  neighbours(index: number): ReadonlySet<number> {
    return this.linksOf(index)
  }

  private linksOf(index: number): Set<number> {
    let links = this.links[index]
    if (links === undefined) {
      links = new Set()
      this.links[index] = links
    }
    return links
  }

  idOf(index: number): string {
    return (this.stations[index] as Station).id
  }

  /** Those between a pair are as good as they ever are, and have been since then, with nothing older under way. */
  isCalm(from: number, to: number, since: number): boolean {
    const { conditions, slowness } = this
    const calm = conditions.loss === 0 && conditions.straggling === 0 && conditions.maxDelayMs <= CALM.maxDelayMs && this.conditionsSince <= since
    if (!calm || !this.isConnected(from, to) || (this.linkSince.get(this.pair(from, to)) ?? 0) > since) return false
    for (const station of [from, to]) if (slowness.has(station) || (this.paceSince.get(station) ?? 0) > since) return false
    for (const link of [this.directed(from, to), this.directed(to, from)]) {
      if (this.cuts.has(link) || (this.lastArrival.get(link) ?? 0) > this.world.now + CALM.maxDelayMs) return false
    }
    return true
  }

  setConditions(conditions: Partial<NetworkConditions>): void {
    Object.assign(this.conditions, conditions)
    this.conditionsSince = this.world.now
  }

  /** `times`: 1 = as fast as the others. */
  setPace(station: number, times: number): void {
    if (times === 1) this.slowness.delete(station)
    else this.slowness.set(station, times)
    this.paceSince.set(station, this.world.now)
  }

  /** Messages from `from` to `to` vanish from now on; the connection closes when somebody notices. */
  cut(from: number, to: number): void {
    const link = this.directed(from, to)
    if (this.cuts.has(link)) return
    this.cuts.add(link)
    this.linkSince.set(this.pair(from, to), this.world.now)
    const noticed = this.world.chance(0.3) ? this.world.uniform(5, 50) : this.world.uniform(1000, 15_000)
    this.world.after(noticed, () => {
      if (this.cuts.has(link)) this.disconnect(from, to)
    })
  }

  heal(): void {
    for (const link of this.cuts) this.linkSince.set(this.pair(Math.floor(link / MAX_STATIONS), link % MAX_STATIONS), this.world.now)
    this.cuts.clear()
    this.dialAll()
  }

  /** Dials every pair that could be connected: what re-dialling timers do. */
  dialAll(): void {
    for (let a = 0; a < this.stations.length; a++) {
      for (let b = a + 1; b < this.stations.length; b++) {
        if (!this.isConnected(a, b)) this.world.after(this.world.uniform(10, 1000), () => this.connect(a, b))
      }
    }
  }

  private connect(a: number, b: number): void {
    const sides = [this.stations[a] as Station, this.stations[b] as Station] as const
    if (this.isConnected(a, b) || sides[0].id === sides[1].id || !sides[0].alive || !sides[1].alive || this.isCut(a, b) || this.isCut(b, a)) return
    this.linksOf(a).add(b)
    this.linksOf(b).add(a)
    this.linkSince.set(this.pair(a, b), this.world.now)
    this.world.note(() => `net     ${a}-${b} connected`)
    sides[0].connected(b)
    sides[1].connected(a)
  }

  disconnect(a: number, b: number): void {
    const link = this.pair(a, b)
    if (!this.linksOf(a).delete(b)) return
    this.linksOf(b).delete(a)
    this.linkSince.set(link, this.world.now)
    this.generation.set(link, (this.generation.get(link) ?? 0) + 1)
    this.world.note(() => `net     ${a}-${b} disconnected`)
    for (const [side, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const station = this.stations[side] as Station
      if (station.alive) this.world.after(this.world.uniform(0, 5), () => station.alive && !this.isConnected(side, other) && station.disconnected(other))
    }
  }

  /** To a process of that name that `from` is connected with; of two, half of the mesh keeps to the one, half to the other. */
  sendToId(from: number, to: string, traffic: Traffic, payload: unknown): boolean {
    const named = this.byId.get(to) ?? []
    let station = named[0]
    if (named.length > 1) {
      const near = this.namesakes(from, to)
      station = near[from % near.length]
    }
    return station !== undefined && this.send(from, station, traffic, payload)
  }

  /** Processes of a name that `from` is connected with. */
  namesakes(from: number, name: string): number[] {
    return (this.byId.get(name) ?? []).filter((index) => this.isConnected(from, index))
  }

  /** Returns false when there is no connection, as a channel does. */
  send(from: number, to: number, traffic: Traffic, payload: unknown): boolean {
    if (!this.isConnected(from, to)) return false
    const { world, conditions } = this
    this.sent += 1
    this.overheard?.(payload)
    if (this.isCut(from, to)) return true
    const lost = traffic === 'loose' ? conditions.loss : conditions.loss / 4
    if (lost > 0 && world.chance(lost)) return true
    this.deliverLater(from, to, traffic, payload)
    if (traffic === 'loose' && conditions.duplication > 0 && world.chance(conditions.duplication)) this.deliverLater(from, to, traffic, payload)
    return true
  }

  private deliverLater(from: number, to: number, traffic: Traffic, payload: unknown): void {
    const { world, conditions } = this
    const slow = Math.max(this.slowness.get(from) ?? 1, this.slowness.get(to) ?? 1)
    let delay = world.uniform(conditions.minDelayMs, conditions.maxDelayMs) * slow
    if (conditions.straggling > 0 && world.chance(conditions.straggling)) delay *= world.uniform(2, 100)
    let arrival = world.now + delay
    if (traffic === 'stream') {
      const link = this.directed(from, to)
      arrival = Math.max(arrival, this.lastArrival.get(link) ?? 0)
      this.lastArrival.set(link, arrival)
    }
    const pair = this.pair(from, to)
    const generation = this.generation.get(pair) ?? 0
    world.at(arrival, () => {
      const station = this.stations[to] as Station
      if (!station.alive || (this.generation.get(pair) ?? 0) !== generation || this.isCut(from, to)) return
      station.deliver(from, payload)
    })
  }

  private directed(from: number, to: number): number {
    return from * MAX_STATIONS + to
  }

  private pair(a: number, b: number): number {
    return Math.min(a, b) * MAX_STATIONS + Math.max(a, b)
  }
}
