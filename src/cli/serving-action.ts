import { type CliAction, type CliCall, cliAction } from './cli-command.ts'
import { untilInterrupted } from './until-interrupted.ts'

/** What a command does that serves others until it is interrupted. */
export interface Serving<Started> {
  /** Starts it, calls `started` with what is to be told, and stops it once that has resolved. */
  serve(call: CliCall, started: (about: Started) => Promise<void>): Promise<void>
  /** The line for people; with `--json` what is told is a line of JSON. */
  show(about: Started): string
}

/** Makes an action of something that serves: it tells that it has started, waits for the interrupt, and ends with 0. */
export function servingAction<Started extends object>({ serve, show }: Serving<Started>): CliAction {
  const run = async (call: CliCall): Promise<{ report: undefined }> => {
    await serve(call, async about => {
      await call.io.stdout.write(`${call.options['json'] === true ? JSON.stringify(about) : show(about)}\n`)
      await untilInterrupted(call.io.signal)
    })
    return { report: undefined }
  }
  return cliAction({ run, show: () => [] })
}
