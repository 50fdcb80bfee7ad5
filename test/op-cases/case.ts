/** One case of an op: inputs with values, and what may be checked on them. */
import { roundToHalf } from '../../kernels/half.ts'
import type { AnyOp, OpDefinition, StepScalars, TensorType } from '../../kernels/ops/op.ts'
import { testRandom } from '../random.ts'

export interface OpCase {
  readonly title: string
  readonly op: AnyOp
  readonly attributes: unknown
  readonly inputs: readonly TensorType[]
  readonly outputs: readonly TensorType[]
  readonly values: readonly Float64Array[]
  readonly step: StepScalars
  /** Inputs that finite differences may move (not class ids, not values whose derivative is a step). */
  readonly differentiable: readonly number[]
  /** Compiling a kernel is the slow part on a software adapter: only the variants that the device itself would choose from. */
  readonly ownVariantsOnly: boolean
}

const STEP: StepScalars = { count: 1_000_000, step: 3, seed: 5, sampleOffset: 2 }

interface CaseOptions {
  readonly step?: Partial<StepScalars>
  readonly values?: readonly (Float64Array | null)[]
  readonly differentiable?: readonly number[]
  readonly scale?: number
  readonly ownVariantsOnly?: boolean
  /** Inputs that are i32. */
  readonly integers?: readonly number[]
  /** Inputs that are f16; their values are rounded to it. */
  readonly halves?: readonly number[]
  /** Outputs that are written as f16, the others as f32; absent: as the op's rule says. */
  readonly halfResults?: readonly number[]
}

let seed = 0

export function opCase<A>(title: string, op: OpDefinition<A>, attributes: A, shapes: readonly (readonly number[])[], options: CaseOptions = {}): OpCase {
  const random = testRandom(++seed)
  const inputs = shapes.map(
    (shape, i): TensorType => ({
      shape,
      dtype: options.integers?.includes(i) ? 'i32' : options.halves?.includes(i) ? 'f16' : 'f32',
    }),
  )
  const values = shapes.map((shape, i) => {
    const length = shape.reduce((product, size) => product * size, 1)
    const drawn = options.values?.[i] ?? Float64Array.from(random.floats(length, options.scale ?? 2))
    return options.halves?.includes(i) ? drawn.map(roundToHalf) : drawn
  })
  const outputs = op.infer(inputs, attributes)
  return {
    title: `${op.name} ${title}`,
    op: op as AnyOp,
    attributes,
    inputs,
    outputs: outputs.map((type, i) =>
      options.halfResults === undefined || type.dtype === 'i32' ? type : { ...type, dtype: options.halfResults.includes(i) ? 'f16' : 'f32' },
    ),
    values,
    step: { ...STEP, ...options.step },
    differentiable: options.differentiable ?? shapes.map((_, i) => i),
    ownVariantsOnly: options.ownVariantsOnly ?? false,
  }
}
