/**
 * Values that all lanes of a subgroup need, each loaded by one of them and handed round by `subgroupBroadcast`: for devices
 * where a load costs the same whether lanes share its address or not (see `matmul/subgroup.wgsl.ts`). Kernels that use it
 * have one subgroup per workgroup, `lane` = subgroup_invocation_id, and the same control flow in all lanes.
 */
export interface Dealt {
  /** Once, outside of loops: `<name>_of<g>`, the numbers of the values that a lane loads. */
  readonly numbers: readonly string[]
  /** Where the values are needed: the loads. */
  readonly loads: readonly string[]
  /** WGSL of value `number`, in every lane. */
  value(number: number): string
}

/** `count` values; `load` is WGSL for the value of a number that the given name holds, `place` what of it can be computed before loops. */
export function deal(name: string, lanes: number, count: number, place: (number: string) => string, load: (place: string) => string): Dealt {
  const turns = Array.from({ length: Math.ceil(count / lanes) }, (_, turn) => turn)
  return {
    // Lanes beyond the last value load it once more.
    numbers: turns.map((turn) => `let ${name}_of${turn} = ${place(`min(lane + ${turn * lanes}u, ${count - 1}u)`)};`),
    loads: turns.map((turn) => `let ${name}_by${turn} = ${load(`${name}_of${turn}`)};`),
    value: (number) => `subgroupBroadcast(${name}_by${Math.floor(number / lanes)}, ${number % lanes}u)`,
  }
}
