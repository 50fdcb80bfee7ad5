/**
 * Muon's Newton–Schulz iteration as a graph, so that its matrix products are planned, chosen and checked like any other.
 * Matrices are taken one after the other: temporaries are those of the largest.
 */

import type { ParameterLayout } from '../engine/types.ts'
import { Graph, type GraphNode } from '../graph/graph.ts'
import { sumColumns } from '../ops/column-sum/column-sum.ts'
import { combine } from '../ops/combine/combine.ts'
import { matmul } from '../ops/matmul/matmul.ts'
import type { MatmulForm } from '../ops/matmul/types.ts'
import type { Tensor } from '../ops/op.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import { rowDot } from '../ops/row-dot/row-dot.ts'
import { unitScale } from '../ops/unit-scale/unit-scale.ts'
import type { FixedPlace } from '../plan/planner.ts'
import { NEWTON_SCHULZ } from './rules.ts'

/** Replaces each hidden matrix of the vector in `buffer` by its orthogonalisation, in place. */
export function orthogonalisation(layout: ParameterLayout, buffer: string, steps: number): { nodes: readonly GraphNode[]; fixed: Map<Tensor, FixedPlace> } {
  const graph = new Graph()
  const fixed = new Map<Tensor, FixedPlace>()
  for (const { name, offset, matrix } of layout.entries) {
    if (matrix === undefined) continue
    const place = { buffer, offsetBytes: offset * 4 }
    const update = graph.source('input', name, matrix)
    fixed.set(update, place).set(orthogonalise(graph, update, steps), place)
  }
  return { nodes: graph.nodes, fixed }
}

/** `update: [rows, columns]` → the same shape; the first nodes alone read it. */
export function orthogonalise(graph: Graph, update: Tensor, steps: number): Tensor {
  const [rows = 0, columns = 0] = update.shape
  const product = (form: MatmulForm, a: Tensor, b: Tensor) => graph.one(matmul, [a, b], { form, activation: null })
  const { a, b, c, eps } = NEWTON_SCHULZ
  const squares = graph.one(reshape, [graph.one(rowDot, [update, update], {})], { shape: [rows, 1] })
  let x = graph.one(unitScale, [update, sumColumns(graph, squares)], { eps })
  for (let step = 0; step < steps; step++) {
    // The smaller Gram matrix: XᵀX where X is tall, and then X·p(XᵀX) = p(XXᵀ)·X.
    const gram = rows > columns ? product('TN', x, x) : product('NT', x, x)
    const polynomial = graph.one(combine, [gram, product('NN', gram, gram)], { alpha: b, beta: c })
    x = graph.one(combine, [x, rows > columns ? product('NN', x, polynomial) : product('NN', polynomial, x)], { alpha: a, beta: 1 })
  }
  return x
}
