/**
 * Partitions between real peers, as the test says, while they run: for each pair and direction, cut and healed. Tells the
 * processes over a local socket (`preload.mjs` does the cutting there); a change is in force when `split`, `cut` or `heal` resolve.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Cluster, type ClusterOptions, type ClusterPeer, waitFor } from '../../../node/demo/cluster.ts'

const PRELOAD = pathToFileURL(fileURLToPath(new URL('preload.mjs', import.meta.url))).href
/** A peer that is busy training takes its time to read the socket. */
const OBEYED_TIMEOUT_MS = 20_000

interface Link {
  readonly socket: Socket
  /** Newest version that this process obeys. */
  version: number
}

export class Partitions {
  private readonly directory: string
  private readonly server: Server
  private readonly links = new Set<Link>()
  private readonly cuts = new Set<string>()
  private version = 1
  private cluster: Cluster | null = null

  private constructor(directory: string) {
    this.directory = directory
    this.server = createServer((socket) => this.serve(socket))
  }

  /** A cluster whose peers can be parted. Both are stopped by `stop`. */
  static async create(options: ClusterOptions = {}): Promise<{ mesh: Cluster; network: Partitions }> {
    const network = new Partitions(await mkdtemp(join(tmpdir(), 'cyxwiz-cuts-')))
    await new Promise<void>((done) => network.server.listen(network.path, done))
    network.cluster = await Cluster.create({
      ...options,
      fixedPorts: true,
      envOf: ({ name }) => ({ NODE_OPTIONS: `--import=${PRELOAD}`, CYXWIZ_TEST_CUTS: network.path, CYXWIZ_TEST_PEER: name }),
    })
    return { mesh: network.cluster, network }
  }

  async stop(): Promise<void> {
    await this.cluster?.stop()
    for (const { socket } of this.links) socket.destroy()
    await new Promise((done) => this.server.close(done))
    await rm(this.directory, { recursive: true, force: true })
  }

  /** Nothing goes from one to the other any more; the other way is as it was. */
  async cut(from: ClusterPeer, to: ClusterPeer): Promise<void> {
    this.cuts.add(`${from.name}>${to.name}`)
    await this.tell()
  }

  /** Each peer reaches those of its own group only. */
  async split(...groups: readonly (readonly ClusterPeer[])[]): Promise<void> {
    for (const group of groups) {
      for (const other of groups) {
        if (group !== other) for (const from of group) for (const to of other) this.cuts.add(`${from.name}>${to.name}`)
      }
    }
    await this.tell()
  }

  async heal(): Promise<void> {
    this.cuts.clear()
    await this.tell()
  }

  private get path(): string {
    return join(this.directory, 'cuts.sock')
  }

  private serve(socket: Socket): void {
    const link: Link = { socket, version: 0 }
    this.links.add(link)
    socket.on('error', () => {}) // killed: `close` follows
    socket.once('close', () => this.links.delete(link))
    createInterface({ input: socket }).on('line', (line) => {
      link.version = Math.max(link.version, Number(line))
    })
    // Everybody: the newcomer's port is news to all.
    this.publish()
  }

  private publish(): void {
    this.version += 1
    const ports = Object.fromEntries((this.cluster?.peers ?? []).map(({ port, name }) => [port, name]))
    const line = `${JSON.stringify({ version: this.version, ports, cuts: [...this.cuts] })}\n`
    for (const { socket } of this.links) socket.write(line)
  }

  private async tell(): Promise<void> {
    this.publish()
    const { version } = this
    await waitFor(() => [...this.links].every((link) => link.version >= version), OBEYED_TIMEOUT_MS, 'cuts were not obeyed by all peers', 5)
  }
}
