// What people call a type of file.
// Tested in test/plugins/library/type-names.test.ts.
import type { Text } from '../../languages/index.ts'

const OFFICE = 'application/vnd.openxmlformats-officedocument.'
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument.'

const NAMES: Readonly<Record<string, Text>> = {
  note: { key: 'pages.type.note' },
  'application/pdf': 'PDF',
  [`${OFFICE}wordprocessingml.document`]: { key: 'pages.type.word' },
  [`${OFFICE}spreadsheetml.sheet`]: { key: 'pages.type.excel' },
  [`${OFFICE}presentationml.presentation`]: { key: 'pages.type.powerpoint' },
  [`${OPEN_DOCUMENT}text`]: { key: 'pages.type.openText' },
  [`${OPEN_DOCUMENT}spreadsheet`]: { key: 'pages.type.openSheet' },
  [`${OPEN_DOCUMENT}presentation`]: { key: 'pages.type.openSlides' },
  'application/epub+zip': { key: 'pages.type.book' },
  'message/rfc822': { key: 'pages.type.email' },
  'application/rtf': { key: 'pages.type.rich' },
  'text/markdown': 'Markdown',
  'text/plain': { key: 'pages.type.text' },
  'text/html': { key: 'pages.type.web' },
  'text/x-rst': 'reStructuredText',
  'text/asciidoc': 'AsciiDoc',
  'text/org': 'Org',
  'text/x-tex': 'TeX',
  'text/csv': 'CSV',
  'text/tab-separated-values': { key: 'pages.type.table' },
  'application/json': 'JSON',
  'application/jsonl': 'JSONL',
  'application/x-ipynb+json': { key: 'pages.type.notebook' },
  'application/yaml': 'YAML',
  'application/toml': 'TOML',
  'application/xml': 'XML',
  'text/vtt': { key: 'pages.type.subtitles' },
  'application/x-subrip': { key: 'pages.type.subtitles' },
  'text/calendar': { key: 'pages.type.calendar' },
  'text/vcard': { key: 'pages.type.contacts' },
  'text/x-diff': { key: 'pages.type.changes' },
  'text/css': 'CSS',
  'text/javascript': 'JavaScript'
}

const SOURCE_CODE: Text = { key: 'pages.type.code' }

/** @param type a MIME type, or `note`. One that has no name is returned as it is. */
export const typeName = (type: string): Text => NAMES[type] ?? (type.startsWith('text/x-') ? SOURCE_CODE : type)
