/**
 * Compute pipelines, compiled once per WGSL text and shared by every plan on the device. Layouts are explicit, so that
 * equal binding lists share one bind-group layout and bind groups can be made before a pipeline is ready.
 */
import { KernelError } from '../errors.ts'
import type { KernelDevice } from './device.ts'
import { SHADER_STAGE_COMPUTE } from './usage.ts'

export type BindingAccess = 'read' | 'read_write' | 'uniform'

const BUFFER_TYPES = { read: 'read-only-storage', read_write: 'storage', uniform: 'uniform' } as const

export class PipelineCache {
  #device: KernelDevice
  #layouts = new Map<string, GPUBindGroupLayout>()
  #pipelines = new Map<string, Promise<GPUComputePipeline>>()

  constructor(device: KernelDevice) {
    this.#device = device
  }

  /** Pipelines compiled so far (for tests and `doctor`). */
  get size(): number {
    return this.#pipelines.size
  }

  layout(bindings: readonly BindingAccess[]): GPUBindGroupLayout {
    const key = bindings.join(',')
    let layout = this.#layouts.get(key)
    if (layout === undefined) {
      layout = this.#device.raw.createBindGroupLayout({
        label: key,
        entries: bindings.map((access, binding) => ({ binding, visibility: SHADER_STAGE_COMPUTE, buffer: { type: BUFFER_TYPES[access] } })),
      })
      this.#layouts.set(key, layout)
    }
    return layout
  }

  pipeline(label: string, wgsl: string, bindings: readonly BindingAccess[]): Promise<GPUComputePipeline> {
    const key = `${bindings.join(',')}\n${wgsl}`
    let pipeline = this.#pipelines.get(key)
    if (pipeline === undefined) {
      pipeline = this.#compile(label, wgsl, bindings)
      this.#pipelines.set(key, pipeline)
      // A failed compile must not be cached: the next attempt may come after its cause is gone.
      pipeline.catch(() => this.#pipelines.delete(key))
    }
    return pipeline
  }

  async #compile(label: string, wgsl: string, bindings: readonly BindingAccess[]): Promise<GPUComputePipeline> {
    const device = this.#device
    device.assertSound()
    device.raw.pushErrorScope('validation')
    const module = device.raw.createShaderModule({ label, code: wgsl })
    const layout = device.raw.createPipelineLayout({ label, bindGroupLayouts: [this.layout(bindings)] })
    const scope = device.raw.popErrorScope()
    const pipeline = device.raw.createComputePipelineAsync({ label, layout, compute: { module, entryPoint: 'main' } })
    // Both promises need a handler at once: whichever fails first ends this function.
    pipeline.catch(() => {})
    const error = await device.guard(scope)
    if (error !== null) throw new KernelError('GPU_VALIDATION', `kernel ${label}: ${error.message}`, { label })
    try {
      return await device.guard(pipeline)
    } catch (cause) {
      if (cause instanceof KernelError) throw cause
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new KernelError('GPU_VALIDATION', `kernel ${label}: ${message}`, { label }, { cause })
    }
  }
}
