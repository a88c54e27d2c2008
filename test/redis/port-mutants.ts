import type { RedisPortRule } from '../../src/contract/redis/redis-port-rules.ts'
import { isCacheError } from '../../src/errors.ts'
import type {
  RedisCallOptions,
  RedisCommand,
  RedisListener,
  RedisNode,
  RedisPort,
  RedisReply,
  RedisSubscription,
} from '../../src/redis/index.ts'

/** A port that breaks `rule`. */
export interface PortMutant {
  readonly what: string
  readonly rule: RedisPortRule
  port(sound: RedisPort): RedisPort
}

/** Does what the port below does; mutants do one thing otherwise. */
class PassingPort implements RedisPort {
  readonly isCluster: boolean
  readonly database: number
  protected readonly sound: RedisPort

  constructor(sound: RedisPort) {
    this.sound = sound
    this.isCluster = sound.isCluster
    this.database = sound.database
  }

  async command(command: RedisCommand, options?: RedisCallOptions): Promise<RedisReply> {
    return await this.sound.command(command, options)
  }

  async pipeline(
    commands: readonly RedisCommand[],
    options?: RedisCallOptions,
  ): Promise<readonly (RedisReply | Error)[]> {
    return await this.sound.pipeline(commands, options)
  }

  subscribe(channel: string, listener: RedisListener): RedisSubscription {
    return this.sound.subscribe(channel, listener)
  }

  async nodes(): Promise<readonly RedisNode[]> {
    return await this.sound.nodes()
  }

  async close(): Promise<void> {
    await this.sound.close()
  }
}

/** Changes what comes back. */
function answering(change: (reply: RedisReply | Error) => RedisReply): PortMutant['port'] {
  return sound =>
    new (class extends PassingPort {
      override async command(command: RedisCommand, options?: RedisCallOptions): Promise<RedisReply> {
        return change(await super.command(command, options))
      }
      override async pipeline(commands: readonly RedisCommand[]): Promise<readonly (RedisReply | Error)[]> {
        return (await super.pipeline(commands)).map(change)
      }
    })(sound)
}

function wrapped(subscription: RedisSubscription): RedisSubscription {
  return {
    renew: () => subscription.renew(),
    ping: () => subscription.ping(),
    close: () => subscription.close(),
  }
}

/** Changes what a listener hears. */
function hearing(change: (listener: RedisListener) => RedisListener): PortMutant['port'] {
  return sound =>
    new (class extends PassingPort {
      override subscribe(channel: string, listener: RedisListener): RedisSubscription {
        return super.subscribe(channel, change(listener))
      }
    })(sound)
}

function listenerWith(listener: RedisListener, changes: Partial<RedisListener>): RedisListener {
  return {
    message: message => listener.message(message),
    up: () => listener.up(),
    down: cause => listener.down(cause),
    ...changes,
  }
}

/** Sends again what could not be done, as soon as there is something else to send. */
class TryingPort extends PassingPort {
  readonly #owed: RedisCommand[] = []

  override async command(command: RedisCommand, options?: RedisCallOptions): Promise<RedisReply> {
    // Before anything else, so that it does not hang on time whether a case sees it.
    for (const owed of this.#owed.splice(0)) await this.#send(owed).catch(() => undefined)
    return await this.#send(command, options)
  }

  async #send(command: RedisCommand, options?: RedisCallOptions): Promise<RedisReply> {
    try {
      return await super.command(command, options)
    } catch (error) {
      if (isCacheError(error, 'UNAVAILABLE') && command.args[0] === 'SET') this.#owed.push(command)
      throw error
    }
  }
}

const decoder = new TextDecoder()
const text = (reply: RedisReply | Error): string => (reply instanceof Uint8Array ? decoder.decode(reply) : '')

export const portMutants: readonly PortMutant[] = [
  {
    what: 'sends bytes as text',
    rule: 'P1',
    port: sound =>
      new (class extends PassingPort {
        override async command(command: RedisCommand): Promise<RedisReply> {
          const args = command.args.map(each => (typeof each === 'string' ? each : decoder.decode(each)))
          return await super.command({ ...command, args })
        }
      })(sound),
  },
  { what: 'takes nil for the empty string', rule: 'P2', port: answering(reply => reply ?? new Uint8Array()) },
  {
    what: 'gives out Buffers',
    rule: 'P3',
    port: answering(reply => (reply instanceof Uint8Array ? Buffer.from(reply) : reply)),
  },
  {
    what: 'copies arguments when it sends them',
    rule: 'P3',
    port: sound =>
      new (class extends PassingPort {
        override async command(command: RedisCommand): Promise<RedisReply> {
          await Promise.resolve()
          return await super.command(command)
        }
      })(sound),
  },
  {
    what: 'answers nil where Redis refuses',
    rule: 'P4',
    port: sound =>
      new (class extends PassingPort {
        override async command(command: RedisCommand): Promise<RedisReply> {
          return await super.command(command).catch(() => null)
        }
      })(sound),
  },
  {
    what: 'rejects a pipeline in which one command was refused',
    rule: 'P5',
    port: sound =>
      new (class extends PassingPort {
        override async pipeline(commands: readonly RedisCommand[]): Promise<readonly (RedisReply | Error)[]> {
          const answers = await super.pipeline(commands)
          for (const answer of answers) if (answer instanceof Error) throw answer
          return answers
        }
      })(sound),
  },
  {
    what: 'sends long pipelines backwards',
    rule: 'P5',
    port: sound =>
      new (class extends PassingPort {
        override async pipeline(commands: readonly RedisCommand[]): Promise<readonly (RedisReply | Error)[]> {
          return await super.pipeline(commands.toReversed())
        }
      })(sound),
  },
  {
    what: 'lets every other call wait',
    rule: 'P6',
    port: sound => {
      let calls = 0
      return new (class extends PassingPort {
        override async command(command: RedisCommand): Promise<RedisReply> {
          if (++calls % 2 === 0) await new Promise(resolve => setTimeout(resolve, 1))
          return await super.command(command)
        }
      })(sound)
    },
  },
  {
    what: 'does not look at signals',
    rule: 'P7',
    port: sound =>
      new (class extends PassingPort {
        override async command(command: RedisCommand): Promise<RedisReply> {
          return await super.command(command)
        }
      })(sound),
  },
  { what: 'does later what could not be done', rule: 'P8', port: sound => new TryingPort(sound) },
  {
    what: 'does not connect again',
    rule: 'P9',
    port: sound => {
      let lost: unknown
      return new (class extends PassingPort {
        override async command(command: RedisCommand): Promise<RedisReply> {
          if (lost !== undefined) throw lost
          return await super.command(command).catch(error => {
            lost = error
            throw error
          })
        }
      })(sound)
    },
  },
  { what: 'sends again what was under way', rule: 'P10', port: sound => new TryingPort(sound) },
  {
    what: 'hears messages as text',
    rule: 'P11',
    port: hearing(listener =>
      listenerWith(listener, { message: bytes => listener.message(new TextEncoder().encode(text(bytes))) }),
    ),
  },
  {
    what: 'hears every tenth message twice',
    rule: 'P11',
    port: hearing(listener => {
      let count = 0
      const message = (bytes: Uint8Array): void => {
        listener.message(bytes)
        if (++count % 10 === 0) listener.message(bytes)
      }
      return listenerWith(listener, { message })
    }),
  },
  {
    what: 'tells only the last subscription of a channel',
    rule: 'P12',
    port: sound => {
      const last = new Map<string, RedisListener>()
      return new (class extends PassingPort {
        override subscribe(channel: string, listener: RedisListener): RedisSubscription {
          last.set(channel, listener)
          const message = (bytes: Uint8Array): void => {
            if (last.get(channel) === listener) listener.message(bytes)
          }
          return super.subscribe(channel, listenerWith(listener, { message }))
        }
      })(sound)
    },
  },
  { what: 'tells nobody of a loss', rule: 'P13', port: hearing(listener => listenerWith(listener, { down() {} })) },
  {
    what: 'does not renew',
    rule: 'P14',
    port: sound =>
      new (class extends PassingPort {
        override subscribe(channel: string, listener: RedisListener): RedisSubscription {
          const subscription = super.subscribe(channel, listener)
          return { ...wrapped(subscription), renew() {} }
        }
      })(sound),
  },
  {
    what: 'goes on to hear after close()',
    rule: 'P15',
    port: sound =>
      new (class extends PassingPort {
        override subscribe(channel: string, listener: RedisListener): RedisSubscription {
          const subscription = super.subscribe(channel, listener)
          return { ...wrapped(subscription), async close() {} }
        }
      })(sound),
  },
  {
    what: 'has no nodes',
    rule: 'P16',
    port: sound =>
      new (class extends PassingPort {
        override async nodes(): Promise<readonly RedisNode[]> {
          return []
        }
      })(sound),
  },
  {
    what: 'is wrong about its database',
    rule: 'P17',
    port: sound =>
      new (class extends PassingPort {
        override readonly database: number = 7
      })(sound),
  },
  {
    what: 'stays open',
    rule: 'P18',
    port: sound =>
      new (class extends PassingPort {
        override async close(): Promise<void> {}
      })(sound),
  },
  {
    what: 'says that a subscription answers without asking',
    rule: 'P19',
    port: sound =>
      new (class extends PassingPort {
        override subscribe(channel: string, listener: RedisListener): RedisSubscription {
          return { ...wrapped(super.subscribe(channel, listener)), ping: async () => undefined }
        }
      })(sound),
  },
]
