import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CacheError } from '../../../src/errors.ts'
import { watchPeersFile } from '../../../src/group/node/watch-peers-file.ts'

describe('watchPeersFile', () => {
  let directory = ''
  let file = ''
  const errors: CacheError[] = []
  let end = new AbortController()

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'coldsnap-peers-'))
    file = join(directory, 'peers.txt')
    errors.length = 0
    end = new AbortController()
  })

  afterEach(async () => {
    end.abort()
    await rm(directory, { recursive: true, force: true })
  })

  const follow = (path = file, settleMs = 5): AsyncGenerator<readonly string[], void, undefined> =>
    watchPeersFile(path, { signal: end.signal, pollMs: 10, settleMs, onError: error => errors.push(error) })

  const replace = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  }

  /** Resolves once `count` errors were reported; the iteration that reports them must be under way. */
  const reported = async (count: number): Promise<void> => {
    await expect.poll(() => errors.length, { timeout: 10_000, interval: 5 }).toBe(count)
  }

  it('gives the list, and again after a write in place, a replacement and a replacement of that', async () => {
    await writeFile(file, 'b:1\na:1\n')
    const lists = follow()
    expect(await lists.next()).toEqual({ done: false, value: ['a:1', 'b:1'] })
    await writeFile(file, 'c:1')
    expect((await lists.next()).value).toEqual(['c:1'])
    for (const text of ['d:1', 'e:1', 'f:1']) {
      await replace(text)
      expect((await lists.next()).value).toEqual([text])
    }
  })

  it('gives nothing for another order, comments or the same list written anew', async () => {
    await writeFile(file, 'a:1\nb:1')
    const lists = follow()
    await lists.next()
    const next = lists.next()
    await replace('# new\nb:1\na:1\n')
    await replace('x')
    await reported(1)
    await replace('["b:1", "a:1"]')
    await replace('c:1')
    expect((await next).value).toEqual(['c:1'])
  })

  it('keeps the last list over a bad file, an empty one and an absent one, and reports each state once', async () => {
    await writeFile(file, 'a:1')
    const lists = follow()
    await lists.next()
    const next = lists.next()
    await replace('nonsense')
    await reported(1)
    await writeFile(file, '')
    await reported(2)
    await rm(file)
    await reported(3)
    expect(errors.map(({ code }) => code)).toEqual(['INVALID_PEERS', 'INVALID_PEERS', 'IO'])
    expect(errors[0]?.message).toContain('line 1')
    await replace('b:1')
    expect((await next).value).toEqual(['b:1'])
    expect(errors.length).toBe(3)
  })

  it('waits for a file, and for its directory', async () => {
    const late = join(directory, 'later', 'peers')
    const lists = follow(late)
    const next = lists.next()
    await reported(1)
    await mkdir(join(directory, 'later'))
    await writeFile(late, 'a:1')
    expect((await next).value).toEqual(['a:1'])
  })

  it('follows a link that is turned to another directory, as Kubernetes does it', async () => {
    for (const [name, text] of Object.entries({ one: 'a:1', two: 'b:1' })) {
      await mkdir(join(directory, name))
      await writeFile(join(directory, name, 'peers'), text)
    }
    await symlink('one', join(directory, 'data'))
    await symlink(join('data', 'peers'), file)
    const lists = follow()
    expect((await lists.next()).value).toEqual(['a:1'])
    await symlink('two', join(directory, 'data.new'))
    await rename(join(directory, 'data.new'), join(directory, 'data'))
    expect((await lists.next()).value).toEqual(['b:1'])
  })

  it('gives only the newest of lists that came while the last one was in use', async () => {
    await writeFile(file, 'a:1')
    const lists = follow()
    await lists.next()
    for (const text of ['b:1', 'c:1', 'd:1']) await replace(text)
    expect((await lists.next()).value).toEqual(['d:1'])
  })

  it('does not take a file that is still being written', async () => {
    await writeFile(file, 'a:1')
    const lists = follow(file, 500)
    await lists.next()
    const next = lists.next()
    // Each write comes long before the one before it would have settled.
    for (let i = 1; i < 50; i++) await writeFile(file, Array.from({ length: i }, (_, j) => `n${j}:1`).join('\n'))
    expect((await next).value).toHaveLength(49)
  })

  it('ends when its signal aborts, also while it waits; and when its reader leaves', async () => {
    await writeFile(file, 'a:1')
    const lists = follow()
    await lists.next()
    const next = lists.next()
    end.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(await follow().next()).toEqual({ done: true, value: undefined })
    for await (const list of watchPeersFile(file, { pollMs: 10, settleMs: 0 })) {
      expect(list).toEqual(['a:1'])
      break
    }
  })

  it('an onError that throws ends the iteration with its error', async () => {
    const lists = watchPeersFile(file, {
      onError: error => {
        throw error
      },
    })
    await expect(lists.next()).rejects.toMatchObject({ code: 'IO' })
    expect(await lists.next()).toEqual({ done: true, value: undefined })
  })

  it('checks its options when called', () => {
    expect(() => watchPeersFile(file, { pollMs: 0 })).toThrow(RangeError)
    expect(() => watchPeersFile(file, { settleMs: -1 })).toThrow(RangeError)
    expect(() => watchPeersFile(file, { pollMs: 1, ...{ poll: 1 } })).toThrow(/Unknown option poll/)
  })
})
