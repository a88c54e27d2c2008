import { setOwn } from '../codec/set-own.ts'
import { checkSignal } from '../core/check.ts'
import type { Store } from '../store/store.ts'
import type { CallOptions } from './call-options.ts'
import type { ColumnSpec } from './columns.ts'
import type { HeadColumn } from './head.ts'
import type { OpenedHead } from './head-seal.ts'
import type { Id, SnapshotKeys } from './keys.ts'
import { readColumn } from './read-column.ts'
import type { StoredElements } from './read-elements.ts'
import type { Source } from './read-pieces.ts'
import { HeadProblem, type Problem } from './report.ts'
import { describeIssue, type StandardSchema } from './standard-schema.ts'

/** What a snapshot must be like to be given out. */
export interface LoadRules {
  readonly schemaVersion: number
  readonly migrate: ((state: never, fromVersion: number) => unknown) | undefined
  readonly schemas: Readonly<Record<string, StandardSchema | undefined>>
  readonly maxStaleMs: number
  readonly poisonAfter: number
  readonly now: () => number
  readonly immutable: boolean
  readonly specOf: (column: string) => ColumnSpec<never>
}

export interface LoadedState {
  readonly state: Record<string, unknown>
  /** What the next store can compare with; empty unless the state is immutable, and as it was stored. */
  readonly asStored: Map<string, LoadedColumn>
}

/** A column as it was read. */
export interface LoadedColumn {
  readonly value: unknown
  /** Its elements, keys included, if it has elements. */
  readonly elements: StoredElements | undefined
}

const allowedSkewMs = 60_000

/**
 * Reads the state that `head` names: all columns, or those of `names`. Throws HeadProblem if the snapshot breaks a rule
 * or its bytes are not whole.
 */
export async function loadState(
  source: Source,
  head: OpenedHead,
  names: readonly string[] | undefined,
  rules: LoadRules,
  options: CallOptions,
  note: (problem: Problem) => void,
): Promise<LoadedState> {
  checkAge(head, rules, note)
  if (rules.poisonAfter > 0) await checkAttempts(source, head, rules.poisonAfter, options.signal)
  const mustMigrate = head.schemaVersion !== rules.schemaVersion
  if (mustMigrate) checkMigration(head, rules)
  const loaded = await readColumns(source, head, mustMigrate ? undefined : names, rules, options, note)
  let { state } = loaded
  if (mustMigrate) {
    state = pick(await migrate(state, head, rules), names)
    loaded.asStored.clear()
  }
  await validate(state, rules, loaded.asStored)
  if (rules.poisonAfter > 0) await markAttempt(source, head, options.signal, note)
  return { state, asStored: loaded.asStored }
}

/** Age of a snapshot in milliseconds, never negative. */
export function ageMs(head: OpenedHead, now: number): number {
  return Math.max(0, now - head.savedAtMs)
}

function checkAge(head: OpenedHead, rules: LoadRules, note: (problem: Problem) => void): void {
  const now = rules.now()
  if (head.savedAtMs - now > allowedSkewMs) {
    note({ code: 'CLOCK_SKEW', message: `The snapshot was saved ${head.savedAtMs - now} ms in the future` })
  }
  const age = ageMs(head, now)
  if (age > rules.maxStaleMs) {
    throw new HeadProblem({
      code: 'TOO_STALE',
      message: `The snapshot is ${age} ms old, the limit is ${rules.maxStaleMs}`,
    })
  }
}

function checkMigration(head: OpenedHead, rules: LoadRules): void {
  const found = `The snapshot has schema version ${head.schemaVersion}, wanted is ${rules.schemaVersion}`
  if (head.schemaVersion > rules.schemaVersion) throw new HeadProblem({ code: 'SCHEMA_VERSION', message: found })
  if (rules.migrate === undefined) {
    throw new HeadProblem({ code: 'SCHEMA_VERSION', message: `${found}, and there is no migrate option` })
  }
}

async function readColumns(
  source: Source,
  head: OpenedHead,
  names: readonly string[] | undefined,
  rules: LoadRules,
  options: CallOptions,
  note: (problem: Problem) => void,
): Promise<LoadedState> {
  const loaded: LoadedState = { state: {}, asStored: new Map() }
  for (const name of names ?? []) {
    if (head.columns.every(column => column.name !== name)) {
      note({ code: 'COLUMN_MISSING', message: `The snapshot has no column "${name}"`, column: name })
    }
  }
  for (const column of head.columns) {
    if (names?.includes(column.name) === false) continue
    await readInto(loaded, source, column, rules, options)
  }
  return loaded
}

async function readInto(
  loaded: LoadedState,
  source: Source,
  column: HeadColumn,
  rules: LoadRules,
  { signal, onProgress }: CallOptions,
): Promise<void> {
  const { name, shape, pieces } = column
  const isArray = shape === 'array'
  // State that may be changed in place is compared with what is stored, read again, when it is stored the first time:
  // recording it here would cost every start-up what only a later store needs.
  const withKeys = !isArray || (rules.immutable && rules.specOf(name).kind === 'keyed')
  const total = withKeys ? pieces.length : pieces.filter(piece => piece.role !== 'index').length
  let done = 0
  const onPiece = onProgress === undefined ? undefined : () => onProgress({ column: name, done: ++done, total })
  const progress = { signal, onPiece }
  let elements: StoredElements | undefined
  let value: unknown
  if (shape === 'plain') value = await readColumn(source, column, progress)
  else {
    const { readElements, toValue } = await import('./read-elements.ts')
    elements = await readElements(source, column, { keys: withKeys, pages: true }, progress)
    value = toValue(shape, elements)
  }
  setOwn(loaded.state, name, value)
  if (rules.immutable) loaded.asStored.set(name, { value, elements })
}

async function migrate(state: object, head: OpenedHead, rules: LoadRules): Promise<Record<string, unknown>> {
  let migrated: unknown
  try {
    migrated = await rules.migrate!(state as never, head.schemaVersion)
  } catch (cause) {
    const message = `Cannot migrate from schema version ${head.schemaVersion}: migrate threw`
    throw new HeadProblem({ code: 'MIGRATE_FAILED', message, cause })
  }
  if (typeof migrated !== 'object' || migrated === null) {
    const message = `Cannot migrate from schema version ${head.schemaVersion}: migrate gave no object`
    throw new HeadProblem({ code: 'MIGRATE_FAILED', message })
  }
  return migrated as Record<string, unknown>
}

function pick(state: Record<string, unknown>, names: readonly string[] | undefined): Record<string, unknown> {
  if (names === undefined) return state
  return Object.fromEntries(Object.entries(state).filter(([name]) => names.includes(name)))
}

async function validate(
  state: Record<string, unknown>,
  rules: LoadRules,
  asStored: Map<string, LoadedColumn>,
): Promise<void> {
  for (const name of Object.keys(state)) {
    const schema = Object.hasOwn(rules.schemas, name) ? rules.schemas[name] : undefined
    if (schema === undefined) continue
    const fail = (message: string, cause?: unknown): HeadProblem =>
      new HeadProblem({
        code: 'SCHEMA_INVALID',
        message: `Cannot accept column "${name}": ${message}`,
        column: name,
        cause,
      })
    let result: Awaited<ReturnType<StandardSchema['~standard']['validate']>>
    try {
      result = await schema['~standard'].validate(state[name])
    } catch (cause) {
      throw fail('its schema threw', cause)
    }
    if (result.issues !== undefined) throw fail(describeIssue(result.issues))
    if (result.value === state[name]) continue
    // What the schema made of the value is not what is stored.
    setOwn(state, name, result.value)
    asStored.delete(name)
  }
}

async function listAttempts(
  store: Store,
  keys: SnapshotKeys,
  id: Id,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const attempts: string[] = []
  for await (const key of store.list(keys.tryPrefix, { signal })) {
    const parsed = keys.parse(key)
    if (parsed?.generation === id.generation && parsed.nonce === id.nonce) attempts.push(key)
  }
  return attempts
}

async function checkAttempts(
  { store, keys }: Source,
  head: OpenedHead,
  poisonAfter: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { length } = await listAttempts(store, keys, head, signal)
  if (length < poisonAfter) return
  throw new HeadProblem({ code: 'POISONED', message: `The snapshot was loaded ${length} times and never confirmed` })
}

async function markAttempt(
  { store, keys }: Source,
  head: OpenedHead,
  signal: AbortSignal | undefined,
  note: (problem: Problem) => void,
): Promise<void> {
  try {
    const count = (await listAttempts(store, keys, head, signal)).length + 1
    await store.store(keys.attempt(head, count), new Uint8Array(0), { signal })
  } catch (cause) {
    checkSignal(signal)
    note({ code: 'GUARD_FAILED', message: 'The mark of an unconfirmed load could not be written', cause })
  }
}

/** Removes the marks of unconfirmed loads of a head. */
export async function confirmLoads({ store, keys }: Source, id: Id, signal: AbortSignal | undefined): Promise<void> {
  for (const key of await listAttempts(store, keys, id, signal)) await store.remove(key, { signal })
}
