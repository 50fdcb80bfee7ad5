import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dashboardKey } from '../../../node/setup/dashboard.mjs'
import { firstDifference } from '../../../node/setup/dependencies.mjs'
import { canonicalGzip, downloadFashion, FASHION_FILES, findFashion } from '../../../node/setup/fashion.mjs'
import { exclusively } from '../../../node/setup/lock.mjs'
import { nodeProblems } from '../../../node/setup/node-version.mjs'
import { userDataDirectory } from '../../../node/setup/paths.mjs'
import { problemMessage } from '../../../node/setup/report.mjs'
import { reasonOf, run } from '../../../node/setup/shell.mjs'

const script = fileURLToPath(new URL('../../../node/setup/run.mjs', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyxwiz-setup-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const setUp = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
    })
  })

describe('set-up as a command', () => {
  it('runs the command it was for with its arguments, and leaves stdout to it', async () => {
    const print = 'process.stdout.write(JSON.stringify(process.argv.slice(1))); process.exit(7)'
    const { code, stdout } = await setUp(['--need', '', '--then', 'node', '-e', print, '--', '--once', 'a b'], {
      CYXWIZ_SETUP: 'off',
    })
    expect({ code, stdout }).toEqual({ code: 7, stdout: '["--once","a b"]' })
  })

  it('passes SIGTERM on and ends as the command ended', async () => {
    const wait = "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); process.stdout.write('up')"
    const child = spawn(process.execPath, [script, '--then', 'node', '-e', wait], {
      env: { ...process.env, CYXWIZ_SETUP: 'off' },
    })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([5, null])
  })

  it('says which options there are', async () => {
    expect(await setUp(['--frobnicate'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--need driver,data,dashboard,chromium'),
    })
    expect(await setUp(['--need', 'unicorn'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"unicorn" is not one of'),
    })
  })
})

describe('what cannot be mended', () => {
  it('is told in one message with a command for each system', () => {
    const text = problemMessage(nodeProblems('18.20.4'))
    expect(text).toContain('This is Node.js 18.20.4; CyxWiz needs 20.19 or newer.')
    for (const system of ['Debian, Ubuntu, Fedora:', 'macOS:', 'Windows:']) expect(text).toContain(system)
  })

  it.each([
    ['20.19.0', 0],
    ['20.18.3', 1],
    ['22.0.0', 0],
    ['18.20.4', 1],
    ['26.1.0', 0],
  ])('Node %s makes %i problems', (version, count) => {
    expect(nodeProblems(version)).toHaveLength(count)
  })
})

describe('dependencies', () => {
  const lock = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  }

  it('are in order when all versions match, optional ones missing or not', () => {
    expect(firstDifference(lock, { 'node_modules/a': { version: '1.0.0' } })).toBeNull()
    expect(firstDifference(lock, lock)).toBeNull()
  })

  it('are not in order when one is missing or of another version', () => {
    expect(firstDifference(lock, {})).toBe('node_modules/a')
    expect(firstDifference(lock, { 'node_modules/a': { version: '1.0.1' } })).toBe('node_modules/a')
    expect(firstDifference(lock, { ...lock, 'node_modules/b': { version: '3.0.0' } })).toBe('node_modules/b')
  })
})

describe('the dashboard', () => {
  it('is built again when a source changed, not when a file was only touched or built', () => {
    for (const name of ['browser/dist', 'protocol', 'kernels']) mkdirSync(join(folder, name), { recursive: true })
    for (const name of ['browser/main.ts', 'protocol/peer.ts', 'kernels/index.ts', 'package-lock.json', 'tsconfig.json']) writeFileSync(join(folder, name), '1')
    const key = dashboardKey(folder)
    writeFileSync(join(folder, 'browser/main.ts'), '1')
    writeFileSync(join(folder, 'browser/dist/index.html'), 'built')
    expect(dashboardKey(folder)).toBe(key)
    writeFileSync(join(folder, 'kernels/index.ts'), '2')
    const changed = dashboardKey(folder)
    expect(changed).not.toBe(key)
    writeFileSync(join(folder, 'browser/extra.ts'), '')
    expect(dashboardKey(folder)).not.toBe(changed)
  })
})

describe('running other programs', () => {
  it('ends them at their time limit and says so', async () => {
    const result = await run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 300 })
    expect(result).toMatchObject({ ok: false, timedOut: true })
    expect(reasonOf(result)).toBe('it took longer than its time limit')
  })

  it('answers for a program that is not there', async () => {
    const result = await run('no-such-program-here', [], { timeoutMs: 1000 })
    expect(result).toMatchObject({ ok: false, code: null })
    expect(reasonOf(result)).toContain('ENOENT')
  })

  it('quotes the line that tells why', () => {
    const result = {
      code: 100,
      stdout: 'Reading package lists...\n',
      stderr: 'W: old\nE: Unable to locate package x\nmore\n',
      timedOut: false,
      ok: false,
    }
    expect(reasonOf(result)).toBe('E: Unable to locate package x')
  })
})

describe('the lock of a set-up', () => {
  it('lets one in at a time', async () => {
    const lock = join(folder, 'lock')
    const log: string[] = []
    const job = (name: string) =>
      exclusively(async () => {
        log.push(`${name} in`)
        await new Promise((resolve) => setTimeout(resolve, 50))
        log.push(`${name} out`)
      }, lock)
    await Promise.all([job('a'), job('b')])
    expect(log[1]).toBe(log[0]?.replace('in', 'out'))
    expect(existsSync(lock)).toBe(false)
  })

  it('takes over from a process that is gone', async () => {
    const lock = join(folder, 'lock')
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'exit')
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(gone.pid))
    expect(await exclusively(async () => 'done', lock)).toBe('done')
  })

  it('is given back when the work fails', async () => {
    const lock = join(folder, 'lock')
    await expect(exclusively(() => Promise.reject(new Error('no')), lock)).rejects.toThrow('no')
    expect(existsSync(lock)).toBe(false)
  })
})

describe('the user data folder', () => {
  it('follows the convention of the platform', () => {
    expect(userDataDirectory({}, 'linux', '/home/u')).toBe('/home/u/.local/share/cyxwiz')
    expect(userDataDirectory({ XDG_DATA_HOME: '/x' }, 'linux', '/home/u')).toBe('/x/cyxwiz')
    expect(userDataDirectory({ XDG_DATA_HOME: 'relative' }, 'linux', '/home/u')).toBe('/home/u/.local/share/cyxwiz')
    expect(userDataDirectory({}, 'darwin', '/Users/u')).toBe('/Users/u/Library/Application Support/cyxwiz')
    expect(userDataDirectory({ LOCALAPPDATA: '/L' }, 'win32', '/u')).toBe('/L/cyxwiz')
  })
})

describe('downloading Fashion-MNIST', () => {
  const servers: { close(): unknown }[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
    delete process.env.CYXWIZ_DATASETS_DIR
  })
  const serve = async (answer: (name: string) => Buffer | null): Promise<string> => {
    const server: Server = createServer((request, response) => {
      const bytes = answer((request.url ?? '').slice(1))
      response.writeHead(bytes === null ? 404 : 200, bytes === null ? {} : { 'content-length': bytes.length })
      response.end(bytes ?? '')
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }

  it('gives every copy of a gzip file the same header, whatever name and time it had', () => {
    const plain = gzipSync('hello', { level: 9 })
    const named = Buffer.concat([plain.subarray(0, 3), Buffer.from([8, 1, 2, 3, 4, 0, 3]), Buffer.from('name\0'), plain.subarray(10)])
    expect(canonicalGzip(named)).toEqual(canonicalGzip(plain))
    expect(canonicalGzip(Buffer.from('hello, this is no gzip'))).toBeNull()
    expect(canonicalGzip(plain.subarray(0, 9))).toBeNull()
    const unended = Buffer.concat([plain.subarray(0, 3), Buffer.from([8, 0, 0, 0, 0, 0, 3]), Buffer.alloc(20, 65)])
    expect(canonicalGzip(unended)).toBeNull()
  })

  it('tries one mirror after the other, keeps nothing of what is wrong, and gives all reasons', async () => {
    process.env.CYXWIZ_DATASETS_DIR = folder
    const wrong = await serve(() => gzipSync('something else'))
    const empty = await serve(() => null)
    const closed = createTcpServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const port = (closed.address() as AddressInfo).port
    await new Promise((resolve) => closed.close(resolve))
    await expect(downloadFashion([wrong, empty, `http://127.0.0.1:${port}/`])).rejects.toThrow(
      /train-images-idx3-ubyte.gz is not the file expected.*HTTP 404.*ECONNREFUSED/,
    )
    expect(existsSync(join(folder, 'fashion-mnist'))).toBe(false)
  })

  const installed = findFashion()
  it.skipIf(installed === null)('installs checked files from a mirror whose gzip headers differ (needs an installed copy to serve)', async () => {
    process.env.CYXWIZ_DATASETS_DIR = folder
    const mirror = await serve((name) => {
      const bytes = readFileSync(join(installed ?? '', name))
      return Buffer.concat([bytes.subarray(0, 3), Buffer.from([8, 9, 9, 9, 9, 0, 3]), Buffer.from(`${name}\0`), bytes.subarray(10)])
    })
    await downloadFashion([mirror])
    for (const { name, sha256 } of FASHION_FILES) {
      expect(
        createHash('sha256')
          .update(readFileSync(join(folder, 'fashion-mnist', name)))
          .digest('hex'),
        name,
      ).toBe(sha256)
    }
  })
})
