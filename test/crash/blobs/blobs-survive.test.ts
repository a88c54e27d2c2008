import { describe, expect, it } from 'vitest'
import { survivesEveryCrash } from '../survives.ts'
import { blobLives } from './blob-lives.ts'
import { breakBlobProtocol, brokenBlobProtocols } from './broken-blob-protocols.ts'
import { runBlobLife } from './run-blob-life.ts'

// One crash per operation and model, of the lives that differ most: `npm run crash -- --blobs` has all, and more of each.
const titles = [
  ...['puts', 'limited', 'killed', 'drawn'].map(title => `${title}; native, power`),
  ...['puts', 'killed, limited', 'drawn'].map(title => `${title}; diskblob, power`),
  ...['drawn; native, process', 'drawn; diskblob, process'],
].map(title => `blobs ${title}`)
const lives = blobLives.filter(({ title }) => titles.includes(title))
survivesEveryCrash('lives of blobs in a directory', lives, runBlobLife, { seeds: [1], picks: 1, atLeast: 3500 })

describe('a directory of blobs that is broken on purpose is caught', () => {
  it.each(brokenBlobProtocols)(
    '$title',
    async protocol => {
      const { total, totalFailed, failures } = await breakBlobProtocol(protocol, { seed: 1, picks: 1 })
      const [first] = failures
      console.log(
        `${protocol.title}: caught by ${totalFailed} of ${total} crashes, first: ${first?.faults[0]}, in ${first?.at}`,
      )
      expect(totalFailed).toBeGreaterThan(0)
    },
    60_000,
  )
})
