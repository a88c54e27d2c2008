import { type FileIo, type FileSystem, realFileSystem } from '../../src/store/file-io.ts'

/** Name of a file system call. */
export type Operation = keyof FileIo

/** Sees every call before it is made; what it throws is the outcome, what it returns (if anything) the result. */
export type Fault = (operation: Operation, args: readonly unknown[]) => unknown

/** The real file system with `fault` in front of every call, pooled and blocking alike. */
export function faultyFileSystem(fault: Fault, changes: Partial<FileSystem> = {}): FileSystem {
  return {
    ...realFileSystem,
    ...changes,
    pooled: withFault(changes.pooled ?? realFileSystem.pooled, fault),
    blocking: withFault(realFileSystem.blocking, fault),
  }
}

/** `io` with `fault` in front of every call. */
export function withFault(io: FileIo, fault: Fault): FileIo {
  return new Proxy(io, {
    get(target, name, receiver) {
      const call: unknown = Reflect.get(target, name, receiver)
      if (typeof call !== 'function') return call
      return (...args: unknown[]) => fault(name as Operation, args) ?? Reflect.apply(call, target, args)
    },
  })
}

/** An error as the operating system's are. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}

/** A fault that fails the nth call (from 1 on) of `operation` with `code`; the later ones too if `forGood`. */
export function failAt(operation: Operation, code: string, nth = 1, forGood = false): Fault {
  let seen = 0
  return called => {
    if (called !== operation) return
    seen++
    if (forGood ? seen >= nth : seen === nth) throw systemError(code)
  }
}
