import { Random as SeededRandom } from '../helpers/random.ts'

/** Numbers from several seeds, the same everywhere. */
export class Random extends SeededRandom {
  constructor(...seeds: readonly number[]) {
    // Neighbouring seeds must not give neighbouring numbers.
    super(seeds.reduce((mixed, seed) => Math.imul(mixed ^ seed, 0x9e3779b1) ^ (mixed >>> 15), 0x2545f491))
  }
}

/** FNV-1a of a text: a choice that depends on nothing but the text. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
