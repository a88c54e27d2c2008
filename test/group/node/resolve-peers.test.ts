import { describe, expect, it, vi } from 'vitest'
import type { CacheError } from '../../../src/errors.ts'
import { type PeerResolver, resolvePeers } from '../../../src/group/node/resolve-peers.ts'

type Answer = readonly string[] | Error

/** Answers with the next of a list, and with the last one for ever. */
function resolver(answers: readonly Answer[]): PeerResolver & { readonly asked: string[] } {
  const left = [...answers]
  const asked: string[] = []
  const next = async (name: string): Promise<readonly string[]> => {
    asked.push(name)
    const answer = left.length > 1 ? left.shift()! : left[0]!
    if (answer instanceof Error) throw answer
    return answer
  }
  return {
    asked,
    resolve4: async name => await next(name),
    resolveSrv: async name =>
      (await next(name)).map(each => ({ name: each.split(' ')[0]!, port: Number(each.split(' ')[1]) })),
  }
}

const hostname = 'cache.example'

describe('resolvePeers', () => {
  it('gives the addresses sorted and each once, and only changes', async () => {
    const names = resolver([['10.0.0.2', '10.0.0.1', '10.0.0.2'], ['10.0.0.1', '10.0.0.2'], ['10.0.0.3']])
    const lists = resolvePeers({ hostname, port: 80, everyMs: 1, resolver: names })
    expect((await lists.next()).value).toEqual(['10.0.0.1:80', '10.0.0.2:80'])
    expect((await lists.next()).value).toEqual(['10.0.0.3:80'])
    expect(names.asked).toEqual([hostname, hostname, hostname])
    await lists.return()
  })

  it('takes names and ports of SRV records', async () => {
    const names = resolver([['b.example. 81', 'a.example 80']])
    const lists = resolvePeers({ hostname, type: 'SRV', resolver: names })
    expect((await lists.next()).value).toEqual(['a.example:80', 'b.example:81'])
    await lists.return()
  })

  it('keeps the last list over failures, empty and wrong answers, and reports them', async () => {
    const errors: CacheError[] = []
    const cause = new Error('queryA ENOTFOUND')
    const names = resolver([['10.0.0.1'], cause, [], ['nobody here'], ['10.0.0.1'], ['10.0.0.9']])
    const onError = (error: CacheError): number => errors.push(error)
    const lists = resolvePeers({ hostname, port: 80, everyMs: 1, resolver: names, onError })
    expect((await lists.next()).value).toEqual(['10.0.0.1:80'])
    expect((await lists.next()).value).toEqual(['10.0.0.9:80'])
    expect(errors.map(({ code }) => code)).toEqual(['IO', 'INVALID_PEERS', 'INVALID_PEERS'])
    expect(errors[0]?.cause).toBe(cause)
    await lists.return()
  })

  it('ends when its signal aborts, while it waits and while an answer is awaited', async () => {
    const between = new AbortController()
    const waiting = resolvePeers({ hostname, port: 80, resolver: resolver([['10.0.0.1']]), signal: between.signal })
    await waiting.next()
    const next = waiting.next()
    between.abort()
    expect(await next).toEqual({ done: true, value: undefined })

    const during = new AbortController()
    const errors: CacheError[] = []
    const hanging: PeerResolver = { resolve4: () => new Promise(() => {}), resolveSrv: () => new Promise(() => {}) }
    const asking = resolvePeers({
      hostname,
      port: 80,
      resolver: hanging,
      signal: during.signal,
      onError: error => errors.push(error),
    }).next()
    during.abort()
    expect(await asking).toEqual({ done: true, value: undefined })
    expect(errors).toEqual([])
  })

  it('ends when its reader leaves while it waits, and asks no more', async () => {
    const asked = resolver([['10.0.0.1']])
    const lists = resolvePeers({ hostname, port: 80, resolver: asked, everyMs: 5 })
    await lists.next()
    const next = lists.next()
    await lists.return()
    expect(await next).toEqual({ done: true, value: undefined })
    const { length } = asked.asked
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(asked.asked).toHaveLength(length)
  })

  it('waits the interval give or take a tenth', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const names = resolver([['10.0.0.1'], ['10.0.0.2'], ['10.0.0.3'], ['10.0.0.4']])
      const spread = [0, 1, 0.5]
      const lists = resolvePeers({
        hostname,
        port: 80,
        everyMs: 10_000,
        resolver: names,
        random: () => spread.shift() ?? 0,
      })
      await lists.next()
      for (const [i, ms] of [9000, 11_000, 10_000].entries()) {
        const next = lists.next()
        await vi.advanceTimersByTimeAsync(ms - 1)
        expect(names.asked.length).toBe(i + 1)
        await vi.advanceTimersByTimeAsync(1)
        expect((await next).value).toEqual([`10.0.0.${i + 2}:80`])
      }
      await lists.return()
    } finally {
      vi.useRealTimers()
    }
  })

  it('checks its options when called', () => {
    expect(() => resolvePeers({ hostname })).toThrow(/port/)
    expect(() => resolvePeers({ hostname, port: 1, everyMs: 0 })).toThrow(RangeError)
    expect(() => resolvePeers({ hostname, port: 1, type: 'SRV' })).toThrow(/SRV/)
    expect(() => resolvePeers({ hostname: '', port: 70_000 })).toThrow(RangeError)
    expect(() => resolvePeers({ hostname, port: 1, ...{ name: 1 } })).toThrow(/Unknown option name/)
  })
})
