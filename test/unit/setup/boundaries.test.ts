import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let folder = ''
/** `rule: from → to` of each violation found in a small tree that breaks every rule once. */
let found: string[] = []

const files: Record<string, string> = {
  'kernels/good.ts': 'export type Good = number\nexport const good = 1\n',
  'kernels/knows-protocol.ts': "import type { A } from '../protocol/a.ts'\nexport type B = A\n",
  'kernels/built-in.ts': "import { join } from 'node:path'\nexport const path = join('a', 'b')\n",
  'protocol/a.ts': "import type { Good } from '../kernels/good.ts'\nexport type A = Good\nexport const a = 1\n",
  'protocol/takes-value.ts': "import { good } from '../kernels/good.ts'\nexport const b = good\n",
  'protocol/knows-node.ts': "import { host } from '../node/host.ts'\nexport const c = host\n",
  'protocol/ring-1.ts': "import { two } from './ring-2.ts'\nexport const one = (): number => two()\n",
  'protocol/ring-2.ts': "import { one } from './ring-1.ts'\nexport const two = (): number => one()\n",
  'protocol/types-1.ts': "import type { Two } from './types-2.ts'\nexport interface One { two: Two }\n",
  'protocol/types-2.ts': "import type { One } from './types-1.ts'\nexport interface Two { one: One }\n",
  'node/host.ts': "import { good } from '../kernels/good.ts'\nimport { a } from '../protocol/a.ts'\nexport const host = good + a\n",
  'node/knows-browser.ts': "import { tab } from '../browser/tab.ts'\nexport const d = tab\n",
  'node/lost.ts': "import { e } from './nowhere.ts'\nexport const f: number = e\n",
  'node/test-package.ts': "import { vi } from 'vitest'\nexport const g = vi\n",
  'node/borrowed.ts': "import meow from 'meow'\nexport const h = meow\n",
  'node/setup/needs-package.mjs': "import { create } from 'webgpu'\nexport const i = create\n",
  'browser/tab.ts': "import { a } from '../protocol/a.ts'\nexport const tab = a\n",
  'browser/knows-node.ts': "import { host } from '../node/host.ts'\nexport const j = host\n",
  'browser/built-in.ts': "import { join } from 'node:path'\nexport const k = join\n",
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyxwiz-boundaries-'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  for (const name of ['package.json', 'tsconfig.json']) await copyFile(join(root, name), join(folder, name))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = ['--config', join(root, 'test/depcruise.cjs'), '--output-type', 'json', 'kernels', 'protocol', 'node', 'browser']
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  })
  const summary: { violations: { rule: { name: string }; from: string; to: string }[] } = JSON.parse(stdout).summary
  // Which of a package's files an import leads to is of no interest.
  found = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to.replace(/^.*node_modules\/([^/]+)\/.*$/, '$1')}`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the import rules', () => {
  it.each([
    'kernels-know-nothing-of-ours: kernels/knows-protocol.ts → protocol/a.ts',
    'no-node-built-ins-in-shared-code: kernels/built-in.ts → path',
    'protocol-takes-only-types-from-kernels: protocol/takes-value.ts → kernels/good.ts',
    'protocol-knows-no-host: protocol/knows-node.ts → node/host.ts',
    'no-cycles: protocol/ring-1.ts → protocol/ring-2.ts',
    'node-without-browser: node/knows-browser.ts → browser/tab.ts',
    'resolvable: node/lost.ts → ./nowhere.ts',
    'no-test-packages-at-run-time: node/test-package.ts → vitest',
    'set-up-needs-nothing: node/setup/needs-package.mjs → webgpu',
    'browser-without-node: browser/knows-node.ts → node/host.ts',
    'no-node-built-ins-in-tabs: browser/built-in.ts → path',
  ])('refuse %s', (violation) => {
    expect(found).toContain(violation)
  })

  it('refuse a package that only another one declares', () => {
    expect(found.filter((violation) => violation.startsWith('declared: node/borrowed.ts'))).toHaveLength(1)
  })

  it('allow what the design allows: types from kernels, cycles of types only, hosts that use both', () => {
    for (const path of ['kernels/good.ts', 'protocol/a.ts', 'protocol/types-', 'node/host.ts', 'browser/tab.ts']) {
      expect(
        found.filter((violation) => violation.includes(`: ${path}`)),
        path,
      ).toEqual([])
    }
  })
})
