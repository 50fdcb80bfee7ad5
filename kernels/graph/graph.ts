/**
 * The graph: what a model computes, before anything is known of buffers or devices. Nodes are appended in execution
 * order and every tensor is written once, so the node list is already a valid schedule, and gradient nodes that autodiff
 * appends may read any forward tensor.
 *
 * Shapes are concrete (the batch size is baked in): a plan is compiled per batch size, and kernels want constants.
 */
import { KernelError } from '../errors.ts'
import type { AnyOp, DType, GraphBuilder, OpDefinition, Tensor, TensorRole, TensorType } from '../ops/op.ts'

export interface GraphNode {
  readonly op: AnyOp
  readonly attributes: unknown
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** The part of the model that it belongs to, for messages; empty where none was said. */
  readonly origin: string
}

export class Graph implements GraphBuilder {
  readonly nodes: GraphNode[] = []
  readonly tensors: Tensor[] = []
  #origin = ''

  source(role: Exclude<TensorRole, 'value'>, name: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    return this.#tensor(role, name, { shape, dtype })
  }

  /** Appends a node; its output types come from the op's shape rule, which throws SHAPE_MISMATCH. */
  add<A>(op: OpDefinition<A>, inputs: readonly Tensor[], attributes: A): Tensor[] {
    const types = op.infer(inputs, attributes)
    const outputs = types.map((type) => this.#tensor('value', `${op.name}:${this.nodes.length}`, type))
    this.nodes.push({ op: op as AnyOp, attributes, inputs: [...inputs], outputs, origin: this.#origin })
    return outputs
  }

  one<A>(op: OpDefinition<A>, inputs: readonly Tensor[], attributes: A): Tensor {
    const [output] = this.add(op, inputs, attributes)
    if (output === undefined) throw new KernelError('BAD_MODEL', `${op.name} has no output`)
    return output
  }

  within<T>(origin: string, work: () => T): T {
    const before = this.#origin
    this.#origin = origin
    try {
      return work()
    } finally {
      this.#origin = before
    }
  }

  #tensor(role: TensorRole, name: string, type: TensorType): Tensor {
    const tensor: Tensor = { id: this.tensors.length, role, name, shape: [...type.shape], dtype: type.dtype }
    this.tensors.push(tensor)
    return tensor
  }
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** `[2, 3]`, as error messages show shapes. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}
