import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Expiring, ExpiryHeap } from '../../src/group/expiry-heap.ts'

it('has the item that expires first at hand, whatever was added and deleted', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), value: fc.integer({ min: 0, max: 50 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), value: fc.nat() }) },
  )
  const property = fc.property(fc.array(step, { minLength: 20, maxLength: 200 }), steps => {
    const heap = new ExpiryHeap<Expiring>()
    const items: Expiring[] = []
    const check = (): void => {
      expect(heap.first?.expiresAtMs).toBe(
        items.length === 0 ? undefined : Math.min(...items.map(at => at.expiresAtMs)),
      )
    }
    for (const { kind, value } of steps) {
      if (kind === 'add') {
        const item = { expiresAtMs: value, heapIndex: -1 }
        items.push(item)
        heap.add(item)
      } else if (items.length > 0) {
        const [item] = items.splice(value % items.length, 1)
        heap.delete(item!)
        expect(item!.heapIndex).toBe(-1)
      }
      check()
    }
    // Taken one by one they come in order.
    while (items.length > 0) {
      const first = heap.first!
      items.splice(items.indexOf(first), 1)
      heap.delete(first)
      check()
    }
  })
  fc.assert(property, { numRuns: 200 })
})
