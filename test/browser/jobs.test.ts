/**
 * The pages about jobs in a real Chromium: what they show, what keys and buttons do, that axe has nothing to say in either
 * theme, and that a model tried in the tab answers as the float64 reference does.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { answerOf } from '../../browser/model/answers.ts'
import { triedJob } from '../../browser/model/kind.ts'
import { samplesOfJob } from '../../browser/model/samples.ts'
import { fakeBlob, fakeWeights } from '../../browser/session/fake-model.ts'
import { readWeights, tensorOf, writeSafetensors } from '../../kernels/data/index.ts'
import { layoutOf, referencePrediction } from '../../kernels/index.ts'
import { type DevServer, startDevServer } from './dev-server.ts'
import { chromiumLaunch } from './launch.ts'
import { IDS, specOf } from './pages/jobs/job-session.ts'

const WIDE = { width: 1280, height: 900 }
const PHONE = { width: 390, height: 844 }
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let server: DevServer
let browser: Browser
let page: Page
let problems: string[] = []

beforeAll(async () => {
  server = await startDevServer()
  browser = await chromium.launch(chromiumLaunch())
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

afterEach(async () => {
  await page?.context().close()
  expect(problems).toEqual([])
})

async function open(
  route: string,
  { theme = 'light', viewport = WIDE }: { theme?: 'light' | 'dark'; viewport?: { width: number; height: number } } = {},
): Promise<void> {
  problems = []
  const context = await browser.newContext({ viewport, colorScheme: theme, acceptDownloads: true })
  page = await context.newPage()
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.goto(`${server.blankUrl}#/${route}`)
  // As text: the test runner would rewrite an import() in a function.
  await page.evaluate(`import(${JSON.stringify(server.moduleUrl('test/browser/pages/jobs/main.ts'))}).then(({ start }) => start(${JSON.stringify(theme)}))`)
}

async function axeViolations(): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(root: Document): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> } }
    return (await axe.run(document)).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  })
}

/** CYXWIZ_SCREENSHOTS: a folder for whoever wants to look. */
async function screenshot(name: string): Promise<void> {
  const folder = process.env.CYXWIZ_SCREENSHOTS
  if (folder === undefined) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

const asked = () => page.evaluate(() => window.session.asked)

describe('every page about jobs', () => {
  const pages: [string, string, string][] = [
    ['jobs', 'jobs', 'Jobs'],
    ['job-running', `job/${IDS.running}`, 'fashion-mlp'],
    ['job-done', `job/${IDS.digits}`, 'digits-small'],
    ['job-queued', `job/${IDS.queued}`, 'needs-memory'],
    ['compare', `compare/${IDS.running},${IDS.digits},${IDS.fashion}`, 'Compare jobs'],
    ['try-image', `try/${IDS.digits}`, 'Try a model'],
    ['try-table', `try/${IDS.table}`, 'Try a model'],
  ]
  for (const theme of ['light', 'dark'] as const) {
    it.each(pages)(`passes axe and fits wide and narrow windows, ${theme}: %s`, async (name, route, heading) => {
      await open(route, { theme })
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      if (name === 'job-queued') await page.getByText('Curves appear here when training begins.').waitFor()
      else if (route.startsWith('job/') || route.startsWith('compare')) await page.getByRole('toolbar', { name: 'Charts' }).waitFor()
      if (route.startsWith('try')) await page.getByText('running on').waitFor()
      expect(await axeViolations()).toEqual([])
      await screenshot(`${name}-${theme}`)
      await page.setViewportSize(PHONE)
      await page.waitForTimeout(200)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
      expect(await axeViolations()).toEqual([])
      await screenshot(`${name}-${theme}-phone`)
    })
  }
})

describe('the list of jobs', () => {
  it('is filtered, sorted and chosen from by keyboard alone', async () => {
    await open('jobs')
    await page.getByRole('link', { name: 'fashion-mlp', exact: true }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('fashion')
    await page.getByText('2 of 6 jobs').waitFor()
    const names = () => page.locator('td.name a').allTextContents()
    const sort = page.getByRole('button', { name: 'Name' })
    await sort.focus()
    await page.keyboard.press('Enter')
    expect(await names()).toEqual(['fashion-mlp', 'fashion-wide'])
    await page.keyboard.press('Enter')
    expect(await names()).toEqual(['fashion-wide', 'fashion-mlp'])
    for (const name of ['fashion-mlp', 'fashion-wide']) {
      await page.getByRole('checkbox', { name: `Compare ${name}` }).focus()
      await page.keyboard.press('Space')
    }
    await page.getByRole('link', { name: 'Compare 2 jobs' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Compare jobs' }).waitFor()
    expect(page.url()).toContain(`#/compare/${IDS.running},${IDS.fashion}`)
  })

  it('says why a job waits, and offers actions on own jobs only', async () => {
    await open('jobs')
    const waiting = page.getByRole('row', { name: /needs-memory/ })
    expect(await waiting.textContent()).toContain('Too few peers fit: 1 of 3')
    expect(await waiting.getByRole('button').allTextContents()).toEqual([])
    await page.getByRole('button', { name: 'Pause fashion-mlp' }).click()
    expect(await asked()).toEqual([`pause ${IDS.running}`])
  })

  it('lets a cancellation be undone', async () => {
    await open('jobs')
    await page.getByRole('button', { name: 'Cancel fashion-mlp' }).click()
    await page.getByRole('button', { name: 'Undo: cancel fashion-mlp' }).click()
    await page.getByRole('button', { name: 'Cancel fashion-mlp' }).waitFor()
    await page.clock.install()
    await page.getByRole('button', { name: 'Cancel fashion-mlp' }).click()
    await page.clock.fastForward(10_000)
    expect(await asked()).toEqual([`cancel ${IDS.running}`])
  })

  it('says what to do when it is empty', async () => {
    await open('jobs')
    await page.evaluate(() => (window.session.jobs as unknown as { set(value: never[]): void }).set([]))
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor()
    expect(await page.getByRole('link', { name: 'New job' }).count()).toBeGreaterThan(0)
  })
})

describe('the page of a job', () => {
  it('changes in place: its elements stay the same while it is read again', async () => {
    await open(`job/${IDS.running}`)
    const table = page.getByRole('region', { name: 'Members' })
    await table.waitFor()
    await table.evaluate((element) => element.setAttribute('data-mark', 'same'))
    await page.waitForTimeout(2500)
    expect(await table.getAttribute('data-mark')).toBe('same')
    expect(await page.getByText('about').textContent()).toMatch(/about .* left/)
  })

  it('says what is wrong where it is wrong, and goes on trying', async () => {
    await open(`job/${'0'.repeat(64)}`)
    await page.getByRole('alert').getByText('not known in this mesh').waitFor()
    await page.getByRole('button', { name: 'Try again' }).waitFor()
  })

  it('gives the weights away under the name of the job', async () => {
    await open(`job/${IDS.digits}`)
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download weights' }).click()])
    expect(download.suggestedFilename()).toBe('digits-small-b2b2b2b2.safetensors')
  })

  it('holds metrics only while it is there', async () => {
    await open(`job/${IDS.running}`)
    await page.getByRole('region', { name: 'Members' }).waitFor()
    expect(await page.evaluate(() => window.session.held())).toBe(1)
    await page.evaluate(() => {
      window.location.hash = '#/jobs'
    })
    await page.getByRole('heading', { name: 'Jobs' }).waitFor()
    expect(await page.evaluate(() => window.session.held())).toBe(0)
  })
})

describe('a comparison', () => {
  it('keeps its jobs in the address and shows what differs', async () => {
    await open(`compare/${IDS.running}`)
    await page.getByRole('checkbox', { name: /fashion-wide/ }).check()
    await page.waitForURL(`**/*#/compare/${IDS.running},${IDS.fashion}`)
    const differences = page.getByRole('region', { name: 'Keys of the specification that differ' })
    expect(await differences.getByRole('rowheader').allTextContents()).toEqual(['name', 'model.layers.0.units', 'optimizer.lr'])
  })
})

describe('trying a model', () => {
  const ready = () => page.getByText('running on').waitFor()
  const shownAnswer = () =>
    page.evaluate(() => {
      const answer = document.querySelector('cyx-try-page')?.shadowRoot?.querySelector('cyx-answer')?.answer
      return answer?.entries.map(({ value }) => value) ?? null
    })

  it.each([
    ['digits', IDS.digits],
    ['fashion-mnist', IDS.fashion],
  ])('answers on WebGPU as the float64 reference does: %s', async (_, jobId) => {
    await open(`try/${jobId}`)
    await ready()
    expect(await page.getByText('running on').textContent()).toContain('GPU')
    await page.getByRole('button', { name: 'Random test sample' }).click()
    const field = page.getByRole('spinbutton', { name: /Sample/ })
    await field.fill('18')
    await field.press('Enter')

    const spec = specOf(jobId)
    if (spec === null) throw new Error('the fixture has this job')
    const samples = await samplesOfJob(spec, async ({ sha256 }) => fakeBlob(sha256) ?? Promise.reject(new Error(sha256)))
    const output = referencePrediction(spec.model, readWeights(fakeWeights(spec), layoutOf(spec)), samples.at(17).x, 1)
    const expected = answerOf(triedJob(spec), output)
    await page
      .getByText(`${expected.entries[expected.best ?? 0]?.name} `, { exact: false })
      .first()
      .waitFor()
    await expect
      .poll(async () => Math.max(...((await shownAnswer()) ?? [Number.NaN]).map((value, i) => Math.abs(value - (expected.entries[i]?.value ?? 0)))))
      .toBeLessThan(1e-5)
  })

  it('takes a drawing by keyboard, and clears it', async () => {
    await open(`try/${IDS.digits}`)
    await ready()
    await page.getByRole('application').focus()
    await page.keyboard.press('Space')
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowDown')
    await page.getByRole('list', { name: 'Probabilities' }).waitFor()
    await page.keyboard.press('Delete')
    await page.getByText('Draw something, or pick a test image.').waitFor()
  })

  it('takes a drawing by mouse', async () => {
    await open(`try/${IDS.digits}`)
    await ready()
    const box = await page.getByRole('application').boundingBox()
    if (box === null) throw new Error('there is a drawing area')
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.8, { steps: 5 })
    await page.mouse.up()
    await page.getByRole('list', { name: 'Probabilities' }).waitFor()
  })

  it('refuses weights of another model, naming the tensor', async () => {
    await open(`try/${IDS.digits}`)
    await ready()
    const file = writeSafetensors([tensorOf('0.weight', [2, 2], Float32Array.of(1, 2, 3, 4))])
    await page.getByLabel(/Weights from a file/).setInputFiles({ name: 'wrong.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from(file) })
    await page.getByRole('alert').getByText('wrong.safetensors: tensor "0.bias" is missing (the model needs it with shape [32])').waitFor()
    await page.getByRole('button', { name: "Fetch the job's weights again" }).click()
    await ready()
  })

  it('takes rows of a table, and says which field is no number', async () => {
    await open(`try/${IDS.table}`)
    await ready()
    await page.getByRole('textbox', { name: 'Feature 2' }).fill('1,5')
    await page.getByText('Prediction', { exact: true }).waitFor()
    await page.getByRole('textbox', { name: 'Feature 3' }).fill('many')
    await page.getByRole('alert').getByText('Not a number: Feature 3').waitFor()
  })

  it('ends its worker when it is left', async () => {
    await open(`try/${IDS.digits}`)
    await ready()
    expect(page.workers()).toHaveLength(1)
    await page.evaluate(() => {
      window.location.hash = '#/jobs'
    })
    await expect.poll(() => page.workers().length).toBe(0)
  })

  it('runs on the CPU and says so where the browser has no WebGPU', async () => {
    const plain = await chromium.launch({
      executablePath: chromiumLaunch().executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU,WebGPUService'],
    })
    const before = browser
    browser = plain
    try {
      await open(`try/${IDS.digits}`)
      await page.getByText('running on the CPU in float64').waitFor()
      await page.getByRole('button', { name: 'Random test sample' }).click()
      await page.getByRole('list', { name: 'Probabilities' }).waitFor()
    } finally {
      browser = before
      await plain.close()
    }
  })
})
