/**
 * Fashion-MNIST (60,000 + 10,000 images of 28×28, MIT licence, Zalando Research): found where Debian's package has it,
 * or in the user's data folder; installed as that package, or downloaded from the authors and checked.
 *
 * Peers know a file by its hash, so all must hold the very same bytes. The authors' files and Debian's differ only in
 * the gzip header (file name and time); set-up gives every copy Debian's header, and then checks the hash.
 *
 * Used by set-up before `node_modules` exists and by `cyxwiz data add`, hence plain JavaScript without dependencies.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as apt from './apt.mjs'
import { datasetsDirectory } from './paths.mjs'
import { say } from './report.mjs'
import { reasonOf, run, which } from './shell.mjs'

const PACKAGE = 'dataset-fashion-mnist'
const PACKAGE_FOLDER = '/usr/share/datasets/fashion-mnist'
const MIRRORS = [
  'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
  'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
  'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
]
/** Without a byte for so long a mirror counts as gone; the whole set is 31 MB. */
const STALL_LIMIT_MS = 20_000
const FETCH_LIMIT_MS = 600_000
const PACKAGE_LIMIT_MS = 300_000

/** gzip, deflate, no flags, the time that Debian's build stamps, no hint, Unix. */
const HEADER = Buffer.from('1f8b0800ed0ada5e0003', 'hex')

/**
 * @typedef {object} FashionFile
 * @property {'train-x' | 'train-y' | 'test-x' | 'test-y'} role
 * @property {string} name
 * @property {number} bytes
 * @property {string} sha256
 */

/** @type {readonly FashionFile[]} */
export const FASHION_FILES = [
  {
    role: 'train-x',
    name: 'train-images-idx3-ubyte.gz',
    bytes: 26_421_856,
    sha256: 'b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7',
  },
  {
    role: 'train-y',
    name: 'train-labels-idx1-ubyte.gz',
    bytes: 29_491,
    sha256: '0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056',
  },
  {
    role: 'test-x',
    name: 't10k-images-idx3-ubyte.gz',
    bytes: 4_422_079,
    sha256: 'cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa',
  },
  {
    role: 'test-y',
    name: 't10k-labels-idx1-ubyte.gz',
    bytes: 5_125,
    sha256: '8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05',
  },
]

/**
 * Whether the files there are ours by size and header; hashes are checked when files are put there and when they are
 * read.
 * @param {string} folder
 */
function looksRight(folder) {
  return FASHION_FILES.every(({ name, bytes }) => {
    const path = join(folder, name)
    if (!existsSync(path) || statSync(path).size !== bytes) return false
    const head = Buffer.alloc(HEADER.length)
    const file = openSync(path, 'r')
    try {
      readSync(file, head, 0, head.length, 0)
    } finally {
      closeSync(file)
    }
    return head.equals(HEADER)
  })
}

const ownFolder = () => join(datasetsDirectory(), 'fashion-mnist')

/** The folder that holds the four files, or null. */
export function findFashion() {
  return [PACKAGE_FOLDER, ownFolder()].find((folder) => looksRight(folder)) ?? null
}

/**
 * A gzip file with the one header that all copies share; null when it is no gzip file with at most a name in it.
 * @param {Uint8Array} bytes
 */
export function canonicalGzip(bytes) {
  const flags = bytes[3] ?? 0
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || (flags & ~0x08) !== 0) return null
  let at = 10
  if (flags === 0x08) at = bytes.indexOf(0, at) + 1
  return at === 0 ? null : Buffer.concat([HEADER, bytes.subarray(at)])
}

/**
 * The canonical bytes, or null when these are others.
 * @param {FashionFile} file
 * @param {Uint8Array} bytes
 */
function checked({ sha256 }, bytes) {
  const canonical = canonicalGzip(bytes)
  return canonical !== null && createHash('sha256').update(canonical).digest('hex') === sha256 ? canonical : null
}

/**
 * Puts checked files into the user's data folder, all or none.
 * @param {(file: FashionFile) => Promise<Uint8Array> | Uint8Array} get throws when there is none
 */
async function adopt(get) {
  const folder = ownFolder()
  mkdirSync(datasetsDirectory(), { recursive: true })
  const partial = mkdtempSync(`${folder}.partial-`)
  try {
    for (const file of FASHION_FILES) {
      const canonical = checked(file, await get(file))
      if (canonical === null) throw new Error(`${file.name} is not the file expected (its checksum differs)`)
      writeFileSync(join(partial, file.name), canonical)
    }
    rmSync(folder, { recursive: true, force: true })
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** @param {string} folder */
const fromFolder = (folder) => adopt(({ name }) => readFileSync(join(folder, name)))

/** Debian's package, installed where we may, else unpacked into the user's data folder (that needs no rights). */
async function fromPackage() {
  const state = await apt.aptState()
  if (which('apt-get') === null) throw new Error(state.why)
  if (state.usable) {
    if ((await apt.policy(PACKAGE)).candidate === null) {
      const failure = await apt.update()
      if (failure !== null) throw new Error(failure)
    }
    const failure = await apt.install(PACKAGE)
    if (failure !== null) throw new Error(failure)
    if (!looksRight(PACKAGE_FOLDER)) await fromFolder(PACKAGE_FOLDER)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-fashion-'))
  try {
    say(`fetching the Debian package ${PACKAGE}`)
    const got = await run('apt-get', ['download', '-q', PACKAGE], {
      timeoutMs: PACKAGE_LIMIT_MS,
      cwd: folder,
      label: PACKAGE,
    })
    const name = readdirSync(folder).find((file) => file.endsWith('.deb'))
    if (!got.ok || name === undefined) throw new Error(reasonOf(got))
    const unpacked = await run('dpkg-deb', ['-x', join(folder, name), folder], { timeoutMs: PACKAGE_LIMIT_MS })
    if (!unpacked.ok) throw new Error(reasonOf(unpacked))
    await fromFolder(join(folder, PACKAGE_FOLDER))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} url
 * @param {string} name
 */
async function download(url, name) {
  const limit = AbortSignal.timeout(FETCH_LIMIT_MS)
  const stall = new AbortController()
  let timer = setTimeout(() => stall.abort(new Error('no answer')), STALL_LIMIT_MS)
  try {
    const response = await fetch(url, { signal: AbortSignal.any([limit, stall.signal]), redirect: 'follow' })
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`)
    const total = Number(response.headers.get('content-length') ?? 0)
    const chunks = []
    let got = 0
    let told = Date.now()
    for await (const chunk of response.body) {
      clearTimeout(timer)
      timer = setTimeout(() => stall.abort(new Error('it stopped answering')), STALL_LIMIT_MS)
      chunks.push(chunk)
      got += chunk.length
      if (Date.now() - told > 2_000) {
        told = Date.now()
        say(`${name}: ${(got / 1e6).toFixed(1)}${total > 0 ? ` of ${(total / 1e6).toFixed(1)}` : ''} MB`)
      }
    }
    return Buffer.concat(chunks)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Downloads into the user's data folder; throws with every mirror's reason when none has it.
 * @param {readonly string[]} mirrors
 */
export async function downloadFashion(mirrors = MIRRORS) {
  const failures = []
  for (const mirror of mirrors) {
    try {
      say(`downloading Fashion-MNIST (31 MB) from ${new URL(mirror).host}`)
      await adopt(({ name }) => download(mirror + name, name))
      return
    } catch (error) {
      failures.push(`${new URL(mirror).host}: ${messageOf(error)}`)
    }
  }
  throw new Error(failures.join('; '))
}

/** `fetch failed` says nothing; its cause does. @param {unknown} error */
function messageOf(error) {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

/**
 * Finds the data set or installs it. Never throws: a missing data set is no reason not to start.
 * @returns {Promise<{ folder: string | null, why: string | null }>} `why`: the reason when there is none
 */
export async function ensureFashion() {
  const there = findFashion()
  if (there !== null) return { folder: there, why: null }
  const failures = []
  for (const attempt of [...(which('apt-get') !== null ? [fromPackage] : []), () => downloadFashion()]) {
    try {
      await attempt()
      const folder = findFashion()
      if (folder !== null) {
        say(`Fashion-MNIST is in ${folder}`)
        return { folder, why: null }
      }
      failures.push('the files that were installed are not the ones expected')
    } catch (error) {
      failures.push(messageOf(error))
    }
  }
  return { folder: null, why: failures.join('; ') }
}
