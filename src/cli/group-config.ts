/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isCacheError } from '../errors.ts'
import { checkGroupName } from '../group/group-key.ts'
import { addressProblem } from '../group/peer-address.ts'
import { parsePeers } from '../group/peer-list.ts'
import { fileError } from '../store/file-error.ts'
import { type CliCall, textOption } from './cli-command.ts'
import { wrongUsage } from './cli-failure.ts'
import { wholeNumber } from './open-state.ts'

/** One group of a node: values are fetched from its origin. */
export interface OriginGroup {
  readonly name: string
  /** What stands before the key in the URL that a value is fetched from. */
  readonly origin: string
  readonly maxBytes: number
  readonly ttlMs: number | undefined
}

/** What a node of a group is started with, from a file and from flags, which win. */
export interface GroupConfig {
  readonly listen: string
  readonly self: string | undefined
  readonly peers: readonly string[] | undefined
  readonly peersFile: string | undefined
  readonly store: string | undefined
  readonly secretFile: string | undefined
  readonly groups: readonly OriginGroup[]
}

const fileNames = ['listen', 'self', 'peers', 'peersFile', 'store', 'secretFile', 'groups']
const groupNames = ['origin', 'maxBytes', 'ttlMs']
const defaultMaxBytes = 64 << 20

type Fields = Readonly<Record<string, unknown>>

/** Reads the configuration of a call. Paths of the file are taken from the current directory, as those of flags. */
export async function groupConfig(call: CliCall): Promise<GroupConfig> {
  const file = call.args['config'] === undefined ? {} : await readConfig(resolve(call.io.cwd, call.args['config']))
  const text = (name: string): string | undefined => textOption(call, name) ?? textField(file, name)
  const path = (name: string): string | undefined => {
    const value = text(name)
    return value === undefined ? undefined : resolve(call.io.cwd, value)
  }
  const listen = text('listen') ?? '127.0.0.1:0'
  if (!/^(?:\[[^\]]*\]|[^:]*):\d{1,5}$/.test(listen)) wrongUsage('The address to listen on must be <host>:<port>')
  const self = text('self')
  const problem = self === undefined ? undefined : addressProblem(self)
  if (problem !== undefined) wrongUsage(`The address of this node ${problem}`)
  const peers = peersOf(textOption(call, 'peers')?.split(',').join('\n'), file['peers'])
  const config = {
    listen,
    self,
    peers,
    peersFile: path('peersFile'),
    store: path('store'),
    secretFile: path('secretFile'),
  }
  if (config.peers !== undefined && config.peersFile !== undefined)
    wrongUsage('Give peers or a file of peers, not both')
  return { ...config, groups: groupsOf(call, file) }
}

function groupsOf(call: CliCall, file: Fields): OriginGroup[] {
  const fields = (file['groups'] ?? {}) as Fields
  if (typeof fields !== 'object' || Array.isArray(fields)) wrongUsage('Field groups must be an object')
  const groups = Object.entries(fields).map(([name, value]) => {
    const group = (value ?? {}) as Fields
    checkNames(group, groupNames, `groups.${name}`)
    return makeGroup(name, group['origin'], group['maxBytes'], group['ttlMs'])
  })
  const name = textOption(call, 'name')
  const number = (option: string): number | undefined => {
    const text = textOption(call, option)
    return text === undefined ? undefined : wholeNumber(`Option --${option}`, text, 0)
  }
  if (name !== undefined) {
    groups.push(makeGroup(name, textOption(call, 'origin'), number('maxBytes'), number('ttl')))
  } else if (textOption(call, 'origin') !== undefined) wrongUsage('Option --origin needs --name')
  return groups.length === 0 ? wrongUsage('There is no group: name one with --name and --origin, or in a file') : groups
}

function makeGroup(name: string, origin: unknown, maxBytes: unknown = defaultMaxBytes, ttlMs?: unknown): OriginGroup {
  checkGroupName(name)
  if (typeof origin !== 'string' || !URL.canParse(origin) || !/^https?:$/.test(new URL(origin).protocol)) {
    return wrongUsage(`Group "${name}" needs an origin: an http or https URL that keys are put behind`)
  }
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
  if (!isCount(maxBytes)) return wrongUsage(`maxBytes of group "${name}" must be a whole number of at least 0`)
  if (ttlMs !== undefined && !(isCount(ttlMs) && ttlMs > 0)) {
    return wrongUsage(`ttlMs of group "${name}" must be a whole number of at least 1`)
  }
  return { name, origin, maxBytes, ttlMs }
}

function peersOf(flag: string | undefined, field: unknown): readonly string[] | undefined {
  if (flag === undefined && field === undefined) return undefined
  try {
    return parsePeers(flag ?? JSON.stringify(field))
  } catch (error) {
    if (!isCacheError(error, 'INVALID_PEERS')) throw error
    return wrongUsage(error.message)
  }
}

async function readConfig(path: string): Promise<Fields> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, `Cannot read ${path}`)
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return wrongUsage(`${path} is not JSON`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return wrongUsage(`${path} holds no object`)
  checkNames(parsed, fileNames, path)
  return parsed as Fields
}

function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || typeof value === 'string') return value
  return wrongUsage(`Field ${name} must be text`)
}

function checkNames(fields: object, known: readonly string[], where: string): void {
  if (typeof fields !== 'object') wrongUsage(`${where} must be an object`)
  const unknown = Object.keys(fields).find(name => !known.includes(name))
  if (unknown !== undefined) wrongUsage(`Unknown field ${unknown} in ${where}; known are ${known.join(', ')}`)
}
