// The rest of a tool's context, for a test that is not about it: nobody is shown, told or asked anything.
import type { ToolContext } from '../../authoring/tool.ts'

export const quietContext: Pick<ToolContext, 'caller' | 'show' | 'progress' | 'ask' | 'client' | 'supabase' | 'supabaseClaims'> = {
  caller: 'address 127.0.0.1',
  supabase: () => Promise.reject(new Error('nobody signed in with Supabase')),
  supabaseClaims: () => Promise.reject(new Error('nobody signed in with Supabase')),
  show () {},
  progress () {},
  ask: () => Promise.reject(new Error('this test answers no questions')),
  client: { can: { form: false, openUrl: false, sample: false, roots: false }, log () {} }
}
