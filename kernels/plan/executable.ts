/**
 * A plan bound to a device: buffers allocated, pipelines compiled, bind groups made. Encoding a program afterwards is
 * a loop of setPipeline, setBindGroup and dispatchWorkgroups, with no allocation and no decision left.
 *
 * Invariant: after `dispose` no buffer of this executable is alive; after a failed `create` neither.
 */
import type { DeviceBuffer, KernelDevice } from '../device/device.ts'
import { BUFFER_USAGE } from '../device/usage.ts'
import { KernelError } from '../errors.ts'
import type { KernelVariant } from '../ops/op.ts'
import type { PlannedBinding, PlannedBuffer, PlannedDispatch } from './types.ts'
import { assembleKernel, MAX_WORKGROUPS_PER_DIMENSION, STEP_UNIFORM_BYTES } from './wgsl.ts'

interface BoundKernel {
  readonly pipeline: GPUComputePipeline
  readonly group: GPUBindGroup
  readonly workgroups: readonly [number, number, number]
}

/** A named list of dispatches, ready to encode. */
export interface BoundProgram {
  readonly kernels: readonly BoundKernel[]
  /** `label: variant`, in order: the record that makes a run reproducible. */
  readonly chosen: readonly string[]
}

const USAGE_BITS: Record<PlannedBuffer['use'], number> = {
  storage: BUFFER_USAGE.STORAGE | BUFFER_USAGE.COPY_SRC | BUFFER_USAGE.COPY_DST,
  uniform: BUFFER_USAGE.UNIFORM | BUFFER_USAGE.COPY_DST,
  readback: BUFFER_USAGE.MAP_READ | BUFFER_USAGE.COPY_DST,
}

/** GPU buffers by planned name, allocated and released together. */
export class BufferSet {
  readonly #device: KernelDevice
  readonly #buffers: ReadonlyMap<string, DeviceBuffer>

  private constructor(device: KernelDevice, buffers: ReadonlyMap<string, DeviceBuffer>) {
    this.#device = device
    this.#buffers = buffers
  }

  static async allocate(device: KernelDevice, planned: readonly PlannedBuffer[]): Promise<BufferSet> {
    const buffers = await device.allocate(planned.map(({ name, bytes, category, use }) => ({ label: name, bytes, category, usage: USAGE_BITS[use] })))
    return new BufferSet(device, new Map(buffers.map((buffer) => [buffer.label, buffer])))
  }

  get(name: string): GPUBuffer {
    const buffer = this.#buffers.get(name)
    if (buffer === undefined) throw new RangeError(`no buffer named ${name} in this plan`)
    return buffer.raw
  }

  has(name: string): boolean {
    return this.#buffers.has(name)
  }

  get bytes(): number {
    let sum = 0
    for (const buffer of this.#buffers.values()) sum += buffer.bytes
    return sum
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) this.#device.release(buffer)
  }
}

/** Compiles all kernels in parallel and binds them to `buffers` (looked up in order, the first set that has the name). */
export async function bindProgram(device: KernelDevice, dispatches: readonly PlannedDispatch[], buffers: readonly BufferSet[]): Promise<BoundProgram> {
  const find = (name: string): GPUBuffer => {
    const set = buffers.find((candidate) => candidate.has(name))
    if (set === undefined) throw new RangeError(`no buffer named ${name} in this plan`)
    return set.get(name)
  }
  const bound = await Promise.all(dispatches.map((dispatch) => bindKernel(device, dispatch, find)))
  return { kernels: bound.map((entry) => entry.kernel), chosen: bound.map((entry) => entry.chosen) }
}

async function bindKernel(device: KernelDevice, dispatch: PlannedDispatch, find: (name: string) => GPUBuffer) {
  const variant = pickVariant(device, dispatch)
  const kernel = await bindVariant(device, dispatch.label, variant, dispatch.bindings, find)
  return { kernel, chosen: `${dispatch.label}: ${variant.name}` }
}

/** What was measured to be fastest on this adapter; else the best guess that has not failed its check there. */
export function pickVariant(device: KernelDevice, { label, node, variants }: PlannedDispatch): KernelVariant {
  const candidates = variants(device.caps).filter(({ workgroups }) => workgroups.every((count) => count <= MAX_WORKGROUPS_PER_DIMENSION))
  const tuned = node && device.tuning?.table.get(node.shapeClass)
  const variant =
    candidates.find(({ name }) => name === tuned?.variant) ?? candidates.find(({ name, unproved }) => unproved !== true && tuned?.rejected[name] === undefined)
  if (variant === undefined) {
    const what = `no kernel of ${label} runs on this device within ${MAX_WORKGROUPS_PER_DIMENSION} workgroups per dimension`
    throw new KernelError('UNSUPPORTED', what, { label })
  }
  return variant
}

/** Compiles one variant and binds it; `label` names it in errors. */
export async function bindVariant(
  device: KernelDevice,
  label: string,
  variant: KernelVariant,
  bindings: readonly PlannedBinding[],
  find: (name: string) => GPUBuffer,
): Promise<BoundKernel> {
  if (variant.operands.length !== bindings.length) {
    throw new RangeError(`kernel ${label} declares ${variant.operands.length} operands for ${bindings.length} bindings`)
  }
  const { maxBindingBytes, maxStorageBuffersPerStage } = device.caps
  if (bindings.length > maxStorageBuffersPerStage) {
    throw new KernelError('UNSUPPORTED', `kernel ${label} needs ${bindings.length} storage buffers, this device binds ${maxStorageBuffersPerStage}`)
  }
  const operands = bindings.map((binding, index) => {
    if (binding.sizeBytes > maxBindingBytes) {
      throw new KernelError(
        'OUT_OF_MEMORY',
        `kernel ${label}: ${binding.buffer} needs a binding of ${binding.sizeBytes} bytes, this device's maxStorageBufferBindingSize is ${maxBindingBytes}`,
        { buffer: binding.buffer, neededBytes: binding.sizeBytes, limitBytes: maxBindingBytes },
      )
    }
    const operand = variant.operands[index]
    if (operand === undefined) throw new RangeError(`kernel ${label} has no operand ${index}`)
    return { ...operand, access: binding.access }
  })
  const usesStep = variant.usesStep === true
  const kernel = assembleKernel(operands, usesStep, variant.enable ?? [], variant.code)
  const entries: GPUBindGroupEntry[] = bindings.map((binding, index) => ({
    binding: index,
    resource: { buffer: find(binding.buffer), offset: binding.offsetBytes, size: binding.sizeBytes },
  }))
  if (usesStep) entries.push({ binding: entries.length, resource: { buffer: find('step'), size: STEP_UNIFORM_BYTES } })
  const group = device.raw.createBindGroup({ label, layout: device.pipelines.layout(kernel.bindings), entries })
  const pipeline = await device.pipelines.pipeline(`${label}/${variant.name}`, kernel.wgsl, kernel.bindings)
  return { pipeline, group, workgroups: variant.workgroups }
}

export function encodeProgram(pass: GPUComputePassEncoder, program: BoundProgram): void {
  for (const kernel of program.kernels) {
    pass.setPipeline(kernel.pipeline)
    pass.setBindGroup(0, kernel.group)
    pass.dispatchWorkgroups(...kernel.workgroups)
  }
}
