/** Where a command writes to. */
export interface CliOutput {
  /** Resolves once more can be taken. Rejects with {@link BrokenPipe} if nobody reads any more. */
  write(chunk: string | Uint8Array): Promise<void>
  /** Whether it is a terminal. */
  readonly isTTY: boolean
  /** Width of the terminal, in characters. */
  readonly columns: number
}

/** All that a command has of the process it runs in, so that tests can give it something else. */
export interface CliIo {
  readonly stdout: CliOutput
  readonly stderr: CliOutput
  readonly stdin: AsyncIterable<Uint8Array>
  /** What relative paths start from. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by an interrupt: what is under way ends. */
  readonly signal: AbortSignal
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** The reader of the output has gone (`coldsnap ... | head`): there is nobody to tell, and no reason to go on. */
export class BrokenPipe extends Error {}
