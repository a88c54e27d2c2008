import { setMaxListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import { CallController } from '../../core/call-controller.ts'
import { isCacheError } from '../../errors.ts'
import { callOptions } from '../call-options.ts'
import {
  decodeKeysCall,
  decodeSetCall,
  encodeAnswers,
  encodeEmpty,
  encodeFailed,
  type Frame,
  frameKind,
} from '../link/link-frame.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from '../peer-service.ts'
import { maxManyBytes } from '../wire/many-get.ts'
import { LinkSocket } from './link-socket.ts'

/** What {@link serveLink} needs. */
export interface LinkServerParts {
  readonly socket: Duplex
  readonly head: Uint8Array
  readonly sessionKey: Uint8Array | undefined
  readonly service: PeerService
  readonly maxFrameBytes: number
  /** The largest frame that the other side takes. */
  readonly maxAnswerBytes: number
  /** Above this many calls under way nothing more is read. */
  readonly maxCalls: number
  /** How long a link without a call is kept, in milliseconds. */
  readonly idleMs: number
  onEnd(): void
}

/** The answering end of a link. */
export interface ServedLink {
  /** Takes no further calls, answers those under way, and ends; resolves then. */
  drain(): Promise<void>
  /** Ends at once; calls under way are aborted. */
  end(): void
}

/** Answers the calls that come over a link until it ends; then those under way are aborted. */
export function serveLink(parts: LinkServerParts): ServedLink {
  const { service, maxCalls, idleMs, maxAnswerBytes } = parts
  const calls = new Map<number, CallController>()
  let idle: NodeJS.Timeout | undefined
  let isDraining = false
  let ended: () => void = () => {}
  const end = new Promise<void>(resolve => {
    ended = resolve
  })

  const watchIdle = (): void => {
    clearTimeout(idle)
    if (link.isOver) return
    idle = setTimeout(() => link.end(new Error('The link was idle')), idleMs)
    idle.unref()
  }
  const link = new LinkSocket({
    ...parts,
    role: 'server',
    onFrame: frame => take(frame),
    onEnd: () => {
      clearTimeout(idle)
      for (const call of calls.values()) call.abort(new Error('The connection of the caller was closed'))
      calls.clear()
      ended()
      parts.onEnd()
    },
  })
  watchIdle()

  function take(frame: Frame): void {
    if (frame.kind === frameKind.cancel) {
      calls.get(frame.call)?.abort(new Error('The caller gave up'))
      return
    }
    if (calls.has(frame.call)) throw frame.payload.corrupt('the number of a call is in use')
    // A link that drains is about to end: what still comes on it is lost as on any closed connection.
    if (isDraining) return
    const abort = new CallController(takeAnyListeners)
    const work = answerOf(frame, callOptions(service, abort))
    calls.set(frame.call, abort)
    clearTimeout(idle)
    if (calls.size >= maxCalls) link.hold()
    void work.then(answer => {
      if (calls.get(frame.call) === abort) calls.delete(frame.call)
      if (!abort.aborted) link.send(answer)
      if (calls.size < maxCalls) link.release()
      if (calls.size > 0) return
      if (isDraining) link.finish()
      else watchIdle()
    })
  }

  // Throws at once for a frame that is none, which ends the link; what it returns never rejects.
  function answerOf(frame: Frame, options: PeerCallOptions): Promise<Uint8Array> {
    const { kind, call, payload } = frame
    if (kind === frameKind.get) {
      const { group, keys } = decodeKeysCall(payload)
      return settle(call, async () => {
        const answers = await getAll(service, group, keys, options)
        // One that is alone is not left out: asked again, it would be no smaller.
        const maxBytes = answers.length === 1 ? Number.POSITIVE_INFINITY : Math.min(maxManyBytes, maxAnswerBytes / 2)
        const encoded = encodeAnswers(call, answers, maxBytes)
        if (encoded.byteLength <= maxAnswerBytes) return encoded
        return encodeFailed(call, false, 'the answer is too large for a frame')
      })
    }
    if (kind === frameKind.set) {
      const { group, key, entry } = decodeSetCall(payload)
      return settle(call, async () => {
        await service.set(group, key, entry, options)
        return encodeEmpty(frameKind.done, call)
      })
    }
    if (kind === frameKind.remove) {
      const { group, keys } = decodeKeysCall(payload)
      return settle(call, async () => {
        if (keys.length === 1) await service.remove(group, keys[0]!, options)
        else await service.removeMany(group, keys, options)
        return encodeEmpty(frameKind.done, call)
      })
    }
    throw payload.corrupt(`kind ${kind} is no call`)
  }

  async function settle(call: number, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      return await work()
    } catch (error) {
      // Texts of other errors may hold what is nobody else's business.
      const message = isCacheError(error) ? error.message : 'internal error'
      return encodeFailed(call, isCacheError(error, 'UNKNOWN_GROUP'), message)
    }
  }

  return {
    drain: () => {
      isDraining = true
      if (calls.size === 0) link.finish()
      return end
    },
    end: () => link.end(new Error('The server was closed')),
  }
}

async function getAll(
  service: PeerService,
  group: string,
  keys: readonly Uint8Array[],
  options: PeerCallOptions,
): Promise<readonly PeerAnswer[]> {
  if (keys.length === 1) return [await service.get(group, keys[0]!, options)]
  return await service.getMany(group, keys, options)
}

// A call for many keys may have a listener for each.
function takeAnyListeners(signal: AbortSignal): void {
  setMaxListeners(0, signal)
}
