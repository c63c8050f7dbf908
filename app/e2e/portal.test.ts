import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VIEWS, type View, launch, need, openPage, shoot } from './browser'

/*
 * The portal against a running market with one settled job of which a seat was slashed:
 * BASE_URL=http://127.0.0.1:8910 JOB=<address> [SHOTS=<folder>] [CHROMIUM=<binary>] npm run e2e
 */
const base = need('BASE_URL', 'the address of the running indexer', 'PORTAL_URL')
const job = need('JOB', 'the address of a settled job with a slashed seat')

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
})

/** Opens `path`, lets `check` look at it, takes a picture, and fails on any complaint or sideways scrolling. */
async function visit(view: View, path: string, name: string, check: (page: Page) => Promise<void>): Promise<void> {
  const { page, complaints } = await openPage(browser, view)
  try {
    await page.goto(`${base}${path}`)
    await check(page)
    await shoot(page, name, view)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow, 'pixels wider than the window').toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
  } finally {
    await page.context().close()
  }
}

const texts = async (page: Page, selector: string) =>
  (await page.locator(selector).allInnerTexts()).map((text) => text.trim().split('\n')[0])

describe.each(VIEWS)('at $width px, $scheme', (view) => {
  test('the overview shows figures, operators and activity', () =>
    visit(view, '/', 'overview', async (page) => {
      await page.getByTestId('figures').waitFor()
      await page.getByTestId('operators').locator('tbody tr').first().waitFor()
      await page.getByTestId('activity').locator('li').first().waitFor()
      await page.getByText('Live', { exact: true }).waitFor()
      expect((await texts(page, '[data-testid=figures] dt')).map((name) => name?.toLowerCase())).toEqual([
        'jobs',
        'units verified',
        'operators',
        'staked',
        'slashed',
        'volume',
      ])
      expect(await page.title()).toBe('Overview · Assay')
    }))

  test('the list holds the job, filters by status and leads to the job', () =>
    visit(view, '/jobs', 'jobs', async (page) => {
      await page.getByTestId('jobs').waitFor()
      await page.getByLabel('Status').selectOption('settled')
      await page.waitForURL('**/jobs?status=settled')
      await page.locator('[data-testid=jobs][aria-busy=false]').waitFor()
      const link = page.locator(`a[href="/jobs/${job}"]`)
      await link.waitFor()
      await shoot(page, 'jobs-settled', view)
      await link.click()
      await page.getByTestId('status').waitFor()
      expect(new URL(page.url()).pathname).toBe(`/jobs/${job}`)
      await page.goBack()
      await link.waitFor()
      expect(await page.getByLabel('Status').inputValue()).toBe('settled')
    }))

  test('the job page tells how the job was settled and who was slashed', () =>
    visit(view, `/jobs/${job}`, 'job', async (page) => {
      await page.getByTestId('timeline').waitFor()
      expect((await page.getByTestId('status').innerText()).toLowerCase()).toBe('settled')
      expect(await page.getByTestId('root').locator('[title]').first().getAttribute('title')).toMatch(/^[0-9a-f]{64}$/)

      const lost = page.locator('[data-testid=seats] tr[data-outcome=lost]')
      expect(await lost.count()).toBeGreaterThanOrEqual(1)
      expect(Number(await lost.first().locator('td:last-child data').getAttribute('value'))).toBeGreaterThan(0)
      const won = page.locator('[data-testid=seats] tr[data-outcome=won]')
      expect(await won.count()).toBeGreaterThanOrEqual(2)
      expect(await won.locator('td:nth-last-child(2) data').count()).toBe(await won.count())

      const stages = await page.locator('[data-stage]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-stage')))
      const expected = ['posted', 'drawn', 'seated', 'sealed', 'revealed', 'verified', 'settled', 'slashed']
      expect(stages.filter((stage) => expected.includes(stage ?? ''))).toEqual(expected)
      for (const stage of expected) {
        const row = page.locator(`[data-stage=${stage}]`)
        expect(await row.getAttribute('data-state'), stage).toBe('done')
        expect(await row.getByTestId('signature').count(), stage).toBeGreaterThanOrEqual(1)
        expect(await row.locator('time[datetime]').count(), stage).toBeGreaterThanOrEqual(1)
      }
    }))
})

test('a job that is not there is said to be so', async () => {
  const { page } = await openPage(browser, VIEWS[0]!)
  await page.goto(`${base}/jobs/11111111111111111111111111111111`)
  await page.getByRole('heading', { name: 'No such job' }).waitFor()
  await page.context().close()
})

test('the keyboard reaches the content, the pages and the copy buttons', async () => {
  const { page } = await openPage(browser, VIEWS[0]!)
  await page.goto(`${base}/jobs/${job}`)
  await page.getByTestId('timeline').waitFor()
  const names: string[] = []
  for (let presses = 0; presses < 6; presses++) {
    await page.keyboard.press('Tab')
    names.push(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''))
  }
  expect(names.slice(0, 5)).toEqual(['Skip to the content', 'Assay, overview', 'Overview', 'Jobs', 'Cases'])
  expect(names[5]).toMatch(/^Copy job address /)
  await page.context().close()
})
