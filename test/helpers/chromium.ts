import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { describeUnless } from './describe-unless.ts'

/** The program that tests start: `chromium`, or what `COLDSNAP_CHROMIUM` says. */
export const chromiumProgram: string = process.env['COLDSNAP_CHROMIUM'] ?? 'chromium'

/** Why tests in a real browser cannot run here; undefined if they can. */
export const noChromium: string | undefined =
  spawnSync(chromiumProgram, ['--version']).status === 0 ? undefined : `${chromiumProgram} is not on the PATH`

/** As `describe`, for tests that need Chromium; where it is missing they are left out, with the reason printed. */
export function describeChromium(name: string, body: () => void): void {
  describeUnless(noChromium, name, body)
}

/** A running browser without a window. */
export interface Chromium {
  readonly browser: Browser
  /** The context of the profile, which lasts as long as its directory; `browser.newContext()` makes an incognito one. */
  readonly context: BrowserContext
  /** What it has written to its standard error since it was started. */
  said(): string
  /** Kills all of its processes at once, as `kill -9` does, and keeps the profile. */
  kill(): Promise<void>
  /** Ends it, and removes the profile unless it was the caller's. */
  close(): Promise<void>
}

/** How a browser is started. */
export interface ChromiumOptions {
  /** The directory of the profile, which stays: another browser can be started on it. Absent: a fresh one. */
  readonly profile?: string
  /** More arguments of `chromium`. */
  readonly args?: readonly string[]
}

// It talks to nobody outside, asks nothing and keeps no crash reports.
const args = [
  '--headless',
  '--remote-debugging-port=0',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-sync',
  '--password-store=basic',
  // Timers of pages that are not in front would be slowed down.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  // Its sandbox refuses to run as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

const started = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of started) killGroup(child)
})

/** Starts Chromium and connects to it. Rejects where the program is not there. */
export async function openChromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const profile = options.profile ?? fs.mkdtempSync(join(tmpdir(), 'coldsnap-chromium-'))
  const all = [...args, `--user-data-dir=${profile}`, ...(options.args ?? []), 'about:blank']
  // A group of its own, so that all of its processes can be killed at once.
  const child = spawn(chromiumProgram, all, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  started.add(child)
  const exited = once(child, 'exit').finally(() => started.delete(child))
  exited.catch(() => undefined)
  const kill = async (): Promise<void> => {
    killGroup(child)
    await exited
  }
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const endpoint = endpointOf(child, () => said)
  const browser = await chromium.connectOverCDP(await endpoint).catch(async (error: unknown) => {
    await kill()
    throw error
  })
  return {
    browser,
    context: browser.contexts()[0]!,
    said: () => said,
    kill,
    async close() {
      await kill()
      await browser.close().catch(() => undefined)
      // Its helper processes may still be writing when they are killed.
      if (options.profile === undefined) fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** A browser for all tests of a `describeChromium`. */
export function chromiumOfTests(options?: ChromiumOptions): () => Chromium {
  let chromium: Chromium | undefined
  beforeAll(async () => {
    chromium = await openChromium(options)
  })
  afterAll(async () => await chromium?.close())
  return () => chromium!
}

/** The address on which it can be driven, which it prints when it is ready. */
function endpointOf(child: ChildProcess, said: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`chromium ended with ${code} before it was ready: ${said()}`)))
    child.stderr?.on('data', () => {
      const endpoint = /DevTools listening on (ws:\S+)/.exec(said())?.[1]
      if (endpoint !== undefined) resolve(endpoint)
    })
  })
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
