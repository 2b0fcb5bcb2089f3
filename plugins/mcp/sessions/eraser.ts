// Deletes the sessions of a person whose account is deleted, and what has changed for them, wherever that happens: in the
// server, or in a command of the operator, which serves no MCP.
// Tested in test/plugins/mcp/pipeline.test.ts and test/plugins/mcp/streams/change-log.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { forgetChangesOf } from '../streams/change-log.ts'
import { createSessionStore } from './store.ts'

export default fp(
  async function sessionEraser (app: FastifyInstance) {
    const records = createSessionStore(app)
    app.signIn.lifecycle.onDelete((userId) => records.deleteOf(userId))
    app.signIn.lifecycle.onDelete((userId) => forgetChangesOf(app.storage, userId))
  },
  { name: 'mcp-session-eraser', dependencies: ['storage', 'sign-in'] }
)
