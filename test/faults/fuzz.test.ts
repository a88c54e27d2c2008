import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runs, seed } from '../snapshot/runs.ts'
import { groupDecoders } from './fuzz-group.ts'
import { runFuzz } from './fuzz-run.ts'
import type { FuzzInput } from './fuzz-targets.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it(`every decoder bears any bytes, in bounded time and memory; COLDSNAP_SEED=${seed}`, async () => {
  const counts = await runFuzz({ root, seconds: runs(20), seed })
  for (const [name, { inputs }] of counts) expect(inputs, name).toBeGreaterThan(50)
  // What only ever refuses is not being tested.
  const taken = [...counts].filter(([, count]) => count.taken > 0).map(([name]) => name)
  expect(taken).toEqual(
    expect.arrayContaining([
      'head',
      'segment',
      'JSON value',
      'CBOR value',
      'page',
      'delta',
      ...groupDecoders.map(({ name }) => name),
    ]),
  )
  console.log([...counts].map(([name, { inputs, taken: took }]) => `${name}: ${took} of ${inputs} taken`).join('\n'))
}, 120_000)

// Each is a decoder as one might be written.
const broken: [string, (bytes: Uint8Array) => unknown, RegExp][] = [
  ['trusts a length', bytes => new Uint8Array(64 << 20).fill(bytes[0] ?? 0), /MiB/],
  ['takes quadratic time', bytes => busy(10 + bytes.byteLength), /ms and/],
  ['recurses', bytes => nest(bytes.byteLength * 1000), /threw RangeError/],
  ['lets errors of the platform through', bytes => JSON.parse(new TextDecoder().decode(bytes)), /threw SyntaxError/],
  ['assigns __proto__', bytes => Object.assign({}, JSON.parse(`{"__proto__":{"a":${bytes.byteLength}}}`)), /prototype/],
  ['pollutes', bytes => Reflect.set(Object.prototype, 'polluted', bytes.byteLength), /changed a prototype/],
]

function busy(ms: number): void {
  const end = performance.now() + 10 * ms
  while (performance.now() < end);
}

function nest(depth: number): number {
  return depth === 0 ? 0 : 1 + nest(depth - 1)
}

it.each(broken)('a decoder that %s is found', async (name, decode, message) => {
  const make = (random: () => number): FuzzInput => {
    const bytes = new Uint8Array(Math.floor(random() * 100))
    return { bytes, run: () => decode(bytes) }
  }
  const running = runFuzz({ root, seconds: 20, seed, targets: [{ name, refusals: ['CORRUPT'], make }] })
  await expect(running.finally(() => Reflect.deleteProperty(Object.prototype, 'polluted'))).rejects.toThrow(message)
})
