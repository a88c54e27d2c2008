import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isCacheError } from 'coldsnap'
import { DiskBlobStore } from 'coldsnap/blob/disk'
import { Downloader } from './downloader.ts'
import { startOrigin } from './origin.ts'
import { paint, type Screen } from './screen.ts'

/** Sizes in bytes of the pretend downloads. */
export const downloads: Readonly<Record<string, number>> = {
  'maps.zip': 12_000_000,
  'prices.zip': 4_000_000,
  'fonts.zip': 300_000,
}

/** A day in the life of a caching downloader. `paceMs` is how long the origin waits after each of 40 pieces. */
export async function tellStory(screen: Screen, sizes: typeof downloads = downloads, paceMs = 25): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'coldsnap-download-'))
  const origin = await startOrigin(sizes, paceMs)
  // The story takes seconds and its clock goes by hours.
  let nowMs = Date.now()
  const clock = (): number => nowMs
  const run = async (title: string, names: readonly string[]): Promise<void> => {
    screen.write(`\n${paint(screen, 'bold', title)}\n`)
    await using store = await DiskBlobStore.open(join(scratch, 'blobs'), { maxBytes: 100_000_000, clock })
    const downloader = new Downloader({ store, url: origin.url, screen, clock })
    for (const name of names) await downloader.get(name)
    const answers = origin.answers().join(', ')
    screen.write(paint(screen, 'dim', `  the origin answered: ${answers === '' ? 'nothing' : answers}\n`))
  }
  const names = Object.keys(sizes)
  try {
    await run('First run: nothing is cached', names)
    await run('Second run: all of it is fresh, nobody is asked', names)
    nowMs += 2 * 3_600_000
    await run('Two hours later: the origin is asked, and no body moves', names)
    await origin.kill()
    nowMs += 5 * 3_600_000
    await run('Five hours later the origin is dead: what is cached stands in', names)
    try {
      await run('And what never was there cannot', ['unknown.zip'])
    } catch (error) {
      if (!isCacheError(error, 'LOAD_FAILED')) throw error
      screen.write(`  ${'unknown.zip'.padEnd(14)}${paint(screen, 'yellow', error.code)}: ${error.message}\n`)
    }
  } finally {
    await origin.kill().catch(() => undefined)
    await rm(scratch, { recursive: true, force: true })
  }
}
