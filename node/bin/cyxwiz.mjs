#!/usr/bin/env node
/**
 * `cyxwiz`, also by way of npx or a link: loads the TypeScript sources, compiled as they are now (`compiled.mjs`) or
 * through tsx, and hands over to the command line. There is no build step to run: whoever starts first after a change
 * makes it. CYXWIZ_SOURCES=1 takes tsx, whose stack traces name lines of the sources. Says what to do when the
 * dependencies are not installed.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

// Node has followed links by now: this is the file itself, wherever `cyxwiz` was found.
const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const tooOld = major < 20 || (major === 20 && minor < 19)
const { compiled } = await import('./compiled.mjs')
const folder = tooOld || process.env.CYXWIZ_SOURCES === '1' ? null : await compiled(root)
if (folder === null) {
  let register
  try {
    if (tooOld) throw new Error(`Node.js ${process.versions.node} is too old, 20.19 is needed`)
    register = (await import('tsx/esm/api')).register
  } catch (error) {
    const known = existsSync(join(root, 'node_modules', 'tsx'))
    const why = known && error instanceof Error ? error.message : 'its dependencies are not installed'
    process.stderr.write(`cyxwiz cannot start: ${why}. Run "npm run setup" in ${root}\n`)
    process.exit(1)
  }
  // Whatever the working directory's own tsconfig.json says is no business of ours.
  register({ tsconfig: join(root, 'tsconfig.json') })
  await import('../cli/main.ts')
} else {
  // For the compute child, which is to run the same.
  Object.assign(globalThis, { cyxwizCompiled: folder })
  await import(pathToFileURL(join(folder, 'main.mjs')).href)
}
