import { describe, expect, it } from 'vitest'
import { useSmallLimits } from '../snapshot/small-limits.ts'
import { brokenProtocols } from './broken-protocols.ts'
import { breakProtocol } from './campaign.ts'
import { picks } from './survives.ts'

useSmallLimits()

describe('a protocol that is broken on purpose', () => {
  for (const protocol of brokenProtocols) {
    // That nothing of the kind is found where it is not broken is what hand-lives.test.ts shows, with the same lives.
    it(`${protocol.title} is caught`, async () => {
      const { total, failed, totalFailed } = await breakProtocol(protocol, { seed: 1, picks })
      const byModel = Object.entries(failed).map(([model, count]) => `${count} ${model}`)
      console.log(`${protocol.title}: caught by ${totalFailed} of ${total} crashes (${byModel.join(', ')})`)
      expect(totalFailed).toBeGreaterThan(0)
    })
  }
})
