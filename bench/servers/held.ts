// The least an open stream can be in Node: a response of node:http that has said one word and is kept.
import { createServer, type ServerResponse } from 'node:http'
import { ready } from './ready.ts'

const held = new Set<ServerResponse>()
createServer((request, response) => {
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': held\n\n')
    held.add(response)
  })
}).listen(Number(process.env['PORT']), '127.0.0.1', ready)
process.once('SIGTERM', () => process.exit(0))
