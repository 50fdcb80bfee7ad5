/**
 * From a finished graph to dispatches over named buffers. Parameters, gradients, inputs and statistics have fixed
 * places; everything else gets a slot for as long as somebody still reads it.
 *
 * Invariant: no dispatch binds one buffer both readable and writable (checked here, so that a planning bug fails on
 * every machine and not only where a driver notices).
 */
import { KernelError } from '../errors.ts'
import { aliasRoots } from '../graph/aliases.ts'
import type { GraphNode } from '../graph/graph.ts'
import type { Tensor } from '../ops/op.ts'
import { shapeClassOf } from '../tuning/shape-class.ts'
import type { SlotAllocator } from './slots.ts'
import { alignBytes, bindingBytes, type PlannedBinding, type PlannedDispatch, tensorBytes } from './types.ts'

/** A range of a buffer that a tensor is bound to from outside. */
export interface FixedPlace {
  readonly buffer: string
  readonly offsetBytes: number
}

/**
 * `fixed` places are by tensor; reshapes of such a tensor share its place, in both directions. Slots come from `slots`,
 * all of which are free again on return: programs that never run at the same time may share one allocator.
 */
export function planDispatches(nodes: readonly GraphNode[], fixed: ReadonlyMap<Tensor, FixedPlace>, slots: SlotAllocator): PlannedDispatch[] {
  const rootOf = aliasRoots(nodes)
  const places = new Map<Tensor, FixedPlace>()
  for (const [tensor, place] of fixed) places.set(rootOf(tensor), place)

  const lastUse = new Map<Tensor, number>()
  nodes.forEach((node, index) => {
    for (const tensor of [...node.inputs, ...node.outputs]) lastUse.set(rootOf(tensor), index)
  })

  const held = new Map<Tensor, number>()
  const dispatches: PlannedDispatch[] = []
  nodes.forEach((node, index) => {
    if (node.op.alias !== true) {
      for (const output of node.outputs) {
        const root = rootOf(output)
        if (places.has(root)) continue
        const slot = slots.take(alignBytes(tensorBytes(root)))
        held.set(root, slot)
        places.set(root, { buffer: slotName(slot), offsetBytes: 0 })
      }
      const bindings = [
        ...node.inputs.map((tensor) => bind(tensor, places.get(rootOf(tensor)), 'read')),
        ...node.outputs.map((tensor) => bind(tensor, places.get(rootOf(tensor)), 'read_write')),
      ]
      const label = `${node.op.name}.${index}`
      refuseMixedAccess(label, bindings)
      const shapeClass = shapeClassOf(node.op.name, node)
      dispatches.push({
        label,
        bindings,
        variants: (caps) => node.op.variants(node, caps),
        origin: node.origin,
        node: { op: node.op, types: node, shapeClass },
      })
    }
    for (const tensor of new Set([...node.inputs, ...node.outputs].map(rootOf))) {
      const slot = held.get(tensor)
      if (slot === undefined || lastUse.get(tensor) !== index) continue
      held.delete(tensor)
      slots.give(slot)
    }
  })
  return dispatches
}

export function slotName(slot: number): string {
  return `slot.${slot}`
}

function bind(tensor: Tensor, place: FixedPlace | undefined, access: 'read' | 'read_write'): PlannedBinding {
  if (place === undefined) throw new KernelError('UNSUPPORTED', `plan: tensor ${tensor.name} is read before it is written`)
  return { buffer: place.buffer, offsetBytes: place.offsetBytes, sizeBytes: bindingBytes(tensor), access }
}

function refuseMixedAccess(label: string, bindings: readonly PlannedBinding[]): void {
  const written = new Set(bindings.filter((binding) => binding.access === 'read_write').map((binding) => binding.buffer))
  const both = bindings.find((binding) => binding.access === 'read' && written.has(binding.buffer))
  if (both) throw new KernelError('UNSUPPORTED', `plan: dispatch ${label} would read and write buffer ${both.buffer}`, { label, buffer: both.buffer })
}
