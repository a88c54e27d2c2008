import type { ExitName } from './exit-codes.ts'

/** Ends a command with one line for the user, and the code that goes with it. */
export class CliFailure extends Error {
  readonly exit: ExitName

  constructor(exit: ExitName, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exit = exit
  }
}

/** Throws a failure of wrong arguments. */
export function wrongUsage(message: string): never {
  throw new CliFailure('usage', message)
}

/** Throws a failure of something that is not there. */
export function notFound(message: string): never {
  throw new CliFailure('notFound', message)
}

/** Throws that there is no cache of that name, and says which there are. */
export function noCache(name: string, found: readonly string[]): never {
  return notFound(`There is no cache "${name}"${found.length === 0 ? '' : `, found ${found.join(', ')}`}`)
}
