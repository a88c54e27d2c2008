import { checkOptionNames } from '../../core/check.ts'
import { bindRules } from '../rule-cases.ts'
import type { PartCase, PartOptions } from './part-case.ts'
import { transportCallCases } from './transport-call-cases.ts'
import { type OpenTransport, ScriptedService, type TransportHandle, type TransportTools } from './transport-case.ts'
import { transportContentCases } from './transport-content-cases.ts'
import { type TransportRule, transportRules } from './transport-rules.ts'

/** Options of {@link transportContract}. */
export interface TransportContractOptions extends PartOptions<TransportRule> {
  /** Size of the largest value that is sent, in bytes. @default 4_194_304 */
  readonly maxValueBytes?: number | undefined
  /** How long a call that was aborted or closed may take to end, in milliseconds. @default 5_000 */
  readonly patienceMs?: number | undefined
}

/**
 * The contract of {@link Transport} as data, for any test runner: both sides of it, as one is nothing without the other.
 * A whole test file is
 *
 *     for (const { title, run } of transportContract(() => ({ transport, serve, close }))) test(title, run)
 *
 * A wrong option is a TypeError at once; a broken rule is an Error of `run`.
 */
export function transportContract(
  open: OpenTransport,
  options: TransportContractOptions = {},
): readonly PartCase<TransportRule>[] {
  if (typeof open !== 'function') throw new TypeError(`open must be a function, received ${typeof open}`)
  checkOptionNames(options, ['skip', 'maxValueBytes', 'patienceMs'])
  const { maxValueBytes = 4 * 1024 * 1024, patienceMs = 5000 } = options
  const run = async (prove: (tools: TransportTools) => Promise<void>): Promise<void> => {
    const handle = await open()
    try {
      await prove(toolsOf(handle, maxValueBytes, patienceMs))
    } catch (error) {
      // The broken rule is what the author must see, not a release that fails because of it.
      await Promise.resolve(handle.close?.()).catch(() => {})
      throw error
    }
    await handle.close?.()
  }
  return bindRules(transportRules, [...transportContentCases, ...transportCallCases], options.skip, run)
}

function toolsOf(handle: TransportHandle, maxValueBytes: number, patienceMs: number): TransportTools {
  return {
    handle,
    maxValueBytes,
    async pair() {
      const service = new ScriptedService()
      return { service, peer: handle.transport.connect(await handle.serve(service)) }
    },
    within(work) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`The call did not end within ${patienceMs} ms`)), patienceMs)
      })
      return Promise.race([work, late]).finally(() => clearTimeout(timer))
    },
  }
}
