/** The commands that need no mesh, as people and scripts run them: a process, its output, its exit code. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSafetensors, tensorOf, writeSafetensors } from '../../kernels/data/index.ts'

const CYXWIZ = fileURLToPath(new URL('../../node/bin/cyxwiz.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** stdout as JSON lines. */
  readonly lines: Record<string, unknown>[]
}

function cyxwiz(args: readonly string[], options: { env?: Record<string, string>; interruptWhen?: (stdout: string) => boolean } = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CYXWIZ, ...args], { cwd: folder, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    let interrupted = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (!interrupted && options.interruptWhen?.(stdout)) {
        interrupted = true
        child.kill('SIGINT')
      }
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('close', (exitCode) => {
      const lines = args.includes('--json')
        ? stdout
            .trim()
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        : []
      resolve({ exitCode, stdout, stderr, lines })
    })
  })
}

const sha256Of = (result: Record<string, unknown> | undefined): string => (result?.weights as { sha256: string } | undefined)?.sha256 ?? 'no result'

/** Two at a time, for two cores. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let i = 0; i < items.length; i += 2) outcomes.push(...(await Promise.all(items.slice(i, i + 2).map(work))))
  return outcomes
}

const DIGITS = {
  name: 'digits-mlp',
  model: { kind: 'sequential', input: [64], layers: [{ type: 'linear', units: 32 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
  data: { dataset: 'digits' },
  optimizer: { type: 'adamw', lr: 0.003 },
  batchSize: 64,
  epochs: 15,
}

function jobFile(name: string, over: Record<string, unknown> = {}): string {
  const text = JSON.stringify({ ...DIGITS, ...over })
  writeFileSync(join(folder, name), text)
  return name
}

describe('cyxwiz train', () => {
  it('learns the digits and tells it in the events of the contract', async () => {
    const { exitCode, lines, stderr } = await cyxwiz(['train', jobFile('digits.json'), '--json', '--every', '1', '--out', 'digits.safetensors'])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    for (const line of lines) {
      expect(Object.keys(line).slice(0, 2)).toEqual(['time', 'event'])
      expect(new Date(String(line.time)).toISOString()).toBe(line.time)
    }
    const progress = lines.filter((line) => line.event === 'job.progress')
    expect(
      progress.map(({ step }) => step),
      'every step once, from 1',
    ).toEqual(Array.from({ length: 22 * 15 }, (_, i) => i + 1))
    for (const event of progress) {
      expect(event).toMatchObject({ jobId: expect.stringMatching(/^[0-9a-f]{64}$/), peers: 1, bytesSent: 0, bytesReceived: 0, round: 1 })
      for (const key of ['loss', 'accuracy', 'samplesPerSecond', 'memoryBytes']) expect(event[key], key).toEqual(expect.any(Number))
      expect(event.epoch).toBe(Math.ceil(Number(event.step) / 22))
      expect(event.samples).toBe(Number(event.step) * 64)
    }
    expect(progress[0]?.loss, 'before the first update').toBeCloseTo(Math.log(10), 0)
    const result = lines.at(-1)
    expect(result).toMatchObject({ event: 'job.result', steps: 330, samples: 330 * 64, receipts: [] })
    expect(result?.testAccuracy).toBeGreaterThan(0.9)
    expect(result?.trainLoss).toBe(progress.at(-1)?.loss)
    const tensors = parseSafetensors(readFileSync(join(folder, 'digits.safetensors')))
    expect([...tensors.values()].map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
      ['0.bias', [32], 'F32'],
      ['0.weight', [32, 64], 'F32'],
      ['2.bias', [10], 'F32'],
      ['2.weight', [10, 32], 'F32'],
    ])

    const evaluated = await cyxwiz(['eval', 'digits.json', '--weights', 'digits.safetensors', '--json'])
    expect(evaluated.exitCode).toBe(0)
    expect(evaluated.lines[0]).toMatchObject({
      testAccuracy: result?.testAccuracy,
      testSamples: 359,
      weights: { sha256: sha256Of(result) },
    })
    const estimated = await cyxwiz(['estimate', 'digits.json', '--json'])
    expect(estimated.lines[0], 'the estimate is what training took').toMatchObject({
      gpuBytes: progress[0]?.memoryBytes,
      parameterCount: 2410,
      totalSteps: 330,
    })
    const again = await cyxwiz(['train', 'digits.json', '--json', '--out', 'again.safetensors'])
    expect(again.lines.at(-1), 'the same seed gives the same bits').toMatchObject({ weights: { sha256: sha256Of(result) } })
    expect(again.lines.filter(({ event }) => event === 'job.progress').at(-1)).toMatchObject({ step: 330 })
  })

  it('stops at a step that is not finite and says where that began, or leaves it out where the job says so', async () => {
    const [rows, batchSize] = [64, 16]
    const x = Float32Array.from({ length: rows * 4 }, (_, i) => Math.sin(i))
    // A float, but no sum of such is.
    x.fill(3e38, 21 * 4, 22 * 4)
    const y = Int32Array.from({ length: rows }, (_, i) => i % 3)
    const tensor = (name: string, dtype: 'F32' | 'I32', shape: number[], values: Float32Array | Int32Array) => ({
      name,
      dtype,
      shape,
      bytes: new Uint8Array(values.buffer),
    })
    writeFileSync(join(folder, 'huge.safetensors'), writeSafetensors([tensor('x', 'F32', [rows, 4], x), tensor('y', 'I32', [rows], y)]))
    const model = { kind: 'sequential', input: [4], layers: [{ type: 'linear', units: 8 }, { type: 'relu' }, { type: 'linear', units: 3 }] }
    const job = { model, data: { files: { train: 'huge.safetensors' } }, batchSize, epochs: 3, shuffle: false }
    const [stopped, skipped] = (await inPairs([jobFile('stop.json', job), jobFile('skip.json', { ...job, nonFinite: 'skip' })], (file) =>
      cyxwiz(['train', file, '--json', '--every', '1']),
    )) as [Outcome, Outcome]
    expect(stopped.exitCode).toBe(1)
    expect(stopped.lines.at(-1)).toMatchObject({
      event: 'error',
      code: 'NON_FINITE',
      message: expect.stringMatching(/^step 2: the (loss|gradient) is not a finite number, first in layer 0 \(linear\)/),
    })
    expect(skipped.exitCode).toBe(0)
    const progress = skipped.lines.filter(({ event }) => event === 'job.progress')
    expect(progress.map((event) => event.skippedSteps)).toEqual([0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3])
    for (const { loss } of progress) expect(loss).toEqual(expect.any(Number))
    expect(skipped.lines.at(-1)).toMatchObject({ event: 'job.result', steps: 12, skippedSteps: 3, trainLoss: progress.at(-1)?.loss })
  })

  it('speaks to people without JSON', async () => {
    const { exitCode, stdout, stderr } = await cyxwiz(['train', jobFile('short.json', { epochs: null, steps: 30 }), '--out', 'short.safetensors'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/accuracy 0\.\d{4}/)
    expect(stdout).toContain('short.safetensors')
    expect(stderr).toMatch(/digits-mlp step 30 of 30 {2}loss/)
  })

  it('trains on tables and tensors whose paths start at the job file', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `${Math.sin(i)},${Math.cos(i)},${Math.sin(i) > 0 ? 'up' : 'down'}`)
    writeFileSync(join(folder, 'table.csv'), `a,b,direction\n${rows.join('\n')}\n`)
    const small = {
      model: { kind: 'sequential', input: [2], layers: [{ type: 'linear', units: 2 }] },
      batchSize: 20,
      epochs: 30,
      optimizer: { type: 'sgd', lr: 0.5 },
    }
    const table = await cyxwiz(['train', jobFile('table.json', { ...small, data: { csv: 'table.csv', label: 'direction' } }), '--json'])
    expect(table.lines.at(-1)).toMatchObject({ event: 'job.result' })
    expect(table.lines.at(-1)).not.toHaveProperty('testAccuracy')

    const x = tensorOf(
      'x',
      [100, 2],
      Float32Array.from({ length: 200 }, (_, i) => Math.sin(i)),
    )
    const y = tensorOf(
      'y',
      [100],
      Int32Array.from({ length: 100 }, (_, i) => (Math.sin(2 * i) > 0 ? 1 : 0)),
    )
    writeFileSync(join(folder, 'xy.safetensors'), writeSafetensors([x, y]))
    const tensors = await cyxwiz([
      'train',
      jobFile('tensors.json', { ...small, data: { files: { train: 'xy.safetensors', test: 'xy.safetensors' } } }),
      '--json',
    ])
    expect(tensors.lines.at(-1)?.testAccuracy).toBeGreaterThan(0.9)
  })

  it('stops at Ctrl-C: exit code 1, the state told, no half-written file', async () => {
    const { exitCode, lines, stderr } = await cyxwiz(['train', jobFile('long.json', { epochs: 100_000 }), '--json', '--out', 'long.safetensors'], {
      interruptWhen: (stdout) => stdout.includes('job.progress'),
    })
    expect(exitCode).toBe(1)
    expect(stderr).toBe('')
    expect(lines.at(-1)).toMatchObject({ event: 'job.state', state: 'cancelled', attempt: 1 })
    expect(readdirSync(folder).filter((name) => name.includes('long.safetensors'))).toEqual([])
  })

  it('says what is wrong in one line that names it, with exit code 2 and nothing written', async () => {
    writeFileSync(join(folder, 'cut.json'), '{"name": "x", ')
    writeFileSync(join(folder, 'cut.safetensors'), writeSafetensors([tensorOf('0.bias', [32], new Float32Array(32))]).subarray(0, 90))
    writeFileSync(
      join(folder, 'odd.safetensors'),
      writeSafetensors([tensorOf('0.bias', [31], new Float32Array(31)), tensorOf('0.weight', [32, 64], new Float32Array(2048))]),
    )
    const before = readdirSync(folder).length
    const model = (units: number, input = 64): Record<string, unknown> => ({
      model: { kind: 'sequential', input: [input], layers: [{ type: 'linear', units }] },
    })
    const cases: [string, string[], RegExp][] = [
      ['no such file', ['absent.json'], /absent\.json: no such file/],
      ['not JSON', ['cut.json'], /cut\.json: not JSON/],
      ['a folder', ['.'], /is a directory/],
      ['an unknown key', [jobFile('bad-0.json', { optimiser: {} })], /optimiser: unknown key/],
      ['an unknown layer', [jobFile('bad-1.json', { model: { kind: 'sequential', input: [64], layers: [{ type: 'dense', units: 3 }] } })], /layers\[0\]\.type/],
      ['a negative rate', [jobFile('bad-2.json', { optimizer: { type: 'sgd', lr: -1 } })], /optimizer\.lr/],
      ['no batch', [jobFile('bad-3.json', { batchSize: 0 })], /batchSize/],
      ['both epochs and steps', [jobFile('bad-4.json', { steps: 5 })], /epochs/],
      ['a batch larger than the data', [jobFile('bad-5.json', { batchSize: 5000 })], /batchSize.*1438/],
      ['a model for other samples', [jobFile('bad-6.json', model(10, 65))], /\[65\]/],
      ['too few classes', [jobFile('bad-7.json', model(5))], /label 5.*5 classes/],
      ['an unknown data set', [jobFile('bad-8.json', { data: { dataset: 'mnist' } })], /"mnist".*digits/],
      [
        'a missing data file',
        [jobFile('bad-9.json', { data: { files: { train: 'gone.safetensors' } } })],
        /data\.files\.train.*gone\.safetensors: no such file/,
      ],
      ['truncated weights', ['digits.json', '--init', 'cut.safetensors'], /cut\.safetensors/],
      ['weights of another shape', ['digits.json', '--init', 'odd.safetensors'], /"0\.bias" has shape \[31\]/],
      ['an output folder that is not there', ['digits.json', '--out', 'no/such/folder.safetensors'], /--out no\/such\/folder\.safetensors/],
      ['an adapter that is not there', ['digits.json', '--gpu', 'Voodoo 2'], /"Voodoo 2"; there/],
      ['an unknown option', ['digits.json', '--fast'], /--fast/],
      ['a number that is none', ['digits.json', '--every', 'often'], /often/],
    ]
    jobFile('digits.json')
    const written = readdirSync(folder).length
    expect(written).toBeGreaterThan(before)
    const outcomes = await inPairs(cases, ([, args]) => cyxwiz(['train', ...args]))
    for (const [i, [what, , words]] of cases.entries()) {
      const { exitCode, stdout, stderr } = outcomes[i] as Outcome
      expect(exitCode, what).toBe(2)
      expect(stderr, what).toMatch(words)
      expect(stderr.trim().split('\n'), what).toHaveLength(1)
      expect(stderr, what).not.toMatch(/\bat .*\.ts/)
      expect(stdout, what).toBe('')
    }
    expect(readdirSync(folder)).toHaveLength(written)
  })

  it('fails with exit code 1, and an error event, when it could not be done', async () => {
    const diverging = await cyxwiz(['train', jobFile('diverging.json', { optimizer: { type: 'sgd', lr: 1e30 } }), '--json', '--out', 'never.safetensors'])
    expect(diverging.exitCode).toBe(1)
    expect(diverging.lines.at(-2)).toMatchObject({ event: 'job.state', state: 'failed', reason: expect.stringContaining('not a finite number') })
    expect(diverging.lines.at(-1)).toMatchObject({ event: 'error', code: 'NON_FINITE' })
    expect(readdirSync(folder)).not.toContain('never.safetensors')

    const small = await cyxwiz(['train', 'digits.json', '--memory-limit', '10KiB'])
    expect(small.exitCode).toBe(1)
    expect(small.stderr).toMatch(/needs \d+ bytes .* 10240 /)

    const noDriver = await cyxwiz(['train', 'digits.json'], { env: { VK_DRIVER_FILES: '/no/driver.json', VK_ICD_FILENAMES: '/no/driver.json' } })
    if (process.platform === 'linux') {
      expect(noDriver.exitCode).toBe(1)
      expect(noDriver.stderr).toMatch(/no usable driver; `cyxwiz doctor`/)
    }
    const debug = await cyxwiz(['train', 'absent.json', '--log-level', 'debug'])
    expect(debug.stderr, 'who asks for it gets the stack').toMatch(/\bat /)
  })
})

describe('the other local commands', () => {
  it('doctor finds this machine able to train, and its kernels right', async () => {
    const { exitCode, lines } = await cyxwiz(['doctor', '--json', '--data-dir', join(folder, 'data', 'dir')])
    expect(lines[0]).toMatchObject({ ok: true, device: { description: expect.any(String) }, memory: { source: expect.any(String) } })
    const checks = (lines[0]?.checks ?? []) as { name: string; detail: string }[]
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'gpu',
      'features',
      'limits',
      'memory',
      'kernels',
      'kernel choices',
      'compute process',
      'data directory',
      'ports',
      'WebRTC',
      'dashboard',
      'data sets',
    ])
    expect(exitCode).toBe(0)
    expect(readdirSync(folder), 'it only looks').not.toContain('data')
  })

  it('data lists, and finds files by name but never by path', async () => {
    const listed = await cyxwiz(['data', 'ls', '--json'])
    expect((listed.lines[0] as unknown as { name: string }[]).map(({ name }) => name)).toEqual(expect.arrayContaining(['digits', 'moby-dick', 'fashion-mnist']))
    const path = await cyxwiz(['data', 'path', 'digits'])
    expect(path.stdout).toMatch(/digits-train/)
    const wrong = await cyxwiz(['data', 'path', '../../etc/passwd'])
    expect(wrong.exitCode).toBe(2)
  })

  it('examples are job files as they are', async () => {
    const listed = await cyxwiz(['example', '--json'])
    expect((listed.lines[0] as unknown as { name: string }[]).map(({ name }) => name)).toContain('digits-resnet')
    const printed = await cyxwiz(['example', 'digits-resnet'])
    writeFileSync(join(folder, 'resnet.json'), printed.stdout)
    expect((await cyxwiz(['estimate', 'resnet.json', '--json'])).lines[0]).toMatchObject({ name: 'digits-resnet', testSamples: 359 })
    const unknown = await cyxwiz(['example', 'digits'])
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is none named "digits"; there are digits-mlp, ') })
  })

  it('every command has help, and an unknown one is wrong input', async () => {
    const overview = await cyxwiz(['--help'])
    expect(overview.exitCode).toBe(0)
    for (const name of ['peer', 'submit', 'jobs', 'cancel', 'train', 'eval', 'estimate', 'example', 'data', 'doctor', 'demo']) {
      expect(overview.stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
    const commands = [['train'], ['data', 'ls']]
    const outcomes = await inPairs(commands, (command) => cyxwiz([...command, '--help']))
    for (const [i, command] of commands.entries()) {
      expect(outcomes[i]).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(`Usage: cyxwiz ${command.join(' ')} `) })
    }
    const mistyped = await cyxwiz(['trian'])
    expect(mistyped.exitCode).toBe(2)
    expect(mistyped.stderr).toMatch(/unknown command 'trian'.*\(Did you mean train\?\)/s)
  })
})
