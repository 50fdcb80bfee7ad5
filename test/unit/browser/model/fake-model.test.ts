import { describe, expect, it } from 'vitest'
import { answerOf } from '../../../../browser/model/answers.ts'
import { ModelHost } from '../../../../browser/model/host.ts'
import { samplesOfJob } from '../../../../browser/model/samples.ts'
import { fakeBlob, fakeDataParts, fakeWeights } from '../../../../browser/session/fake-model.ts'
import { jobSpec } from './specs.ts'

const read = async ({ sha256 }: { readonly sha256: string }) => fakeBlob(sha256) ?? Promise.reject(new Error(`no blob ${sha256}`))

describe('the generated model', () => {
  it.each([
    ['digits', 64],
    ['fashion-mnist', 784],
  ])('tells most of the generated %s apart', async (dataset, inputs) => {
    const spec = jobSpec({ input: [inputs], dataset, parts: [...fakeDataParts(dataset)] })
    const samples = await samplesOfJob(spec, read)
    expect(samples.length).toBe(200)
    const host = new ModelHost(undefined)
    const loaded = await host.load(spec.model, fakeWeights(spec), 'weights')
    expect(loaded).toMatchObject({ where: 'cpu', detail: 'this browser has no WebGPU' })
    let right = 0
    for (let i = 0; i < 40; i++) {
      const { x, label } = samples.at(i * 5 + (i % 5))
      const answer = answerOf({ dataset, lossType: 'cross-entropy' }, await host.predict(x))
      if (answer.best === label) right++
    }
    expect(right).toBeGreaterThan(30)
  })
})
