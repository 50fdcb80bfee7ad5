/** `cyxwiz` runs the sources as they are now, compiled where that can be done, and through tsx where it cannot. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)
let root = ''

/** An installation of its own: two commands' worth of sources, and the packages of this one. */
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'cyxwiz-compiled-')))
  for (const folder of ['node/bin', 'node/cli', 'node/compute', 'kernels', 'protocol', 'node_modules']) await mkdir(join(root, folder), { recursive: true })
  for (const file of ['node/bin/cyxwiz.mjs', 'node/bin/compiled.mjs', 'tsconfig.json', 'package.json']) await cp(join(ROOT, file), join(root, file))
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(ROOT, 'node_modules', name), join(root, 'node_modules', name))
  }
  await writeFile(join(root, 'node/compute/child.ts'), 'export {}\n')
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function main(text: string): Promise<void> {
  await writeFile(join(root, 'node/cli/main.ts'), text)
}

async function cyxwiz(env: Record<string, string> = {}): Promise<string> {
  return (await run(process.execPath, [join(root, 'node/bin/cyxwiz.mjs')], { env: { ...process.env, ...env } })).stdout.trim()
}

const PLACE = `import { fileURLToPath } from 'node:url'
import type { } from 'node:fs'
const compiled: unknown = (globalThis as { cyxwizCompiled?: string }).cyxwizCompiled
`
const said = (word: string): string => `${PLACE}console.log('${word}', fileURLToPath(import.meta.url), compiled === undefined ? 'tsx' : 'compiled')\n`

describe('what cyxwiz runs', () => {
  it('is compiled in this repository: nothing in it stands in the way', async () => {
    const { compiled } = (await import('../../../node/bin/compiled.mjs')) as { compiled: (root: string) => Promise<string | null> }
    const folder = await compiled(ROOT)
    expect(folder).not.toBeNull()
    expect(await readdir(folder as string)).toEqual(expect.arrayContaining(['main.mjs', 'child.mjs']))
  })

  it('is compiled once, knows where its source is, and follows it when it changes', async () => {
    const source = join(root, 'node/cli/main.ts')
    const cache = join(root, 'node_modules/.cache/cyxwiz/compiled')
    await main(said('one'))
    expect(await cyxwiz()).toBe(`one ${source} compiled`)
    expect(await cyxwiz()).toBe(`one ${source} compiled`)
    expect(await readdir(cache)).toHaveLength(1)
    await main(said('two'))
    expect(await cyxwiz()).toBe(`two ${source} compiled`)
    expect(await readdir(cache)).toHaveLength(2)
  })

  it('is the sources themselves where that is asked for, or nothing can be compiled', async () => {
    const source = join(root, 'node/cli/main.ts')
    await main(said('three'))
    expect(await cyxwiz({ CYXWIZ_SOURCES: '1' })).toBe(`three ${source} tsx`)
    await main(said('four'))
    await rm(join(root, 'node_modules/.cache'), { recursive: true, force: true })
    await writeFile(join(root, 'node_modules/.cache'), 'in the way')
    expect(await cyxwiz()).toBe(`four ${source} tsx`)
  })
})
