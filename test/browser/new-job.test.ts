/**
 * New jobs and project files in a real Chromium, as a person uses them: keyboard, mistakes at their place, views that lose
 * nothing, files by drag and drop, axe in both themes.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chromiumLaunch } from './launch.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
let server: ViteDevServer
let browser: Browser
let address: string
let context: BrowserContext | undefined
const problems: string[] = []

beforeAll(async () => {
  server = await createServer({
    root: repository,
    configFile: false,
    logLevel: 'error',
    optimizeDeps: { entries: ['test/browser/pages/new-job/main.ts', 'browser/jobs/draft-worker.ts'] },
    cacheDir: 'node_modules/.vite-new-job-test',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
  })
  await server.listen()
  address = `${server.resolvedUrls?.local[0]}test/browser/pages/new-job/index.html`
  browser = await chromium.launch(chromiumLaunch())
})

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

afterEach(async () => {
  await context?.close()
  expect(problems.splice(0), 'errors on the page').toEqual([])
})

async function open(options: { colorScheme?: 'light' | 'dark'; width?: number } = {}): Promise<Page> {
  context = await browser.newContext({
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1280, height: 900 },
    acceptDownloads: true,
  })
  // The pickers of the browser cannot be driven from here; without them files come and go by input and download.
  await context.addInitScript(() => {
    for (const name of ['showOpenFilePicker', 'showSaveFilePicker', 'showDirectoryPicker']) Reflect.deleteProperty(window, name)
  })
  const page = await context.newPage()
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.goto(address)
  await ready(page)
  return page
}

async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => 'probe' in window)
  await page.getByText(/Ready to submit|to mend/).waitFor()
}

const view = (page: Page, name: string): Promise<void> => page.getByRole('tab', { name }).click()
const field = (page: Page, name: string): Locator => page.getByRole('textbox', { name, exact: true })
const figure = (page: Page, name: string): Locator => page.locator(`[data-figure=${name}]`)
const text = (page: Page): Locator => page.getByRole('textbox', { name: 'Job file' })

function dropFile(page: Page, target: string, name: string, content: string): Promise<void> {
  return dropFiles(page, target, { [name]: content })
}

async function dropFiles(page: Page, target: string, contents: Readonly<Record<string, string>>): Promise<void> {
  const transfer = await page.evaluateHandle((entries) => {
    const files = new DataTransfer()
    for (const [name, content] of entries) files.items.add(new File([content], name))
    return files
  }, Object.entries(contents))
  for (const type of ['dragover', 'drop']) await page.locator(target).dispatchEvent(type, { dataTransfer: transfer })
}

async function axe(page: Page): Promise<unknown[]> {
  await page.addScriptTag({ path: axeSource })
  return page.evaluate(async () => {
    const { axe: checker } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[] }> }
    }
    const { violations } = await checker.run()
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`) }))
  })
}

describe('a new job', () => {
  it('is submitted with the keyboard alone', async () => {
    const page = await open()
    // To the views, to the form by arrow, to the batch size by Tab.
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('tab', { name: 'Form' }).getAttribute('aria-selected')).toBe('true')
    const focused = () =>
      page.evaluate(() => {
        let at: Element | null = document.activeElement
        while (at?.shadowRoot?.activeElement != null) at = at.shadowRoot.activeElement
        const root = at?.getRootNode() as ShadowRoot | Document
        const label = at?.id === undefined || at.id === '' ? null : root.querySelector(`label[for="${at.id}"]`)
        return (at?.getAttribute('aria-label') ?? label?.textContent ?? at?.textContent ?? '').trim()
      })
    const tabTo = async (name: string): Promise<void> => {
      for (let i = 0; i < 120; i++) {
        if ((await focused()) === name) return
        await page.keyboard.press('Tab')
      }
      throw new Error(`Tab never came to "${name}"`)
    }
    await tabTo('Remove layer 1')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('combobox', { name: /Type of layer/ }).count()).toBe(2)
    await tabTo('Batch size')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('32')
    await tabTo('Submit job')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => location.hash === '#/job/job-1')
    const [job] = await page.evaluate(() => window.probe.submitted)
    expect(job?.spec).toMatchObject({ batchSize: 32, name: 'digits-mlp', trainSamples: 1438 })
    expect(job?.spec.model).toMatchObject({ kind: 'sequential', layers: [{}, {}] })
  })

  it('shows what it takes as it is typed, and which peers can take it', async () => {
    const page = await open()
    await view(page, 'Form')
    expect(await figure(page, 'parameters').textContent()).toBe('4,810')
    await page.locator('cyx-layer-list cyx-job-field').first().getByRole('textbox').fill('128')
    await expect.poll(() => figure(page, 'parameters').textContent()).toBe('9,610')
    expect(await page.getByText('9,610').count()).toBe(1)
    await field(page, 'Epochs').fill('3')
    await expect.poll(() => figure(page, 'steps').textContent()).toBe('66')
    expect(await page.locator('cyx-draft-summary .peers li.yes').count()).toBe(2)
    expect(await page.locator('cyx-draft-summary .peers').innerText()).toMatch(/busy now[\s\S]*may take at most 64\.0 KiB[\s\S]*does not compute/)
  })

  it('shows a mistake at its field and leads to it', async () => {
    const page = await open()
    await view(page, 'Form')
    const batch = field(page, 'Batch size')
    await batch.fill('none')
    await expect.poll(() => batch.getAttribute('aria-invalid')).toBe('true')
    expect(
      await batch.evaluate((control) => (control.getRootNode() as ShadowRoot).getElementById(control.getAttribute('aria-describedby') ?? '')?.textContent),
    ).toBe('must be a number, got "none"')
    await field(page, 'Name').focus()
    await page.getByRole('button', { name: 'Submit job' }).click()
    await page.getByRole('alert').filter({ hasText: 'Nothing you typed is lost' }).waitFor()
    expect(await batch.evaluate((control) => (control.getRootNode() as ShadowRoot).activeElement === control)).toBe(true)
    expect(await batch.inputValue()).toBe('none')
    await batch.fill('1e1')
    await expect.poll(() => batch.getAttribute('aria-invalid')).toBe('false')
    expect(await page.evaluate(() => window.probe.submitted.length)).toBe(0)
  })

  it('edits layers: adds, moves, removes, and brings one back', async () => {
    const page = await open()
    await view(page, 'Form')
    const types = () => page.getByRole('combobox', { name: /Type of layer/ }).evaluateAll((all) => all.map((one) => (one as HTMLSelectElement).value))
    await page.getByLabel('Type of the new layer').selectOption('dropout')
    await page.getByRole('button', { name: 'Add layer' }).click()
    expect(await types()).toEqual(['linear', 'relu', 'linear', 'dropout'])
    await page.getByRole('combobox', { name: 'Type of layer 3' }).press('Alt+ArrowUp')
    expect(await types()).toEqual(['linear', 'relu', 'dropout', 'linear'])
    await page.getByRole('button', { name: 'Remove layer 0' }).click()
    expect(await types()).toEqual(['relu', 'dropout', 'linear'])
    await page.evaluate(() => window.probe.toasts.at(-1)?.undo?.())
    await expect.poll(types).toEqual(['linear', 'relu', 'dropout', 'linear'])
  })

  it('is one draft in three views: broken JSON is kept, the form waits, nothing is lost', async () => {
    const page = await open()
    await view(page, 'Form')
    await field(page, 'Name').fill('from the form')
    await view(page, 'JSON')
    expect(JSON.parse(await text(page).inputValue())).toMatchObject({ name: 'from the form' })
    const broken = '{\n  "name": "from the JSON",\n  "batchSize": 8,,\n}'
    await text(page).fill(broken)
    await page.getByRole('button', { name: 'Line 3, column 18' }).waitFor()
    await view(page, 'Form')
    await page.getByRole('alert').filter({ hasText: 'line 3, column 18' }).waitFor()
    expect(await field(page, 'Name').isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Back to the JSON' }).click()
    expect(await text(page).inputValue()).toBe(broken)
    await page.reload()
    await ready(page)
    expect(await text(page).inputValue()).toBe(broken)
    await view(page, 'Form')
    await page.getByRole('button', { name: /Discard/ }).click()
    expect(await field(page, 'Name').inputValue()).toBe('from the form')
  })

  it('takes a dropped table, previews it, mends the input shape and uploads it', async () => {
    const page = await open()
    const rows = Array.from({ length: 60 }, (_, i) => `${i / 10},${i % 7},${i % 3}`)
    await dropFile(page, 'cyx-new-job-page .columns', 'iris.csv', `length,width,kind\n${rows.join('\n')}\n`)
    await page.getByRole('region', { name: 'First rows of the table' }).waitFor()
    expect(await page.getByLabel('Column to predict').inputValue()).toBe('kind')
    await page.getByText('Members of this job will see this file').waitFor()
    await page.getByRole('button', { name: "Set the model's input to [2]" }).click()
    await field(page, 'Batch size').fill('20')
    await page.getByText('Ready to submit').waitFor()
    expect(await figure(page, 'steps').textContent()).toBe('60')
    await page.getByRole('button', { name: 'Submit job' }).click()
    await page.waitForFunction(() => location.hash === '#/job/job-1')
    const [job] = await page.evaluate(() => window.probe.submitted)
    expect(job?.spec.data).toMatchObject({ label: 'iris.csv', labelColumn: 'kind', dataset: null })
    expect(job?.uploads).toEqual([{ bytes: job?.spec.data.parts[0]?.bytes, sha256: job?.spec.data.parts[0]?.sha256 }])
  })

  it('reads a large file beside the page, not on it', async () => {
    const page = await open()
    await view(page, 'Form')
    // Made on the page: handing over 19 MB from here would be a long task itself.
    const transfer = await page.evaluateHandle(() => {
      const columns = Array.from({ length: 20 }, (_, i) => i)
      const row = `${columns.map((i) => i / 7).join(',')},1\n`
      const files = new DataTransfer()
      files.items.add(new File([`${columns.map((i) => `c${i}`).join(',')},kind\n`, row.repeat(50_000)], 'large.csv'))
      return files
    })
    await page.waitForTimeout(500)
    await page.evaluate(() => {
      window.probe.longestTaskMs = 0
    })
    await page.locator('cyx-new-job-page .columns').dispatchEvent('drop', { dataTransfer: transfer })
    await page.getByRole('button', { name: "Set the model's input to [20]" }).click({ timeout: 60_000 })
    await page.getByText('50,000 training samples').waitFor({ timeout: 60_000 })
    // On a busy machine anything takes longer: told, and only the impossible refused (on the page it takes seconds).
    const longest = await page.evaluate(() => window.probe.longestTaskMs)
    console.info(`longest task of the page while 19 MB were checked: ${Math.round(longest)} ms`)
    expect(longest).toBeLessThan(1000)
  })

  it('keeps everything when the mesh refuses it', async () => {
    const page = await open()
    await view(page, 'Form')
    await field(page, 'Name').fill('kept')
    await page.evaluate(() => {
      window.probe.failWith = 'no coordinator answers'
    })
    await page.getByRole('button', { name: 'Submit job' }).click()
    await page.getByRole('alert').filter({ hasText: 'no coordinator answers. Nothing you typed is lost.' }).waitFor()
    expect(await field(page, 'Name').inputValue()).toBe('kept')
    await page.evaluate(() => window.probe.go([]))
    expect(await field(page, 'Name').inputValue()).toBe('kept')
  })

  it('clones a job, and gets its file from the mesh or asks for it again', async () => {
    const page = await open()
    await page.evaluate(() => window.probe.go(['old']))
    await page.getByText('Clone of old').waitFor()
    expect(await field(page, 'Learning rate').inputValue()).toBe('0.5')
    expect(await field(page, 'Steps').inputValue()).toBe('7')
    await page.getByText(/old\.csv.*choose it again/).waitFor()
    await page.getByText('choose the file "old.csv"').first().waitFor()
    await page.getByRole('button', { name: /^Get from the mesh/ }).click()
    await page.getByText('Ready to submit').waitFor()
    expect(await figure(page, 'steps').textContent()).toBe('7')
    await page.evaluate(() => window.probe.go(['nobody']))
    await page.getByRole('alert').filter({ hasText: 'not known here' }).waitFor()
  })

  it.each(['light', 'dark'] as const)('is clean for axe in every view (%s)', async (colorScheme) => {
    const page = await open({ colorScheme })
    expect(await axe(page), 'presets').toEqual([])
    await view(page, 'Form')
    await field(page, 'Batch size').fill('none')
    await page.locator('details summary').first().click()
    await page.getByRole('button', { name: 'What is Batch size?' }).click()
    await page.getByText('1 thing to mend').waitFor()
    expect(await axe(page), 'form').toEqual([])
    await dropFile(page, 'cyx-new-job-page .columns', 'iris.csv', 'a,b\n1,2\n3,4\n')
    await page.getByRole('region', { name: 'First rows of the table' }).waitFor()
    expect(await axe(page), 'a table').toEqual([])
    await view(page, 'JSON')
    expect(await axe(page), 'JSON').toEqual([])
    await page.getByRole('button', { name: /Project/ }).click()
    expect(await axe(page), 'project menu').toEqual([])
    await page.getByRole('button', { name: 'Save as…' }).click()
    expect(await axe(page), 'save dialog').toEqual([])
  })

  it('fits a narrow screen', async () => {
    const page = await open({ width: 360 })
    for (const name of ['Presets', 'Form', 'JSON']) {
      await view(page, name)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(360)
    }
  })
})

describe('a project', () => {
  it('is saved, marked while unsaved, opened again by dropping it, and the opening can be undone', async () => {
    const page = await open()
    const menu = page.getByRole('button', { name: /^Project/ })
    await view(page, 'Form')
    await field(page, 'Name').fill('mine')
    await expect.poll(() => menu.innerText()).toContain('not saved')
    await menu.click()
    await page.getByRole('button', { name: 'Save as…' }).click()
    await page.getByLabel('Name', { exact: true }).last().fill('First project')
    await page.getByLabel('older job').check()
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save', exact: true }).click()])
    expect(saved.suggestedFilename()).toBe('First-project.cyxwiz')
    const content = await readFile(await saved.path(), 'utf8')
    expect(JSON.parse(content)).toMatchObject({ format: 'cyxwiz-project', name: 'First project', draft: { name: 'mine' }, jobs: [{ jobId: 'old' }] })
    await expect.poll(() => menu.innerText()).not.toContain('not saved')

    await menu.click()
    await page.getByRole('button', { name: 'New project' }).click()
    await expect.poll(() => menu.innerText()).toContain('Untitled')
    await dropFile(page, 'body', 'First-project.cyxwiz', content)
    await expect.poll(() => menu.innerText()).toContain('First project')
    expect(await field(page, 'Name').inputValue()).toBe('mine')
    await page.evaluate(() => window.probe.toasts.at(-1)?.undo?.())
    await expect.poll(() => menu.innerText()).toContain('Untitled')
    await menu.click()
    await page.getByRole('button', { name: /^First project/ }).waitFor()
  })

  it('brings weights that lie beside it, each held against its hash', async () => {
    const page = await open()
    const content = 'weights'
    const sha256 = createHash('sha256').update(content).digest('hex')
    const job = { name: 'trained', batchSize: 4 }
    const weights = (file: string) => ({ jobId: file, job, weights: { file, sha256, bytes: content.length } })
    const rest = { savedAt: '', draft: null, settings: {}, layout: { charts: {} }, notes: '' }
    const project = { format: 'cyxwiz-project', version: 1, name: 'With weights', jobs: [weights('good.safetensors'), weights('bad.safetensors')], ...rest }
    await dropFiles(page, 'body', { 'p.cyxwiz': JSON.stringify(project), 'good.safetensors': content, 'bad.safetensors': 'wieghts' })
    await expect.poll(() => page.evaluate(() => window.probe.toasts.at(-1)?.text)).toMatch(/bad\.safetensors: these are not the weights/)
    await page.getByRole('button', { name: /^Project/ }).click()
    expect(await page.getByRole('button', { name: 'continue trained from its weights' }).count()).toBe(1)
    await page.getByRole('button', { name: 'continue trained from its weights' }).click()
    await view(page, 'JSON')
    expect(JSON.parse(await text(page).inputValue())).toEqual({ ...job, init: 'good.safetensors' })
  })

  it('is refused when it is damaged, and what was open stays', async () => {
    const page = await open()
    await view(page, 'Form')
    await field(page, 'Name').fill('precious')
    await dropFile(page, 'body', 'broken.cyxwiz', '{"format":"cyxwiz-project","version":7}')
    await page.getByRole('button', { name: 'Do not save' }).click()
    await expect.poll(() => page.evaluate(() => window.probe.toasts.at(-1)?.text)).toMatch(/broken\.cyxwiz: it was saved by a newer CyxWiz \(project version 7/)
    expect(await field(page, 'Name').inputValue()).toBe('precious')
  })
})
