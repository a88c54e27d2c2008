import type { Duplex } from 'node:stream'
import { type Frame, FrameCutter, readFrame } from '../link/link-frame.ts'
import { macBytes, RecordOpener, RecordSealer } from './link-seal.ts'
import { plainBytes } from './plain-bytes.ts'

// Above this many bytes that wait to be sent, nothing more is read: who does not take answers gets no more of them.
const maxUnsentBytes = 4 * 1024 * 1024
// Joining small frames beats many small writes; large ones are not worth a copy.
const maxJoinedBytes = 64 * 1024

/** What a {@link LinkSocket} is made of. */
export interface LinkSocketParts {
  readonly socket: Duplex
  /** Bytes that the HTTP parser had read past the upgrade. */
  readonly head: Uint8Array
  /** The largest frame taken. */
  readonly maxFrameBytes: number
  /** The key of a signed link, the same at both ends. */
  readonly sessionKey: Uint8Array | undefined
  readonly role: 'client' | 'server'
  onFrame(frame: Frame): void
  /** Called once, when the link is over for whatever reason. */
  onEnd(cause: Error): void
}

/**
 * Frames over a socket: those of one tick leave in one write, those received are checked and handed on. Both ends use it.
 * Whatever is wrong with the other side's bytes ends the link.
 */
export class LinkSocket {
  readonly #parts: LinkSocketParts
  readonly #cutter: FrameCutter
  readonly #sealer: RecordSealer | undefined
  readonly #opener: RecordOpener | undefined
  #unsent: Uint8Array[] = []
  #receivedBytes = 0
  #isHeld = false
  #isOver = false

  constructor(parts: LinkSocketParts) {
    const { socket, sessionKey, role } = parts
    this.#parts = parts
    this.#cutter = new FrameCutter(parts.maxFrameBytes)
    if (sessionKey !== undefined) {
      const other = role === 'client' ? 'server' : 'client'
      this.#sealer = new RecordSealer(sessionKey, role)
      this.#opener = new RecordOpener(sessionKey, other, maxRecordBytes(parts.maxFrameBytes))
    }
    socket.on('data', (chunk: Uint8Array) => this.#receive(plainBytes(chunk)))
    socket.on('error', error => this.end(error))
    socket.on('close', () => this.end(new Error('The connection was closed')))
    socket.on('end', () => this.end(new Error('The connection was ended by the other side')))
    socket.on('drain', () => this.#flow())
    if (parts.head.byteLength > 0) queueMicrotask(() => this.#receive(plainBytes(parts.head)))
    // Closed while a signature was made: it will not say so again.
    if (socket.destroyed) queueMicrotask(() => this.end(new Error('The connection was closed')))
  }

  /** Whether it is over. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** How many bytes have come so far. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** How many bytes wait in this process. */
  get unsentBytes(): number {
    return this.#parts.socket.writableLength
  }

  /** Sends a frame. After the end it does nothing. */
  send(frame: Uint8Array): void {
    if (this.#isOver) return
    this.#unsent.push(frame)
    if (this.#unsent.length === 1) process.nextTick(() => this.#flush())
  }

  /** Reads nothing more until {@link release}, so that the other side's system holds its calls back. */
  hold(): void {
    this.#isHeld = true
    this.#flow()
  }

  release(): void {
    this.#isHeld = false
    this.#flow()
  }

  /** Ends the link when everything is sent. */
  finish(): void {
    if (this.#isOver) return
    this.#flush()
    this.#parts.socket.end(() => this.end(new Error('The link was ended by this side')))
  }

  /** Ends the link at once. Ending twice does nothing. */
  end(cause: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#unsent = []
    this.#parts.socket.destroy()
    this.#parts.onEnd(cause)
  }

  #flush(): void {
    const frames = this.#unsent
    this.#unsent = []
    if (this.#isOver) return
    const { socket } = this.#parts
    let size = 0
    for (const frame of frames) size += frame.byteLength
    const chunks = frames.length > 1 && size <= maxJoinedBytes ? [Buffer.concat(frames, size)] : frames
    socket.cork()
    for (const chunk of chunks) {
      if (this.#sealer === undefined) socket.write(chunk)
      else for (const part of this.#sealer.seal(chunk)) socket.write(part)
    }
    socket.uncork()
    this.#flow()
  }

  #flow(): void {
    const { socket } = this.#parts
    // Only a server: if both sides stopped to read, neither would ever go on.
    const isAhead = this.#parts.role === 'server' && socket.writableLength > maxUnsentBytes
    const mustWait = this.#isHeld || isAhead
    if (mustWait && !socket.isPaused()) socket.pause()
    else if (!mustWait && socket.isPaused()) socket.resume()
  }

  #receive(chunk: Uint8Array): void {
    this.#receivedBytes += chunk.byteLength
    try {
      const parts = this.#opener === undefined ? [chunk] : this.#opener.open(chunk)
      for (const part of parts) {
        for (const frame of this.#cutter.push(part)) {
          if (this.#isOver) return
          this.#parts.onFrame(readFrame(frame))
        }
      }
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

// A record is one write of the other side: small frames joined, or one frame.
function maxRecordBytes(maxFrameBytes: number): number {
  return Math.max(maxFrameBytes + 4, maxJoinedBytes) + macBytes
}
