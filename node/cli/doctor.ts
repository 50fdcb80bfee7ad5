/**
 * `cyxwiz doctor`: can this machine train, and if not, what is missing and how to get it. Every check stands alone: one
 * that fails does not hide the others. Exit code 1 when any failed.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import pc from 'picocolors'
import type { KernelDevice } from '../../kernels/index.ts'
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { TunedChoice } from '../../kernels/tuning/table.ts'
import type { OpenedDevice } from '../../protocol/compute/index.ts'
import { openNativeDevice, startComputeHost } from '../compute/index.ts'
import { listDatasets } from '../data/datasets.ts'
import { formatBytes } from '../events/index.ts'
import { DASHBOARD } from '../http/peer-http.ts'
import { loadWebRtc } from '../peer/webrtc.ts'
import { vulkanCommands } from '../setup/vulkan.mjs'
import { writeDurably } from '../store/blobs.ts'
import { storeErrorOf } from '../store/errors.ts'
import { defaultDataDir, isDirectoryLocked } from '../store/index.ts'
import { type CommonOptions, type DeviceOptions, withCommonOptions, withDeviceOptions } from './args.ts'
import { EXIT_FAILED, failureOf } from './errors.ts'
import { type Output, runCommand } from './output.ts'
import { selfCheck } from './self-check.ts'

export interface DoctorOptions extends CommonOptions, DeviceOptions {
  readonly dataDir?: string
}

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** What to do about it. */
  readonly advice?: readonly string[]
}

export function registerDoctor(program: Command): void {
  withDeviceOptions(withCommonOptions(program.command('doctor')))
    .description('check GPU, driver, memory, kernels, data directory, ports and data sets')
    .option('--data-dir <dir>', 'data directory to check')
    .action((options: DoctorOptions) => runCommand(options, (output) => doctor(options, output)))
}

async function doctor(options: DoctorOptions, output: Output): Promise<number> {
  const checks: Check[] = []
  const found: Found = { device: null, memory: null, kernels: {} }
  const check = async (name: string, work: () => Promise<string>, advice: () => readonly string[] = () => []): Promise<void> => {
    let result: Check
    try {
      result = { name, ok: true, detail: await work() }
    } catch (error) {
      const hints = advice()
      result = { name, ok: false, detail: failureOf(error).message, ...(hints.length === 0 ? {} : { advice: hints }) }
    }
    checks.push(result)
    if (!output.json) process.stdout.write(lineOf(result))
  }

  await check('node', async () => `Node.js ${process.versions.node} on ${process.platform}-${process.arch}`)
  await checkGpu(options, check, found)
  const dataDir = resolve(options.dataDir ?? defaultDataDir())
  await check('data directory', () => checkDataDirectory(dataDir))
  await check('ports', checkPorts)
  await check('WebRTC', checkWebRtc)
  await check('dashboard', async () => (existsSync(join(DASHBOARD, 'index.html')) ? 'built' : 'not built: "npm run build" makes the page that peers serve'))
  await check('data sets', async () =>
    listDatasets()
      .map(({ name, installed }) => `${name}${installed ? '' : ' (not installed)'}`)
      .join(', '),
  )

  const ok = checks.every((one) => one.ok)
  if (output.json) output.result({ ok, checks, ...found }, '')
  return ok ? 0 : EXIT_FAILED
}

/** What `--json` tells beside the checks. */
interface Found {
  device: DeviceReport | null
  memory: MemoryReport | null
  /** By shape class. */
  kernels: Readonly<Record<string, TunedChoice>>
}

type RunCheck = (name: string, work: () => Promise<string>, advice?: () => readonly string[]) => Promise<void>

async function checkGpu(options: DoctorOptions, check: RunCheck, found: Found): Promise<void> {
  const params = { gpu: options.gpu, memoryLimitBytes: options.memoryLimit ?? null }
  const advice = (): readonly string[] => Object.entries(vulkanCommands()).map(([system, command]) => `${system}: ${command}`)
  const opened: OpenedDevice<KernelDevice>[] = []
  await check(
    'gpu',
    async () => {
      const one = await openNativeDevice(params)
      opened.push(one)
      const { report } = one
      found.device = report
      return `${report.description} (${report.vendor} ${report.architecture}, ${report.backend}, ${report.type})`
    },
    advice,
  )
  if (opened[0] === undefined) return
  const { device, report, memory, close } = opened[0]
  await check('features', async () => report.features.filter((name) => WANTED.includes(name)).join(', ') || 'none of the optional ones')
  await check('limits', async () =>
    LIMITS.map((name) => `${name} ${name.endsWith('Size') ? formatBytes(report.limits[name] ?? 0) : report.limits[name]}`).join(', '),
  )
  await check('memory', async () => {
    const report = memory()
    found.memory = report
    const { totalBytes, freeBytes, source, limitBytes } = report
    const known = totalBytes === null || freeBytes === null ? 'unknown' : `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`
    return `${known} (source: ${source}), this peer may take ${formatBytes(limitBytes)}`
  })
  await check('kernels', async () => {
    const { ok, gradientError, milliseconds } = await selfCheck(device)
    if (!ok) throw new Error(`the gradient of a small model differs from the reference by ${gradientError.toExponential(1)}: the driver computes wrongly`)
    return `a gradient agrees with the reference within ${gradientError.toExponential(1)} (${milliseconds.toFixed(0)} ms, first compilation included)`
  })
  await check('kernel choices', async () => {
    const choices = device.tuning?.table.entries() ?? []
    found.kernels = Object.fromEntries(choices)
    if (choices.length === 0) return 'nothing measured on this adapter yet: a GPU is at its first job, others by "cyxwiz bench matmul"; best guesses until then'
    const rejected = choices.flatMap(([shape, choice]) => Object.entries(choice.rejected).map(([name, why]) => `${shape} ${name}: ${why}`))
    const list = choices.map(([shape, { variant }]) => `\n       ${shape}: ${variant}`).join('')
    return `${choices.length} kinds of shapes measured${rejected.length === 0 ? '' : `, turned away: ${rejected.join('; ')}`}${list}`
  })
  close()
  await check('compute process', async () => {
    const startMs = performance.now()
    const host = await startComputeHost(params)
    await host.stop()
    return `starts and ends in ${((performance.now() - startMs) / 1000).toFixed(1)} s`
  })
}

/** Optional features that kernels make use of. */
const WANTED: readonly string[] = ['shader-f16', 'subgroups', 'subgroup-size-control', 'timestamp-query', 'chromium-experimental-subgroup-matrix']
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
] as const

/** Leaves nothing behind: a directory that is not there yet is not made by asking. */
async function checkDataDirectory(dataDir: string): Promise<string> {
  let folder = dataDir
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  const probe = join(folder, `.cyxwiz-doctor-${process.pid}`)
  try {
    await writeDurably(probe, (file) => file.writeFile(new Uint8Array(4096)))
    await rm(probe)
  } catch (error) {
    throw storeErrorOf(error, `data directory ${dataDir}`)
  }
  if (folder !== dataDir) return `${dataDir} can be made`
  return `${dataDir} can be written${isDirectoryLocked(dataDir) ? ', a peer is running there' : ''}`
}

async function checkPorts(): Promise<string> {
  const listen = (host: string): Promise<number> =>
    new Promise((resolvePort, reject) => {
      const server = createServer().once('error', reject)
      server.listen(0, host, () => {
        const address = server.address()
        server.close(() => resolvePort(typeof address === 'object' && address !== null ? address.port : 0))
      })
    })
  const port = await listen('127.0.0.1')
  return `TCP can be listened to on 127.0.0.1 (tried port ${port})`
}

/** A peer works without: pages dial it by WebSockets then. */
async function checkWebRtc(): Promise<string> {
  let why = ''
  const loaded = await loadWebRtc((reason) => {
    why = reason
  })
  if (loaded === null) return `not on this platform, pages dial by WebSockets only (${why})`
  return 'pages of other hosts can dial this peer (WebRTC-Direct, UDP)'
}

function lineOf({ name, ok, detail, advice = [] }: Check): string {
  const mark = ok ? pc.green('ok  ') : pc.red('FAIL')
  return `${mark} ${name.padEnd(16)} ${detail}\n${advice.map((line) => `       ${line}\n`).join('')}`
}
