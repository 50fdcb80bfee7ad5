/**
 * `conv2d-weight-grad`: `gradient: [B, O, H', W']`, `x: [B, C, H, W]` → `[parts, O·C/groups·kh·kw]`: the gradient of the
 * weight, summed over `samplesPerPart` consecutive samples each. `weightGradient` adds the parts up, in a fixed order.
 */
import { tensorBytes } from '../../plan/types.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { sumColumns } from '../column-sum/column-sum.ts'
import { type ConvAttributes, type ConvSizes, convSizes } from '../conv2d/types.ts'
import type { GraphBuilder, OpDefinition, Tensor, TensorType } from '../op.ts'
import { reshape } from '../reshape/reshape.ts'
import { partRanges, rowsOf } from '../split.ts'
import { conv2dWeightGradReference } from './conv2d-weight-grad.ref.ts'
import { conv2dWeightGradVariants } from './conv2d-weight-grad.wgsl.ts'

export interface WeightGradAttributes extends ConvAttributes {
  readonly kernel: readonly [number, number]
  readonly samplesPerPart: number
  /** Of a piece of a larger node: which of the sums it begins with, and whether that goes on from what it holds. */
  readonly firstPart?: number
  readonly accumulates?: boolean
}

/** Sums from which a GPU is busy and a part's extra pass over memory is not worth it. Chosen by feel. */
const ENOUGH_SUMS = 65_536

function sizesOf(inputs: readonly TensorType[], attributes: WeightGradAttributes): ConvSizes {
  const [, outChannels = 0] = at(inputs, 0).shape
  const x = at(inputs, 1).shape
  return convSizes(x, [outChannels, (x[1] ?? 0) / attributes.groups, ...attributes.kernel], attributes)
}

export const conv2dWeightGrad: OpDefinition<WeightGradAttributes> = {
  name: 'conv2d-weight-grad',
  infer(inputs, attributes) {
    expectInputs('conv2d-weight-grad', inputs, 2)
    const { batch, outChannels, groupIn, outSize, kernel } = sizesOf(inputs, attributes)
    const [samples, , height, width] = at(inputs, 0).shape
    if (samples !== batch || height !== outSize[0] || width !== outSize[1]) {
      throw shapeMismatch('conv2d-weight-grad', `a gradient of [${batch}, ${outChannels}, ${outSize.join(', ')}] is needed`, inputs)
    }
    return [{ shape: [Math.ceil(batch / attributes.samplesPerPart), outChannels * groupIn * kernel[0] * kernel[1]], dtype: 'f32' }]
  },
  half: { operands: [0, 1] },
  variants: (node, caps) => conv2dWeightGradVariants(sizesOf(node.inputs, node.attributes), node.attributes, at(node.inputs, 0).dtype, caps),
  split(node, maxBytes) {
    const { attributes } = node
    const [gradient, x, sums] = [at(node.inputs, 0), at(node.inputs, 1), at(node.outputs, 0)]
    const samples = at(x.shape, 0)
    const perSample = [gradient, x].map((input) => tensorBytes(input) / samples)
    const ranges = partRanges(
      { rows: samples, rowsPerPart: attributes.samplesPerPart, inputs: perSample, sum: tensorBytes(sums) / at(sums.shape, 0) },
      maxBytes,
    )
    if (ranges === null) return null
    return ranges.map((range) => {
      const { firstPart, parts, accumulates } = range
      const inputs = [gradient, x].map((input) => rowsOf(input, samples, range.rows))
      const measuredAs = { attributes, inputs, outputs: [{ ...sums, shape: [parts, at(sums.shape, 1)] }] }
      return { attributes: { ...attributes, firstPart, accumulates }, inputs, outputs: [rowsOf(sums, at(sums.shape, 0), range.bound)], measuredAs }
    })
  },
  reference: (inputs, node) => [conv2dWeightGradReference(inputs, sizesOf(node.inputs, node.attributes), node.attributes.samplesPerPart)],
}

/** → `weight: [O, C/groups, kh, kw]`. */
export function weightGradient(graph: GraphBuilder, gradient: Tensor, x: Tensor, attributes: ConvAttributes, weight: readonly number[]): Tensor {
  const elements = weight.reduce((product, size) => product * size, 1)
  const batch = at(x.shape, 0)
  const parts = Math.min(batch, Math.ceil(ENOUGH_SUMS / elements))
  const kernel = [at(weight, 2), at(weight, 3)] as const
  const sums = graph.one(conv2dWeightGrad, [gradient, x], { ...attributes, kernel, samplesPerPart: Math.ceil(batch / parts) })
  return graph.one(reshape, [at(sums.shape, 0) === 1 ? sums : sumColumns(graph, sums)], { shape: weight })
}
