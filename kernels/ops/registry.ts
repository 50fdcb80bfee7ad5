/** All ops, one line each: tests walk this list, so an op that is not here is not held to its reference. */
import { add } from './add/add.ts'
import { columnSum } from './column-sum/column-sum.ts'
import { dropout } from './dropout/dropout.ts'
import { matmul } from './matmul/matmul.ts'
import { mse } from './mse/mse.ts'
import type { AnyOp } from './op.ts'
import { reshape } from './reshape/reshape.ts'
import { softmaxCrossEntropy } from './softmax-cross-entropy/softmax-cross-entropy.ts'
import { unary } from './unary/unary.ts'
import { unaryGrad } from './unary-grad/unary-grad.ts'

const all = [add, columnSum, dropout, matmul, mse, reshape, softmaxCrossEntropy, unary, unaryGrad] as readonly AnyOp[]

export const OPS: ReadonlyMap<string, AnyOp> = new Map(all.map((op) => [op.name, op]))
