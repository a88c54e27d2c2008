// A process of its own that owns every key of the benchmark: peers fetch from it. Says its address, ends with its input.
import { GroupNode } from '../../../src/group/node/index.ts'
import { benchGroup, loadValue } from './bench-group.ts'

const node = await GroupNode.listen('127.0.0.1:0')
node.setPeers([node.address], { self: node.address })
const group = node.group(benchGroup, { maxBytes: 256 << 20, load: loadValue })
await group.get('warm')
console.log(node.address)
process.stdin.resume()
process.stdin.once('end', () => void node.close())
