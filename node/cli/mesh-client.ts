/**
 * How a command talks to a mesh: to the peer that runs on a data directory, through its local socket (that peer's key
 * signs); or to any peer by address, through a short-lived libp2p node with a key of this user's own.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Command } from 'commander'
import { ControlError } from '../../protocol/control/errors.ts'
import { askControl, signAction, signSpec } from '../../protocol/control/service.ts'
import type { ControlMethod, ControlMethods, JobDetail } from '../../protocol/control/types.ts'
import type { JobAction } from '../../protocol/jobs/actions.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import { checkMeshName } from '../../protocol/mesh/names.ts'
import { bytesToBase64 } from '../../protocol/wire/base64.ts'
import { askLocal } from '../peer/control-socket.ts'
import { componentLogger, openLog } from '../peer/log.ts'
import { createNativeMesh } from '../peer/native-mesh.ts'
import { storeErrorOf } from '../store/errors.ts'
import { defaultDataDir, makeFolder } from '../store/index.ts'
import type { CommonOptions } from './args.ts'
import { UsageError } from './errors.ts'

export const DEFAULT_MESH = 'cyxwiz'

export interface MeshOptions extends CommonOptions {
  readonly dataDir?: string
  readonly peer?: string
  readonly mesh?: string
}

export function withMeshOptions(command: Command): Command {
  return command
    .option('--data-dir <dir>', 'talk to the peer that runs on this data directory')
    .option('--peer <multiaddr>', 'talk to the peer at this address instead')
    .option('--mesh <name>', 'with --peer: the name of its mesh', DEFAULT_MESH)
}

export interface MeshClient {
  /** Files of this machine can be handed over. */
  readonly local: boolean
  ask<M extends ControlMethod>(method: M, params: ControlMethods[M]['params'], signal?: AbortSignal): AsyncGenerator<ControlMethods[M]['answer']>
  once<M extends ControlMethod>(method: M, params: ControlMethods[M]['params'], signal?: AbortSignal): Promise<ControlMethods[M]['answer']>
  submit(spec: JobSpec): Promise<{ jobId: string }>
  act(action: JobAction, jobId: string): Promise<{ jobId: string }>
  close(): Promise<void>
}

export async function openMeshClient(options: MeshOptions): Promise<MeshClient> {
  if (options.peer !== undefined && options.dataDir !== undefined) throw new UsageError('--peer and --data-dir: give one of the two')
  return options.peer === undefined ? localClient(resolve(options.dataDir ?? defaultDataDir())) : remoteClient(options.peer, options.mesh ?? DEFAULT_MESH)
}

/** Opens a client, uses it, closes it. */
export async function withMeshClient<T>(options: MeshOptions, use: (client: MeshClient) => Promise<T>): Promise<T> {
  const client = await openMeshClient(options)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

const never = new AbortController().signal

function clientOf(local: boolean, ask: MeshClient['ask'], more: Pick<MeshClient, 'submit' | 'act' | 'close'>): MeshClient {
  return { local, ask, once: (method, params, signal) => first(ask(method, params, signal)), ...more }
}

async function first<T>(answers: AsyncGenerator<T>): Promise<T> {
  for await (const answer of answers) return answer
  throw new ControlError('UNREACHABLE', 'the peer gave no answer')
}

function localClient(dataDir: string): MeshClient {
  const ask: MeshClient['ask'] = (method, params, signal = never) => askLocal(dataDir, method, params, signal) as never
  return clientOf(true, ask, {
    submit: (spec) => first(ask('submit', { spec })),
    act: (action, jobId) => first(ask('action', { action, jobId })),
    close: async () => {},
  })
}

async function remoteClient(address: string, mesh: string): Promise<MeshClient> {
  const target = parseAddress(address)
  checkMesh(mesh)
  const privateKey = await submitterKey(defaultDataDir())
  const libp2p = await createNativeMesh({ privateKey, mesh, listen: [], lan: false })
  const components = { libp2p, log: componentLogger(openLog('silent'), 'cyxwiz:cli') }
  const ask: MeshClient['ask'] = (method, params, signal = never) => askControl(components, mesh, target, method, params, signal) as never
  /** The peer asked passes nothing on that another one signed: the coordinator is asked itself. */
  const atCoordinator = async <T>(method: ControlMethod, params: Record<string, unknown>): Promise<T> => {
    try {
      return (await first(ask(method, params as never))) as T
    } catch (error) {
      if (!(error instanceof ControlError) || error.code !== 'NOT_LEADER') throw error
      const { peerId } = await first(ask('coordinator', {}))
      const leader = (await first(ask('peers', {}))).find((peer) => peer.peerId === peerId)
      if (leader === undefined) throw new ControlError('NO_COORDINATOR', 'the mesh has no coordinator at the moment')
      await libp2p.dial(leader.addresses.map((text) => multiaddr(text)))
      return (await first(askControl(components, mesh, leader.peerId, method, params, never))) as T
    }
  }
  return clientOf(false, ask, {
    submit: async (spec) => atCoordinator('submit', { signed: bytesToBase64(await signSpec(privateKey, spec)) }),
    act: async (action, id) => {
      const record: JobDetail = await first(ask('job', { jobId: id }))
      return atCoordinator('action', { signed: bytesToBase64(await signAction(privateKey, action, record)) })
    },
    close: async () => libp2p.stop(),
  })
}

function parseAddress(address: string) {
  try {
    return multiaddr(address)
  } catch (cause) {
    throw new UsageError(`--peer ${address}: not a multiaddr (example: /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW…)`, 'BAD_ADDRESS', { cause })
  }
}

function checkMesh(mesh: string): void {
  try {
    checkMeshName(mesh)
  } catch (error) {
    throw new UsageError(`--mesh: ${(error as Error).message}`)
  }
}

/** The key that signs what is submitted with `--peer`: made once, readable by this user only. */
async function submitterKey(dataDir: string): Promise<PrivateKey> {
  const path = join(dataDir, 'submitter.key')
  try {
    if (!existsSync(path)) {
      makeFolder(dataDir)
      const temporary = `${path}.${process.pid}`
      writeFileSync(temporary, randomBytes(32), { mode: 0o600, flag: 'wx' })
      try {
        linkSync(temporary, path) // complete, and never over the key that another command has just made
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      } finally {
        rmSync(temporary)
      }
    }
    return await generateKeyPairFromSeed('Ed25519', new Uint8Array(readFileSync(path)))
  } catch (error) {
    throw storeErrorOf(error, `key of this user, ${path}`)
  }
}
