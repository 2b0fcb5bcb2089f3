// One example of what each page is given, in the states that look different; the page tests render all of them.
import type { PageData } from '../../../plugins/pages/page-data.ts'
import { accountPages } from './examples/account.ts'
import { adminPages } from './examples/admin.ts'
import { adminDocumentPages } from './examples/admin-documents.ts'
import { adminServerPages } from './examples/admin-server.ts'
import { keyPages } from './examples/keys.ts'
import { openPages } from './examples/open.ts'
import { signInPages } from './examples/sign-in.ts'

export type Example = { [Name in keyof PageData]: { view: Name; data: PageData[Name] } }[keyof PageData]
export type Examples = Readonly<Record<string, Example>>

export const examples: Examples = {
  ...signInPages,
  ...openPages,
  ...accountPages,
  ...keyPages,
  ...adminPages,
  ...adminServerPages,
  ...adminDocumentPages
}
