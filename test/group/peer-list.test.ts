import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { addressProblem } from '../../src/group/peer-address.ts'
import { parsePeers } from '../../src/group/peer-list.ts'

function refused(text: string): string {
  try {
    parsePeers(text)
  } catch (error) {
    if (isCacheError(error, 'INVALID_PEERS')) return error.message
    throw error
  }
  throw new Error('The list was taken')
}

describe('a list of peers', () => {
  it('is one address on each line, with comments, of any line ends', () => {
    expect(
      parsePeers('# the fleet\r\n10.0.0.2:8080\n\n 10.0.0.1:8080 # first\rcache-3.example:80\n10.0.0.1:8080'),
    ).toEqual(['10.0.0.1:8080', '10.0.0.2:8080', 'cache-3.example:80'])
  })

  it('is a JSON array, told apart from an IPv6 address', () => {
    expect(parsePeers('\uFEFF[\n  "b:1", "a:1", "b:1"]\n')).toEqual(['a:1', 'b:1'])
    expect(parsePeers('[::1]:8080\n[2001:db8::2]:80')).toEqual(['[2001:db8::2]:80', '[::1]:8080'])
    expect(parsePeers('["[::1]:8080"]')).toEqual(['[::1]:8080'])
  })

  it('says which line or element is wrong, and in what', () => {
    expect(refused('a:1\n\n# b\nb:0')).toContain('"b:0" on line 4 has no port from 1 to 65535')
    expect(refused('["a:1", "b"]')).toContain('"b" on element 1 is not of the form host:port')
    expect(refused('["a:1", 7]')).toContain('element 1 is no string')
    expect(refused('["a:1"')).toContain('it is no JSON')
    for (const empty of ['', '\n# nobody\n', '[]']) expect(refused(empty)).toContain('it holds no address')
  })

  it.each([
    ['localhost:1', undefined],
    ['cache_1.svc.cluster.local:65535', undefined],
    ['a.example.:80', undefined],
    ['[fe80::1]:80', undefined],
    ['[fe80::1%eth0]:80', undefined],
    ['[fe80::1%]:80', 'has no IPv6 address between its brackets'],
    ['[fe80::1%a/b]:80', 'has no IPv6 address between its brackets'],
    ['http://10.0.0.1:80', undefined],
    ['https://[::1]:80', undefined],
    ['http://a', undefined],
    ['http://a:80/', 'is not of the form host:port'],
    ['http://u@a:80', 'has no valid host name'],
    ['http://', 'has no valid host name'],
    ['http://a:0', 'has no port from 1 to 65535'],
    ['ftp://a:80', 'is not of the form host:port'],
    ['HTTP://a:80', 'is not of the form host:port'],
    ['a:80\n', 'is not of the form host:port'],
    ['a', 'is not of the form host:port'],
    ['a:1/x', 'is not of the form host:port'],
    ['::1:80', 'is not of the form host:port'],
    ['a b:80', 'has no valid host name'],
    [':80', 'has no valid host name'],
    ['-a:80', 'has no valid host name'],
    ['a..b:80', 'has no valid host name'],
    ['256.0.0.1:80', 'has no valid host name'],
    ['10.0.1:80', 'has no valid host name'],
    ['01.0.0.1:80', 'has no valid host name'],
    [`${'a'.repeat(64)}:80`, 'has no valid host name'],
    [`${'abc.'.repeat(64)}d:80`, 'has no valid host name'],
    ['[]:80', 'has no IPv6 address between its brackets'],
    ['[1.2.3.4]:80', 'has no IPv6 address between its brackets'],
    ['[::g]:80', 'has no IPv6 address between its brackets'],
    ['a:0', 'has no port from 1 to 65535'],
    ['a:080', 'has no port from 1 to 65535'],
    ['a:65536', 'has no port from 1 to 65535'],
  ])('%s: %s', (address, problem) => expect(addressProblem(address)).toBe(problem))

  it('any text gives sorted addresses or one INVALID_PEERS', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('a:1', '[::1]:2', '# c', '[', '"a:1"', ']'))
    fc.assert(
      fc.property(fc.array(line), lines => {
        const text = lines.join('\n')
        try {
          const peers = parsePeers(text)
          expect(peers).toEqual([...new Set(peers)].sort())
          expect(peers.map(addressProblem)).toEqual(peers.map(() => undefined))
          expect(parsePeers(JSON.stringify(peers))).toEqual(peers)
        } catch (error) {
          if (!isCacheError(error, 'INVALID_PEERS')) throw error
        }
      }),
    )
  })
})
