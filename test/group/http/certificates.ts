import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key, in PEM form. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** An authority made for one test run. */
export interface Authority {
  readonly ca: string
  /** A certificate for 127.0.0.1 and node.test. */
  issue(name: string): Identity
}

/** Makes an authority with the openssl command; `undefined` where there is none. */
export function makeAuthority(): Authority | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'coldsnap-tls-'))
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' })
  const read = (file: string): string => readFileSync(join(dir, file), 'utf8')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  try {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
    )
  } catch {
    return undefined
  }
  writeFileSync(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:node.test\n')
  return {
    ca: read('ca.crt'),
    issue(name) {
      openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
      const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signing)
      return { cert: read(`${name}.crt`), key: read(`${name}.key`) }
    },
  }
}
