import { describe, expect, it } from 'vitest'
import { brokenProtocols } from './broken-protocols.ts'
import { breakProtocol } from './campaign.ts'
import { honest } from './protocol.ts'
import { picks, withSmallSegments } from './survives.ts'

withSmallSegments()

describe('a protocol that is broken on purpose', () => {
  for (const protocol of brokenProtocols) {
    it(`${protocol.title} is caught, and only because it is broken`, async () => {
      const { total, failed, totalFailed } = await breakProtocol(protocol, { seed: 1, picks })
      const byModel = Object.entries(failed).map(([model, count]) => `${count} ${model}`)
      console.log(`${protocol.title}: caught by ${totalFailed} of ${total} crashes (${byModel.join(', ')})`)
      expect(totalFailed).toBeGreaterThan(0)
      const same = { ...honest, lives: protocol.lives }
      expect((await breakProtocol(same, { seed: 1, picks })).totalFailed).toBe(0)
    })
  }
})
