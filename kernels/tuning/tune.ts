/**
 * Measures, before a plan is bound, the kernels whose shape class the device's table does not know yet: one after the other,
 * alone on the device, on random data in buffers of their own.
 */

import { halfToNumber } from '../data/dtypes.ts'
import type { KernelDevice } from '../device/device.ts'
import { MAP_MODE_READ } from '../device/usage.ts'
import { KernelError } from '../errors.ts'
import { elementCount } from '../graph/graph.ts'
import { halfArray, roundToHalf } from '../half.ts'
import type { KernelVariant, TensorType } from '../ops/op.ts'
import { type BoundProgram, BufferSet, bindVariant, encodeProgram } from '../plan/executable.ts'
import { alignBytes, type PlannedBinding, type PlannedBuffer, type PlannedDispatch, type PlannedNode, tensorBytes } from '../plan/types.ts'
import { STEP_UNIFORM_BYTES } from '../plan/wgsl.ts'
import { chooseVariant, type Trial, toleranceOf } from './choose.ts'

/** Up to here the float64 reference takes a moment; beyond, the plainest kernel, which has no trick in it, is the truth. */
const MAX_REFERENCE_ELEMENTS = 65_536
/** A run is repeated until it takes so long, or the clock's steps and the submission would be what is measured. */
const MIN_RUN_MS = 2
const MAX_REPEATS = 64
const NEUTRAL_STEP = { count: 1_000_000, step: 1, seed: 1, sampleOffset: 0 }

/**
 * Fills the gaps of the device's table, where it measures at all: until the time that a plan may be held up for is over.
 * What is not measured then is guessed for good, so that all plans of a job choose alike.
 */
export async function tuneDispatches(device: KernelDevice, dispatches: readonly PlannedDispatch[]): Promise<void> {
  const { tuning } = device
  if (tuning === null || tuning.missing !== 'measure') return
  const { table } = tuning
  const endMs = tuning.now() + tuning.holdUpMs
  let added = false
  for (const { node } of dispatches) {
    if (node === undefined || table.has(node.shapeClass) || node.types.inputs.some(({ dtype }) => dtype === 'i32')) continue
    const variants = node.op.variants(node.types, device.caps)
    if (variants.length < 2) continue
    const mayBeMeasured = tuning.now() < endMs && elementsOf(node) <= tuning.mostElements
    if (mayBeMeasured && (await measured(device, node, variants))) added = true
    else table.guess(node.shapeClass)
  }
  if (added) tuning.changed(table)
}

/** False where there is no room for a trial beside what the device holds: the guess will do. */
async function measured(device: KernelDevice, node: PlannedNode, variants: readonly KernelVariant[]): Promise<boolean> {
  const { tuning } = device
  if (tuning === null) return false
  let bench: Workbench | null = null
  try {
    bench = await Workbench.open(device, node, tuning.now)
    tuning.table.add(node.shapeClass, await chooseVariant(bench, variants, await bench.expected(variants), node.types.outputs.map(toleranceOf)))
    return true
  } catch (error) {
    // A lost device is nothing that a guess could help.
    if (device.fault !== null || !(error instanceof KernelError)) throw error
    return false
  } finally {
    bench?.close()
  }
}

class Workbench implements Trial {
  readonly #device: KernelDevice
  readonly #node: PlannedNode
  readonly #buffers: BufferSet
  readonly #inputs: readonly Float32Array[]
  readonly #now: () => number
  readonly #repeats = new Map<string, number>()

  private constructor(device: KernelDevice, node: PlannedNode, buffers: BufferSet, inputs: readonly Float32Array[], now: () => number) {
    this.#device = device
    this.#node = node
    this.#buffers = buffers
    this.#inputs = inputs
    this.#now = now
  }

  static async open(device: KernelDevice, node: PlannedNode, now: () => number): Promise<Workbench> {
    const { inputs, outputs } = node.types
    const planned = [...inputs, ...outputs].map((type, i): PlannedBuffer => ({ name: operand(i), bytes: bytesOf(type), category: 'staging', use: 'storage' }))
    planned.push({ name: 'step', bytes: STEP_UNIFORM_BYTES, category: 'staging', use: 'uniform' })
    planned.push(...outputs.map((type, i): PlannedBuffer => ({ name: `readback.${i}`, bytes: bytesOf(type), category: 'staging', use: 'readback' })))
    const buffers = await BufferSet.allocate(device, planned)
    const random = uniform()
    const values = inputs.map(({ shape, dtype }) => {
      const value = Float32Array.from({ length: elementCount(shape) }, () => random() * 2 - 1)
      return dtype === 'f16' ? value.map(roundToHalf) : value
    })
    values.forEach((value, i) => {
      device.raw.queue.writeBuffer(buffers.get(operand(i)), 0, inputs[i]?.dtype === 'f16' ? halfArray(value) : value)
    })
    const { count, step, seed, sampleOffset } = NEUTRAL_STEP
    device.raw.queue.writeBuffer(buffers.get('step'), 0, new Uint32Array([count, step, seed, sampleOffset]))
    return new Workbench(device, node, buffers, values, now)
  }

  async expected(variants: readonly KernelVariant[]): Promise<readonly ArrayLike<number>[]> {
    if (elementsOf(this.#node) <= MAX_REFERENCE_ELEMENTS) {
      return this.#node.op.reference(
        this.#inputs.map((values) => Float64Array.from(values)),
        this.#node.types,
        NEUTRAL_STEP,
      )
    }
    const plainest = variants.at(-1)
    if (plainest === undefined) throw new RangeError('tuning: an op has at least one variant')
    return this.run(plainest)
  }

  async run(variant: KernelVariant): Promise<Float32Array[]> {
    const program = await this.#bind(variant)
    const { outputs, inputs } = this.#node.types
    const { queue } = this.#device.raw
    // What a kernel does not write must not look right by chance.
    outputs.forEach((type, i) => {
      queue.writeBuffer(this.#buffers.get(operand(inputs.length + i)), 0, new Float32Array(bytesOf(type) / 4).fill(1e30))
    })
    this.#submit(program, 1, true)
    const results: Float32Array[] = []
    for (const [i, type] of outputs.entries()) {
      const readback = this.#buffers.get(`readback.${i}`)
      await this.#device.guard(readback.mapAsync(MAP_MODE_READ))
      const bytes = readback.getMappedRange().slice(0, tensorBytes(type))
      results.push(type.dtype === 'f16' ? Float32Array.from(new Uint16Array(bytes), halfToNumber) : new Float32Array(bytes))
      readback.unmap()
    }
    return results
  }

  async time(variant: KernelVariant): Promise<number> {
    const program = await this.#bind(variant)
    for (let repeats = this.#repeats.get(variant.name) ?? 1; ; repeats *= 4) {
      const start = this.#now()
      this.#submit(program, repeats, false)
      await this.#device.guard(this.#device.raw.queue.onSubmittedWorkDone())
      const ms = this.#now() - start
      if (ms < MIN_RUN_MS && repeats < MAX_REPEATS) continue
      this.#repeats.set(variant.name, repeats)
      return (ms * 1000) / repeats
    }
  }

  close(): void {
    this.#buffers.dispose()
  }

  async #bind(variant: KernelVariant): Promise<BoundProgram> {
    const { inputs, outputs } = this.#node.types
    const bindings = [...inputs, ...outputs].map(
      (type, i): PlannedBinding => ({ buffer: operand(i), offsetBytes: 0, sizeBytes: bytesOf(type), access: i < inputs.length ? 'read' : 'read_write' }),
    )
    const kernel = await bindVariant(this.#device, `tuning ${this.#node.op.name}`, variant, bindings, (name) => this.#buffers.get(name))
    return { kernels: [kernel], chosen: [] }
  }

  #submit(program: BoundProgram, repeats: number, copies: boolean): void {
    const encoder = this.#device.raw.createCommandEncoder()
    const pass = encoder.beginComputePass()
    for (let i = 0; i < repeats; i++) encodeProgram(pass, program)
    pass.end()
    const { inputs, outputs } = this.#node.types
    if (copies) {
      outputs.forEach((type, i) => {
        encoder.copyBufferToBuffer(this.#buffers.get(operand(inputs.length + i)), 0, this.#buffers.get(`readback.${i}`), 0, bytesOf(type))
      })
    }
    this.#device.raw.queue.submit([encoder.finish()])
  }
}

const elementsOf = ({ types }: PlannedNode): number => [...types.inputs, ...types.outputs].reduce((sum, { shape }) => sum + elementCount(shape), 0)
const operand = (i: number): string => `operand.${i}`
const bytesOf = (type: TensorType): number => alignBytes(tensorBytes(type))

/** In [0, 1), the same on every machine. */
function uniform(): () => number {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
