import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { CacheError } from '../../src/errors.ts'
import { entryUntil } from '../../src/group/entry.ts'
import { instrumentationName } from '../../src/group/opentelemetry.ts'
import type { PeerAnswer, PeerService } from '../../src/group/peer-service.ts'
import { tracedService, tracedTransport } from '../../src/group/tracing.ts'
import { recordSpans } from '../helpers/recorded-spans.ts'

const key = new Uint8Array([1])
const entry = entryUntil(new Uint8Array([2]), 5)
const notFound: PeerAnswer = { kind: 'notFound', message: 'no such user' }
const loadFailed: PeerAnswer = { kind: 'loadFailed', message: 'origin down' }

/** A service that answers with `answer`, or fails with it. */
function serviceOf(answer: PeerAnswer | Error = { kind: 'value', entry }): PeerService {
  const give = async (): Promise<PeerAnswer> => {
    if (answer instanceof Error) throw answer
    return answer
  }
  const done = async (): Promise<void> => void (await give())
  return { get: give, set: done, remove: done, removeMany: done, getMany: async () => [await give()] }
}

describe('spans', () => {
  const { exporter, tracer, spans } = recordSpans(instrumentationName)

  beforeEach(() => exporter.reset())

  const callAll = async (service: PeerService): Promise<void> => {
    await service.get('users', key)
    await service.set('users', key, entry)
    await service.remove('users', key)
    await service.removeMany('users', [key])
    await service.getMany('users', [key])
  }

  it("a transport's calls have Go's names, kind client and the user's attributes", async () => {
    let closed = 0
    const inner = {
      connect: (address: string) => ({ ...serviceOf(), address, close: async () => void closed++ }),
      close: async () => void closed++,
    }
    const transport = tracedTransport(inner, tracer, { attributes: { region: 'eu' } })
    const peer = transport.connect('a:1')
    expect(peer.address).toBe('a:1')
    await callAll(peer)
    const ok = { kind: SpanKind.CLIENT, status: { code: SpanStatusCode.OK }, errors: [] }
    expect(spans()).toEqual(
      ['Get', 'Set', 'Remove', 'RemoveKeys', 'GetMany'].map(name => ({
        ...ok,
        name: `GroupCache.${name}`,
        attributes: { region: 'eu' },
      })),
    )
    expect(exporter.getFinishedSpans()[0]?.instrumentationScope.name).toBe('coldsnap/group')
    await peer.close()
    await transport.close?.()
    expect(closed).toBe(2)
  })

  it('a failed call, an absent value and a failed loader are errors, and are passed on unchanged', async () => {
    const error = new CacheError('PEER_FAILED', 'Cannot reach the peer')
    await expect(tracedService(serviceOf(error), tracer).get('users', key)).rejects.toBe(error)
    expect(await tracedService(serviceOf(notFound), tracer).get('users', key)).toBe(notFound)
    expect(await tracedService(serviceOf(loadFailed), tracer).get('users', key)).toBe(loadFailed)
    const expected = (message: string) => ({
      name: 'GroupCache.Get',
      kind: SpanKind.SERVER,
      status: { code: SpanStatusCode.ERROR, message },
      attributes: {},
      errors: [message],
    })
    expect(spans()).toEqual(['Cannot reach the peer', 'no such user', 'origin down'].map(expected))
  })

  it('of many values one that is absent is no error, one whose loader failed is', async () => {
    await tracedService(serviceOf(notFound), tracer).getMany('users', [key])
    await tracedService(serviceOf(loadFailed), tracer).getMany('users', [key])
    expect(spans().map(({ status }) => status.code)).toEqual([SpanStatusCode.OK, SpanStatusCode.ERROR])
  })

  it('carries no group, key or value of its own accord, and refuses unknown options', async () => {
    await callAll(tracedService(serviceOf(), tracer))
    expect(JSON.stringify(spans())).not.toContain('users')
    expect(() => tracedService(serviceOf(), tracer, { attributes: {}, ...{ attribute: 1 } })).toThrow(/Unknown option/)
  })
})
