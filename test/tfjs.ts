/**
 * tfjs-core as one bundle, with its gradients registered. The package's Node entry leaves them out, and its ES modules
 * import folders and files without extension, which Node refuses; so Vite bundles them once into the cache folder.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'

const CACHE = fileURLToPath(new URL('../node_modules/.cache/cyxwiz/tfjs-4.22.0/', import.meta.url))
const ENTRY = 'virtual:tfjs'

const ENTRY_SOURCE = `
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
export * from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
export const loadWebgpu = () => import('@tensorflow/tfjs-backend-webgpu')
`

export type Tfjs = typeof import('@tensorflow/tfjs-core') & {
  /** Registers the WebGPU backend; needs \`navigator.gpu\`. */
  loadWebgpu(): Promise<unknown>
}

export async function loadTfjs(): Promise<Tfjs> {
  const bundle = `${CACHE}tfjs.mjs`
  if (!existsSync(bundle)) await bundleTfjs()
  return (await import(pathToFileURL(bundle).href)) as Tfjs
}

async function bundleTfjs(): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'tfjs-entry',
        resolveId: (id) => (id === ENTRY ? ENTRY : null),
        load: (id) => (id === ENTRY ? ENTRY_SOURCE : null),
      },
    ],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: CACHE,
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rolldownOptions: { input: ENTRY, output: { entryFileNames: 'tfjs.mjs', format: 'es' } },
    },
  })
}
