import { describe, expect, it } from 'vitest'
import type { TransportHandle } from '../../../src/contract/group/transport-case.ts'
import { transportContract } from '../../../src/contract/group/transport-contract.ts'
import { transportRules } from '../../../src/contract/group/transport-rules.ts'
import { MemoryNetwork } from '../../../src/group/memory-network.ts'
import { failedRules, runCases } from '../run-cases.ts'
import { handleOf, SoundPeer } from './sound-transport.ts'
import { transportMutants } from './transport-mutants.ts'

function memoryHandle(): TransportHandle {
  const network = new MemoryNetwork()
  const stops = new Map<string, () => void>()
  return {
    transport: network.transport('self'),
    serve(service) {
      const address = `node-${stops.size + 1}`
      stops.set(address, network.serve(address, service))
      return address
    },
    stop: address => stops.get(address)?.(),
  }
}

runCases('MemoryNetwork', transportContract(memoryHandle))

describe('transportContract', () => {
  runCases(
    'the transport that mutants are made from',
    transportContract(() => handleOf(SoundPeer)),
  )

  for (const { what, rule, Client } of transportMutants) {
    it(`${rule} bites a transport that ${what}`, async () => {
      const cases = transportContract(() => handleOf(Client), { maxValueBytes: 100_000, patienceMs: 50 })
      // Only its own rule: a mutant that hangs would have every case wait.
      const failed = await failedRules(cases.filter(({ id }) => id === rule))
      expect(failed.get(rule)).toMatch(`Error: ${rule} `)
    })
  }

  it('every rule bites at least one of them, and has cases in its order', () => {
    expect(new Set(transportMutants.map(({ rule }) => rule))).toEqual(new Set(Object.keys(transportRules)))
    const cases = transportContract(() => handleOf(SoundPeer))
    expect([...new Set(cases.map(({ id }) => id))]).toEqual(Object.keys(transportRules))
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
  })

  it('a transport that takes any address is noticed', async () => {
    const open = (): TransportHandle => {
      const handle = handleOf(SoundPeer)
      const connect = (address: string) =>
        address === '' ? handle.transport.connect('?') : handle.transport.connect(address)
      return { ...handle, transport: { connect } }
    }
    expect((await failedRules(transportContract(open, { maxValueBytes: 1000 }))).get('T13')).toMatch(
      /^Error: T13 connect\(\) to the empty/,
    )
  })

  it('opens a fresh handle for each case and closes it once, also when the case fails', async () => {
    let [opened, closed] = [0, 0]
    const cases = transportContract(() => {
      opened += 1
      const { transport, serve } = handleOf(SoundPeer)
      return {
        transport,
        serve,
        close: async () => {
          closed += 1
          throw new Error('close fails as well')
        },
      }
    })
    const errors: string[] = []
    const notes: string[] = []
    for (const { run } of cases) {
      await run({ skip: reason => notes.push(reason) }).catch((error: unknown) => errors.push(String(error)))
    }
    expect([opened, closed]).toEqual([cases.length, cases.length])
    expect(errors).toEqual(Array(cases.length).fill('Error: close fails as well'))
    expect(notes).toEqual(['handle has no stop()'])
  })

  it('refuses wrong options', () => {
    const open = (): TransportHandle => handleOf(SoundPeer)
    expect(() => transportContract({} as never)).toThrow(TypeError)
    expect(() => transportContract(open, { patience: 5 } as never)).toThrow(/Unknown option patience/)
    expect(() => transportContract(open, { skip: { T1: '' } })).toThrow(/reason for T1/)
  })
})
