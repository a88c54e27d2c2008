/// <reference types="node" />
import { styleText } from 'node:util'
import type { CliIo } from './cli-io.ts'

/** Colours, or none. */
export interface Paint {
  good(text: string): string
  bad(text: string): string
  dim(text: string): string
  bold(text: string): string
}

/**
 * Colours for the standard output: with `NO_COLOR` none, with `FORCE_COLOR` always, else on a terminal. The text must be
 * safe already.
 */
export function paintFor({ env, stdout }: Pick<CliIo, 'env' | 'stdout'>): Paint {
  const { NO_COLOR: noColor = '', FORCE_COLOR: force = '' } = env
  const isOn = noColor === '' && (force === '' ? stdout.isTTY && env['TERM'] !== 'dumb' : force !== '0')
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    isOn ? styleText(format, text, { validateStream: false }) : text
  return { good: style('green'), bad: style('red'), dim: style('dim'), bold: style('bold') }
}
