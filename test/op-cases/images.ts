/** Cases of the ops that images are made of: convolution, pooling, batch norm. */
import { avgpool2d } from '../../kernels/ops/avgpool2d/avgpool2d.ts'
import { avgpool2dGrad } from '../../kernels/ops/avgpool2d-grad/avgpool2d-grad.ts'
import { batchnorm } from '../../kernels/ops/batchnorm/batchnorm.ts'
import { batchnormApply } from '../../kernels/ops/batchnorm-apply/batchnorm-apply.ts'
import { batchnormGrad } from '../../kernels/ops/batchnorm-grad/batchnorm-grad.ts'
import { conv2d } from '../../kernels/ops/conv2d/conv2d.ts'
import { type ConvAttributes, convSizes } from '../../kernels/ops/conv2d/types.ts'
import { conv2dInputGrad } from '../../kernels/ops/conv2d-input-grad/conv2d-input-grad.ts'
import { conv2dWeightGrad } from '../../kernels/ops/conv2d-weight-grad/conv2d-weight-grad.ts'
import { maxpool2d } from '../../kernels/ops/maxpool2d/maxpool2d.ts'
import { type PoolAttributes, poolSizes } from '../../kernels/ops/maxpool2d/types.ts'
import { maxpool2dGrad } from '../../kernels/ops/maxpool2d-grad/maxpool2d-grad.ts'
import { testRandom } from '../random.ts'
import { type OpCase, opCase } from './case.ts'

/** x, weight, attributes: odd and round sizes, sizes of 1, strides that leave a rest, groups. */
const CONVOLUTIONS: readonly [string, number[], number[], ConvAttributes][] = [
  ['1x1', [1, 1, 1, 1], [1, 1, 1, 1], { stride: [1, 1], padding: [0, 0], groups: 1 }],
  ['3x3 padded', [2, 3, 6, 5], [4, 3, 3, 3], { stride: [1, 1], padding: [1, 1], groups: 1 }],
  ['strided with a rest', [2, 2, 8, 7], [3, 2, 3, 2], { stride: [2, 3], padding: [1, 0], groups: 1 }],
  ['grouped', [1, 4, 5, 5], [6, 2, 3, 3], { stride: [1, 1], padding: [0, 0], groups: 2 }],
  ['depthwise', [2, 3, 4, 6], [3, 1, 3, 3], { stride: [2, 2], padding: [1, 1], groups: 3 }],
  ['padded more than the filter', [1, 2, 3, 4], [2, 2, 1, 2], { stride: [1, 1], padding: [1, 2], groups: 1 }],
  ['too wide to unroll', [1, 2, 2, 12], [3, 2, 1, 9], { stride: [1, 1], padding: [0, 3], groups: 1 }],
  ['wide kernel', [1, 1, 3, 9], [8, 1, 1, 5], { stride: [1, 1], padding: [0, 2], groups: 1 }],
]

const POOLS: readonly [string, number[], PoolAttributes][] = [
  ['2x2', [2, 3, 4, 6], { kernel: [2, 2], stride: [2, 2], padding: [0, 0] }],
  ['overlapping and padded', [1, 2, 5, 7], { kernel: [3, 3], stride: [2, 2], padding: [1, 1] }],
  ['with a rest, oblong', [1, 1, 7, 5], { kernel: [2, 3], stride: [3, 1], padding: [0, 1] }],
  ['with a rest, no padding', [1, 2, 5, 7], { kernel: [2, 3], stride: [2, 2], padding: [0, 0] }],
  ['1x1', [1, 1, 1, 1], { kernel: [1, 1], stride: [1, 1], padding: [0, 0] }],
]

/** Values far enough from each other that a finite difference cannot change which one is the largest. */
function apart(shape: readonly number[]): Float64Array {
  const length = shape.reduce((product, size) => product * size, 1)
  const random = testRandom(length)
  return Float64Array.from({ length }, (_, i) => ((i * 7919) % 1009) / 100 - 5 + random.unit() * 1e-3)
}

function poolCases(): OpCase[] {
  return POOLS.flatMap(([title, shape, attributes]) => {
    const { outSize } = poolSizes(shape, attributes)
    const output = [shape[0] ?? 0, shape[1] ?? 0, ...outSize]
    const inSize = [shape[2] ?? 0, shape[3] ?? 0] as const
    const [, places] = maxpool2d.reference(
      [apart(shape)],
      { attributes, inputs: [{ shape, dtype: 'f32' }], outputs: [] },
      { count: 1, step: 1, seed: 0, sampleOffset: 0 },
    )
    return [
      opCase(title, maxpool2d, attributes, [shape], { values: [apart(shape)] }),
      opCase(title, maxpool2dGrad, { ...attributes, inSize }, [output, output], { values: [null, places ?? null], integers: [1], differentiable: [] }),
      opCase(title, avgpool2d, attributes, [shape]),
      opCase(title, avgpool2dGrad, { ...attributes, inSize }, [output], { differentiable: [] }),
    ]
  })
}

/** From a million multiplications blocks are larger. */
function largeConvolution(): OpCase[] {
  const [x, weight, output] = [
    [3, 8, 14, 13],
    [32, 8, 3, 3],
    [3, 32, 14, 13],
  ]
  const attributes: ConvAttributes = { stride: [1, 1], padding: [1, 1], groups: 1 }
  const options = { differentiable: [], ownVariantsOnly: true }
  return [
    opCase('large', conv2d, attributes, [x, weight, [32]], options),
    opCase('large', conv2dInputGrad, { ...attributes, inSize: [14, 13] as const }, [output, weight], options),
    opCase('large', conv2dWeightGrad, { ...attributes, kernel: [3, 3] as const, samplesPerPart: 2 }, [output, x], options),
  ]
}

function halfConvolution(title: string, x: number[], weight: number[], attributes: ConvAttributes): OpCase[] {
  const { outSize, outChannels, batch, inSize, kernel } = convSizes(x, weight, attributes)
  const output = [batch, outChannels, ...outSize]
  const options = { halves: [0, 1], differentiable: [], ownVariantsOnly: true }
  return [
    opCase(`${title}, of halves to halves`, conv2d, { ...attributes, activation: { kind: 'relu' } }, [x, weight, [outChannels]], {
      ...options,
      halfResults: [0],
    }),
    opCase(`${title}, of halves to halves`, conv2dInputGrad, { ...attributes, inSize }, [output, weight], { ...options, halfResults: [0] }),
    opCase(`${title}, of halves`, conv2dWeightGrad, { ...attributes, kernel, samplesPerPart: 1 }, [output, x], options),
  ]
}

export const IMAGE_CASES: readonly OpCase[] = [
  ...largeConvolution(),
  ...CONVOLUTIONS.flatMap(([title, x, weight, attributes]) => {
    const { outSize, outChannels, batch, inSize, kernel } = convSizes(x, weight, attributes)
    const output = [batch, outChannels, ...outSize]
    return [
      opCase(title, conv2d, attributes, [x, weight, [outChannels]]),
      opCase(`${title}, no bias, relu`, conv2d, { ...attributes, activation: { kind: 'relu' } }, [x, weight], { differentiable: [] }),
      opCase(title, conv2dInputGrad, { ...attributes, inSize }, [output, weight], { differentiable: [] }),
      opCase(title, conv2dWeightGrad, { ...attributes, kernel, samplesPerPart: 1 }, [output, x], { differentiable: [] }),
      // The shapes whose kernels differ most.
      ...(['3x3 padded', 'strided with a rest', 'too wide to unroll'].includes(title) ? halfConvolution(title, x, weight, attributes) : []),
    ]
  }),
  ...poolCases(),
  ...[
    { title: '[1, 1, 1]', shape: [1, 1, 1] },
    { title: '[3, 2, 5]', shape: [3, 2, 5] },
    { title: '[4, 5, 20], a short batch', shape: [4, 5, 20], step: { count: 3 } },
    { title: '[6, 3, 1]', shape: [6, 3, 1] },
  ].flatMap(({ title, shape, step = {} }) => {
    const vector = [shape[1] ?? 0]
    // A channel of one value has no variance: its derivative is what ε leaves, far from a straight line.
    const differentiable = title === '[1, 1, 1]' || step.count !== undefined ? [1, 2] : [0, 1, 2]
    const positive = Float64Array.from({ length: vector[0] ?? 0 }, (_, i) => 0.5 + i)
    return [
      opCase(title, batchnorm, { eps: 1e-5 }, [shape, vector, vector], { step, differentiable: step.count === undefined ? differentiable : [] }),
      opCase(title, batchnormGrad, {}, [shape, shape, vector, vector, vector], { step, differentiable: [], values: [null, null, null, positive, null] }),
      opCase(title, batchnormApply, { eps: 1e-5 }, [shape, vector, vector, vector, vector], { differentiable: [], values: [null, null, positive, null, null] }),
    ]
  }),
]
