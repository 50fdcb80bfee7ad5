/**
 * `cyxwiz peer`: a native peer of a mesh, until it is told to stop. SIGINT and SIGTERM leave in good order; a second
 * one ends at once.
 */
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { checkMeshName } from '../../protocol/mesh/names.ts'
import type { HttpAddress } from '../http/address.ts'
import { openLog } from '../peer/log.ts'
import { NativePeer } from '../peer/native-peer.ts'
import { defaultDataDir } from '../store/index.ts'
import { type CommonOptions, parseBytes, parseCount, parseHttp, withCommonOptions } from './args.ts'
import { EXIT_FAILED, EXIT_OK, UsageError } from './errors.ts'
import { DEFAULT_MESH } from './mesh-client.ts'
import { notYet } from './not-yet.ts'
import { type Output, runCommand } from './output.ts'

interface PeerOptions extends CommonOptions {
  readonly listen: string[]
  readonly bootstrap: string[]
  readonly dataDir?: string
  readonly mesh: string
  readonly gpu: string
  readonly memoryLimit?: number
  readonly diskLimit?: number
  readonly slots: number
  readonly http: HttpAddress | 'off'
  readonly https?: HttpAddress | 'off'
  readonly httpsCert?: string
  readonly httpsKey?: string
  readonly lan?: boolean
  readonly vote: boolean
  readonly recoveryTimeout?: number
}

export function registerPeer(program: Command): void {
  const collect = (value: string, before: string[]): string[] => [...before, value]
  withCommonOptions(program.command('peer'))
    .description('run a native peer: join a mesh, contribute this GPU, keep the jobs of the mesh')
    .option('--listen <multiaddr>', 'address to listen on; may be given several times (default: loopback, free ports)', collect, [])
    .option('--bootstrap <multiaddr>', 'a peer to join through; may be given several times', collect, [])
    .option('--data-dir <dir>', 'identity, votes, jobs and blobs of this peer')
    .option('--mesh <name>', 'name of the mesh', DEFAULT_MESH)
    .option('--gpu <name>', 'adapter: auto, part of its name, or none', 'auto')
    .option('--memory-limit <bytes>', 'GPU memory to give at most, such as 2GiB', parseBytes)
    .option('--disk-limit <bytes>', 'disk space for data, checkpoints and weights at most', parseBytes)
    .option('--slots <n>', 'jobs that may train here at the same time', parseCount, 1)
    .option('--lan', 'listen on all interfaces and look for peers on the local network (mDNS)')
    .option('--no-vote', 'take no part in elections')
    .addOption(new Option('--invite <token>').hideHelp().argParser(notYet('--invite', 'every mesh is open')))
    .addOption(
      new Option('--http <host:port>', 'dashboard, /api/mesh, /health, /metrics; or off')
        .argParser(parseHttp)
        .default({ host: '127.0.0.1', port: 0 } satisfies HttpAddress, '127.0.0.1 at a free port'),
    )
    .addOption(new Option('--https <host:port>', 'the same over TLS, for tabs on other machines').argParser(parseHttp))
    .option('--https-cert <file>', 'certificate (chain) in PEM; self-signed without')
    .option('--https-key <file>', 'its private key in PEM')
    .addOption(new Option('--recovery-timeout <seconds>', 'without a majority for so long, carry on in a new epoch; 0 = never').argParser(parseSeconds))
    .action((options: PeerOptions) => runCommand(options, (output) => peer(options, output)))
}

async function peer(options: PeerOptions, output: Output): Promise<number> {
  try {
    checkMeshName(options.mesh)
  } catch (error) {
    throw new UsageError(`--mesh: ${(error as Error).message}`)
  }
  let end: (code: number) => void = () => {}
  const ended = new Promise<number>((done) => {
    end = done
  })
  const log = openLog(options.logLevel)
  let started = false
  const onSignal = (): void => {
    // Nothing to leave in good order yet, and what is on the disk is whole at every moment.
    if (!started) process.exit(EXIT_OK)
    for (const signal of SIGNALS) {
      process.off(signal, onSignal)
      process.once(signal, () => process.exit(EXIT_FAILED))
    }
    end(EXIT_OK)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  const native = await NativePeer.start(
    {
      dataDir: resolve(options.dataDir ?? defaultDataDir()),
      mesh: options.mesh,
      listen: options.listen,
      bootstrap: options.bootstrap,
      gpu: options.gpu,
      memoryLimitBytes: options.memoryLimit ?? null,
      diskLimitBytes: options.diskLimit ?? null,
      slots: options.slots,
      http: options.http === 'off' ? null : options.http,
      https: options.https === undefined || options.https === 'off' ? null : options.https,
      tlsFiles: tlsFilesOf(options),
      lan: options.lan === true,
      mayVote: options.vote,
      recoveryTimeoutMs: options.recoveryTimeout === undefined ? null : options.recoveryTimeout * 1000,
    },
    {
      log,
      emit: (event) => output.events.emit(event),
      onFatal: (error) => {
        const { code } = error as Error & { code?: string }
        const message = `this peer cannot go on: ${error.message}`
        output.events.emit({ event: 'error', code: code ?? 'FAILED', message })
        // The event is for programs then; who looks at the terminal or at the log of a service reads stderr.
        if (output.json) process.stderr.write(`cyxwiz: ${message}\n`)
        end(EXIT_FAILED)
      },
    },
  )
  started = true
  // Started by a program that must not leave peers behind, even when it is killed: its end of stdin closes then.
  if (process.env.CYXWIZ_END_WITH_STDIN === '1') process.stdin.on('end', () => end(EXIT_OK)).resume()
  const code = await ended
  setTimeout(() => process.exit(code), STOP_TIMEOUT_MS)
  await native.stop()
  return code
}

function tlsFilesOf({ https, httpsCert, httpsKey }: PeerOptions): { certFile: string; keyFile: string } | null {
  if (httpsCert === undefined && httpsKey === undefined) return null
  if (httpsCert === undefined) throw new UsageError('--https-key: needs --https-cert, the certificate of that key')
  if (httpsKey === undefined) throw new UsageError('--https-cert: needs --https-key, the key of that certificate')
  if (https === undefined || https === 'off') throw new UsageError('--https-cert: is for --https HOST:PORT, which is not there')
  return { certFile: httpsCert, keyFile: httpsKey }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** Who ends a peer waits three seconds at most, also when others do not answer its goodbye. */
const STOP_TIMEOUT_MS = 2500

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0) throw new UsageError(`--recovery-timeout ${text}: must be a number of seconds, 0 or more`)
  return seconds
}
