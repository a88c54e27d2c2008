import type { CodecName } from '../codec/codec.ts'
import { decodeElements } from '../codec/decode.ts'
import { encodeElements } from '../codec/encode.ts'
import { decodeDelta, encodeDelta, type Run } from './delta.ts'
import { pageCodec } from './page-codec.ts'
import type { Segment } from './segment.ts'

/** One delta that does what `deltas` do in their order; what a later one replaces or removes is dropped. */
export function mergeDeltas(deltas: readonly Segment[], codec: CodecName): Segment {
  const elements = new Map<number, { key: string; value: unknown }>()
  let slots = 0
  let runs: Run[] | undefined
  for (const segment of deltas) {
    const delta = decodeDelta(segment.payload, segment.count)
    const values = decodeElements(segment.codec, delta.values, segment.count)
    for (const [i, slot] of delta.setSlots.entries()) elements.set(slot, { key: delta.setKeys[i]!, value: values[i] })
    if (delta.runs !== undefined) runs = [...delta.runs]
    else if (runs !== undefined && delta.slots > slots) runs.push([slots, delta.slots - slots])
    slots = delta.slots
  }
  const live = runs === undefined ? undefined : new Set(runs.flatMap(([first, length]) => range(first, length)))
  // A removed element keeps its slot (a reader checks that every new slot was filled), but not its content.
  const isLive = (slot: number): boolean => live?.has(slot) !== false
  const setSlots = [...elements.keys()]
  const setKeys = setSlots.map(slot => (isLive(slot) ? elements.get(slot)!.key : ''))
  const setValues = setSlots.map(slot => (isLive(slot) ? elements.get(slot)!.value : null))
  const encoded = encodeElements(setValues, pageCodec('delta', codec, setValues.length), '')
  const payload = encodeDelta({ slots, setSlots, setKeys, runs, values: encoded.bytes })
  return { role: 'delta', codec: encoded.codec, count: setSlots.length, payload }
}

function range(first: number, length: number): number[] {
  return Array.from({ length }, (_, i) => first + i)
}
