/** All ops, one line each: tests walk this list, so an op that is not here is not held to its reference. */
import { add } from './add/add.ts'
import { addRows } from './add-rows/add-rows.ts'
import { attention } from './attention/attention.ts'
import { attentionGrad } from './attention-grad/attention-grad.ts'
import { avgpool2d } from './avgpool2d/avgpool2d.ts'
import { avgpool2dGrad } from './avgpool2d-grad/avgpool2d-grad.ts'
import { batchnorm } from './batchnorm/batchnorm.ts'
import { batchnormApply } from './batchnorm-apply/batchnorm-apply.ts'
import { batchnormGrad } from './batchnorm-grad/batchnorm-grad.ts'
import { cast } from './cast/cast.ts'
import { columnSum } from './column-sum/column-sum.ts'
import { combine } from './combine/combine.ts'
import { conv2d } from './conv2d/conv2d.ts'
import { conv2dInputGrad } from './conv2d-input-grad/conv2d-input-grad.ts'
import { conv2dWeightGrad } from './conv2d-weight-grad/conv2d-weight-grad.ts'
import { dropout } from './dropout/dropout.ts'
import { embedding } from './embedding/embedding.ts'
import { embeddingGrad } from './embedding-grad/embedding-grad.ts'
import { gru } from './gru/gru.ts'
import { gruGrad } from './gru-grad/gru-grad.ts'
import { lstm } from './lstm/lstm.ts'
import { lstmGrad } from './lstm-grad/lstm-grad.ts'
import { matmul } from './matmul/matmul.ts'
import { maxpool2d } from './maxpool2d/maxpool2d.ts'
import { maxpool2dGrad } from './maxpool2d-grad/maxpool2d-grad.ts'
import { norm } from './norm/norm.ts'
import { normGrad } from './norm-grad/norm-grad.ts'
import { normScaleGrad } from './norm-scale-grad/norm-scale-grad.ts'
import type { AnyOp } from './op.ts'
import { pointwiseLoss } from './pointwise-loss/pointwise-loss.ts'
import { reshape } from './reshape/reshape.ts'
import { rowBroadcast } from './row-broadcast/row-broadcast.ts'
import { rowDot } from './row-dot/row-dot.ts'
import { rowSum } from './row-sum/row-sum.ts'
import { softmax } from './softmax/softmax.ts'
import { softmaxCrossEntropy } from './softmax-cross-entropy/softmax-cross-entropy.ts'
import { softmaxGrad } from './softmax-grad/softmax-grad.ts'
import { unary } from './unary/unary.ts'
import { unaryGrad } from './unary-grad/unary-grad.ts'
import { unitScale } from './unit-scale/unit-scale.ts'
import { weigh } from './weigh/weigh.ts'
import { window } from './window/window.ts'

const all = [
  add,
  addRows,
  attention,
  attentionGrad,
  avgpool2d,
  avgpool2dGrad,
  batchnorm,
  batchnormApply,
  batchnormGrad,
  cast,
  columnSum,
  combine,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  dropout,
  embedding,
  embeddingGrad,
  gru,
  gruGrad,
  lstm,
  lstmGrad,
  matmul,
  maxpool2d,
  maxpool2dGrad,
  norm,
  normGrad,
  normScaleGrad,
  pointwiseLoss,
  reshape,
  rowBroadcast,
  rowDot,
  rowSum,
  softmax,
  softmaxCrossEntropy,
  softmaxGrad,
  unary,
  unaryGrad,
  unitScale,
  weigh,
  window,
] as readonly AnyOp[]

export const OPS: ReadonlyMap<string, AnyOp> = new Map(all.map((op) => [op.name, op]))
