import type { DeviceCaps } from '../../device/caps.ts'
import type { KernelVariant } from '../op.ts'
import { type RecurrentSizes, recurrentVariants } from '../recurrent.wgsl.ts'

export function gruVariants(sizes: RecurrentSizes, caps: DeviceCaps): KernelVariant[] {
  const { steps, units: h } = sizes
  return recurrentVariants(
    {
      ...sizes,
      operands: ['gates', 'weight', 'bias', 'hidden', 'activated'],
      body: ({ units, sync }) => /* wgsl */ `
  for (var t = 0u; t < steps; t++) {
    let at = sample * ${steps}u + t;
    ${units(`
      var hr = bias[j];
      var hz = bias[j + ${h}u];
      var hn = bias[j + ${2 * h}u];
      var before = 0.0;
      if (t > 0u) {
        let row = (at - 1u) * ${h}u;
        for (var k = 0u; k < units; k++) {
          let x = hidden[row + k];
          let w = j * ${h}u + k;
          hr += weight[w] * x;
          hz += weight[w + ${h * h}u] * x;
          hn += weight[w + ${2 * h * h}u] * x;
        }
        before = hidden[row + j];
      }
      let place = at * ${3 * h}u + j;
      let r = sigmoid(gates[place] + hr);
      let z = sigmoid(gates[place + ${h}u] + hz);
      let n = safe_tanh(gates[place + ${2 * h}u] + r * hn);
      hidden[at * ${h}u + j] = (1.0 - z) * n + z * before;
      let kept = at * ${4 * h}u + j;
      activated[kept] = r;
      activated[kept + ${h}u] = z;
      activated[kept + ${2 * h}u] = n;
      activated[kept + ${3 * h}u] = hn;`)}
    ${sync}
  }`,
    },
    caps,
  )
}
