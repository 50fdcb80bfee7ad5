/**
 * Native peers as separate processes on this machine: started, listened to, killed. Their data directories are temporary;
 * they end with this process, however it ends. The demo and the tests of real processes share this file.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ControlMethod, ControlMethods } from '../../protocol/control/types.ts'
import type { CyxEvent, PeerReadyEvent } from '../../protocol/events/types.ts'
import { askLocal } from '../peer/control-socket.ts'
import { bindable } from '../peer/ports.ts'

const BIN = fileURLToPath(new URL('../bin/cyxwiz.mjs', import.meta.url))
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5000
const FIXED_PORT_MIN = 20_000
const FIXED_PORT_MAX = 32_000

export interface ClusterOptions {
  /** Events of all peers, as they are printed. */
  readonly onEvent?: (event: CyxEvent, peer: ClusterPeer) => void
  /** What peers write to stderr. */
  readonly onLog?: (line: string, peer: ClusterPeer) => void
  readonly logLevel?: string
  /** Further arguments of `cyxwiz peer`. */
  readonly peerArguments?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Every peer listens on one TCP port, the same after a restart: lighter, and peers can be told apart by it. */
  readonly fixedPorts?: boolean
  /** Environment of one peer, beside `env`. */
  readonly envOf?: (peer: ClusterPeer) => Readonly<Record<string, string>>
  /** Called once for each peer, before its first start: its data directory is not there yet. */
  readonly prepare?: (peer: ClusterPeer) => void
  /** Peers that are being started are not waited for any longer. */
  readonly signal?: AbortSignal
}

export class ClusterPeer {
  readonly name: string
  readonly dataDir: string
  /** Of `fixedPorts`; null = free ports. */
  readonly port: number | null
  process: ChildProcess | null = null
  ready: PeerReadyEvent | null = null
  /** Stopped by SIGSTOP: neither answers nor goes away. */
  frozen = false
  readonly events: CyxEvent[] = []

  constructor(name: string, dataDir: string, port: number | null) {
    this.name = name
    this.dataDir = dataDir
    this.port = port
  }

  get id(): string {
    if (this.ready === null) throw new Error(`${this.name} is not ready`)
    return this.ready.peerId
  }

  get alive(): boolean {
    return this.process !== null && this.process.exitCode === null && this.process.signalCode === null
  }

  ask<M extends ControlMethod>(
    method: M,
    params: ControlMethods[M]['params'],
    signal = new AbortController().signal,
  ): AsyncGenerator<ControlMethods[M]['answer']> {
    return askLocal(this.dataDir, method, params, signal) as never
  }

  async once<M extends ControlMethod>(method: M, params: ControlMethods[M]['params']): Promise<ControlMethods[M]['answer']> {
    for await (const answer of this.ask(method, params)) return answer
    throw new Error(`${this.name} gave no answer to ${method}`)
  }
}

export class Cluster {
  readonly mesh = `local-${randomBytes(6).toString('hex')}`
  readonly peers: ClusterPeer[] = []
  private readonly options: ClusterOptions
  private readonly directory: string

  private constructor(options: ClusterOptions, directory: string) {
    this.options = options
    this.directory = directory
  }

  static async create(options: ClusterOptions = {}): Promise<Cluster> {
    return new Cluster(options, await mkdtemp(join(tmpdir(), 'cyxwiz-')))
  }

  get living(): ClusterPeer[] {
    return this.peers.filter((peer) => peer.alive && !peer.frozen && peer.ready !== null)
  }

  /** Starts so many peers: the first one, then the others side by side. */
  async start(peers: number, more: readonly string[] = []): Promise<ClusterPeer[]> {
    const first = await this.add(more)
    return [first, ...(await Promise.all(Array.from({ length: peers - 1 }, () => this.add(more))))]
  }

  /** Starts one more peer, joined to those that live; resolves when it is ready. */
  async add(more: readonly string[] = []): Promise<ClusterPeer> {
    const port = this.options.fixedPorts === true ? await fixedPort() : null
    const number = this.peers.length + 1
    const peer = new ClusterPeer(`peer ${number}`, join(this.directory, `p${number}`), port)
    this.peers.push(peer)
    this.options.prepare?.(peer)
    await this.run(peer, more)
    return peer
  }

  /** Starts a peer that was killed again, on its old data directory. */
  async run(peer: ClusterPeer, more: readonly string[] = []): Promise<void> {
    const bootstrap = this.living.filter((other) => other !== peer).flatMap((other) => ['--bootstrap', loopbackAddress(other)])
    const child = spawn(
      process.execPath,
      [
        BIN,
        'peer',
        '--json',
        '--mesh',
        this.mesh,
        '--data-dir',
        peer.dataDir,
        '--log-level',
        this.options.logLevel ?? 'warn',
        ...(peer.port === null ? [] : ['--listen', `/ip4/127.0.0.1/tcp/${peer.port}`]),
        ...bootstrap,
        ...(this.options.peerArguments ?? []),
        ...more,
      ],
      // One thread per software adapter: several peers share this machine.
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { LP_NUM_THREADS: '1', ...process.env, ...this.options.env, ...this.options.envOf?.(peer), CYXWIZ_END_WITH_STDIN: '1' },
      },
    )
    peer.process = child
    peer.ready = null
    peer.frozen = false
    const stderr: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => {
      stderr.push(line)
      this.options.onLog?.(line, peer)
    })
    const { signal: interrupt } = this.options
    await new Promise<void>((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`${peer.name} was not ready within ${READY_TIMEOUT_MS / 1000} s`)), READY_TIMEOUT_MS)
      const onInterrupt = (): void => {
        clearTimeout(timer)
        failed(interrupt?.reason)
      }
      if (interrupt?.aborted) onInterrupt()
      interrupt?.addEventListener('abort', onInterrupt, { once: true })
      child.once('exit', (code, signal) => {
        clearTimeout(timer)
        failed(new Error(`${peer.name} ended before it was ready (${signal ?? `exit code ${code}`}): ${stderr.slice(-3).join(' ')}`))
      })
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { time: _time, ...event } = JSON.parse(line) as CyxEvent & { time: string }
        peer.events.push(event as CyxEvent)
        if (event.event === 'peer.ready') {
          peer.ready = event as PeerReadyEvent
          clearTimeout(timer)
          done()
        }
        this.options.onEvent?.(event as CyxEvent, peer)
      })
    })
  }

  /** Sends a signal; resolves when the process has ended (at once for signals that do not end it). */
  async signal(peer: ClusterPeer, signal: NodeJS.Signals): Promise<void> {
    const child = peer.process
    if (child === null || !peer.alive) return
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') peer.frozen = signal === 'SIGSTOP'
    const ended = signal === 'SIGSTOP' || signal === 'SIGCONT' ? null : once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Waits until every living peer knows of every other one, and the committee is as large as it will be. */
  async settled(timeoutMs = 30_000): Promise<void> {
    const { living } = this
    const voters = living.length >= 5 ? 5 : living.length >= 3 ? 3 : 1
    await waitFor(
      async () => {
        this.options.signal?.throwIfAborted()
        for (const peer of living) {
          if ((await peer.once('peers', {})).length < living.length) return false
          const { peerId, voters: committee } = await peer.once('coordinator', {})
          if (peerId === null || committee.length < voters) return false
        }
        return true
      },
      timeoutMs,
      `the mesh of ${living.length} peers did not settle`,
    )
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.peers.map(async (peer) => {
        if (!peer.alive) return
        peer.process?.kill('SIGCONT')
        const timer = setTimeout(() => peer.process?.kill('SIGKILL'), STOP_TIMEOUT_MS)
        await this.signal(peer, 'SIGTERM')
        clearTimeout(timer)
      }),
    )
    await rm(this.directory, { recursive: true, force: true })
  }
}

export async function waitFor(check: () => Promise<boolean> | boolean, timeoutMs: number, what: string, everyMs = 100): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`${what} within ${timeoutMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Below the ports that systems give to outgoing connections: one of those would take it while its peer is down. */
async function fixedPort(): Promise<number> {
  for (;;) {
    const port = await bindable('tcp', '127.0.0.1', randomInt(FIXED_PORT_MIN, FIXED_PORT_MAX))
    if (port !== null) return port
  }
}

function loopbackAddress(peer: ClusterPeer): string {
  const address = peer.ready?.addresses.find((candidate) => candidate.includes('/tcp/') && !candidate.includes('/ws'))
  if (address === undefined) throw new Error(`${peer.name} has no TCP address`)
  return address
}
