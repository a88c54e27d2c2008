import { bystander, callsWith, listCall } from '../calls.ts'
import { fill } from '../samples.ts'
import type { CaseDefinition } from '../store-case.ts'

/** close(). */
export const lifeCases: readonly CaseDefinition[] = [
  {
    rule: 'S23',
    title: 'every method of a closed store is CLOSED',
    needs: 'close',
    async prove({ store, close, check }) {
      await fill(store, [bystander])
      await close()
      for (const [method, call] of [...callsWith(store, bystander), listCall(store, '')]) {
        await check.rejects(`${method} after close()`, call, 'CLOSED')
      }
    },
  },
  {
    rule: 'S24',
    title: 'close() twice, and twice at the same time, succeeds',
    needs: 'close',
    async prove({ store, close, check }) {
      await fill(store, [bystander])
      const outcomes = await Promise.all([close(), close()].map(call => call.then(() => 'success', String)))
      outcomes.push(await close().then(() => 'success', String))
      check.sameKeys('three close()', outcomes, ['success', 'success', 'success'])
    },
  },
]
