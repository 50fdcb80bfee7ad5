import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { isDirectoryLocked, type NodeStore, type OpenStoreOptions, openStore } from '../../../../node/store/index.ts'
import { defaultDataDir } from '../../../../node/store/paths.ts'
import { storeSuite } from './suite.ts'

const REPOSITORY = new URL('../../../../', import.meta.url).pathname
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'cyxwiz-store-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function opened(directory: string, options?: OpenStoreOptions): Promise<NodeStore> {
  const store = await openStore(directory, options)
  cleanups.push(() => store.close())
  return store
}

/** A separate process that opens the store, runs `body` with it and prints what it was told to. */
const script = (directory: string, body: string): string[] => [
  '--import',
  'tsx',
  '--input-type=module',
  '-e',
  `import { openStore } from '${REPOSITORY}node/store/index.ts'
   try { const store = await openStore(${JSON.stringify(directory)}); ${body} } catch (error) { console.log(error.code + ': ' + error.message) }`,
]

function inAnotherProcess(directory: string, body: string): string {
  return execFileSync(process.execPath, script(directory, body), { cwd: REPOSITORY, encoding: 'utf8' }).trim()
}

describe('the store in a data directory', () => {
  storeSuite(async () => {
    const directory = temporaryDirectory()
    const store = await opened(directory)
    return {
      store,
      async reopen() {
        await store.close()
        return opened(directory)
      },
    }
  })

  it('lets nobody but its owner read key and votes', async () => {
    const directory = join(temporaryDirectory(), 'made', 'here')
    const store = await opened(directory)
    store.kv.set('a', Uint8Array.of(1))
    if (process.platform === 'win32') return
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(directory).filter((file) => file !== 'blobs')) {
      expect(statSync(join(directory, name)).mode & 0o077, name).toBe(0)
    }
  })

  it('keeps a second process out and says whose directory it is', async () => {
    const directory = temporaryDirectory()
    const store = await opened(directory)
    expect(isDirectoryLocked(directory)).toBe(true)
    await expect(openStore(directory), 'not even the same process').rejects.toMatchObject({ code: 'LOCKED' })
    expect(inAnotherProcess(directory, 'console.log("got in")')).toBe(`LOCKED: data directory ${directory} is in use by another peer`)
    await store.close()
    expect(inAnotherProcess(directory, 'console.log("got in"); await store.close()')).toBe('got in')
    expect(isDirectoryLocked(directory)).toBe(false)
  })

  it('is free again, with everything that was saved, when its process was killed', async () => {
    const directory = temporaryDirectory()
    const child = spawn(
      process.execPath,
      script(
        directory,
        `
      store.raft.save({ hardState: { term: 3, votedFor: 'x' }, append: [{ index: 1, term: 3, epoch: 1, data: new Uint8Array(10) }] })
      console.log('saved'); setInterval(() => {}, 1000)`,
      ),
      { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await new Promise<void>((done) => child.stdout.once('data', () => done()))
    const exited = new Promise<void>((done) => child.once('exit', () => done()))
    child.kill('SIGKILL')
    await exited
    const { hardState, entries } = (await opened(directory)).raft.load()
    expect(hardState).toEqual({ term: 3, votedFor: 'x' })
    expect(entries).toHaveLength(1)
  })

  it('names the directory that cannot be written', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'file'), '')
    await expect(openStore(join(directory, 'file', 'below'))).rejects.toMatchObject({ name: 'StoreError', code: 'UNWRITABLE' })
    await expect(openStore(join(directory, 'file', 'below'))).rejects.toThrow(join(directory, 'file', 'below'))
  })

  it('refuses a file that is no database, a foreign database and a newer schema', async () => {
    const junk = temporaryDirectory()
    writeFileSync(join(junk, 'cyxwiz.db'), 'no database at all '.repeat(100))
    await expect(openStore(junk)).rejects.toMatchObject({ code: 'CORRUPT' })

    const newer = temporaryDirectory()
    await (await openStore(newer)).close()
    inAnotherProcess(
      temporaryDirectory(),
      `
      const { SqlFile } = await import('${REPOSITORY}node/store/database.ts')
      new SqlFile('${newer}/cyxwiz.db', { busyTimeoutMs: 0 }).pragma('user_version = 99')`,
    )
    await expect(openStore(newer)).rejects.toMatchObject({ code: 'NEWER_SCHEMA' })
    expect(isDirectoryLocked(newer), 'a failed open gives the lock back').toBe(false)
  })

  it('refuses calls after close instead of crashing', async () => {
    const store = await opened(temporaryDirectory())
    await store.close()
    await store.close()
    expect(() => store.raft.load()).toThrow(/closed/)
  })

  it('drops a blob that was damaged on disk instead of serving it', async () => {
    const directory = temporaryDirectory()
    const { blobs } = await opened(directory)
    const name = await blobs.put(new Uint8Array(1000))
    writeFileSync(blobs.path(name), new Uint8Array(1000).fill(1))
    await expect(blobs.read(name, 0, 10)).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(await blobs.has(name)).toBe(false)
    await blobs.put(new Uint8Array(1000))
    writeFileSync(blobs.path(name), new Uint8Array(999))
    await expect(blobs.get(name)).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('copies files in, cleans up what a crash left, and refuses names that are paths', async () => {
    const directory = temporaryDirectory()
    const first = await opened(directory)
    writeFileSync(join(directory, 'input'), 'hello')
    const name = await first.blobs.putFile(join(directory, 'input'))
    expect(name).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824')
    expect(await first.blobs.putFile(join(directory, 'input'))).toBe(name)
    expect(readFileSync(first.blobs.path(name), 'utf8')).toBe('hello')
    await expect(first.blobs.putFile(join(directory, 'absent'))).rejects.toThrow(/absent/)
    writeFileSync(join(directory, 'blobs', 'tmp', 'left-over'), 'x')
    await first.close()
    const second = await opened(directory)
    expect(readdirSync(join(directory, 'blobs', 'tmp'))).toEqual([])
    await expect(second.blobs.get('../../cyxwiz.db')).rejects.toMatchObject({ code: 'BLOB_MISSING' })
    await expect(second.blobs.openWriter(`${'a'.repeat(63)}/`, 1)).rejects.toMatchObject({ code: 'BLOB_MISSING' })
  })

  it('keeps to the disk limit it was given, with the numbers', async () => {
    const { blobs } = await opened(temporaryDirectory(), { diskLimitBytes: 1500 })
    await blobs.put(new Uint8Array(1000))
    await expect(blobs.put(new Uint8Array(501))).rejects.toMatchObject({ code: 'DISK_LIMIT', detail: { sizeBytes: 501, usedBytes: 1000, limitBytes: 1500 } })
    await blobs.put(new Uint8Array(500))
  })
})

describe('the store on a full or read-only disk', () => {
  const mounted = (options: string): string | null => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return null
    const path = temporaryDirectory()
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status !== 0) return null
    cleanups.push(() => spawnSync('umount', ['-l', path]))
    return path
  }

  it('reports a full disk, keeps what it had reported as saved, and nothing more', async (context) => {
    const disk = mounted('size=1m')
    if (disk === null) return context.skip('needs root and mount to make a small disk')
    const store = await opened(disk)
    writeFileSync(join(disk, 'filler'), new Uint8Array(100_000))
    let saved = 0
    const failure = (() => {
      for (let i = 0; i < 1000; i += 1) {
        try {
          store.raft.save({ hardState: { term: i }, append: [{ index: i, term: i, epoch: 1, data: new Uint8Array(5000) }] })
          saved += 1
        } catch (error) {
          return error
        }
      }
    })()
    expect(failure).toMatchObject({ name: 'StoreError', code: 'DISK_FULL' })
    expect(saved).toBeGreaterThan(20)
    await expect(store.blobs.put(new Uint8Array(2_000_000))).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(await store.blobs.list(), 'no half blob').toEqual([])
    const { hardState, entries } = store.raft.load()
    expect(hardState).toEqual({ term: saved - 1 })
    expect(entries).toHaveLength(saved)
    // Room again: the store works on without being reopened.
    rmSync(join(disk, 'filler'))
    store.raft.save({ truncateFrom: 0 })
    store.raft.save({ append: [{ index: 0, term: 1, epoch: 1, data: new Uint8Array(10) }] })
    expect(store.raft.load().entries).toHaveLength(1)
  })

  it('says that a read-only file system cannot be written', async (context) => {
    const disk = mounted('size=4m')
    if (disk === null) return context.skip('needs root and mount')
    inAnotherProcess(join(disk, 'data'), 'await store.close()')
    spawnSync('mount', ['-o', 'remount,ro', disk])
    await expect(openStore(join(disk, 'data'))).rejects.toMatchObject({ code: 'UNWRITABLE' })
    await expect(openStore(join(disk, 'new'))).rejects.toMatchObject({ code: 'UNWRITABLE' })
  })
})

describe('the default data directory', () => {
  it('follows the convention of each platform', () => {
    const at = (platform: NodeJS.Platform, env: Record<string, string>, home = '/home/u') => defaultDataDir({ platform, env, home })
    expect(at('linux', {})).toBe('/home/u/.local/share/cyxwiz')
    expect(at('linux', { XDG_DATA_HOME: '/data' })).toBe('/data/cyxwiz')
    expect(at('linux', { XDG_DATA_HOME: 'relative' })).toBe('/home/u/.local/share/cyxwiz')
    expect(at('darwin', {}, '/Users/u')).toBe('/Users/u/Library/Application Support/cyxwiz')
    expect(at('win32', { LOCALAPPDATA: 'C:\\Users\\u\\AppData\\Local' })).toBe('C:\\Users\\u\\AppData\\Local\\cyxwiz')
    expect(at('linux', { CYXWIZ_DATA_DIR: '/elsewhere' })).toBe('/elsewhere')
  })
})
