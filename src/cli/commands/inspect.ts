import { type CliAction, type CliCall, textOption } from '../cli-command.ts'
import { InspectServer } from '../inspect-server.ts'
import { findColumn, openState, wholeNumber } from '../open-state.ts'
import { findDirectory, openStore } from '../open-store.ts'
import { ProgressBar } from '../progress-bar.ts'
import { servingAction } from '../serving-action.ts'
import type { ColumnContent } from '../stored-state.ts'
import { toTagged } from '../tagged-json.ts'
import { lsAction } from './ls.ts'
import { showAction } from './show.ts'
import { verifyAction } from './verify.ts'

const maxRows = 1000

export const inspectAction: CliAction = servingAction<{ readonly url: string }>({ serve, show: ({ url }) => url })

async function serve(call: CliCall, started: (about: { readonly url: string }) => Promise<void>): Promise<void> {
  const port = wholeNumber('Option --port', textOption(call, 'port') ?? '0', 0, 65_535)
  // Before it listens: a directory that cannot be read is told at once.
  await lsAction.run(call)
  await using server = await InspectServer.listen(port, (question, fields) => answer(call, question, fields))
  await started({ url: server.url })
}

// Each question opens the directory for itself: so the page shows what is there now, and holds nothing.
async function answer(call: CliCall, question: string, fields: URLSearchParams): Promise<object | undefined> {
  const field = (name: string): string | undefined => fields.get(name) ?? undefined
  const asked: CliCall = {
    io: call.io,
    progress: new ProgressBar({ ...call.io, stderr: { ...call.io.stderr, isTTY: false } }),
    args: { dir: call.args['dir'], name: field('cache') },
    options: { keyFile: call.options['keyFile'], generation: field('generation') },
  }
  switch (question) {
    case 'listing':
      return (await lsAction.run(asked)).report as object
    case 'verify':
      return (await verifyAction.run(asked)).report as object
    case 'state':
      return (await showAction.run(asked)).report as object
    case 'column':
      return await readRows(asked, fields)
    default:
      return undefined
  }
}

async function readRows(call: CliCall, fields: URLSearchParams): Promise<object> {
  const number = (name: string, otherwise: string, max?: number): number =>
    wholeNumber(name, fields.get(name) ?? otherwise, 0, max)
  const [offset, limit] = [number('offset', '0'), number('limit', '50', maxRows)]
  const generation = fields.has('generation') ? number('generation', '') : undefined
  await using opened = await openStore(await findDirectory(call.args['dir']!, call.io), 'read', call.io)
  const state = await openState(opened, { cache: call.args['name'], generation, isWhole: false }, call)
  const content = await state.read(findColumn(state, fields.get('column') ?? ''))
  const contains = fields.get('contains') ?? ''
  const rows = rowsOf(content).filter(([key]) => key.includes(contains))
  const elements = rows.slice(offset, offset + limit).map(([key, value]) => [key, toTagged(value)])
  return { shape: content.shape, total: rows.length, elements }
}

function rowsOf(content: ColumnContent): readonly (readonly [string, unknown])[] {
  return content.shape === 'plain' ? [['', content.value]] : content.elements
}
