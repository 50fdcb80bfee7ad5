/** Opens the libraries of a comparison on the adapter that `--gpu` names. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { openGpu } from '../../gpu/open.ts'
import type { Contender, RivalName } from './contender.ts'
import { openJax } from './jax.ts'
import { openTfjs } from './tfjs.ts'

const PACKAGES: Readonly<Record<RivalName, string>> = { tfjs: '@tensorflow/tfjs-backend-webgpu', 'jax-js': '@jax-js/jax' }

export interface Rival extends Contender {
  readonly version: string
}

/** Those that are installed, and for the others why not. */
export async function openRivals(names: readonly RivalName[], gpu: string): Promise<{ rivals: Rival[]; missing: string[] }> {
  // They look for navigator.gpu when they are loaded; Node 20 has no navigator and later ones have a getter.
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    writable: true,
    value: { gpu: openGpu({ gpu }), userAgent: 'node', hardwareConcurrency: 2 },
  })
  const rivals: Rival[] = []
  const missing: string[] = []
  for (const name of names) {
    const version = installedVersion(PACKAGES[name])
    if (version === null) missing.push(`${name}: ${PACKAGES[name]} is not installed; "npm install" without --omit=dev brings it`)
    else rivals.push({ ...(name === 'tfjs' ? await openTfjs() : await openJax()), version })
  }
  return { rivals, missing }
}

function installedVersion(name: string): string | null {
  const require = createRequire(import.meta.url)
  // Not through `exports`, which need not name the file.
  const file = require.resolve
    .paths(name)
    ?.map((path) => join(path, name, 'package.json'))
    .find((path) => existsSync(path))
  return file === undefined ? null : (require(file) as { version: string }).version
}
