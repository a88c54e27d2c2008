/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import type { Load } from '../../group/group-options.ts'
import { GroupNode } from '../../group/node/group-node.ts'
import { watchPeersFile } from '../../group/node/watch-peers-file.ts'
import { readCapped } from '../../group/read-capped.ts'
import { fileError } from '../../store/file-error.ts'
import { FileStore } from '../../store/file-store.ts'
import type { CliAction, CliCall } from '../cli-command.ts'
import { wrongUsage } from '../cli-failure.ts'
import type { CliIo } from '../cli-io.ts'
import { groupConfig, type OriginGroup } from '../group-config.ts'
import { safeText } from '../safe-text.ts'
import { servingAction } from '../serving-action.ts'

const maxValueBytes = 64 << 20
const minSecretBytes = 16

/** What is told of a node once it listens. */
interface StartedNode {
  readonly address: string
  readonly self: string
  readonly groups: readonly string[]
}

export const groupAction: CliAction = servingAction<StartedNode>({
  serve,
  show: ({ address }) => `listening on ${address}`,
})

async function serve(call: CliCall, started: (about: StartedNode) => Promise<void>): Promise<void> {
  const { io } = call
  const { listen, groups, ...config } = await groupConfig(call)
  const secret = config.secretFile === undefined ? undefined : await readSecret(config.secretFile)
  const isLocal = /^(?:127\.|localhost:|\[::1\])/.test(listen)
  if (secret === undefined && !isLocal) {
    await io.stderr.write('coldsnap: without --secret-file everybody who reaches the port can change every value\n')
  }
  await using store = config.store === undefined ? undefined : await FileStore.open(config.store, { signal: io.signal })
  const node = await GroupNode.listen(listen, {
    ...(store === undefined ? {} : { store }),
    ...(secret === undefined ? {} : { secret }),
    onError: error => void io.stderr.write(`coldsnap: ${safeText(String(error))}\n`).catch(() => undefined),
  })
  await using _closing = { [Symbol.asyncDispose]: () => node.close() }
  const self = config.self ?? node.address
  for (const group of groups) {
    const { maxBytes, ttlMs } = group
    node.group(group.name, {
      maxBytes,
      maxValueBytes,
      ...(ttlMs === undefined ? {} : { ttlMs }),
      load: loadFrom(group),
    })
  }
  node.setPeers(config.peers ?? [self], { self })
  const following = config.peersFile === undefined ? undefined : follow(node, config.peersFile, io)
  await started({ address: node.address, self, groups: groups.map(({ name }) => name) })
  await following
}

// A list that is refused leaves the one before; it is told of.
async function follow(node: GroupNode, file: string, { signal, stderr }: CliIo): Promise<void> {
  const onError = (error: Error): void => {
    stderr.write(`coldsnap: ${safeText(error.message)}\n`).catch(() => undefined)
  }
  await node.followPeers(watchPeersFile(file, { signal, onError }), { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function loadFrom({ origin }: OriginGroup): Load<Uint8Array> {
  return async (key, { signal }) => {
    const response = await fetch(`${origin}${encodeURIComponent(key)}`, { signal })
    if (response.status === 404 || response.status === 410) return undefined
    if (!response.ok) throw new Error(`The origin answered ${response.status}`)
    const body = await readCapped(response.body as ReadableStream<Uint8Array> | null, maxValueBytes)
    if (body === undefined) throw new Error(`The origin answered more than ${maxValueBytes} bytes`)
    return body
  }
}

async function readSecret(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, `Cannot read ${path}`)
  })
  const secret = text.trim()
  return Buffer.byteLength(secret) < minSecretBytes
    ? wrongUsage(`A secret has at least ${minSecretBytes} bytes`)
    : secret
}
