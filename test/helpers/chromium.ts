// A real Chromium for the tests that need one: found, or installed where that is possible, and launched without talking
// to anyone.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/**
 * @returns the browser, or the sentence that says why there is none. Throws that sentence where CI is set: there a
 * missing browser is a failure.
 */
export async function launchChromium (): Promise<
  { browser: Browser; missing?: undefined } | { browser?: undefined; missing: string }
> {
  const executablePath = findChromium() ?? installChromium()
  if (executablePath !== undefined) return { browser: await chromium.launch({ executablePath, args: FLAGS }) }
  const missing = 'Chromium was not found: install it (apt-get install chromium), or name it in CHROMIUM_PATH.'
  if (process.env['CI']) throw new Error(missing)
  return { missing }
}

function findChromium (): string | undefined {
  const named = process.env['CHROMIUM_PATH']
  if (named) return named
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return ['chromium', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
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
