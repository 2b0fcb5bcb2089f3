// What authors import: `import { defineTool, z } from '@mcp-oauth-server/server'`. Tools, resources, prompts and sources, what
// they may show and ask, and the schema language. Everything else of the package is private.
// This room owns the contracts of what authors write, and loader/, which finds and checks it; it hands a checked offer
// to the app.
export { z } from 'zod'
export { list } from './env.ts'
export { definePrompt, type Prompt, type PromptMessage } from './prompt.ts'
export {
  defineResource,
  type ListedResource,
  type Resource,
  type ResourceContent,
  type ResourcePart
} from './resource.ts'
export {
  defineSource,
  type LibrarySource,
  type SourceDocument,
  type SourceHit,
  type SourceUser
} from './source.ts'
export * from './tool.ts'
