/**
 * Products of square matrices in the three forms that training needs, against other libraries on the same adapter in the
 * same run. Every contender's product is compared with float64 before it is timed.
 */
import { halfArray, roundToHalf } from '../../../kernels/half.ts'
import type { KernelDevice } from '../../../kernels/index.ts'
import { matmul } from '../../../kernels/ops/matmul/matmul.ts'
import type { MatmulForm } from '../../../kernels/ops/matmul/types.ts'
import { type AnyOp, BYTES_OF } from '../../../kernels/ops/op.ts'
import { BufferSet, bindProgram, encodeProgram } from '../../../kernels/plan/executable.ts'
import { alignBytes, type PlannedBuffer, type PlannedDispatch } from '../../../kernels/plan/types.ts'
import type { Precision } from '../../../kernels/spec.ts'
import { shapeClassOf } from '../../../kernels/tuning/shape-class.ts'
import type { TunedChoice } from '../../../kernels/tuning/table.ts'
import { tuneDispatches } from '../../../kernels/tuning/tune.ts'
import { FailedError } from '../../cli/errors.ts'
import type { Product, ProductTask } from './contender.ts'
import { uniform } from './models.ts'
import type { Rival } from './rivals.ts'
import { ratiosOf, stopwatch } from './stopwatch.ts'

export const FORMS: readonly MatmulForm[] = ['NN', 'NT', 'TN']
const TOLERANCE = 1e-5
/** Rows compared with float64: all of small matrices, so many of large ones, spread from the first to the last. */
const COMPARED_ROWS = 64

export interface ProductFigures {
  readonly form: MatmulForm
  readonly size: number
  readonly variant: string
  /** What each of our kernels took when it was chosen, and those that computed wrongly. */
  readonly tuned: TunedChoice | null
  readonly medianMs: Readonly<Record<string, number>>
  /** Of processor time. */
  readonly cpuMs: Readonly<Record<string, number>>
  readonly gflops: Readonly<Record<string, number>>
  /** How many times longer a rival takes (medians; of processor time where the adapter is software). */
  readonly ratios: Readonly<Record<string, number>>
}

export interface ProductOptions {
  readonly device: KernelDevice
  readonly sizes: readonly number[]
  readonly forms: readonly MatmulForm[]
  /** `mixed`: of f16 operands, summed in f32. Rivals get the same numbers as f32. */
  readonly precision: Precision
  readonly rivals: readonly Rival[]
  readonly blocks: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export async function measureProducts({ device, sizes, forms, precision, rivals, blocks, signal, say }: ProductOptions): Promise<ProductFigures[]> {
  const figures: ProductFigures[] = []
  for (const size of sizes) {
    for (const form of forms) {
      const task = taskOf(form, size, precision)
      const own = await ownProduct(device, task, precision)
      const products = new Map<string, Product>([['cyxwiz', own]])
      for (const rival of rivals) products.set(rival.name, await rival.multiply(task))
      try {
        for (const [name, product] of products) check(name, task, await product.read())
        say(`${form} ${size}: all products agree with float64`)
        const clock = stopwatch(products.keys())
        // A block is long enough that its end, a read-back, hardly counts.
        const perBlock = Math.max(1, Math.round(1024 ** 3 / size ** 3))
        for (let block = 0; block < blocks; block++) {
          for (const [name, product] of products) {
            signal.throwIfAborted()
            await clock.time(name, perBlock, () => product.repeat(perBlock))
          }
        }
        const { medianMs, cpuMs } = clock.figures()
        figures.push({
          form,
          size,
          variant: own.variant,
          tuned: own.tuned,
          medianMs,
          cpuMs,
          gflops: Object.fromEntries(Object.entries(medianMs).map(([name, ms]) => [name, (2 * size ** 3) / (ms * 1e6)])),
          // A software adapter computes on the processor: its time does not depend on who else wants the machine.
          ratios: ratiosOf(device.caps.kind === 'cpu' ? cpuMs : medianMs),
        })
      } finally {
        for (const product of products.values()) product.dispose()
      }
    }
  }
  return figures
}

function taskOf(form: MatmulForm, size: number, precision: Precision): ProductTask {
  const random = uniform(size)
  // Halves multiply exactly in f32, so what is compared with float64 is as near to it as in f32.
  const drawn = () => (precision === 'mixed' ? roundToHalf(random() * 2 - 1) : random() * 2 - 1)
  const matrix = () => Float32Array.from({ length: size * size }, drawn)
  return { form, size, a: matrix(), b: matrix() }
}

function check(name: string, { form, size, a, b }: ProductTask, actual: Float32Array): void {
  let [difference, norm] = [0, 0]
  const rows = Math.min(size, COMPARED_ROWS)
  const sums = new Float64Array(size)
  for (let r = 0; r < rows; r++) {
    const row = rows === 1 ? 0 : Math.round((r * (size - 1)) / (rows - 1))
    sums.fill(0)
    for (let p = 0; p < size; p++) {
      const left = (form === 'TN' ? a[p * size + row] : a[row * size + p]) ?? Number.NaN
      for (let j = 0; j < size; j++) sums[j] = (sums[j] ?? 0) + left * ((form === 'NT' ? b[j * size + p] : b[p * size + j]) ?? Number.NaN)
    }
    for (let j = 0; j < size; j++) {
      difference += ((actual[row * size + j] ?? Number.NaN) - (sums[j] ?? 0)) ** 2
      norm += (sums[j] ?? 0) ** 2
    }
  }
  const error = Math.sqrt(difference / norm)
  if (!(error < TOLERANCE)) {
    throw new FailedError(`bench: ${form} ${size} of ${name} differs from float64 by ${error.toExponential(1)}; nothing is timed`, 'WRONG_RESULT')
  }
}

async function ownProduct(
  device: KernelDevice,
  { form, size, a, b }: ProductTask,
  precision: Precision,
): Promise<Product & Pick<ProductFigures, 'variant' | 'tuned'>> {
  const dtype = precision === 'mixed' ? 'f16' : 'f32'
  const bytes = size * size * 4
  const bytesOf = (name: string) => (name === 'c' ? bytes : size * size * BYTES_OF[dtype])
  const planned = ['a', 'b', 'c'].map((name): PlannedBuffer => ({ name, bytes: alignBytes(bytesOf(name)), category: 'io', use: 'storage' }))
  const buffers = await BufferSet.allocate(device, [...planned, { name: 'readback', bytes, category: 'staging', use: 'readback' }])
  const shape = [size, size]
  const node = {
    attributes: { form, activation: null },
    inputs: [0, 1].map(() => ({ shape, dtype }) as const),
    outputs: [{ shape, dtype: 'f32' as const }],
  }
  const dispatch: PlannedDispatch = {
    label: `matmul.${form}.${size}`,
    bindings: (['a', 'b', 'c'] as const).map((buffer) => ({
      buffer,
      offsetBytes: 0,
      sizeBytes: bytesOf(buffer),
      access: buffer === 'c' ? 'read_write' : 'read',
    })),
    variants: (caps) => matmul.variants(node, caps),
    node: { op: matmul as AnyOp, types: node, shapeClass: shapeClassOf(matmul.name, node) },
  }
  await tuneDispatches(device, [dispatch])
  const program = await bindProgram(device, [dispatch], [buffers])
  const { queue } = device.raw
  const stored = (values: Float32Array) => (dtype === 'f16' ? halfArray(values) : (values as Float32Array<ArrayBuffer>))
  queue.writeBuffer(buffers.get('a'), 0, stored(a))
  queue.writeBuffer(buffers.get('b'), 0, stored(b))
  const submit = (times: number, finish: (encoder: GPUCommandEncoder) => void = () => {}) => {
    const encoder = device.raw.createCommandEncoder()
    const pass = encoder.beginComputePass()
    for (let i = 0; i < times; i++) encodeProgram(pass, program)
    pass.end()
    finish(encoder)
    queue.submit([encoder.finish()])
  }
  return {
    variant: (program.chosen[0] ?? '').split(': ')[1] ?? '',
    tuned: device.tuning?.table.get(shapeClassOf(matmul.name, node)) ?? null,
    async repeat(times) {
      submit(times)
      await device.guard(queue.onSubmittedWorkDone())
    },
    async read() {
      submit(1, (encoder) => encoder.copyBufferToBuffer(buffers.get('c'), 0, buffers.get('readback'), 0, bytes))
      const readback = buffers.get('readback')
      await device.guard(readback.mapAsync(1))
      const values = new Float32Array(readback.getMappedRange().slice(0))
      readback.unmap()
      return values
    },
    dispose: () => buffers.dispose(),
  }
}
