import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type Page, chromium } from 'playwright-core'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A variable that the run needs; says which when it is missing. `inner` is its name within the tests, if another. */
export function need(name: string, meaning: string, inner = name): string {
  const value = process.env[inner]
  if (value === undefined || value === '') throw new Error(`Set ${name} to ${meaning}.`)
  return value.replace(/\/$/, '')
}

/** The installed Chromium; `CHROMIUM` names another. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })

export type View = { width: number; scheme: 'light' | 'dark' }
export const VIEWS: View[] = [
  { width: 1280, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
]

/** A page in a fresh profile, and all that its console and its requests complained about. */
export async function openPage(browser: Browser, view: View): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.width < 600 ? 844 : 900 },
    colorScheme: view.scheme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  return { page, complaints }
}

/** Saves a picture of the whole page into the folder `SHOTS`, when it is set. */
export async function shoot(page: Page, name: string, view: View): Promise<void> {
  const folder = process.env.SHOTS
  if (folder === undefined || folder === '') return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}-${view.width}-${view.scheme}.png`), fullPage: true })
}
