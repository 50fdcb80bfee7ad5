/**
 * The native GPU: Dawn, behind the standard `GPU` interface that `kernels/` takes. `--gpu NAME` picks the adapter whose
 * name contains NAME; a name that fits none ends in an error that lists those there are.
 *
 * Dawn's object must outlive every promise it gave out: collected early, it takes the process down with futex errors.
 * So each one is held on `globalThis`, and a process that used it must end by `process.exit()`.
 */
import { createRequire } from 'node:module'
import { KernelError } from '../../kernels/errors.ts'
import { prepareDriver } from './driver.ts'
import { silenced } from './quiet.ts'

export interface OpenGpuOptions {
  /** `auto`: the fastest. `none`: refuse. Anything else: part of an adapter's name. */
  readonly gpu?: string
}

interface DawnModule {
  create(flags: string[]): GPU
  readonly globals: Record<string, unknown>
}

/** `allow_unsafe_apis` for experimental features, the f16 of NVIDIA (checked by kernels before use), exact timestamps. */
const FLAGS = ['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia', 'disable-dawn-features=timestamp_quantization']

const holder = globalThis as typeof globalThis & { cyxwizGpus?: Map<string, GPU> }

export function openGpu(options: OpenGpuOptions = {}): GPU {
  const name = options.gpu ?? 'auto'
  if (name === 'none') throw new KernelError('NO_ADAPTER', 'open GPU: switched off by --gpu none', { gpu: name })
  holder.cyxwizGpus ??= new Map()
  const opened = holder.cyxwizGpus.get(name)
  if (opened !== undefined) return opened
  const gpu = named(dawn().create(name === 'auto' ? FLAGS : [...FLAGS, `adapter=${name}`]), name)
  holder.cyxwizGpus.set(name, gpu)
  return gpu
}

/** What Dawn knows and the standard adapter info does not say. */
export function nativeBackend(platform: NodeJS.Platform = process.platform): string {
  return platform === 'darwin' ? 'metal' : platform === 'win32' ? 'd3d12' : 'vulkan'
}

let loaded: DawnModule | undefined

function dawn(): DawnModule {
  if (loaded !== undefined) return loaded
  prepareDriver()
  try {
    // Required, not imported: the driver's environment must be set before the native library is loaded.
    loaded = createRequire(import.meta.url)('webgpu') as DawnModule
  } catch (cause) {
    throw new KernelError('NO_ADAPTER', `open GPU: Dawn does not load on ${process.platform}-${process.arch}: ${firstLine(cause)}`, {}, { cause })
  }
  Object.assign(globalThis, loaded.globals)
  return loaded
}

/** The same GPU, with Dawn's plain-text failures turned into errors that name the culprit. */
function named(gpu: GPU, name: string): GPU {
  const wrapped: Omit<GPU, '__brand'> = {
    wgslLanguageFeatures: gpu.wgslLanguageFeatures,
    getPreferredCanvasFormat: () => gpu.getPreferredCanvasFormat(),
    async requestAdapter(request) {
      try {
        return await silenced(() => gpu.requestAdapter(request))
      } catch (cause) {
        throw adapterError(cause, name)
      }
    },
  }
  return wrapped as GPU
}

/** Dawn answers a wrong name with "no suitable backends found" and a list: ` * backend: 'vulkan', name: 'NVIDIA H100'`. */
export function adapterError(cause: unknown, name: string): KernelError {
  const text = cause instanceof Error ? cause.message : String(cause)
  const adapters = [...text.matchAll(/name: '([^']*)'/g)].map((match) => match[1] ?? '')
  if (name !== 'auto' && adapters.length > 0) {
    const list = adapters.map((adapter) => `"${adapter}"`).join(', ')
    return new KernelError(
      'NO_ADAPTER',
      `open GPU: no adapter is named "${name}"; there ${adapters.length === 1 ? 'is' : 'are'} ${list}`,
      { gpu: name, adapters },
      { cause },
    )
  }
  return new KernelError('NO_ADAPTER', 'open GPU: no usable driver; `cyxwiz doctor` says what to install', { gpu: name, adapters }, { cause })
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
}

/** Where an adapter's memory lies, as far as its vendor tells; kernels find out about software adapters themselves. */
export function nativeType(
  info: Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'description'>,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform === 'darwin') return 'integrated'
  if (/nvidia/i.test(info.vendor)) return 'discrete'
  // Intel's cards with memory of their own are named Arc; AMD's are not to be told from its built-in ones by name.
  if (/intel/i.test(info.vendor)) return /\barc\b/i.test(info.description) ? 'discrete' : 'integrated'
  return undefined
}
