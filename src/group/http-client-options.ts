import { checkInteger, checkOneOf } from '../core/check.ts'
import { defaultMaxBodyBytes } from './endpoint.ts'
import { RequestSigner, type Secret } from './signing.ts'
import { checkBasePath, defaultBasePath, type PathRules } from './wire/target.ts'

/** What every way of asking peers by HTTP can be told. */
export interface HttpClientOptions extends PathRules {
  /** Signs requests; the first of several does. See `EndpointOptions.secret`. */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** The deadline of a call whose signal does not end it before, over connect, head and body, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number | undefined
  /** The largest answer in bytes, as received and with its content coding undone. @default 65 MiB */
  readonly maxAnswerBytes?: number | undefined
  /** The time in milliseconds since 1970, for signatures. @default Date.now */
  readonly clock?: (() => number) | undefined
}

/** The names of {@link HttpClientOptions}. */
export const httpClientOptionNames = ['basePath', 'escaping', 'secret', 'timeoutMs', 'maxAnswerBytes', 'clock'] as const

/** {@link HttpClientOptions}, checked and with their defaults. */
export interface HttpClientSettings {
  readonly rules: PathRules
  readonly signer: RequestSigner | undefined
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
}

/** Throws a TypeError or RangeError for an option that is wrong; looks at no other names. */
export function resolveHttpClientOptions(options: HttpClientOptions): HttpClientSettings {
  const { basePath = defaultBasePath, escaping = 'path', secret, clock } = options
  const { timeoutMs = 5_000, maxAnswerBytes = defaultMaxBodyBytes } = options
  checkOneOf('escaping', escaping, ['path', 'query'])
  checkBasePath(basePath)
  for (const [name, value] of Object.entries({ timeoutMs, maxAnswerBytes })) checkInteger(name, value, 1)
  const signer = secret === undefined ? undefined : new RequestSigner(secret, { clock })
  return { rules: { basePath, escaping }, signer, timeoutMs, maxAnswerBytes }
}
