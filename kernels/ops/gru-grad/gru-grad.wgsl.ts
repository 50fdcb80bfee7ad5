import type { DeviceCaps } from '../../device/caps.ts'
import type { KernelVariant } from '../op.ts'
import { type RecurrentSizes, recurrentVariants } from '../recurrent.wgsl.ts'

export function gruGradVariants(sizes: RecurrentSizes, caps: DeviceCaps): KernelVariant[] {
  const { steps, units: h } = sizes
  return recurrentVariants(
    {
      ...sizes,
      operands: ['gradient', 'activated', 'hidden', 'weight', 'inputs', 'products', 'carry'],
      body: ({ units, sync }) => /* wgsl */ `
  let rows = units * 3u;
  for (var back = 0u; back < steps; back++) {
    let t = ${steps - 1}u - back;
    let at = sample * ${steps}u + t;
    ${units(`
      var dh = gradient[at * ${h}u + j];
      if (back > 0u) {
        dh += carry[sample * ${h}u + j];
        let after = (at + 1u) * ${3 * h}u;
        for (var row = 0u; row < rows; row++) { dh += products[after + row] * weight[row * ${h}u + j]; }
      }
      let kept = at * ${4 * h}u + j;
      let r = activated[kept];
      let z = activated[kept + ${h}u];
      let n = activated[kept + ${2 * h}u];
      let hn = activated[kept + ${3 * h}u];
      var before = 0.0;
      if (t > 0u) { before = hidden[(at - 1u) * ${h}u + j]; }
      let dn = dh * (1.0 - z) * (1.0 - n * n);
      let dz = dh * (before - n) * z * (1.0 - z);
      let dr = dn * hn * r * (1.0 - r);
      let place = at * ${3 * h}u + j;
      inputs[place] = dr;
      inputs[place + ${h}u] = dz;
      inputs[place + ${2 * h}u] = dn;
      products[place] = dr;
      products[place + ${h}u] = dz;
      products[place + ${2 * h}u] = dn * r;
      carry[sample * ${h}u + j] = dh * z;`)}
    ${sync}
  }`,
    },
    caps,
  )
}
