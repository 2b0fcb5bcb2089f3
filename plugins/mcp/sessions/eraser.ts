// Deletes the sessions of a person whose account is deleted, wherever that happens: in the server, or in a command of
// the operator, which serves no MCP.
// Tested in test/plugins/mcp/pipeline.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { createSessionStore } from './store.ts'

export default fp(
  async function sessionEraser (app: FastifyInstance) {
    const records = createSessionStore(app)
    app.signIn.lifecycle.onDelete((userId) => records.deleteOf(userId))
  },
  { name: 'mcp-session-eraser', dependencies: ['storage', 'sign-in'] }
)
