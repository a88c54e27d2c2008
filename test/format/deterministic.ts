import { vi } from 'vitest'

/** When the first snapshot of every fixture was saved: 2026-01-02T03:04:05.678Z. */
export const firstSavedAtMs = 1_767_323_045_678

/**
 * Runs `task` with random bytes that are a counter, so that a writer gives the same nonces, and with them the same
 * bytes, in every run. Both sources are replaced: `Math.random` for nonces of writes, Web Crypto's for those of AES-GCM.
 */
export async function withCountedRandomness<T>(task: () => Promise<T>): Promise<T> {
  let next = 0
  const count = (size: number): Uint8Array => {
    const bytes = new Uint8Array(size)
    bytes[size - 1] = ++next
    return bytes
  }
  const fill = <View extends ArrayBufferView | null>(view: View): View => {
    const bytes = new Uint8Array(view!.buffer, view!.byteOffset, view!.byteLength)
    bytes.set(count(bytes.byteLength))
    return view
  }
  const spies = [
    vi.spyOn(globalThis.crypto, 'getRandomValues').mockImplementation(fill),
    vi.spyOn(Math, 'random').mockImplementation(() => ++next / 2 ** 32),
  ]
  try {
    return await task()
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** A clock that is one second later at each snapshot, however often it is read in between: see `tick`. */
export class StepClock {
  #nowMs = firstSavedAtMs

  readonly now = (): number => this.#nowMs

  tick(): void {
    this.#nowMs += 1_000
  }
}

/** Text that looks random and is not. */
export function noise(seed: number, length: number): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'
  let state = seed * 2_654_435_761 + 1
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    text += letters[(state >>> 11) % letters.length]!
  }
  return text
}
