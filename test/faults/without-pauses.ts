import { afterAll, beforeAll, vi } from 'vitest'

/** Has timers of this file end at once: the pauses between tries are not what is tested. */
export function withoutPauses(): void {
  beforeAll(() => void vi.stubGlobal('setTimeout', (run: () => void) => setImmediate(run)))
  afterAll(() => void vi.unstubAllGlobals())
}
