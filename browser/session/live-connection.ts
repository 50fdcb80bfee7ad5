/**
 * In and out of a mesh: one tab peer at a time, its state in words, meshes used before. What is joined is joined for
 * watching; contributing is asked for separately.
 */
import type { Logger } from '@libp2p/interface'
import type { Clock } from '../../protocol/clock.ts'
import type { CyxEvent } from '../../protocol/events/types.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import { checkMeshName } from '../../protocol/mesh/names.ts'
import type { PeerStore } from '../../protocol/store.ts'
import type { ComputeProvider, DataAccess } from '../../protocol/training/compute-provider.ts'
import { parseDialAddress } from '../peer/addresses.ts'
import { TabPeer } from '../peer/tab-peer.ts'
import { Store } from '../state/store.ts'
import { linkOf } from './join-target.ts'
import type { ConnectionState, JoinTarget } from './types.ts'

/** Somebody must answer within this time for the mesh to count as reached. */
const ANSWER_TIMEOUT_MS = 12_000
const CHECK_EVERY_MS = 250

export interface ConnectionInit {
  readonly version: string
  readonly visible: () => boolean
  readonly vectorLength: (spec: JobSpec) => number
  readonly compute: ComputeProvider
  readonly clock: Clock
  readonly logger: (name: string) => Logger
  readonly emit: (event: CyxEvent) => void
  /** The store of one mesh; closed by `closeStore`. */
  readonly openStore: (mesh: string) => Promise<{ readonly store: PeerStore; readonly data: DataAccess; close(): Promise<void> }>
  readonly onJoined: (tab: TabPeer) => void
  readonly onLeft: () => void
}

const IDLE: ConnectionState = { phase: 'idle', mesh: null, peerId: null, bootstrap: [], addresses: [], detail: null }

export class ConnectionError extends Error {
  readonly code = 'NO_ANSWER'

  constructor(message: string) {
    super(message)
    this.name = 'ConnectionError'
  }
}

interface Joined {
  readonly tab: TabPeer
  readonly store: PeerStore
  target: JoinTarget
  readonly timer: ReturnType<typeof setInterval>
  close(): Promise<void>
}

export class LiveConnection {
  readonly state = new Store<ConnectionState>(IDLE)
  private readonly init: ConnectionInit
  private joined: Joined | null = null
  /** Joins and leaves one after the other, however fast somebody clicks. */
  private tail: Promise<unknown> = Promise.resolve()

  constructor(init: ConnectionInit) {
    this.init = init
  }

  get tab(): TabPeer | null {
    return this.joined?.tab ?? null
  }

  get store(): PeerStore | null {
    return this.joined?.store ?? null
  }

  connect(target: JoinTarget, signal?: AbortSignal): Promise<void> {
    return this.inOrder(async () => {
      checkTarget(target) // before anything is left
      if (this.joined?.target.mesh === target.mesh && this.state.value.phase === 'connected') {
        await this.dialMore(this.joined, target, signal)
        return
      }
      await this.leave()
      await this.join(target, signal)
    })
  }

  /** Out and in again: under another identity, say. */
  rejoin(needed: () => boolean): Promise<void> {
    return this.inOrder(async () => {
      const target = this.joined?.target
      if (target === undefined || !needed()) return
      await this.leave()
      await this.join(target)
    })
  }

  /** `released` runs when the storage is closed, before anything that was asked for later. */
  disconnect(released: () => void): Promise<void> {
    return this.inOrder(async () => {
      await this.leave()
      released()
      this.state.set(IDLE)
    })
  }

  joinLink(page: URL): string | null {
    if (this.joined === null) return null
    const { tab, target } = this.joined
    // Natives are what a newcomer can dial; what this tab was told works best, as it worked here.
    const natives = tab.peer.presence.list().filter(({ kind, peerId }) => kind === 'native' && peerId !== tab.peer.id)
    const reached = natives.flatMap(({ peerId }) =>
      tab.libp2p
        .getConnections()
        .filter((connection) => connection.remotePeer.toString() === peerId && connection.direct)
        .map((connection) => withPeer(connection.remoteAddr.toString(), peerId)),
    )
    const addresses = [...new Set([...target.addresses, ...reached])].slice(0, 6)
    return linkOf(page, { mesh: target.mesh, addresses })
  }

  /** Another address of the mesh this tab is in: nothing that runs is disturbed. */
  private async dialMore(joined: Joined, { addresses }: JoinTarget, signal?: AbortSignal): Promise<void> {
    const more = addresses.filter((address) => !joined.target.addresses.includes(address))
    for (const address of more) {
      const wait = AbortSignal.any([AbortSignal.timeout(ANSWER_TIMEOUT_MS), ...(signal === undefined ? [] : [signal])])
      await joined.tab.libp2p.dial(parseDialAddress(address), { signal: wait }).catch(() => {
        signal?.throwIfAborted()
        throw new ConnectionError(`nobody answers at ${address}: is the peer running, and reachable from this computer?`)
      })
    }
    joined.target = { ...joined.target, addresses: [...joined.target.addresses, ...more] }
    this.check()
  }

  private async join(target: JoinTarget, signal?: AbortSignal): Promise<void> {
    const { mesh, addresses } = target
    const bootstrap = addresses.map((address) => parseDialAddress(address))
    this.state.set({ ...IDLE, phase: 'connecting', mesh, bootstrap: addresses, detail: 'opening the storage of this browser' })
    const opened = await this.init.openStore(mesh).catch((error: Error) => this.failed(target, error))
    try {
      const tab = await TabPeer.start(
        {
          mesh,
          version: this.init.version,
          bootstrap,
          page: { host: location.hostname, secureScheme: location.protocol === 'https:' },
          visible: this.init.visible,
          vectorLength: this.init.vectorLength,
          emit: this.init.emit,
          onFatal: (error) => this.broken(error),
        },
        { store: opened.store, compute: this.init.compute, data: opened.data, clock: this.init.clock, logger: this.init.logger },
      )
      const timer = setInterval(() => this.check(), CHECK_EVERY_MS)
      this.joined = {
        tab,
        store: opened.store,
        target,
        timer,
        close: async () => {
          await tab.stop()
          await opened.close()
        },
      }
    } catch (error) {
      await opened.close()
      this.failed(target, error as Error)
    }
    this.init.onJoined((this.joined as Joined).tab)
    await this.answered(target, signal)
  }

  /** Stays joined when nobody answers: the peer goes on trying, and the state says so. */
  private async answered(target: JoinTarget, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + ANSWER_TIMEOUT_MS
    this.check()
    while (this.state.value.phase !== 'connected') {
      signal?.throwIfAborted()
      if (this.joined === null) throw new ConnectionError('left the mesh before anybody answered')
      if (performance.now() > deadline) {
        const connected = this.joined.tab.libp2p.getConnections().length > 0
        const why = connected
          ? `${target.addresses[0]} answers, but is in no mesh named "${target.mesh}" (another name, or another version)`
          : `nobody answers at ${target.addresses.join(', ')}: is the peer running, and reachable from this computer?`
        this.state.update((state) => ({ ...state, phase: 'failed', detail: why }))
        throw new ConnectionError(why)
      }
      await new Promise<void>((resolve) => setTimeout(resolve, CHECK_EVERY_MS / 2))
    }
  }

  /** From what the peer sees now to one of the phases. */
  private check(): void {
    if (this.joined === null) return
    const { tab, target } = this.joined
    const { peer, libp2p } = tab
    const others = peer.presence.list().length - 1
    const { leader } = peer.coordinator
    const before = this.state.value
    const connections = libp2p.getConnections().length
    const base = { mesh: target.mesh, peerId: peer.id, bootstrap: target.addresses, addresses: libp2p.getMultiaddrs().map(String) }
    let next: ConnectionState
    if (others > 0 && connections > 0) {
      next = { ...base, phase: 'connected', detail: leader === null ? 'the mesh is electing a coordinator' : null }
    } else if (before.phase === 'connected' || before.phase === 'lost') {
      next = { ...base, phase: 'lost', detail: navigator.onLine ? 'no peer of the mesh is reachable; still trying' : 'this computer is offline' }
    } else if (before.phase === 'failed') {
      next = { ...base, phase: 'failed', detail: before.detail }
    } else {
      next = { ...base, phase: 'connecting', detail: connections > 0 ? 'reached a peer, waiting for its mesh' : 'dialling' }
    }
    if (JSON.stringify(before) !== JSON.stringify(next)) this.state.set(next)
  }

  private async leave(): Promise<void> {
    const { joined } = this
    if (joined === null) return
    this.joined = null
    clearInterval(joined.timer)
    this.init.onLeft()
    await joined.close()
  }

  private failed(target: JoinTarget, error: Error): never {
    this.state.set({ ...IDLE, phase: 'failed', mesh: target.mesh, bootstrap: target.addresses, detail: error.message })
    throw error
  }

  private broken(error: Error): void {
    const { mesh, bootstrap } = this.state.value
    void this.inOrder(() => this.leave()).then(() => this.state.set({ ...IDLE, phase: 'failed', mesh, bootstrap, detail: error.message }))
  }

  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const run = this.tail.then(work)
    this.tail = run.catch(() => {})
    return run
  }
}

function checkTarget({ mesh, addresses }: JoinTarget): void {
  checkMeshName(mesh)
  if (addresses.length === 0) throw new ConnectionError('there is no address to join through')
  for (const address of addresses) parseDialAddress(address)
}

function withPeer(address: string, peerId: string): string {
  return address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`
}
