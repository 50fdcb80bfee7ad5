/**
 * What every answer says about how it may be used. The dashboard runs only its own scripts and workers, may talk to peers
 * by any address, and cannot be put into a frame of another site (a click on "Contribute" would be stolen there).
 */
const POLICY: Readonly<Record<string, string>> = {
  'default-src': "'self'",
  // libp2p's noise encryption is WebAssembly on a page.
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self' blob:",
  // Peers of the mesh are anywhere.
  'connect-src': "'self' ws: wss: http: https: data: blob:",
  // `style` attributes of templates.
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'font-src': "'self' data:",
  'object-src': "'none'",
  'base-uri': "'self'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': Object.entries(POLICY)
    .map(([name, value]) => `${name} ${value}`)
    .join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}
