import { getHeapStatistics } from 'node:v8'
import { collectGarbage } from '../helpers/collect-garbage.ts'
import { randomFrom } from '../snapshot/runs.ts'
import { type FuzzInput, type FuzzTarget, makeTargets } from './fuzz-targets.ts'

/** What {@link runFuzz} is to do. */
export interface FuzzOptions {
  /** The directory of the package. */
  readonly root: string
  readonly seconds: number
  readonly seed: number
  /** @default all decoders */
  readonly targets?: readonly FuzzTarget[]
  readonly onProgress?: (line: string) => void
}

/** How many inputs each decoder got, and how many of them it took. */
export type FuzzCounts = Map<string, { inputs: number; taken: number }>

// A decoder that is bounded by its input needs far less; one that trusts a length needs far more.
const maxMs = (bytes: number): number => 60 + bytes / 200
const maxHeapBytes = (bytes: number): number => (48 << 20) + bytes * 300

/** Gives every decoder mutated golden files and arbitrary bytes in turn. Throws for the first that misbehaves. */
export async function runFuzz({ root, seconds, seed, onProgress, ...options }: FuzzOptions): Promise<FuzzCounts> {
  const targets = options.targets ?? (await makeTargets(root, seed))
  const counts: FuzzCounts = new Map(targets.map(({ name }) => [name, { inputs: 0, taken: 0 }]))
  const end = performance.now() + seconds * 1000
  let told = performance.now()
  const clean = prototypes()
  for (let i = 0; performance.now() < end; i++) {
    const target = targets[i % targets.length]!
    const inputSeed = (seed + i) % 2 ** 31
    const input = await target.make(randomFrom(inputSeed))
    const taken = await runInput(target, input, inputSeed, i)
    if (prototypes() !== clean) throw failure(target, input, inputSeed, i, 'changed a prototype')
    const count = counts.get(target.name)!
    count.inputs++
    if (taken) count.taken++
    if (performance.now() - told > 10_000) {
      told = performance.now()
      onProgress?.(`${i + 1} inputs`)
    }
  }
  return counts
}

async function runInput(target: FuzzTarget, input: FuzzInput, seed: number, i: number): Promise<boolean> {
  let cost = { ms: 0, heapBytes: 0 }
  // The garbage of other inputs may be what a first measurement saw.
  for (let attempt = 0; attempt < 4; attempt++) {
    const result = await measure(target, input, seed, i)
    cost = result.cost
    if (cost.ms <= maxMs(input.bytes.byteLength) && cost.heapBytes <= maxHeapBytes(input.bytes.byteLength)) {
      return result.taken
    }
    // What is freed while the next attempt allocates would hide what that takes.
    await collectGarbage()
  }
  const found = `${Math.round(cost.ms)} ms and ${Math.round(cost.heapBytes / 2 ** 20)} MiB`
  throw failure(target, input, seed, i, `took ${found} for ${input.bytes.byteLength} bytes`)
}

async function measure(
  target: FuzzTarget,
  input: FuzzInput,
  seed: number,
  i: number,
): Promise<{ taken: boolean; cost: { ms: number; heapBytes: number } }> {
  const before = usedBytes()
  // Time of the processor: a machine that is busy with other things makes nothing cost more.
  const start = process.cpuUsage()
  let value: unknown
  let taken = true
  try {
    value = await input.run()
  } catch (error) {
    taken = false
    if (!target.refusals.includes(nameOf(error))) throw failure(target, input, seed, i, `threw ${String(error)}`, error)
  }
  const { user, system } = process.cpuUsage(start)
  const cost = { ms: (user + system) / 1000, heapBytes: usedBytes() - before }
  const strange = strangePrototype(value, new Set(), 0)
  if (strange !== undefined) throw failure(target, input, seed, i, `gave an object of ${strange}`)
  return { taken, cost }
}

function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error ? String(error.code) : error.name
}

function failure(target: FuzzTarget, input: FuzzInput, seed: number, i: number, what: string, cause?: unknown): Error {
  const hex = Buffer.from(input.bytes.subarray(0, 200)).toString('hex')
  return new Error(`${target.name}: input ${i} of seed ${seed} ${what}; it begins with ${hex}`, { cause })
}

// How many properties the prototypes have that everything inherits from.
function prototypes(): number {
  const all: object[] = [
    Object.prototype,
    Array.prototype,
    Function.prototype,
    Map.prototype,
    String.prototype,
    Number.prototype,
  ]
  return all.reduce((sum, prototype) => sum + Reflect.ownKeys(prototype).length, 0)
}

const known = new Set<object | null>([
  null,
  ...[Object, Array, Map, Set, Date, RegExp, Uint8Array, ArrayBuffer, Promise].map(one => one.prototype as object),
])

// What a decoded object inherits from must be a class that the codec knows, never something that came with the bytes.
function strangePrototype(value: unknown, seen: Set<object>, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || seen.size > 500 || depth > 20 || seen.has(value)) return undefined
  seen.add(value)
  const prototype = Reflect.getPrototypeOf(value)
  // The prototype of a class, such as that of ExactNumber.
  const isClass = prototype !== null && Object.hasOwn(prototype, 'constructor') && !Array.isArray(prototype)
  if (!known.has(prototype) && !isClass) return 'a prototype of its own'
  if (ArrayBuffer.isView(value)) return undefined
  const inner = value instanceof Map || value instanceof Set ? [...value].flat() : Object.values(value)
  for (const one of inner) {
    const found = strangePrototype(one, seen, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}
