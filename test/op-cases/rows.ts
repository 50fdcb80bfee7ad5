/** Cases of the ops over rows and tokens: norms, softmax, sums, embeddings. */

import { addRows } from '../../kernels/ops/add-rows/add-rows.ts'
import { attention } from '../../kernels/ops/attention/attention.ts'
import { attentionGrad } from '../../kernels/ops/attention-grad/attention-grad.ts'
import { combine } from '../../kernels/ops/combine/combine.ts'
import { embedding } from '../../kernels/ops/embedding/embedding.ts'
import { embeddingGrad } from '../../kernels/ops/embedding-grad/embedding-grad.ts'
import { norm } from '../../kernels/ops/norm/norm.ts'
import { type NormAttributes, rowLengthOf } from '../../kernels/ops/norm/types.ts'
import { normGrad } from '../../kernels/ops/norm-grad/norm-grad.ts'
import { normScaleGrad } from '../../kernels/ops/norm-scale-grad/norm-scale-grad.ts'
import { rowBroadcast } from '../../kernels/ops/row-broadcast/row-broadcast.ts'
import { rowDot } from '../../kernels/ops/row-dot/row-dot.ts'
import { rowSum } from '../../kernels/ops/row-sum/row-sum.ts'
import { softmax } from '../../kernels/ops/softmax/softmax.ts'
import { softmaxGrad } from '../../kernels/ops/softmax-grad/softmax-grad.ts'
import { unitScale } from '../../kernels/ops/unit-scale/unit-scale.ts'
import { weigh } from '../../kernels/ops/weigh/weigh.ts'
import { window } from '../../kernels/ops/window/window.ts'
import { type OpCase, opCase } from './case.ts'

const NORMS: readonly [string, number, NormAttributes][] = [
  ['layer [5, 7]', 5, { channels: 7, groups: 1, spatial: 1, eps: 1e-5, centered: true }],
  ['layer [3, 130]', 3, { channels: 130, groups: 1, spatial: 1, eps: 1e-5, centered: true }],
  ['rms [4, 9]', 4, { channels: 9, groups: 1, spatial: 1, eps: 1e-6, centered: false }],
  ['group [2, 6, 5] in 3', 6, { channels: 6, groups: 3, spatial: 5, eps: 1e-5, centered: true }],
  ['group [2, 4, 40] in 2', 4, { channels: 4, groups: 2, spatial: 40, eps: 1e-5, centered: true }],
]

const ids = (values: readonly number[]) => Float64Array.from(values)

export const ROW_CASES: readonly OpCase[] = [
  ...NORMS.flatMap(([title, rows, attributes]) => {
    const [x, vector] = [[rows, rowLengthOf(attributes)], [attributes.channels]]
    const stats = Float64Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? 0.1 * i : 0.7))
    return [
      opCase(title, norm, attributes, [x, vector, ...(attributes.centered ? [vector] : [])]),
      opCase(`${title} to halves`, norm, attributes, [x, vector, ...(attributes.centered ? [vector] : [])], {
        halfResults: [0],
        differentiable: [],
        ownVariantsOnly: true,
      }),
      opCase(title, normGrad, attributes, [x, x, [rows, 2], vector], { values: [null, null, stats, null], differentiable: [] }),
      opCase(title, normScaleGrad, {}, [x, x, [rows, 2]], { values: [null, null, stats], differentiable: [] }),
    ]
  }),
  opCase('[1, 1]', rowSum, { scale: 1 }, [[1, 1]]),
  opCase('[5, 7] mean', rowSum, { scale: 1 / 7 }, [[5, 7]]),
  opCase('[3, 200]', rowSum, { scale: 1 }, [[3, 200]]),
  opCase('[3, 70] of halves', rowSum, { scale: 0.5 }, [[3, 70]], { halves: [0], differentiable: [] }),
  opCase('[5] to 7', rowBroadcast, { length: 7, scale: 0.25 }, [[5]], { differentiable: [] }),
  ...[
    [1, 1, 1],
    [3, 5, 1],
    [2, 4, 3],
    [2, 100, 1],
  ].flatMap((shape) => [
    opCase(`[${shape.join(', ')}]`, softmax, {}, [shape]),
    opCase(`[${shape.join(', ')}]`, softmaxGrad, {}, [shape, shape], { differentiable: [] }),
  ]),
  opCase('far apart', softmax, {}, [[2, 9, 1]], { scale: 300, differentiable: [] }),
  opCase('[5] of [4, 3]', embedding, {}, [[5], [4, 3]], { values: [ids([3, 0, 3, 1, 3]), null], integers: [0], differentiable: [1] }),
  opCase('[2] of [3, 130]', embedding, {}, [[2], [3, 130]], { values: [ids([2, 2]), null], integers: [0], differentiable: [1] }),
  opCase('[41, 3] to [2, 3]', embeddingGrad, { vocabulary: 2 }, [[41], [41, 3]], {
    values: [ids(Array.from({ length: 41 }, (_, i) => Number(i % 9 > 3))), null],
    integers: [0],
    differentiable: [],
  }),
  opCase('[5, 3] to [4, 3]', embeddingGrad, { vocabulary: 4 }, [[5], [5, 3]], { values: [ids([3, 0, 3, 1, 3]), null], integers: [0], differentiable: [] }),
  opCase('[6, 70] to [3, 70]', embeddingGrad, { vocabulary: 3 }, [[6], [6, 70]], {
    values: [ids([1, 1, 0, 1, 2, 0]), null],
    integers: [0],
    differentiable: [],
  }),
  ...[
    { title: '[1, 1, 1]', shape: [1, 1, 3], heads: 1 },
    { title: '[2, 5, 6] in 2 heads', shape: [2, 5, 18], heads: 2 },
    { title: '[1, 33, 4], one head', shape: [1, 33, 12], heads: 1 },
  ].flatMap(({ title, shape, heads }) => {
    const [batch = 0, length = 0, triple = 0] = shape
    const dropout = { p: 0.3, layer: 2 }
    const rows = batch * length * heads
    return [
      opCase(title, attention, { heads, dropout: null }, [shape], { scale: 1 }),
      opCase(`${title}, with dropout`, attention, { heads, dropout }, [shape], { scale: 1 }),
      opCase(`${title} of halves`, attention, { heads, dropout: null }, [shape], { scale: 1, halves: [0], differentiable: [], ownVariantsOnly: true }),
      opCase(`${title} of halves`, attentionGrad, { heads, dropout: null }, [shape, [batch, length, triple / 3], [batch, heads, length], [rows]], {
        scale: 1,
        values: [null, null, new Float64Array(rows).fill(2), null],
        halves: [0, 1],
        differentiable: [],
        ownVariantsOnly: true,
      }),
      // Log-sums above any score that there is: weights stay below 1.
      opCase(title, attentionGrad, { heads, dropout }, [shape, [batch, length, triple / 3], [batch, heads, length], [rows]], {
        scale: 1,
        values: [null, null, new Float64Array(rows).fill(2), null],
        differentiable: [],
      }),
      opCase(
        `of ${title}`,
        rowDot,
        {},
        [
          [rows, triple / 3 / heads],
          [rows, triple / 3 / heads],
        ],
        { differentiable: [] },
      ),
    ]
  }),
  opCase('[4, 6]', addRows, {}, [[4, 6], [6]]),
  opCase('[1, 1]', addRows, {}, [[1, 1], [1]]),
  opCase('the last of [3, 4, 5]', window, { offset: 3, size: 1 }, [[3, 4, 5]]),
  opCase('[2, 3, 2] shifted by one', window, { offset: -1, size: 3 }, [[2, 3, 2]]),
  opCase('[2, 3, 1] padded', window, { offset: -2, size: 7 }, [[2, 3, 1]]),
  opCase(
    '[5, 7]',
    combine,
    { alpha: 3.4445, beta: -2 },
    [
      [5, 7],
      [5, 7],
    ],
    { differentiable: [] },
  ),
  opCase(
    '[8, 12]',
    combine,
    { alpha: 1, beta: 0.5 },
    [
      [8, 12],
      [8, 12],
    ],
    { differentiable: [] },
  ),
  opCase(
    '[3, 5]',
    unitScale,
    { eps: 1e-7 },
    [
      [3, 5],
      [1, 1],
    ],
    { values: [null, ids([2.5])], differentiable: [] },
  ),
  opCase(
    'zeros',
    unitScale,
    { eps: 1e-7 },
    [
      [2, 2],
      [1, 1],
    ],
    { values: [ids([0, 0, 0, 0]), ids([0])], differentiable: [] },
  ),
  opCase('[7]', weigh, {}, [[7], [1, 4]], { differentiable: [] }),
]
