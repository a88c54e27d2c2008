/// <reference types="node" />
import { resolve } from 'node:path'
import { type CliAction, type CliCall, cliAction, textOption } from '../cli-command.ts'
import { writeNewFile } from '../new-file.ts'
import { openState } from '../open-state.ts'
import { findDirectory, openStore } from '../open-store.ts'
import { safeText } from '../safe-text.ts'
import { showBytes, showCount } from '../show-units.ts'
import { type StateFormat, writeState } from '../state-file.ts'
import { generationOf } from './show.ts'

interface Exported {
  readonly cache: string
  readonly generation: number | undefined
  readonly columns: number
  readonly file: string
  readonly bytes: number
}

// What goes out in one piece.
const pieceChars = 65_536

export const exportAction: CliAction = cliAction<Exported>({
  run: async call => ({ report: await exportState(call) }),
  *show({ cache, generation, columns, file, bytes }) {
    const number = generation === undefined ? '' : ` generation ${generation},`
    yield `${safeText(cache)}:${number} ${showCount(columns, 'column')}, ${showBytes(bytes)} in ${safeText(file)}`
  },
})

async function exportState(call: CliCall): Promise<Exported | undefined> {
  const { io } = call
  const { dir, name } = call.args
  const generation = generationOf(call)
  await using opened = await openStore(await findDirectory(dir!, io), 'read', io)
  const state = await openState(opened, { cache: name, generation, isWhole: true }, call)
  const format = (textOption(call, 'format') ?? 'ndjson') as StateFormat
  const output = textOption(call, 'output')
  const pieces = inPieces(writeState(state, format))
  if (output === undefined) {
    for await (const piece of pieces) await io.stdout.write(piece)
    return undefined
  }
  const file = resolve(io.cwd, output)
  const bytes = await writeNewFile(file, pieces)
  return { cache: state.cache, generation: state.generation, columns: state.columns.length, file, bytes }
}

async function* inPieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = ''
  for await (const text of texts) {
    piece += text
    if (piece.length < pieceChars) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
