// The least a proxy can be: node:http pipes each request to the upstream and its answer back, over connections that are
// kept alive. It checks nothing.
import { Agent, createServer, request as send } from 'node:http'
import { ready } from './ready.ts'

const agent = new Agent({ keepAlive: true })
const upstream = process.env['UPSTREAM_URL']!

createServer((request, response) => {
  const { host, connection, ...headers } = request.headers
  const passed = send(upstream, { method: request.method, headers, agent }, (answer) => {
    const { connection, 'keep-alive': kept, ...headers } = answer.headers
    response.writeHead(answer.statusCode!, headers)
    answer.pipe(response)
  })
  passed.on('error', () => response.destroy())
  request.pipe(passed)
}).listen(Number(process.env['PORT']), '127.0.0.1', ready)
process.once('SIGTERM', () => process.exit(0))
