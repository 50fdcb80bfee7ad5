/**
 * One list of cases for every op: the reference is checked against finite differences on them, and every kernel variant
 * against the reference. Shapes are odd and round, with dimensions of size 1. A test asserts that every registered op
 * is in this list.
 */
import type { Activation } from '../kernels/ops/activation.ts'
import { add } from '../kernels/ops/add/add.ts'
import { cast } from '../kernels/ops/cast/cast.ts'
import { columnSum } from '../kernels/ops/column-sum/column-sum.ts'
import { dropout } from '../kernels/ops/dropout/dropout.ts'
import { matmul } from '../kernels/ops/matmul/matmul.ts'
import type { MatmulForm } from '../kernels/ops/matmul/types.ts'
import { pointwiseLoss } from '../kernels/ops/pointwise-loss/pointwise-loss.ts'
import type { PointwiseLoss } from '../kernels/ops/pointwise-loss/types.ts'
import { reshape } from '../kernels/ops/reshape/reshape.ts'
import { softmaxCrossEntropy } from '../kernels/ops/softmax-cross-entropy/softmax-cross-entropy.ts'
import { unary } from '../kernels/ops/unary/unary.ts'
import { unaryGrad } from '../kernels/ops/unary-grad/unary-grad.ts'
import { type OpCase, opCase } from './op-cases/case.ts'
import { IMAGE_CASES } from './op-cases/images.ts'
import { ROW_CASES } from './op-cases/rows.ts'
import { SEQUENCE_CASES } from './op-cases/sequences.ts'
import { testRandom } from './random.ts'

export type { OpCase }

function labels(rows: number, classes: number, ignored: readonly number[] = []): Float64Array {
  const random = testRandom(rows * 31 + classes)
  return Float64Array.from({ length: rows }, (_, row) => (ignored.includes(row) ? -100 : random.integer(0, classes)))
}

export const ACTIVATIONS: readonly Activation[] = [
  { kind: 'identity' },
  { kind: 'relu' },
  { kind: 'leakyrelu', slope: 0.01 },
  { kind: 'leakyrelu', slope: 0 },
  { kind: 'sigmoid' },
  { kind: 'tanh' },
  { kind: 'silu' },
  { kind: 'gelu' },
  { kind: 'gelu-tanh' },
]

const nameOf = (activation: Activation) => (activation.kind === 'leakyrelu' ? `leakyrelu ${activation.slope}` : activation.kind)

/** [m, n, k] */
const MATMUL_SIZES = [
  [1, 1, 1],
  [3, 5, 7],
  [37, 1, 12],
  [16, 64, 32],
  [10, 256, 8],
] as const

function matmulShapes(form: MatmulForm, m: number, n: number, k: number): number[][] {
  return [form === 'TN' ? [k, m] : [m, k], form === 'NT' ? [n, k] : [k, n]]
}

const POINTWISE_LOSSES: readonly PointwiseLoss[] = [{ kind: 'mse' }, { kind: 'l1' }, { kind: 'huber', delta: 0.75 }, { kind: 'bce-with-logits' }]

const crossEntropy = (overrides: object = {}) => ({
  labelSmoothing: 0,
  ignoreIndex: -100,
  rowsPerSample: 1,
  withGradient: true,
  scaled: false,
  ...overrides,
})

export const OP_CASES: readonly OpCase[] = [
  ...(['NN', 'NT', 'TN'] as const).flatMap((form) => [
    ...MATMUL_SIZES.map(([m, n, k]) =>
      opCase(`${form} ${m}x${n}x${k}`, matmul, { form, activation: null }, matmulShapes(form, m, n, k), { ownVariantsOnly: true }),
    ),
    opCase(`${form} 4x12x20 with bias`, matmul, { form, activation: null }, [...matmulShapes(form, 4, 12, 20), [12]], { ownVariantsOnly: true }),
    opCase(`${form} 65x130x67 with bias`, matmul, { form, activation: null }, [...matmulShapes(form, 65, 130, 67), [130]]),
  ]),
  opCase('NN 9x12x5 with bias and leakyrelu', matmul, { form: 'NN', activation: { kind: 'leakyrelu', slope: 0.01 } }, [[9, 5], [5, 12], [12]], {
    differentiable: [],
  }),
  // Halves multiply exactly in f32: what is left is the rounding of f32 sums, as everywhere.
  ...(['NN', 'NT', 'TN'] as const).flatMap((form) => [
    opCase(`${form} 4x12x20 of halves`, matmul, { form, activation: null }, matmulShapes(form, 4, 12, 20), {
      halves: [0, 1],
      differentiable: [],
      ownVariantsOnly: true,
    }),
    opCase(`${form} 9x11x5 of halves with bias`, matmul, { form, activation: null }, [...matmulShapes(form, 9, 11, 5), [11]], {
      halves: [0, 1],
      differentiable: [],
      ownVariantsOnly: true,
    }),
    opCase(
      `${form} 9x12x8 of halves with bias, residual and relu, to halves`,
      matmul,
      { form, activation: { kind: 'relu' }, residual: true },
      [...matmulShapes(form, 9, 12, 8), [12], [9, 12]],
      { halves: [0, 1], halfResults: [0], differentiable: [], ownVariantsOnly: true },
    ),
  ]),
  opCase('of halves [50, 7]', columnSum, { rowsPerPart: 7 }, [[50, 7]], { halves: [0], differentiable: [] }),
  opCase('[5, 80] of a short batch, gradient to halves', softmaxCrossEntropy, crossEntropy(), [[5, 80], [5]], {
    integers: [1],
    values: [null, labels(5, 80, [2])],
    step: { count: 4 },
    halfResults: [1],
    differentiable: [],
  }),
  opCase('gelu of halves [5, 13]', unary, { activation: { kind: 'gelu' } }, [[5, 13]], { halves: [0], differentiable: [] }),
  opCase(
    'gelu-tanh of f32 [64, 4] by halves, to halves',
    unaryGrad,
    { activation: { kind: 'gelu-tanh' } },
    [
      [64, 4],
      [64, 4],
    ],
    {
      halves: [1],
      halfResults: [0],
      differentiable: [],
    },
  ),
  opCase('of [5, 13] to f16', cast, { to: 'f16' }, [[5, 13]], { differentiable: [], scale: 300 }),
  opCase('of [64, 4] to f16', cast, { to: 'f16' }, [[64, 4]], { differentiable: [] }),
  opCase('of [5, 13] to f32', cast, { to: 'f32' }, [[5, 13]], { differentiable: [], halves: [0] }),
  opCase('NT 9x11x8 with bias and gelu', matmul, { form: 'NT', activation: { kind: 'gelu' } }, [[9, 8], [11, 8], [11]], { differentiable: [] }),
  ...(['NN', 'NT', 'TN'] as const).map((form) =>
    opCase(
      `${form} 9x12x8 with bias, residual and relu`,
      matmul,
      { form, activation: { kind: 'relu' }, residual: true },
      [...matmulShapes(form, 9, 12, 8), [12], [9, 12]],
      {
        differentiable: [],
      },
    ),
  ),
  opCase('NN 5x7x3 with residual', matmul, { form: 'NN', activation: null, residual: true }, [...matmulShapes('NN', 5, 7, 3), [5, 7]], { differentiable: [] }),
  ...ACTIVATIONS.flatMap((activation) => [
    opCase(`${nameOf(activation)} of [7, 3]`, unary, { activation }, [[7, 3]]),
    opCase(`${nameOf(activation)} of [4, 16], large values`, unary, { activation }, [[4, 16]], {
      scale: 60,
      differentiable: [],
    }),
    opCase(
      `${nameOf(activation)} of [5, 13]`,
      unaryGrad,
      { activation },
      [
        [5, 13],
        [5, 13],
      ],
      { differentiable: [] },
    ),
    opCase(
      `${nameOf(activation)} of [64, 4]`,
      unaryGrad,
      { activation },
      [
        [64, 4],
        [64, 4],
      ],
      { differentiable: [], scale: 20 },
    ),
  ]),
  opCase('of [1]', add, {}, [[1], [1]]),
  opCase('of [5, 7]', add, {}, [
    [5, 7],
    [5, 7],
  ]),
  opCase('of [8, 300]', add, {}, [
    [8, 300],
    [8, 300],
  ]),
  opCase('of [1, 1]', columnSum, { rowsPerPart: 128 }, [[1, 1]], { differentiable: [] }),
  opCase('of [129, 3], two parts', columnSum, { rowsPerPart: 128 }, [[129, 3]], { differentiable: [] }),
  opCase('of [50, 70]', columnSum, { rowsPerPart: 7 }, [[50, 70]], { differentiable: [] }),
  opCase('[6, 4] to [2, 12]', reshape, { shape: [2, 12] }, [[6, 4]]),
  ...[
    [1, 2],
    [5, 10],
    [33, 3],
    [4, 65],
    [3, 200],
  ].flatMap(([rows = 0, classes = 0]) => [
    opCase(`[${rows}, ${classes}]`, softmaxCrossEntropy, crossEntropy(), [[rows, classes], [rows]], {
      integers: [1],
      values: [null, labels(rows, classes)],
      differentiable: [0],
    }),
    opCase(
      `[${rows}, ${classes}] smoothed, without gradient`,
      softmaxCrossEntropy,
      crossEntropy({ labelSmoothing: 0.1, withGradient: false }),
      [[rows, classes], [rows]],
      {
        integers: [1],
        values: [null, labels(rows, classes)],
        differentiable: [],
      },
    ),
  ]),
  opCase('[6, 4] smoothed, ignored rows and a short batch', softmaxCrossEntropy, crossEntropy({ labelSmoothing: 0.2, rowsPerSample: 2 }), [[6, 4], [6]], {
    integers: [1],
    values: [null, labels(6, 4, [1])],
    differentiable: [0],
    step: { count: 2 },
  }),
  opCase('[5, 80] ignored rows and a short batch', softmaxCrossEntropy, crossEntropy(), [[5, 80], [5]], {
    integers: [1],
    values: [null, labels(5, 80, [0, 2])],
    differentiable: [0],
    step: { count: 4 },
  }),
  opCase('[5, 6] with a loss scale', softmaxCrossEntropy, crossEntropy({ scaled: true }), [[5, 6], [5]], {
    integers: [1],
    values: [null, labels(5, 6)],
    differentiable: [],
    step: { lossScale: 1024 },
  }),
  opCase('[3, 70] with logits far apart', softmaxCrossEntropy, crossEntropy(), [[3, 70], [3]], {
    integers: [1],
    values: [null, labels(3, 70)],
    differentiable: [],
    scale: 200,
  }),
  ...POINTWISE_LOSSES.flatMap((loss) => {
    const pairs = (rows: number, columns: number) => [0, 1].map(() => [rows, columns])
    const options = { differentiable: [0], ...(loss.kind === 'bce-with-logits' ? { scale: 6 } : {}) }
    return [
      opCase(`${loss.kind} [1, 1]`, pointwiseLoss, { loss, withGradient: true, scaled: false }, pairs(1, 1), options),
      opCase(`${loss.kind} [7, 5] with a short batch`, pointwiseLoss, { loss, withGradient: true, scaled: false }, pairs(7, 5), {
        ...options,
        step: { count: 6 },
      }),
      opCase(`${loss.kind} [4, 130]`, pointwiseLoss, { loss, withGradient: true, scaled: true }, pairs(4, 130), {
        ...options,
        differentiable: [],
        step: { lossScale: 64 },
      }),
      opCase(`${loss.kind} [4, 130], far apart, without gradient`, pointwiseLoss, { loss, withGradient: false, scaled: false }, pairs(4, 130), {
        scale: 120,
        differentiable: [],
      }),
    ]
  }),
  opCase('p 0.5 of [6, 9]', dropout, { p: 0.5, layer: 1 }, [[6, 9]]),
  opCase('p 0.1 of [40, 3, 5]', dropout, { p: 0.1, layer: 2 }, [[40, 3, 5]]),
  ...IMAGE_CASES,
  ...ROW_CASES,
  ...SEQUENCE_CASES,
]
