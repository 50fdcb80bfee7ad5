/** Threefry-2x32-20 in WGSL; the same bits as `threefry.ts` (a GPU test compares them). */
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const

function rounds(block: number): string {
  return (ROTATIONS[(block + 1) % 2] ?? []).map((bits) => `x.x += x.y; x.y = ((x.y << ${bits}u) | (x.y >> ${32 - bits}u)) ^ x.x;`).join('\n  ')
}

export const THREEFRY_WGSL = /* wgsl */ `
fn threefry(key: vec2u, counter: vec2u) -> vec2u {
  let key2 = 0x1bd11bdau ^ key.x ^ key.y;
  var x = counter + key;
  ${rounds(1)}
  x += vec2u(key.y, key2 + 1u);
  ${rounds(2)}
  x += vec2u(key2, key.x + 2u);
  ${rounds(3)}
  x += vec2u(key.x, key.y + 3u);
  ${rounds(4)}
  x += vec2u(key.y, key2 + 4u);
  ${rounds(5)}
  x += vec2u(key2, key.x + 5u);
  return x;
}
fn unit_float(bits: u32) -> f32 { return f32(bits >> 8u) * ${2 ** -24}; }
`
