import fs from 'node:fs'
import { BlobCache, type BlobPutOptions } from '../../../src/blob/index.ts'
import { isCacheError } from '../../../src/errors.ts'
import { diskPath } from '../model-disk.ts'
import {
  type BlobId,
  type BlobStep,
  bodyOf,
  etagOf,
  fieldsOf,
  idOf,
  piecesOf,
  type StepContext,
  type Tick,
} from './blob-life.ts'

/** When everything happens, so that it is expired or not. */
export const nowMs = 1_700_000_000_000

type Options = BlobPutOptions & { readonly isStream?: boolean; readonly isExpired?: boolean }

async function put({ store }: StepContext, { namespace, key }: BlobId, tick: Tick, options: Options): Promise<void> {
  const { isStream = tick % 2 === 0, isExpired, ...given } = options
  const all = { ...fieldsOf(tick), ...(isExpired && { expiresAt: new Date(nowMs - 1000) }), ...given }
  if (isStream) await store.putStream(namespace, key, piecesOf(tick), all)
  else await store.put(namespace, key, bodyOf(tick), all)
}

/** Puts one blob. */
export function putting(id: BlobId, tick: Tick, options: Options = {}): BlobStep {
  return {
    title: `put ${tick} as ${idOf(id)}`,
    touches: new Map([[idOf(id), [tick]]]),
    run: context => put(context, id, tick, options),
  }
}

/** Puts several blobs at once, some perhaps under one name. */
export function puttingAll(pairs: readonly (readonly [BlobId, Tick])[]): BlobStep {
  const touches = new Map<string, Tick[]>()
  for (const [id, tick] of pairs) touches.set(idOf(id), [...(touches.get(idOf(id)) ?? []), tick])
  return {
    title: `put at once ${pairs.map(([id, tick]) => `${tick} as ${idOf(id)}`).join(', ')}`,
    touches,
    run: context =>
      Promise.all(
        pairs.map(async ([id, tick]) => {
          await put(context, id, tick, {})
          // Of two under one name the last is not known yet.
          if (touches.get(idOf(id))!.length === 1) context.acknowledge(idOf(id))
        }),
      ),
  }
}

/** Puts on the condition that blob number `before` is there, which holds. */
export function replacing(id: BlobId, before: Tick, tick: Tick): BlobStep {
  return { ...putting(id, tick, { ifMatch: etagOf(before) }), title: `put ${tick} over ${before} as ${idOf(id)}` }
}

/** Puts on a condition that does not hold. */
export function refused(id: BlobId, tick: Tick): BlobStep {
  return {
    title: `put ${tick} as ${idOf(id)} if there is none`,
    touches: new Map(),
    async run(context) {
      const error = await put(context, id, tick, { ifNoneMatch: '*' }).catch((reason: unknown) => reason)
      if (!isCacheError(error, 'PRECONDITION_FAILED')) throw new Error(`A condition was passed over: ${String(error)}`)
    },
  }
}

export function deleting(id: BlobId): BlobStep {
  return {
    title: `delete ${idOf(id)}`,
    touches: new Map([[idOf(id), [undefined]]]),
    run: ({ store }) => store.delete(id.namespace, id.key),
  }
}

/** Deletes the namespace of `ids`, which are all that it may have. */
export function deletingAll(ids: readonly BlobId[]): BlobStep {
  const { namespace } = ids[0]!
  return {
    title: `delete namespace ${namespace}`,
    touches: new Map(ids.map(id => [idOf(id), [undefined]])),
    run: ({ store }) => store.deleteNamespace(namespace),
  }
}

/** Cleans the namespace of `ids`, which are all in it that expired. */
export function cleaning(ids: readonly BlobId[]): BlobStep {
  const { namespace } = ids[0]!
  return {
    title: `clean ${namespace}`,
    touches: new Map(ids.map(id => [idOf(id), [undefined]])),
    run: ({ store }) => new BlobCache(store, { namespace, clock: () => nowMs }).cleanExpired(),
  }
}

export function reading(id: BlobId): BlobStep {
  return {
    title: `get ${idOf(id)}`,
    touches: new Map(),
    run: ({ store }) => store.get(id.namespace, id.key),
  }
}

export const sweeping: BlobStep = {
  title: 'sweep',
  touches: new Map(),
  run: ({ store }) => store.sweep('a'),
}

/** Appends so much to the log of use that the next put writes it anew. */
export function fillingLog(path: string): BlobStep {
  return {
    title: 'fill the log of use',
    touches: new Map(),
    async run({ process }) {
      const { blocking } = process.system
      const fd = await blocking.open(`${diskPath}/${path}`, fs.constants.O_WRONLY | fs.constants.O_APPEND, 0)
      const bytes = Buffer.from('u 0/0 1\n'.repeat(10_100))
      for (let at = 0; at < bytes.byteLength; ) at += await blocking.write(fd, bytes, at, bytes.byteLength - at)
      await blocking.close(fd)
    },
  }
}

/** The same, but the process is killed in it. */
export function killedIn(step: BlobStep, killAfter: number): BlobStep {
  return { ...step, title: `${step.title}, killed after ${killAfter} operations`, killAfter }
}

/** The same, and then the process ends. */
export function lastOf(step: BlobStep): BlobStep {
  return { ...step, title: `${step.title}, and end`, isLast: true }
}
