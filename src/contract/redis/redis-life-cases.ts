import { isCacheError } from '../../errors.ts'
import { textOf } from '../samples.ts'
import type { RedisPortCaseDefinition, RedisPortTools } from './redis-port-case.ts'

// An answer that needs no look at the network comes much sooner.
const atOnceMs = 1000

async function isReachable({ port, key }: RedisPortTools): Promise<boolean> {
  return await port.command({ args: ['GET', key('reach')], key: key('reach') }).then(
    () => true,
    () => false,
  )
}

/** How calls end when something is in their way. */
export const redisLifeCases: readonly RedisPortCaseDefinition[] = [
  {
    rule: 'P7',
    title: 'aborted before it began',
    async prove({ key, call, port }, check) {
      const reason = new Error('why')
      const signal = AbortSignal.abort(reason)
      const set = { args: ['SET', key('a'), 'x'], key: key('a') }
      const error = await check.rejects('command()', () => port.command(set, { signal }), 'ABORTED')
      check.same('the cause', error.cause, reason)
      await check.rejects('pipeline()', () => port.pipeline([set], { signal }), 'ABORTED')
      check.same('GET', await call('GET', key('a')), null)
    },
  },
  {
    rule: 'P7',
    title: 'aborted while it waits',
    needs: 'pause',
    async prove({ key, call, port, pause, within, stop }, check) {
      await call('SET', key('a'), 'x')
      await pause()
      const controller = new AbortController()
      const get = { args: ['GET', key('a')], key: key('a') }
      const calls = [port.command(get, controller), port.pipeline([get], controller)]
      const ended = calls.map(each => within(check.rejects('an aborted call', () => each, 'ABORTED')))
      controller.abort(new Error('why'))
      await Promise.all(ended)
      await stop()
    },
  },
  {
    rule: 'P8',
    title: 'without a connection',
    needs: 'stop',
    async prove(tools, check) {
      const { key, call, port, stop, start, until, within } = tools
      await call('SET', key('a'), 'x')
      await stop()
      await until('the loss of the connection', async () => !(await isReachable(tools)))
      const startMs = Date.now()
      const set = { args: ['SET', key('late'), 'x'], key: key('late') }
      const attempts = Array.from({ length: 50 }, () => port.command(set))
      for (const call of attempts) await within(check.rejects('command()', () => call, 'UNAVAILABLE'))
      await within(check.rejects('pipeline()', () => port.pipeline([set]), 'UNAVAILABLE'))
      check.holds('50 calls', Date.now() - startMs < atOnceMs, `${Date.now() - startMs} ms`, `less than ${atOnceMs} ms`)
      await start()
      await until('the return of the connection', () => isReachable(tools))
      check.same('EXISTS of what was set meanwhile', await call('EXISTS', key('late')), 0)
    },
  },
  {
    rule: 'P9',
    title: 'after a loss',
    needs: 'stop',
    async prove(tools, check) {
      const { key, call, stop, start, until } = tools
      for (let round = 0; round < 2; round++) {
        await call('SET', key('a'), 'x')
        await stop()
        await until('the loss of the connection', async () => !(await isReachable(tools)))
        await start()
        await until('the return of the connection', () => isReachable(tools))
        await call('SET', key('b'), `${round}`)
        const found = await call('GET', key('b'))
        check.same('GET', found instanceof Uint8Array ? textOf(found) : found, `${round}`)
      }
    },
  },
  {
    rule: 'P10',
    title: 'calls under way',
    needs: 'pause',
    async prove(tools, check) {
      const { key, call, port, pause, stop, start, until, within } = tools
      await call('SET', key('a'), 'x')
      await pause()
      const set = { args: ['SET', key('late'), 'x'], key: key('late') }
      const calls = [port.command(set), port.pipeline([set, set])]
      const ended = calls.map(each => within(check.rejects('a call under way', () => each, 'UNAVAILABLE')))
      // They are sent before the connection ends.
      await new Promise(resolve => setTimeout(resolve, 50))
      await stop()
      await Promise.all(ended)
      await start()
      await until('the return of the connection', () => isReachable(tools))
      check.same('EXISTS of what was under way', await call('EXISTS', key('late')), 0)
    },
  },
  {
    rule: 'P18',
    title: 'closing the port',
    async prove({ key, call, port, listen, until, within }, check) {
      const heard = listen(key('channel'))
      await until('up()', () => heard.isUp)
      await within(Promise.all([port.close(), port.close()]))
      const told = heard.states.length
      const set = { args: ['SET', key('a'), 'x'], key: key('a') }
      await check.rejects('command()', () => call('GET', key('a')), 'CLOSED')
      await check.rejects('pipeline()', () => port.pipeline([set]), 'CLOSED')
      await check.rejects('nodes()', () => port.nodes(), 'CLOSED')
      const thrown = ((): unknown => {
        try {
          return port.subscribe(key('channel'), heard)
        } catch (error) {
          return error
        }
      })()
      check.holds('subscribe()', isCacheError(thrown, 'CLOSED'), String(thrown), 'CLOSED')
      await new Promise(resolve => setTimeout(resolve, 50))
      check.same('what the subscription was told after close()', heard.states.length, told)
      await port.close()
    },
  },
]
