import fs from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Terminal } from '../../docs/examples/fleet/board.ts'
import { tellFleetStory } from '../../docs/examples/fleet/story.ts'
import { bundle } from '../helpers/bundle.ts'

let worker = ''

beforeAll(async () => {
  worker = await bundle('docs/examples/fleet/worker.ts')
})
afterAll(() => fs.rmSync(dirname(worker), { recursive: true, force: true }))

it.each([false, true])(
  'three processes stay in step while Redis dies and comes back (on a terminal: %s)',
  async isLive => {
    const parts: string[] = []
    const terminal: Terminal = { isLive, hasColors: isLive, write: text => void parts.push(text) }
    const { isInStep, hitsWithoutRedis } = await tellFleetStory(terminal, 3, worker)
    const text = parts.join('')
    expect(isInStep).toBe(true)
    expect(hitsWithoutRedis).toBeGreaterThan(0)
    for (const line of ['Redis is killed.', 'Redis is back, with nothing.', 'all three hold the same'])
      expect(text).toContain(line)
    if (isLive) expect(text).toContain('\x1b[J')
    else {
      expect(text).toMatch(/Redis up {4}ready (?:- )*\d+/)
      expect(text).toMatch(/Redis down {2}down /)
      expect(text).not.toContain('\x1b')
    }
  },
)
