import { expect, it } from 'vitest'
import type { Screen } from '../../docs/examples/downloader/screen.ts'
import { tellStory } from '../../docs/examples/downloader/story.ts'

const sizes = { 'maps.zip': 700_000, 'prices.zip': 4_000 }

async function told(looks: Pick<Screen, 'color' | 'live'>): Promise<string> {
  const parts: string[] = []
  await tellStory({ ...looks, write: text => void parts.push(text) }, sizes, 0)
  return parts.join('')
}

it('the downloader downloads once, asks again when it must, and goes on without its origin', async () => {
  const text = await told({ color: false, live: false })
  const runs = text.trim().split('\n\n')
  expect(runs.map(run => run.split('\n').slice(1))).toEqual([
    [
      '  maps.zip      700.0 kB  downloaded',
      '  prices.zip      4.0 kB  downloaded',
      '  the origin answered: 200 maps.zip, 200 prices.zip',
    ],
    ['  maps.zip      700.0 kB  cached', '  prices.zip      4.0 kB  cached', '  the origin answered: nothing'],
    [
      '  maps.zip      700.0 kB  not changed',
      '  prices.zip      4.0 kB  not changed',
      '  the origin answered: 304 maps.zip, 304 prices.zip',
    ],
    [
      expect.stringMatching(/^ {2}maps\.zip {6}700\.0 kB {2}stale by 4 h \(.+\)$/),
      expect.stringMatching(/^ {2}prices\.zip {6}4\.0 kB {2}stale by 4 h \(.+\)$/),
      '  the origin answered: nothing',
    ],
    [expect.stringMatching(/^ {2}unknown\.zip {3}LOAD_FAILED: /)],
  ])
  expect(text).not.toContain('\x1b')
})

it('it draws a bar where there is a terminal', async () => {
  const text = await told({ color: true, live: true })
  expect(text).toMatch(/\r {2}maps\.zip .*#{30}/)
  expect(text).toContain('\x1b[32m')
})
