// The least there is: node:http, which reads and parses the body, looks the token up in a map, and answers a constant.
import { createServer } from 'node:http'
import { answerFor, token } from './answers.ts'
import { ready } from './ready.ts'

const tokens = new Map([[token, true]])

createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  request.on('end', () => {
    if (request.method === 'POST') JSON.parse(text)
    const isKnown = request.method === 'GET' || tokens.has(request.headers.authorization?.slice(7) ?? '')
    const { headers, body } = answerFor(request.url!)
    if (isKnown) response.writeHead(200, headers).end(body)
    else response.writeHead(401).end()
  })
}).listen(Number(process.env['PORT']), '127.0.0.1', ready)
process.once('SIGTERM', () => process.exit(0))
