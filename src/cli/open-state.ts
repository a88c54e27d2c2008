import type { CliCall } from './cli-command.ts'
import { notFound, wrongUsage } from './cli-failure.ts'
import { keyRing } from './key-ring.ts'
import { netmapName, openNetmap } from './netmap-state.ts'
import type { OpenStore } from './open-store.ts'
import { safeText } from './safe-text.ts'
import { openSnapshot, type StateChoice } from './snapshot-state.ts'
import type { StoredColumn, StoredState } from './stored-state.ts'

/** Opens the state that a command is about, and warns of what was passed over on the way to it. */
export async function openState(opened: OpenStore, choice: StateChoice, call: CliCall): Promise<StoredState> {
  const state = await open(opened, choice, call)
  for (const { code, message } of state.problems) {
    await call.io.stderr.write(`coldsnap: passed over: ${safeText(message)} (${code})\n`)
  }
  return state
}

async function open(opened: OpenStore, choice: StateChoice, call: CliCall): Promise<StoredState> {
  const { signal } = call.io
  if (opened.kind !== 'tailscale') {
    const cipher = (await keyRing(call))?.cipher
    return await openSnapshot(opened.store, choice, { cipher, signal, progress: call.progress })
  }
  if (choice.generation !== undefined) return wrongUsage('A Tailscale directory has no generations')
  if (choice.cache !== undefined && choice.cache !== netmapName) {
    return notFound(`There is no cache "${choice.cache}", found ${netmapName}`)
  }
  return await openNetmap(opened.store, signal)
}

/** The column of that name, or a failure that names those that are there. */
export function findColumn({ cache, columns }: StoredState, name: string): StoredColumn {
  const column = columns.find(each => each.name === name)
  if (column !== undefined) return column
  return notFound(`There is no column "${name}" in "${cache}", found ${columns.map(each => each.name).join(', ')}`)
}

/** The number that an argument or option is, in a range; else wrong usage. */
export function wholeNumber(what: string, text: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  return wrongUsage(`${what} must be a whole number ${range}, received ${text}`)
}
