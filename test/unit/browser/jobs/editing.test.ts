/**
 * Editing a draft: JSON as it is typed, fields from the schema, one state behind three views, files in their places.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DraftStore, printJob } from '../../../../browser/jobs/draft-store.ts'
import { FIELD_WORDS } from '../../../../browser/jobs/field-words.ts'
import { fieldAt, fieldsOf, LAYER_TYPES, shownValue, typedValue, variantsOf } from '../../../../browser/jobs/fields.ts'
import { type Json, placeOfKey, readJson } from '../../../../browser/jobs/json-text.ts'
import { type JsonObject, valueAt, withValue } from '../../../../browser/jobs/paths.ts'
import { peekFile } from '../../../../browser/jobs/peek.ts'
import { kindOf, placeFiles } from '../../../../browser/jobs/place-files.ts'
import { PRESETS } from '../../../../browser/jobs/presets.ts'

describe('JSON as it is typed', () => {
  it('reads what JSON.parse reads, and refuses what it refuses', () => {
    const damaged = fc.tuple(fc.jsonValue(), fc.nat(200), fc.constantFrom('', ',', '"', '}', ']', '0', 'x', '\n')).map(([value, at, extra]) => {
      const text = JSON.stringify(value, null, 1)
      return text.slice(0, at % (text.length + 1)) + extra + text.slice((at % (text.length + 1)) + (at % 2))
    })
    fc.assert(
      fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
        let expected: { value: unknown } | null = null
        try {
          expected = { value: JSON.parse(text) }
        } catch {
          // Both must refuse.
        }
        const read = readJson(text)
        // Stricter in one thing: a key may stand once.
        if (!read.ok && read.problem.message.includes('twice')) return
        expect(read.ok).toBe(expected !== null)
        if (read.ok) expect(read.value).toEqual(expected?.value)
        else expect(read.problem.offset).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['{\n  "a": 1,\n}', 2, 9, /comma before \}/],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /a comma or \} is needed, found """/],
    ['{ "a": .5 }', 1, 8, /a value is needed/],
    ['{ "a": 1.e }', 1, 8, /not a number/],
    ['{ a: 1 }', 1, 3, /key in double quotes/],
    ['{ "a": "x }', 1, 8, /never closed/],
    ['{ "a": 1, "a": 2 }', 1, 11, /stands here twice/],
    ['{ // lr\n}', 1, 3, /comments/],
    ['', 1, 1, /the end of the text/],
    ['[1] 2', 1, 5, /nothing may follow/],
    ['['.repeat(100), 1, 66, /nested deeper/],
  ])('says where %j is wrong', (text, line, column, message) => {
    const read = readJson(text)
    expect(read).toMatchObject({ ok: false, problem: { line, column, message: expect.stringMatching(message) } })
  })

  it('knows where a key stands, or the nearest one around it', () => {
    const text = '{\n  "optimizer": { "type": "sgd",\n    "lr": -1 },\n  "model": { "layers": [ {}, { "units": 0 } ] }\n}'
    expect(placeOfKey(text, 'optimizer.lr')).toMatchObject({ line: 3, column: 11 })
    expect(placeOfKey(text, 'model.layers[1].units')).toMatchObject({ line: 4 })
    expect(placeOfKey(text, 'model.layers[1].bias.deep')).toEqual(placeOfKey(text, 'model.layers[1]'))
    expect(placeOfKey(text, 'batchSize')).toMatchObject({ line: 1, column: 1 })
  })

  it('prints jobs so that they read back the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (job) => {
        expect(JSON.parse(printJob(job as JsonObject))).toEqual(JSON.parse(JSON.stringify(job)))
      }),
    )
    expect(printJob(PRESETS[0]?.job ?? {})).toContain('\n      { "type": "linear", "units": 64 },\n      { "type": "relu" },\n')
  })
})

describe('one value of a job', () => {
  it('is changed by its key and nothing else is', () => {
    const job = { a: 1, model: { layers: [{ units: 1 }, { units: 2 }] }, z: 3 }
    expect(withValue(job, 'model.layers[1].units', 5)).toEqual({ a: 1, model: { layers: [{ units: 1 }, { units: 5 }] }, z: 3 })
    expect(withValue(job, 'model.layers[0]', undefined)).toEqual({ a: 1, model: { layers: [{ units: 2 }] }, z: 3 })
    expect(withValue(job, 'a', undefined)).toEqual({ model: job.model, z: 3 })
    expect(withValue({}, 'peers.min', 2)).toEqual({ peers: { min: 2 } })
    expect(Object.keys(withValue(job, 'a', 9))).toEqual(['a', 'model', 'z'])
    expect(valueAt(job, 'model.layers[1].units')).toBe(2)
    expect(valueAt(job, 'constructor.name')).toBeUndefined()
  })
})

describe('fields from the schema', () => {
  it('know kinds, ranges and defaults', () => {
    expect(fieldAt('batchSize')).toMatchObject({ kind: 'integer', range: 'at least 1 and at most 1,048,576', optional: false, default: undefined })
    expect(fieldAt('clipNorm')).toMatchObject({ kind: 'number', range: 'above 0', default: null })
    expect(fieldAt('schedule.type')).toMatchObject({ kind: 'choice', choices: ['constant', 'cosine', 'linear', 'step'] })
    expect(fieldAt('model.input')).toMatchObject({ kind: 'numbers' })
    expect(variantsOf('optimizer')).toEqual(['sgd', 'adam', 'adamw', 'lion', 'muon'])
    expect(variantsOf('loss')).toEqual(['cross-entropy', 'mse', 'l1', 'huber', 'bce-with-logits'])
    expect(fieldsOf('optimizer', 'adamw').map((field) => field.key)).toEqual(['optimizer.lr', 'optimizer.betas', 'optimizer.eps', 'optimizer.weightDecay'])
    expect(fieldsOf('sync', 'allreduce')[0]).toMatchObject({ kind: 'integer', choices: ['auto'], default: 'auto' })
    expect(LAYER_TYPES.find((layer) => layer.type === 'linear')?.fields[0]).toMatchObject({
      key: 'units',
      kind: 'integer',
      optional: false,
      help: 'output features',
    })
  })

  it('have words, all of them, and there are no words without a field', () => {
    const unions = ['model', 'optimizer', 'loss', 'sync']
    const keys = [
      ...fieldsOf(''),
      ...['schedule', 'peers', 'limits'].flatMap((key) => fieldsOf(key)),
      ...unions.flatMap((key) => variantsOf(key).flatMap((tag) => fieldsOf(key, tag))),
    ].map((field) => field.key)
    expect([...new Set([...keys, ...unions, 'data.limit', 'data.testLimit'])].sort()).toEqual(Object.keys(FIELD_WORDS).sort())
  })

  it('lose nothing that is typed', () => {
    expect(typedValue({ kind: 'number' }, '1e-3')).toBe(0.001)
    expect(typedValue({ kind: 'number' }, '1,5')).toBe('1,5')
    expect(typedValue({ kind: 'integer' }, 'auto')).toBe('auto')
    expect(typedValue({ kind: 'integer' }, ' ')).toBeUndefined()
    expect(typedValue({ kind: 'numbers' }, '[1, 28×28]')).toEqual([1, 28, 28])
    expect(typedValue({ kind: 'numbers' }, '1, a')).toBe('1, a')
    expect(shownValue([1, 28, 28])).toBe('1, 28, 28')
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(typedValue({ kind: 'number' }, shownValue(value))).toBe(value === 0 ? 0 : value)
      }),
    )
  })
})

describe('one draft behind three views', () => {
  const memory = () => {
    const map = new Map<string, string>()
    return { getItem: (key: string) => map.get(key) ?? null, setItem: (key: string, value: string) => void map.set(key, value) }
  }

  it('keeps broken JSON as typed, and the form the last version that could be read', () => {
    const store = new DraftStore({ batchSize: 1 })
    store.setText('{ "batchSize": 2 }')
    store.setText('{ "batchSize": 3')
    store.setView('form')
    expect(store.value).toMatchObject({ job: { batchSize: 2 }, textProblem: { line: 1 } })
    store.setView('json')
    expect(store.text).toBe('{ "batchSize": 3')
    store.setText('{ "batchSize": 3 }')
    expect(store.value).toMatchObject({ job: { batchSize: 3 }, textProblem: null })
    store.setText('[1]')
    expect(store.value.textProblem?.message).toMatch(/an object/)
  })

  it('keeps the person’s own layout of the JSON until the form changes something', () => {
    const store = new DraftStore({})
    store.setText('{"a":1,\n\n"b":2}')
    store.setView('form')
    store.setView('json')
    expect(store.text).toBe('{"a":1,\n\n"b":2}')
    store.setAt('a', 5)
    expect(JSON.parse(store.text)).toEqual({ a: 5, b: 2 })
  })

  it('finds a branch again that was left', () => {
    const store = new DraftStore({ optimizer: { type: 'adamw', betas: [0.8, 0.9] } })
    store.setBranch('optimizer', 'adamw', 'sgd', { type: 'sgd' })
    store.setBranch('optimizer', 'sgd', 'adamw', { type: 'adamw' })
    expect(store.value.job).toEqual({ optimizer: { type: 'adamw', betas: [0.8, 0.9] } })
  })

  it('survives a reload, text and all, and asks for its files again', () => {
    const kept = memory()
    const store = new DraftStore({ a: 1 }, kept)
    store.addFile(new File(['x,y\n'], 'table.csv'))
    store.setView('json')
    store.setText('{ broken')
    const again = new DraftStore({}, kept)
    expect(again.text).toBe('{ broken')
    expect(again.value).toMatchObject({ view: 'json', job: { a: 1 }, textProblem: { line: 1 }, files: {}, wanted: [{ path: 'table.csv', bytes: 4 }] })
    again.addFile(new File(['x,y\n'], 'table.csv'))
    expect(again.value.wanted).toEqual([])
  })

  it('starts fresh where what was kept is damaged', () => {
    const job = { a: 1 }
    for (const damaged of ['', 'x', '[]', 'null', '{"job":[]}', '{"job":{},"view":"x"}']) {
      expect(new DraftStore(job, { getItem: () => damaged, setItem: () => undefined }).value).toMatchObject({ view: 'presets', job })
    }
  })

  it('gives two files of one name two paths', () => {
    const store = new DraftStore({})
    expect(store.addFile(new File(['a'], 'x.csv'))).toBe('x.csv')
    expect(store.addFile(new File(['ab'], 'x.csv'))).toBe('x (2).csv')
    expect(Object.keys(store.value.files)).toEqual(['x.csv', 'x (2).csv'])
  })
})

describe('files that are dropped', () => {
  it('are known by their bytes', async () => {
    expect(await peekFile(new File(['a,b\n1,2\n3,4'], 'x.csv'))).toEqual({
      kind: 'csv',
      columns: ['a', 'b'],
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
    })
    expect(await peekFile(new File(['a;b and so on\nmore'], 'x.txt'))).toMatchObject({ kind: 'text' })
    expect(await peekFile(new File([Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 7)], 'l'))).toEqual({ kind: 'idx', shape: [2] })
    const packed = new Blob([Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 7)]).stream().pipeThrough(new CompressionStream('gzip'))
    expect(await peekFile(new File([await new Response(packed).arrayBuffer()], 'l.gz'))).toEqual({ kind: 'idx', shape: [2] })
    expect(await peekFile(new File([Uint8Array.of(0x89, 0x50, 0, 0)], 'x.png'))).toEqual({ kind: 'unknown' })
    expect(await peekFile(new File([], 'x'))).toEqual({ kind: 'unknown' })
  })

  it('find their place in the job', () => {
    const table = { path: 't.csv', peek: { kind: 'csv', columns: ['a', 'price'], rows: [] } } as const
    expect(placeFiles({ dataset: 'digits', limit: 5 }, [table])).toEqual({ data: { csv: 't.csv', label: 'price', limit: 5 }, left: [] })
    expect(placeFiles({ csv: 'old', label: 'a' }, [table]).data).toEqual({ csv: 't.csv', label: 'a' })
    const idx = (path: string, shape: number[]) => ({ path, peek: { kind: 'idx' as const, shape } })
    const all = [idx('train-images', [9, 28, 28]), idx('t10k-labels', [3]), idx('train-labels', [9]), idx('t10k-images', [3, 28, 28])]
    expect(placeFiles(undefined, all).data).toEqual({ idx: { train: { x: 'train-images', y: 'train-labels' }, test: { x: 't10k-images', y: 't10k-labels' } } })
    expect(placeFiles({ files: { train: 'a' } }, [{ path: 'b', peek: { kind: 'safetensors', tensors: [] } }], 'data.files.test').data).toEqual({
      files: { train: 'a', test: 'b' },
    })
    expect(placeFiles({ dataset: 'digits' }, [{ path: 'x.png', peek: { kind: 'unknown' } }])).toEqual({ data: { dataset: 'digits' }, left: ['x.png'] })
    expect((['csv', 'files', 'idx', 'text'] as const).map((kind) => kindOf({ [kind]: 'x' } as Json))).toEqual(['csv', 'files', 'idx', 'text'])
  })
})
