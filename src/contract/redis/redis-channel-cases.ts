import { bytesOf, textOf } from '../samples.ts'
import { Heard, type RedisPortCaseDefinition } from './redis-port-case.ts'

const quietMs = 50

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, quietMs))
}

/** What is heard on channels, and when. */
export const redisChannelCases: readonly RedisPortCaseDefinition[] = [
  {
    rule: 'P11',
    title: 'messages',
    async prove({ key, port, listen, until }, check) {
      const heard = listen(key('channel'))
      await until('up()', () => heard.isUp)
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      const sent = [all, new Uint8Array(), ...Array.from({ length: 200 }, (_, i) => bytesOf(`message ${i}`))]
      // By a script with a key: clients publish by any node of a cluster, and between two there is no order.
      const publish = "return redis.call('PUBLISH', KEYS[1], ARGV[1])"
      const channel = key('channel')
      await port.pipeline(sent.map(message => ({ args: ['EVAL', publish, '1', channel, message], key: channel })))
      await until('the last message', () => heard.messages.length >= sent.length)
      await pause()
      check.same('the number of messages', heard.messages.length, sent.length)
      for (const [i, message] of sent.entries()) {
        check.sameBytes(`message ${i}`, heard.messages[i], message)
        check.same('the class of a message', heard.messages[i]?.constructor, Uint8Array)
      }
      check.same('what was told', heard.states.join(' '), 'up')
    },
  },
  {
    rule: 'P12',
    title: 'channels',
    async prove({ key, call, listen, until }, check) {
      const [first, second, other] = [listen(key('a')), listen(key('a')), listen(key('b'))]
      await until('up()', () => [first, second, other].every(({ isUp }) => isUp))
      await call('PUBLISH', key('a'), 'to a')
      await call('PUBLISH', key('b'), 'to b')
      await until('the messages', () => [first, second, other].every(({ messages }) => messages.length > 0))
      await pause()
      const found = [first, second, other].map(({ messages }) => messages.map(textOf).join())
      check.same('what was heard', found.join('; '), 'to a; to a; to b')
    },
  },
  {
    rule: 'P13',
    title: 'loss and return',
    needs: 'stop',
    async prove({ key, call, listen, until, stop, start }, check) {
      const heard = listen(key('channel'))
      await until('up()', () => heard.isUp)
      await stop()
      await until('down()', () => !heard.isUp)
      await start()
      await until('up() again', () => heard.isUp)
      check.same('what was told', heard.states.join(' '), 'up down up')
      await until('a connection for commands', () =>
        call('PUBLISH', key('channel'), 'again').then(
          () => true,
          () => false,
        ),
      )
      await until('a message', () => heard.messages.length > 0)
    },
  },
  {
    rule: 'P14',
    title: 'renewal',
    async prove({ key, call, port, until }, check) {
      const heard = new Heard()
      const subscription = port.subscribe(key('channel'), heard)
      await until('up()', () => heard.isUp)
      subscription.renew()
      await until('up() again', () => heard.states.length >= 3)
      check.same('what was told', heard.states.join(' '), 'up down up')
      await call('PUBLISH', key('channel'), 'again')
      await until('a message', () => heard.messages.length > 0)
      await pause()
      check.same('what was heard', heard.messages.map(textOf).join(), 'again')
    },
  },
  {
    rule: 'P15',
    title: 'closing a subscription',
    async prove({ key, call, port, listen, until, within }, check) {
      const [closed, other] = [new Heard(), listen(key('channel'))]
      const subscription = port.subscribe(key('channel'), closed)
      await until('up()', () => closed.isUp && other.isUp)
      await within(Promise.all([subscription.close(), subscription.close()]))
      await call('PUBLISH', key('channel'), 'x')
      await until('the message of the other', () => other.messages.length > 0)
      subscription.renew()
      await pause()
      check.same('what it heard', closed.messages.length, 0)
      check.same('what it was told', closed.states.join(' '), 'up')
    },
  },
  {
    rule: 'P19',
    title: 'pings over a subscription',
    async prove({ key, call, port, until, within }, check) {
      const heard = new Heard()
      const subscription = port.subscribe(key('channel'), heard)
      const early = subscription.ping()
      await check.rejects('ping() before up()', () => early, 'UNAVAILABLE')
      await until('up()', () => heard.isUp)
      for (let i = 0; i < 20; i++) {
        await call('PUBLISH', key('channel'), `message ${i}`)
        await within(subscription.ping())
        // Between the nodes of a cluster messages take a time of their own.
        if (!port.isCluster) check.same('the messages heard when ping() resolved', heard.messages.length, i + 1)
      }
      await until('the last message', () => heard.messages.length >= 20)
      await within(Promise.all([subscription.ping(), subscription.ping()]))
      check.same('what was heard', heard.messages.length, 20)
      check.same('what was told', heard.states.join(' '), 'up')
      await subscription.close()
      await check.rejects('ping() after close()', () => subscription.ping(), 'UNAVAILABLE')
    },
  },
]
