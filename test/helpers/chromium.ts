// A real Chromium for the tests that need one: found, or installed
// where that is possible, and launched without talking
// to anyone.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

type Launched = { browser: Browser; missing?: undefined } | { browser?: undefined; missing: string }

const launched = new Map<boolean, Promise<Launched>>()

/**
 * One browser is for all files of a room: each closes it after the last test of the room.
 * @param withWindows the whole browser, where a test is about frames as
 * they are drawn. The shell of Chromium, where it is
 * installed, takes half the processor time.
 * @returns the browser, or the sentence that says why there is none.
 * Throws that sentence where CI is set: there a
 * missing browser is a failure.
 */
export function launchChromium ({ withWindows = false } = {}): Promise<Launched> {
  const found = launched.get(withWindows) ?? launch(withWindows)
  launched.set(withWindows, found)
  return found
}

async function launch (withWindows: boolean): Promise<Launched> {
  const executablePath = findChromium(withWindows) ?? installChromium()
  if (executablePath !== undefined) return { browser: await chromium.launch({ executablePath, args: FLAGS }) }
  const missing = 'Chromium was not found: install it (apt-get install chromium), or name it in CHROMIUM_PATH.'
  if (process.env['CI']) throw new Error(missing)
  return { missing }
}

interface Teardown {
  teardown(work: () => unknown): void
}

/** A page with cookies of its own, closed after the test. */
export async function openPage (t: Teardown, browser: Browser, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  return context.newPage()
}

/** A device that keeps passkeys and knows its owner. @returns it, with the id by which it is spoken to. */
export async function addPasskeyDevice (page: Page) {
  const devices = await page.context().newCDPSession(page)
  await devices.send('WebAuthn.enable')
  const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true
    }
  })
  return { devices, authenticatorId }
}

const SHELL = 'chromium-headless-shell'

function findChromium (withWindows = true): string | undefined {
  const named = process.env['CHROMIUM_PATH']
  if (named) return named
  const names = [...(withWindows ? [] : [SHELL]), 'chromium', 'google-chrome']
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
}

/** Debian and its kin, as root: what a container is. */
function installChromium (): string | undefined {
  if (process.getuid?.() !== 0) return undefined
  try {
    execFileSync('apt-get', ['install', '-y', 'chromium'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return findChromium()
}

function isExecutable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
