import type { CodecName } from '../codec/codec.ts'
import { codecNames } from '../codec/codec.ts'
import { checkBoolean, checkInteger, checkKey, checkOneOf, checkOptionNames } from '../core/check.ts'
import type { Cipher, SealedCodec } from './aes-gcm.ts'
import { type ColumnSpec, plain } from './columns.ts'
import type { Report } from './report.ts'
import type { StandardSchema } from './standard-schema.ts'

/** Options of a SnapshotCache. */
export interface SnapshotCacheOptions<State extends object> {
  /** Tells caches in one store apart; a part of every key. At most 200 bytes of UTF-8. @default 'snapshot' */
  readonly name?: string | undefined
  /** How fields of the state are stored; a field without a spec is one plain column. @default {} */
  readonly columns?: { readonly [Name in keyof State]?: ColumnSpec<State[Name]> } | undefined
  /**
   * Whether the state is never changed in place (reducers, immer): then what changed is found by identity, which makes
   * an unchanged `store()` microseconds. A change in place is missed. @default false
   */
  readonly immutable?: boolean | undefined
  /** How values become bytes. Readers need no option: every segment says how it was written. @default 'auto' */
  readonly codec?: CodecName | SealedCodec | undefined
  /** Whether segments are compressed (raw deflate, level 1). @default false */
  readonly compress?: boolean | undefined
  /** Version of the state's schema, 0 to 2^32 - 1, stored with every snapshot. @default 0 */
  readonly schemaVersion?: number | undefined
  /**
   * Makes a state of this schema version of one of an older version. Without it, and if it throws, an older snapshot is
   * not loaded. A newer one never is.
   */
  readonly migrate?: ((state: never, fromVersion: number) => State | Promise<State>) | undefined
  /** Standard Schemas that columns must fit when they are loaded, after `migrate`. @default {} */
  readonly schemas?: { readonly [Name in keyof State]?: StandardSchema<State[Name]> } | undefined
  /** A snapshot older than this is not loaded, in milliseconds. @default Infinity */
  readonly maxStaleMs?: number | undefined
  /**
   * A snapshot that was loaded this many times without `confirm()` (or a write) is not loaded any more, so that a state
   * that crashes the application cannot do so for ever. 0 turns the guard off. @default 0
   */
  readonly poisonAfter?: number | undefined
  /** Told after every load that met a problem, also one that found nothing. What it throws is ignored. */
  readonly onReport?: ((report: Report) => void) | undefined
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly name: string
  readonly specOf: (column: string) => ColumnSpec<never>
  readonly immutable: boolean
  readonly codec: CodecName
  readonly cipher: Cipher | undefined
  readonly compress: boolean
  readonly schemaVersion: number
  readonly migrate: ((state: never, fromVersion: number) => unknown) | undefined
  readonly schemas: Readonly<Record<string, StandardSchema | undefined>>
  readonly maxStaleMs: number
  readonly poisonAfter: number
  readonly onReport: ((report: Report) => void) | undefined
  readonly now: () => number
}

const optionNames = [
  'name',
  'columns',
  'immutable',
  'codec',
  'compress',
  'schemaVersion',
  'migrate',
  'schemas',
  'maxStaleMs',
  'poisonAfter',
  'onReport',
  'now',
]

const maxNameBytes = 200

export function resolveOptions<State extends object>(options: SnapshotCacheOptions<State>): ResolvedOptions {
  checkOptionNames(options, optionNames)
  const { name = 'snapshot', columns = {}, immutable = false, codec = 'auto', compress = false } = options
  const { schemaVersion = 0, schemas = {}, maxStaleMs = Number.POSITIVE_INFINITY, poisonAfter = 0 } = options
  const { migrate, onReport, now = Date.now } = options
  checkKey(name, maxNameBytes)
  checkBoolean('immutable', immutable)
  checkBoolean('compress', compress)
  checkInteger('schemaVersion', schemaVersion, 0)
  if (schemaVersion > 0xffffffff)
    throw new RangeError(`Option schemaVersion must be below 2^32, received ${schemaVersion}`)
  checkInteger('poisonAfter', poisonAfter, 0)
  if (maxStaleMs !== Number.POSITIVE_INFINITY) checkInteger('maxStaleMs', maxStaleMs, 0)
  for (const [option, value] of Object.entries({ migrate, onReport, now })) {
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`Option ${option} must be a function`)
  }
  checkSpecs(columns)
  checkSchemas(schemas)
  const specs: Readonly<Record<string, ColumnSpec<never> | undefined>> = { ...columns }
  const byDefault = plain()
  return {
    name,
    specOf: column => (Object.hasOwn(specs, column) ? specs[column] : undefined) ?? byDefault,
    immutable,
    ...resolveCodec(codec),
    compress,
    schemaVersion,
    migrate,
    schemas: { ...schemas },
    maxStaleMs,
    poisonAfter,
    onReport,
    now,
  }
}

/** The value codec and the cipher of a codec option. */
export function resolveCodec(codec: CodecName | SealedCodec): { codec: CodecName; cipher: Cipher | undefined } {
  if (typeof codec === 'object' && codec !== null && 'cipher' in codec) return codec
  checkOneOf('codec', codec, codecNames)
  return { codec, cipher: undefined }
}

function checkSpecs(columns: object): void {
  for (const [name, spec] of Object.entries(columns) as [string, Partial<ColumnSpec<never>> | undefined][]) {
    if (spec === undefined) continue
    if (typeof spec !== 'object' || !['plain', 'keyed', 'entries'].includes(spec?.kind ?? '')) {
      throw new TypeError(`Option columns.${name} must be made by keyed(), entries() or plain()`)
    }
  }
}

function checkSchemas(schemas: object): void {
  for (const [name, schema] of Object.entries(schemas) as [string, Partial<StandardSchema> | undefined][]) {
    if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function') {
      throw new TypeError(`Option schemas.${name} must be a Standard Schema`)
    }
  }
}
