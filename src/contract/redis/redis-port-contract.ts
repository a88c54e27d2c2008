import { checkFunction, checkInteger, checkOptionNames } from '../../core/check.ts'
import { bindRules, type RuleCase, type RuleOptions } from '../rule-cases.ts'
import { redisChannelCases } from './redis-channel-cases.ts'
import { redisCommandCases } from './redis-command-cases.ts'
import { redisLifeCases } from './redis-life-cases.ts'
import {
  Heard,
  type OpenRedisPort,
  type RedisPortHandle,
  type RedisPortOptional,
  type RedisPortTools,
} from './redis-port-case.ts'
import { type RedisPortRule, redisPortRules } from './redis-port-rules.ts'

/** Options of {@link redisPortContract}. */
export interface RedisPortContractOptions extends RuleOptions<RedisPortRule> {
  /** How long anything may take, in milliseconds. @default 10_000 */
  readonly patienceMs?: number | undefined
}

const pollMs = 5
// So that a port that does not answer at all is noticed as well.
const stepsPerCase = 5

/**
 * The contract of {@link RedisPort} as data, for any test runner. A whole test file is
 *
 *     for (const { title, run } of redisPortContract(() => ({ port: redisPort(client) }))) test(title, run)
 *
 * A wrong option is a TypeError or RangeError at once; a broken rule is an Error of `run`.
 */
export function redisPortContract(
  open: OpenRedisPort,
  options: RedisPortContractOptions = {},
): readonly RuleCase<RedisPortRule>[] {
  checkFunction('open', open)
  checkOptionNames(options, ['skip', 'patienceMs'])
  const { skip, patienceMs = 10_000 } = options
  checkInteger('patienceMs', patienceMs, 1)
  const definitions = [...redisCommandCases, ...redisLifeCases, ...redisChannelCases]
  return bindRules(redisPortRules, definitions, skip, async (prove, { needs }, context) => {
    const handle = await open()
    const close = async (): Promise<void> => await (handle.close?.() ?? handle.port.close())
    let lacking: RedisPortOptional | undefined
    try {
      if (needs === undefined || handle[needs] !== undefined) {
        await within(prove(toolsOf(handle, patienceMs)), stepsPerCase * patienceMs)
      } else lacking = needs
    } catch (error) {
      // The broken rule is what the author must see, not a release that fails because of it.
      await close().catch(() => {})
      throw error
    }
    await close()
    if (lacking !== undefined) context.skip?.(`the handle has no ${lacking}()`)
  })
}

function toolsOf(handle: RedisPortHandle, patienceMs: number): RedisPortTools {
  const { port } = handle
  const own = `coldsnap-port-${Math.random().toString(36).slice(2)}:`
  const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
    const end = Date.now() + patienceMs
    while (!(await condition())) {
      if (Date.now() > end) throw new Error(`${what} did not come about within ${patienceMs} ms`)
      await new Promise(resolve => setTimeout(resolve, pollMs))
    }
  }
  return {
    port,
    until,
    key: name => own + name,
    call: (...args) => port.command({ args, key: typeof args[1] === 'string' ? args[1] : undefined }),
    listen(channel) {
      const heard = new Heard()
      port.subscribe(channel, heard)
      return heard
    },
    stop: async () => await handle.stop?.(),
    start: async () => await handle.start?.(),
    pause: async () => await handle.pause?.(),
    within: work => within(work, patienceMs),
  }
}

/** Resolves as `work` does, but rejects after so many milliseconds. */
function within<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The call did not end within ${patienceMs} ms`)), patienceMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
