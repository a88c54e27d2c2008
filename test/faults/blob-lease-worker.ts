// A process that fetches one key after the other with leases. Its argument is a LeaseOrder. It writes a line for every fetch that
// begins to a file that all of them share, and prints "fetching" for each; at the end it prints what it got as one line of JSON.
import fs from 'node:fs'
import { BlobCache } from '../../src/blob/blob-cache.ts'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../src/blob/disk/disk-blob-store.ts'

/** What such a process is told. */
export interface LeaseOrder {
  readonly dir: string
  readonly options: DiskBlobStoreOptions
  readonly keys: readonly string[]
  /** The file of the fetches. */
  readonly log: string
  /** Whether its fetches never end. */
  readonly hangs: boolean
}

const { dir, options, keys, log, hangs } = JSON.parse(process.argv[2]!) as LeaseOrder
const problems: string[] = []
const store = await DiskBlobStore.open(dir, options)
const cache = new BlobCache(store, {
  namespace: 'leased',
  lease: true,
  onProblem: ({ error }) => void problems.push(String(error)),
})

async function fetchOne(key: string): Promise<string | undefined> {
  const hit = await cache.getOrFetch(key, async () => {
    fs.appendFileSync(log, `${key}\n`)
    fs.writeSync(1, 'fetching\n')
    // Keeps the process alive, as a socket would.
    if (hangs) await new Promise(resolve => setTimeout(resolve, 1_000_000))
    // Long enough for the others to come.
    await new Promise(resolve => setTimeout(resolve, 10))
    return `${key} of ${process.pid}`
  })
  return await hit?.text()
}

const found = await Promise.all(keys.map(fetchOne))
await store.close()
fs.writeSync(1, `${JSON.stringify({ found, problems })}\n`)
