/**
 * The contract of an op. An op is a folder `ops/<op>/` with
 *   `<op>.ts`       shape rule, gradient rule, kernel variants (this interface);
 *   `<op>.wgsl.ts`  WGSL as template functions;
 *   `<op>.ref.ts`   the slow float64 truth that tests hold every variant against;
 * and one line in `registry.ts`. Nothing else in the tree knows an op by name.
 *
 * A node is one dispatch. What needs several passes is composed at graph level (see `column-sum`), so that every
 * intermediate is a planned tensor and memory stays exact whatever variant is chosen.
 */
import type { DeviceCaps } from '../device/caps.ts'
import type { Activation } from './activation.ts'

/** `f16` for values only: parameters, buffers, inputs and targets are f32 or i32, and what an op computes it computes in f32. */
export type DType = 'f32' | 'i32' | 'f16'

export const BYTES_OF: Readonly<Record<DType, number>> = { f32: 4, i32: 4, f16: 2 }

export interface TensorType {
  readonly shape: readonly number[]
  readonly dtype: DType
}

/**
 * `input` and `target` are written by the host per step, `parameter` lives in the parameter vector and is trained, `buffer`
 * lives there too and is not (running statistics).
 */
export type TensorRole = 'input' | 'target' | 'parameter' | 'buffer' | 'value'

export interface Tensor extends TensorType {
  readonly id: number
  readonly role: TensorRole
  /** A parameter's PyTorch name, else where the tensor comes from; for messages. */
  readonly name: string
}

/** What a gradient rule may do with the graph: append nodes. */
export interface GraphBuilder {
  add<A>(op: OpDefinition<A>, inputs: readonly Tensor[], attributes: A): Tensor[]
  /** `add` for ops with one output. */
  one<A>(op: OpDefinition<A>, inputs: readonly Tensor[], attributes: A): Tensor
  /** Nodes that `work` adds say where they come from: `layer 3 (linear)`. */
  within<T>(origin: string, work: () => T): T
}

/** WGSL element type under which a binding is seen; vectors only where the element count is a multiple of 4. */
export type ElementType = 'f32' | 'vec4f' | 'f16' | 'vec4h' | 'i32' | 'atomic<u32>'

export interface OperandDeclaration {
  readonly name: string
  readonly element: ElementType
}

export interface KernelVariant {
  /** Recorded in the plan: `strip-8x1`, `tile-64`. */
  readonly name: string
  /** Inputs, then outputs, in the node's order; the compiler writes the binding declarations from this. */
  readonly operands: readonly OperandDeclaration[]
  /** The kernel reads the per-step uniforms as `step` (see `plan/wgsl.ts`). */
  readonly usesStep?: boolean
  /** WGSL extensions beyond f16, which the operands say. */
  readonly enable?: readonly string[]
  /** Rests on what few devices have run: taken only where it has computed rightly on the very device, and so never as a guess. */
  readonly unproved?: true
  /** Module-scope WGSL with the entry point `main`; bindings and the `Step` struct are already declared. */
  readonly code: string
  readonly workgroups: readonly [number, number, number]
}

export interface NodeTypes<A> {
  readonly attributes: A
  readonly inputs: readonly TensorType[]
  readonly outputs: readonly TensorType[]
}

/** What a piece of a node binds of an operand: `shape` as its kernel sees it, from element `first` of the operand on. */
export interface PieceOperand extends TensorType {
  readonly first: number
}

/** A share of a node's work over ranges of the node's tensors (`split.ts`). */
export interface Piece<A> extends NodeTypes<A> {
  readonly inputs: readonly PieceOperand[]
  readonly outputs: readonly PieceOperand[]
  /** An ordinary node that takes as long: what is measured in the piece's place, where kernels are chosen by measurement. */
  readonly measuredAs: NodeTypes<A>
}

export interface GradientContext<A> {
  readonly graph: GraphBuilder
  readonly attributes: A
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** d(loss)/d(output), `null` where nothing downstream depends on it. */
  readonly outputGradients: readonly (Tensor | null)[]
  /** Which inputs need a gradient: do not build nodes for the others. */
  readonly needs: readonly boolean[]
}

/** Per-step scalars, as kernels (`step.count`) and references see them. */
export interface StepScalars {
  readonly count: number
  readonly step: number
  readonly seed: number
  readonly sampleOffset: number
  /** Absent: 1. */
  readonly lossScale?: number
}

/** What an op's kernels can do with f16, by index of inputs and outputs; `node.outputs` says what is wanted. */
export interface HalfRules {
  /** Inputs that are multiplied, and so read as f16 in mixed precision. */
  readonly operands?: readonly number[]
  /** Inputs that are read as f16 where this spares keeping the f32. */
  readonly accepts?: readonly number[]
  /** Outputs that can be written as f16. */
  readonly results?: readonly number[]
}

export interface OpDefinition<A> {
  readonly name: string
  /** The output shares the input's storage: no dispatch. */
  readonly alias?: boolean
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[]
  /** One gradient per input, `null` where not needed or not differentiable (class ids). Absent: not differentiable. */
  gradient?(context: GradientContext<A>): readonly (Tensor | null)[]
  /** The same node with `activation` applied to its output as it is written; null where it cannot. Only once gradients have been taken. */
  fuseActivation?(attributes: A, activation: Activation): A | null
  /** The same node with one more input, of the output's shape, added to the output (before an activation); null where it cannot. */
  fuseResidual?(attributes: A): A | null
  /** Absent: f32 in, f32 out, also in mixed precision. */
  readonly half?: HalfRules
  /** Best first for these capabilities, never empty; the last one must run on any device. */
  variants(node: NodeTypes<A>, caps: DeviceCaps): readonly KernelVariant[]
  /**
   * The node in pieces that run in this order, none of which binds more than `maxBytes` of an operand; null where it cannot be
   * cut so small. Absent: it cannot be cut. A range begins at a multiple of 256 bytes.
   */
  split?(node: NodeTypes<A>, maxBytes: number): readonly Piece<A>[] | null
  reference(inputs: readonly Float64Array[], node: NodeTypes<A>, step: StepScalars): readonly Float64Array[]
}

// Methods are bivariant in their parameters, so any op is an AnyOp; `Graph.add` is where attributes are checked.
export type AnyOp = OpDefinition<unknown>
