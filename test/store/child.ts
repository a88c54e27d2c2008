import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import ts from 'typescript'
import { afterAll, onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A process of its own that runs `script`, a module beside which `./src` has the compiled sources. */
export interface Child {
  readonly process: ChildProcess
  /** The next line the process prints. */
  line(): Promise<string>
  /** Ends it by `signal` and waits until it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Starts a child. It is killed when the test ends. */
export function startChild(script: string): Child {
  const dir = compiled()
  const file = join(dir, `child-${randomUUID()}.js`)
  fs.writeFileSync(file, script)
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const gone = once(child, 'exit')
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await gone
  }
  onTestFinished(() => kill('SIGKILL'))
  return { process: child, kill, line: async () => String((await lines.next()).value) }
}

/** Runs `script` in a worker thread; resolves to the first message it posts. */
export async function messageOfWorker(script: string): Promise<unknown> {
  const file = join(compiled(), `worker-${randomUUID()}.js`)
  fs.writeFileSync(file, script)
  const worker = new Worker(file)
  const [message]: unknown[] = await once(worker, 'message')
  await worker.terminate()
  return message
}

let compiledDir: string | undefined

// Once for all children of a test file.
function compiled(): string {
  if (compiledDir !== undefined) return compiledDir
  const dir = fs.mkdtempSync(join(tmpdir(), 'coldsnap-child-'))
  compile(join(root, 'src'), join(dir, 'src'))
  fs.writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
  fs.symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'), 'junction')
  compiledDir = dir
  return dir
}

afterAll(() => {
  if (compiledDir !== undefined) fs.rmSync(compiledDir, { recursive: true, force: true })
})

// Types are erased and `.ts` in imports becomes `.js`: what Node 20 can run.
function compile(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true })
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name)
    if (entry.isDirectory()) compile(path, join(to, entry.name))
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
    const compilerOptions = {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    }
    const { outputText } = ts.transpileModule(fs.readFileSync(path, 'utf8'), { compilerOptions })
    fs.writeFileSync(join(to, entry.name.replace(/\.ts$/, '.js')), outputText)
  }
}
