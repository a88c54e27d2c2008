// A process that puts, reads, deletes and lists in one directory for a while, verifies every read, and prints what it did as one
// line of JSON. Its argument is a RaceOrder.

import { DiskBlobStore, type DiskBlobStoreOptions } from '../../src/blob/disk/disk-blob-store.ts'
import { isCacheError } from '../../src/errors.ts'
import { Random } from '../helpers/random.ts'
import { etagOf } from './blob-state.ts'

interface RaceOrder {
  readonly dir: string
  readonly options: DiskBlobStoreOptions
  readonly seed: number
  readonly runMs: number
}

const { dir, options, seed, runMs } = JSON.parse(process.argv[2]!) as RaceOrder
const random = new Random(seed)
const counts = { puts: 0, reads: 0, misses: 0, deletes: 0, lists: 0, increments: 0, conflicts: 0, torn: 0, problems: 0 }
const onProblem = (): void => void counts.problems++
const store = await DiskBlobStore.open(dir, { ...options, onProblem })
const end = performance.now() + runMs
const key = (): string => `key ${random.below(8)}`
const errors: string[] = []

// Every byte tells of the put.
function body(): Uint8Array {
  return new Uint8Array(random.pick([0, 10, 5000, 5000, 300_000])).fill(
    random.below(options.contentAddressed === true ? 3 : 256),
  )
}

function check(bytes: Uint8Array, etag: string, size: number): void {
  counts.reads++
  if (bytes.byteLength !== size || etagOf(bytes) !== etag || bytes.some(byte => byte !== bytes[0])) counts.torn++
}

async function put(): Promise<void> {
  const bytes = body()
  if (random.chance(0.5)) await store.put('race', key(), bytes)
  else await store.putStream('race', key(), new Blob([bytes.slice()]).stream())
  counts.puts++
}

async function get(): Promise<void> {
  const found = await store.get('race', key())
  if (found === undefined) counts.misses++
  else check(found.bytes, found.meta.etag, found.meta.size)
}

async function open(): Promise<void> {
  const found = await store.open('race', key())
  if (found === undefined) return void counts.misses++
  check(new Uint8Array(await new Response(found.stream).arrayBuffer()), found.meta.etag, found.meta.size)
}

async function list(): Promise<void> {
  for await (const { meta } of store.list('race')) if (meta.etag.length !== 64) counts.torn++
  counts.lists++
}

async function remove(): Promise<void> {
  if (await store.delete('race', key())) counts.deletes++
}

// Adds one, if nobody else did so meanwhile.
async function increment(): Promise<void> {
  const found = await store.get('count', 'counter')
  const next = found === undefined ? 1 : Number(Buffer.from(found.bytes).toString()) + 1
  const condition = found === undefined ? { ifNoneMatch: '*' } : { ifMatch: found.meta.etag }
  try {
    await store.put('count', 'counter', Buffer.from(String(next)), condition)
    counts.increments++
  } catch (error) {
    if (!isCacheError(error, 'PRECONDITION_FAILED')) throw error
    counts.conflicts++
  }
}

async function lane(actions: readonly (() => Promise<void>)[]): Promise<void> {
  while (performance.now() < end && errors.length < 5) {
    try {
      await random.pick(actions)()
    } catch (error) {
      errors.push(String(error))
    }
  }
}

await Promise.all([lane([put]), lane([put, remove]), lane([get, open]), lane([get, open, list]), lane([increment])])
await store.close()
console.log(JSON.stringify({ ...counts, errors }))
