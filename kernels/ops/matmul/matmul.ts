/**
 * `matmul`: C = op(A)·op(B), with a fused epilogue `activation(C + bias + residual)`.
 *
 *   NN  `a: [M, K]`, `b: [K, N]`      NT  `a: [M, K]`, `b: [N, K]`      TN  `a: [K, M]`, `b: [K, N]`      → `[M, N]`
 *   optional further inputs `bias: [N]` and, with `residual` set, `residual: [M, N]`
 *   matrices f32, or both f16; sums, bias and residual are f32 in any case; the result is f32, or f16 where the node says so
 *
 * The three forms are closed under differentiation, so the backward pass needs no transpose copies.
 * Invariant: there is neither `activation` nor `residual` until gradients have been taken (`fuseEpilogues` sets them), because
 * the gradient rule differentiates the product alone.
 */
import { KernelError } from '../../errors.ts'
import { at, shapeMismatch } from '../check.ts'
import { sumColumns } from '../column-sum/column-sum.ts'
import type { DType, OpDefinition, Tensor, TensorType } from '../op.ts'
import { reshape } from '../reshape/reshape.ts'
import { matmulReference } from './matmul.ref.ts'
import { matmulVariants } from './matmul.wgsl.ts'
import { splitMatmul } from './split.ts'
import type { MatmulAttributes, MatmulExtras, MatmulForm, MatmulSizes } from './types.ts'

export function matmulSizes(form: MatmulForm, inputs: readonly TensorType[]): MatmulSizes {
  const [a0 = 0, a1 = 0] = at(inputs, 0).shape
  const [b0 = 0, b1 = 0] = at(inputs, 1).shape
  const [m, k] = form === 'TN' ? [a1, a0] : [a0, a1]
  const [n, kb] = form === 'NT' ? [b0, b1] : [b1, b0]
  if (k !== kb) throw shapeMismatch(`matmul ${form}`, 'inner dimensions must match', inputs)
  return { m, n, k }
}

function extrasOf(inputs: readonly TensorType[], { residual = false, panel }: MatmulAttributes, result: DType = 'f32'): MatmulExtras {
  return { bias: inputs.length > (residual ? 3 : 2), residual, operands: at(inputs, 0).dtype, result, later: panel?.finishes === false }
}

const plain = (form: MatmulForm): MatmulAttributes => ({ form, activation: null })

export const matmul: OpDefinition<MatmulAttributes> = {
  name: 'matmul',
  infer(inputs, attributes) {
    const { form } = attributes
    const { bias: hasBias, residual } = extrasOf(inputs, attributes)
    if (inputs.length !== 2 + Number(hasBias) + Number(residual)) throw shapeMismatch('matmul', 'two matrices and at most a bias are needed', inputs)
    if (at(inputs, 0).shape.length !== 2 || at(inputs, 1).shape.length !== 2) throw shapeMismatch(`matmul ${form}`, 'two matrices are needed', inputs)
    if (at(inputs, 0).dtype !== at(inputs, 1).dtype) throw shapeMismatch(`matmul ${form}`, 'two matrices of one type are needed', inputs)
    const { m, n } = matmulSizes(form, inputs)
    const bias = hasBias ? inputs[2] : undefined
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== n)) throw shapeMismatch(`matmul ${form}`, `the bias must be [${n}]`, inputs)
    const added = residual ? at(inputs, inputs.length - 1).shape : [m, n]
    if (added.length !== 2 || added[0] !== m || added[1] !== n) throw shapeMismatch(`matmul ${form}`, `what is added must be [${m}, ${n}]`, inputs)
    return [{ shape: [m, n], dtype: 'f32' }]
  },
  gradient({ graph, attributes, inputs, outputGradients, needs }) {
    if (attributes.activation !== null || attributes.residual === true)
      throw new KernelError('UNSUPPORTED', 'matmul: gradients must be taken before the epilogue is fused')
    const a = at(inputs, 0)
    const b = at(inputs, 1)
    const g = outputGradients[0]
    if (!g) return inputs.map(() => null)
    const product = (form: MatmulForm, left: Tensor, right: Tensor) => graph.one(matmul, [left, right], plain(form))
    const da = { NN: () => product('NT', g, b), NT: () => product('NN', g, b), TN: () => product('NT', b, g) }[attributes.form]
    const db = { NN: () => product('TN', a, g), NT: () => product('TN', g, a), TN: () => product('NN', a, g) }[attributes.form]
    const bias = inputs[2]
    const dBias = () => (bias ? graph.one(reshape, [sumColumns(graph, g)], { shape: bias.shape }) : null)
    return [needs[0] ? da() : null, needs[1] ? db() : null, needs[2] ? dBias() : null]
  },
  fuseActivation: (attributes, activation) => (attributes.activation === null ? { ...attributes, activation } : null),
  fuseResidual: (attributes) => (attributes.activation === null && attributes.residual !== true ? { ...attributes, residual: true } : null),
  half: { operands: [0, 1], results: [0] },
  variants({ attributes, inputs, outputs }, caps) {
    const { panel } = attributes
    const activation = panel?.finishes === false ? null : attributes.activation
    const extras = extrasOf(inputs, attributes, at(outputs, 0).dtype)
    return matmulVariants(panel ?? matmulSizes(attributes.form, inputs), { ...attributes, activation }, extras, caps)
  },
  split: (node, maxBytes) => splitMatmul(node, matmulSizes(node.attributes.form, node.inputs), maxBytes),
  reference: (inputs, node) => [matmulReference(inputs, matmulSizes(node.attributes.form, node.inputs), node.attributes)],
}
